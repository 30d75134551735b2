"""Speed of the noise models: MNIST images a second, on one core, beside what training uses up.

    python benchmarks/noise_speed.py

Each model at its default strength, and with a strength drawn per image; best of three. Then the
default network is trained with the slowest of them, and with none: the batches of the next steps are
made while the network is busy, so that noise costs less than its own time.
"""

import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _data import load_mnist

from skdenoise import GaussianNoise, UNetDenoiser, noise_names
from skdenoise.noise.by_name import resolve_noise

N_IMAGES, N_STEPS = 1024, 200


def images_per_second(model, images):
    """Return the best rate of three runs."""
    seconds = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        start = time.perf_counter()
        model(images, rng)
        seconds.append(time.perf_counter() - start)
    return len(images) / min(seconds)


def training_rate(noise, X):
    """Return the images a second of a fit, compilation apart."""
    denoiser = UNetDenoiser(noise, batch_size=32, epochs=1, random_state=0)
    denoiser.fit(X[: 8 * 32])
    start = time.perf_counter()
    denoiser.fit(X[: 32 * N_STEPS])
    return 32 * N_STEPS / (time.perf_counter() - start)


def main():
    """Time every model, then training."""
    X, *_ = load_mnist()
    images = X[:N_IMAGES].reshape(-1, 28, 28, 1)
    rates = {}
    print(f"{'model':20}{'images/s':>12}{'drawn strength':>16}")
    for name in noise_names():
        rates[name] = images_per_second(resolve_noise(name), images)
        drawn = images_per_second(resolve_noise(name, (0, 0.5)), images)
        print(f"{name:20}{rates[name]:12,.0f}{drawn:16,.0f}", flush=True)
    print(f"training without noise: {training_rate(GaussianNoise(0), X):,.0f} images/s")
    for name in sorted(rates, key=rates.get)[:4]:
        print(f"training with {name}: {training_rate(name, X):,.0f} images/s", flush=True)


if __name__ == "__main__":
    main()
