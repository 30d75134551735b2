"""The original recipe from its first epoch to its last, and ours given a part of its time.

Writes experiments/results/equal_time.md, a table of docs/benchmarks.md.

The original is a plain Keras script: 10 epochs over 54,000 images of MNIST with one draw of noise 0.4,
not clipped, and 6,000 to validate on. In float32, as Keras runs it, its wall time is extrapolated from
its speed, and validation is left out. For its curve it is trained to the end in the precision that is
fastest here. Then ours learns from the same 54,000 images, in new processes: three times for a 25th of
the time in float32, once for as long as the whole curve took; so many steps as its speed promises. "One
thread" is `TF_NUM_INTRAOP_THREADS=1` (see benchmarks/bench_threads.py). PSNR is the mean over all test images (the curve:
over the first 2,000); `ahead` is how much better than the original in the end. Each row is printed once
it is there.
"""

import dataclasses
import json
import sys
import time

import _original
import keras
import numpy as np
from _data import load_mnist
from _record import interleaved, main, mean_psnr, run_in_process, seconds

from skdenoise import UNetDenoiser, add_noise
from skdenoise.backend.precision import resolve_precision
from skdenoise.networks.by_name import NETWORKS

COLUMNS = [
    "what",
    "seconds",
    "share of float32's time",
    "share of the curve's time",
    "PSNR (dB)",
    "ahead (dB)",
]
EPOCHS = 10
LARGE = {"filters": (64, 128), "batch_size": 32}
# Parameters, intra-op threads, and of which time which share is given.
OURS = (
    ("UNetDenoiser()", {}, None, ("float32", 1 / 25)),
    ("UNetDenoiser(batch_size=32)", {"batch_size": 32}, None, ("float32", 1 / 25)),
    ("UNetDenoiser(batch_size=32), one thread", {"batch_size": 32}, 1, ("float32", 1 / 25)),
    ("UNetDenoiser(filters=(64, 128), batch_size=32), one thread", LARGE, 1, ("curve", 1)),
)


def measure(quick):
    """Return the rows of the table."""
    X, noisy, X_test = _images(quick)
    in_float32 = _time_in_float32(X, quick)
    rows = _original_rows(X, X_test, noisy, 1 if quick else EPOCHS)
    whole, end = rows[-1]["seconds"], rows[-1]["PSNR (dB)"]
    rows.append(
        {"what": "original, float32, as Keras runs it (extrapolated)", "seconds": in_float32}
    )
    times = {"float32": in_float32, "curve": whole}
    for what, params, threads, (of, share) in OURS[:1] if quick else OURS:
        given = share * times[of]
        task = json.dumps({"given": given, "params": params, "quick": quick})
        wall, psnr = json.loads(run_in_process([__file__, task], threads))
        rows.append({"what": what, "seconds": wall, "PSNR (dB)": psnr, "ahead (dB)": psnr - end})
        print(rows[-1], flush=True)
    for row in rows:
        row["share of float32's time"] = row["seconds"] / in_float32
        row["share of the curve's time"] = row["seconds"] / whole
    return rows


def _images(quick):
    """Return the clean images to train on, and noisy and clean ones to test on."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    X, X_test = X.reshape(-1, 28, 28, 1), X_test.reshape(-1, 28, 28, 1)
    if quick:
        X, X_test = X[:300], X_test[:50]
    return X, add_noise(X_test, noise_factor=_original.NOISE, random_state=1), X_test


def _time_in_float32(X, quick):
    """Return the seconds of the original as Keras runs it, from what it takes for a few images."""
    n, repeats = (16, 1) if quick else (1024, 3)
    model = _original.build()

    def fit(times):
        return lambda: _original.fit(model, X[: times * n], seed=0, validation_split=0)

    times = interleaved({"once": fit(1), "twice": fit(2)}, repeats)
    return EPOCHS * len(X) * 0.9 * float(np.median(times["twice"] - times["once"])) / n


class Curve(keras.callbacks.Callback):
    """Keeps the PSNR after each epoch, and the seconds that training took so far."""

    def __init__(self, clean, noisy):
        super().__init__()
        self.clean, self.noisy = clean, noisy
        self.psnr, self.seconds = [], []
        self._spent, self._start = 0.0, None

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock, and denoise."""
        self._spent += time.perf_counter() - self._start
        self.seconds.append(self._spent)
        self.psnr.append(mean_psnr(self.clean, self.model.predict(self.noisy, verbose=0)))


def _original_rows(X, X_test, noisy, epochs):
    precision = resolve_precision("auto")
    dtype = precision if precision == "float32" else f"mixed_{precision}"
    model, curve = _original.build(dtype, jit_compile=False), Curve(X_test[:2000], noisy[:2000])
    _original.fit(model, X, seed=0, epochs=epochs, callbacks=[curve])
    rows = [
        {"what": f"original, {precision}, after epoch {epoch + 1}", "seconds": s, "PSNR (dB)": psnr}
        for epoch, (s, psnr) in enumerate(zip(curve.seconds, curve.psnr, strict=True))
    ]
    end = mean_psnr(X_test, model.predict(noisy, verbose=0))
    print(*rows, sep="\n", flush=True)
    return [*rows, rows[-1] | {"what": "original, all test images", "PSNR (dB)": end}]


def _ours(given, params, quick):
    """Return the wall time and the PSNR of a fit of about the `given` seconds."""
    X, noisy, X_test = _images(quick)
    X, compact = X[: len(X) * 9 // 10], NETWORKS["compact"]

    def fit(steps):
        recipe = dataclasses.replace(compact.recipe, steps=max(1, round(steps)))
        NETWORKS["timed"] = dataclasses.replace(compact, recipe=recipe)
        given = {"noise_factor": _original.NOISE, "network": "timed", "random_state": 0}
        denoiser = UNetDenoiser(**given, **params)
        return seconds(denoiser.fit, X), denoiser

    fit(8)  # compiles
    n, repeats = (50, 1) if quick else (250, 3)
    step = np.median([(fit(2 * n)[0] - fit(n)[0]) / n for _ in range(repeats)])
    wall, denoiser = fit(given / step)
    return wall, mean_psnr(X_test, denoiser.transform(noisy))


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].startswith("{"):
        print(json.dumps(_ours(**json.loads(sys.argv[1]))))
    else:
        main(__file__)
