"""The classic network in UNetDenoiser against a plain Keras script of the original recipe.

Prints the figures of README.md ("Why it is quick").

    python experiments/classic_against_keras.py

One epoch on the first 10,000 MNIST images (validation split 0.1), Gaussian noise 0.4 not clipped,
three seeds; each fit in a process of its own, the two kinds in turn. Prints the PSNR on the last
6,000 training images and the wall time of the fit without imports.
"""

import json
import sys
import time

import numpy as np
from _data import load_mnist
from _record import mean_psnr, run_in_process

N_TRAINING, N_JUDGED, NOISE = 10_000, 6_000, 0.4


def plain_keras(X, seed):
    """Fit the original recipe, with nothing of this package; return how to denoise, and seconds."""
    import _original
    import keras

    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    model = _original.build()
    _original.fit(model, X.reshape(-1, 28, 28, 1), seed=seed)
    seconds = time.perf_counter() - start
    return lambda images: model.predict(images.reshape(-1, 28, 28, 1), verbose=0), seconds


def denoiser(X, seed):
    """Fit the same through UNetDenoiser."""
    import keras  # noqa: F401 (imported before the clock starts, as for the plain script)

    from skdenoise import UNetDenoiser

    start = time.perf_counter()
    fitted = UNetDenoiser(
        noise_factor=NOISE, network="classic", precision="float32", epochs=1, random_state=seed
    ).fit(X)
    return fitted.transform, time.perf_counter() - start


def run(kind, seed):
    """Fit one, and print what came of it as JSON."""
    X, *_ = load_mnist()
    judged = X[-N_JUDGED:]
    denoise, seconds = {"plain": plain_keras, "skdenoise": denoiser}[kind](X[:N_TRAINING], seed)
    noise = np.random.default_rng(1000 + seed).standard_normal(judged.shape, dtype=np.float32)
    psnr = mean_psnr(judged, denoise(judged + NOISE * noise))
    print(json.dumps({"psnr": psnr, "seconds": seconds}))


def main():
    """Run all fits in turn, and print the comparison."""
    results = {"plain": [], "skdenoise": []}
    for seed in range(3):
        for kind in results:
            results[kind].append(json.loads(run_in_process([__file__, kind, str(seed)])))
            print(kind, seed, results[kind][-1], flush=True)
    psnr = {kind: np.array([r["psnr"] for r in rows]) for kind, rows in results.items()}
    seconds = {kind: np.array([r["seconds"] for r in rows]) for kind, rows in results.items()}
    difference = psnr["skdenoise"].mean() - psnr["plain"].mean()
    ratio = np.median(seconds["skdenoise"] / seconds["plain"])
    print(f"PSNR: plain {psnr['plain'].mean():.2f}, skdenoise {psnr['skdenoise'].mean():.2f} dB")
    print(f"difference {difference:+.2f} dB; wall time ratio {ratio:.2f} (median of pairs)")


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 1 else main()
