"""The classic network in UNetDenoiser against a plain Keras script of the original recipe.

Prints the figures of README.md ("Why it is quick").

    python experiments/classic_against_keras.py

One epoch on the first 10,000 MNIST images (validation split 0.1), Gaussian noise 0.4 not clipped,
three seeds; each fit in a process of its own, the two kinds in turn. Prints the PSNR on the last
6,000 training images and the wall time of the fit without imports. With --quick, one seed, on a few
enlarged digits.
"""

import argparse
import json
import time

import numpy as np
from _data import load_mnist
from _record import mean_psnr, run_in_process

NOISE = 0.4


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


def run(kind, seed, quick):
    """Fit one, and print what came of it as JSON."""
    X, *_ = load_mnist(stand_in=quick)
    n_training, n_judged = (200, 100) if quick else (10_000, 6_000)
    judged = X[-n_judged:]
    denoise, seconds = {"plain": plain_keras, "skdenoise": denoiser}[kind](X[:n_training], seed)
    noise = np.random.default_rng(1000 + seed).standard_normal(judged.shape, dtype=np.float32)
    psnr = mean_psnr(judged, denoise(judged + NOISE * noise))
    print(json.dumps({"psnr": psnr, "seconds": seconds}))


def main():
    """Run all fits in turn, each in a process that is given its kind and seed; print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("seed", nargs="?", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.kind:
        run(arguments.kind, arguments.seed, arguments.quick)
        return
    options = ["--quick"] if arguments.quick else []
    results = {"plain": [], "skdenoise": []}
    for seed in range(1 if arguments.quick else 3):
        for kind in results:
            printed = run_in_process([__file__, kind, str(seed), *options])
            results[kind].append(json.loads(printed))
            print(kind, seed, results[kind][-1], flush=True)
    psnr = {kind: np.array([r["psnr"] for r in rows]) for kind, rows in results.items()}
    seconds = {kind: np.array([r["seconds"] for r in rows]) for kind, rows in results.items()}
    difference = psnr["skdenoise"].mean() - psnr["plain"].mean()
    ratio = np.median(seconds["skdenoise"] / seconds["plain"])
    print(f"PSNR: plain {psnr['plain'].mean():.2f}, skdenoise {psnr['skdenoise'].mean():.2f} dB")
    print(f"difference {difference:+.2f} dB; wall time ratio {ratio:.2f} (median of pairs)")


if __name__ == "__main__":
    main()
