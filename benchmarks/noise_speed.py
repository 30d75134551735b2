"""Speed of the noise models: MNIST images a second, on one core, beside what training uses up.

    python benchmarks/noise_speed.py

Each model at its default strength, and with a strength per image where it has one. Best of three;
the last line fits the default network, for what noise must keep up with.
"""

import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _data import load_mnist

from skdenoise import UNetDenoiser, noise_names
from skdenoise.noise.resolution import resolve_noise

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


def main():
    """Time every model, then training."""
    X, *_ = load_mnist()
    images = X[:N_IMAGES].reshape(-1, 28, 28, 1)
    print(f"{'model':20}{'images/s':>12}{'drawn strength':>16}")
    for name in noise_names():
        rate = images_per_second(resolve_noise(name), images)
        drawn = images_per_second(resolve_noise(name, (0, 0.5)), images)
        print(f"{name:20}{rate:12,.0f}{drawn:16,.0f}", flush=True)
    denoiser = UNetDenoiser(batch_size=32, epochs=1, random_state=0)
    denoiser.fit(X[: 8 * 32])
    start = time.perf_counter()
    denoiser.fit(X[: 32 * N_STEPS])
    print(f"training uses {32 * N_STEPS / (time.perf_counter() - start):,.0f} images/s")


if __name__ == "__main__":
    main()
