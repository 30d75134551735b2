"""The original recipe from its first epoch to its last, and ours given a part of its time.

The original is a plain Keras script: 10 epochs over 54,000 images of MNIST with one draw of noise 0.4,
not clipped, and 6,000 to validate on. It has the precision that is fastest here, without XLA, which
only costs time on a processor. Then ours learns from the same 54,000 for a 25th of that time and for
all of it: so many steps as its speed promises. PSNR is the mean over all test images
(the curve: over the first 2,000); `ahead` is how much better than the original in the end.
It takes about four times as long as the original; each row is printed once it is there.
"""

import dataclasses
import time

import _original
import keras
import numpy as np
from _data import load_mnist
from _record import mean_psnr, seconds

from skdenoise import UNetDenoiser, add_noise
from skdenoise.precision import resolve_precision
from skdenoise.recipe import RECIPES

COLUMNS = ["what", "seconds", "share of the time", "PSNR (dB)", "ahead (dB)"]
EPOCHS = 10
OURS = (
    ("UNetDenoiser()", 1 / 25, {}),
    ("UNetDenoiser(batch_size=32)", 1 / 25, {"batch_size": 32}),
    ("UNetDenoiser(batch_size=32)", 1, {"batch_size": 32}),
    ("UNetDenoiser(filters=(64, 128), batch_size=32)", 1, {"filters": (64, 128), "batch_size": 32}),
)


def measure(quick):
    """Return the rows of the table."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    X, X_test = X.reshape(-1, 28, 28, 1), X_test.reshape(-1, 28, 28, 1)
    if quick:
        X, X_test = X[:300], X_test[:50]
    noisy = add_noise(X_test, noise_factor=_original.NOISE, random_state=1)
    rows = _original_rows(X, X_test, noisy, 1 if quick else EPOCHS)
    whole, end = rows[-1]["seconds"], rows[-1]["PSNR (dB)"]
    for what, share, params in OURS[:1] if quick else OURS:
        wall, psnr = _ours(X[: len(X) * 9 // 10], X_test, noisy, share * whole, params, quick)
        rows.append({"what": what, "seconds": wall, "PSNR (dB)": psnr, "ahead (dB)": psnr - end})
        print(rows[-1], flush=True)
    for row in rows:
        row["share of the time"] = row["seconds"] / whole
    return rows


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


def _ours(X, X_test, noisy, given, params, quick):
    """Return the wall time and the PSNR of a fit of about the `given` seconds."""
    recipe = RECIPES["compact"]

    def fit(steps):
        RECIPES["compact"] = dataclasses.replace(recipe, steps=max(1, round(steps)))
        try:
            denoiser = UNetDenoiser(noise_factor=_original.NOISE, random_state=0, **params)
            return seconds(denoiser.fit, X), denoiser
        finally:
            RECIPES["compact"] = recipe

    fit(8)  # compiles
    step = np.median([(fit(500)[0] - fit(250)[0]) / 250 for _ in range(1 if quick else 3)])
    wall, denoiser = fit(given / step)
    return wall, mean_psnr(X_test, denoiser.transform(noisy))
