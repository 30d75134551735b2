"""How fast and how well the default denoiser trains, against the original recipe.

Both train in turn on the same images, so that the ratio of their speeds holds on a noisy machine.
The wall time of the whole original recipe (10 epochs over 54,000 images) is extrapolated from its
speed here. PSNR is the mean over all test images, MNIST with noise 0.4 not clipped.
"""

import subprocess
import sys

import _original
import numpy as np
from _data import load_mnist
from _record import interleaved, mean_psnr, seconds

from skdenoise import UNetDenoiser, add_noise

COLUMNS = ["what", "seconds", "images a second", "PSNR (dB)", "ratio", "meaning of the ratio"]
IMAGES_OF_THE_ORIGINAL = 10 * 54_000
DIGITS = """
from sklearn.datasets import load_digits
from skdenoise import UNetDenoiser
UNetDenoiser(random_state=0).fit(load_digits().images / 16)
"""


def measure(quick):
    """Return the rows of the table."""
    X, _, X_test, _ = load_mnist()
    X, X_test = X.reshape(-1, 28, 28, 1)[:54_000], X_test.reshape(-1, 28, 28, 1)
    X_test = X_test[:100] if quick else X_test
    rows, per_image = _speeds(X, *((1, 128, 16) if quick else (5, 512, 1024)))
    original = IMAGES_OF_THE_ORIGINAL * per_image
    rows.append(
        {
            "what": "original recipe, 10 epochs of 54,000 (extrapolated)",
            "seconds": original,
            "images a second": 1 / per_image,
        }
    )
    noisy = add_noise(X_test, noise_factor=0.4, random_state=1)
    for what, n_images, params in _fits(quick):
        denoiser = UNetDenoiser(noise_factor=0.4, random_state=0, **params)
        wall = seconds(denoiser.fit, X[:n_images])
        rows.append(
            {
                "what": what,
                "seconds": wall,
                "PSNR (dB)": round(mean_psnr(X_test, denoiser.transform(noisy)), 2),
                "ratio": original / wall,
                "meaning of the ratio": "times as fast as the whole original recipe",
            }
        )
    if not quick:
        command = [sys.executable, "-W", "ignore", "-c", DIGITS]
        wall = seconds(subprocess.run, command, check=True, capture_output=True)
        rows.append({"what": "default fit, load_digits, process with imports", "seconds": wall})
    return rows


def _fits(quick):
    if quick:
        return [("30 steps", 480, {"epochs": 1})]
    return [
        ("default fit, 10,000 images", 10_000, {}),
        ("default fit, 54,000 images", 54_000, {}),
        ("5 epochs of 54,000 images", 54_000, {"epochs": 5}),
    ]


def _speeds(X, repeats, n_original, n_ours):
    """Time epochs of a few steps; return rows, and the original's seconds an image."""
    model = _original.build()
    ours = UNetDenoiser(noise_factor=0.4, epochs=1, random_state=0)
    twice = UNetDenoiser(noise_factor=0.4, epochs=2, random_state=0)
    times = interleaved(
        {
            "original": lambda: _original.fit(model, X[:n_original], seed=0, validation_split=0),
            "one": lambda: ours.fit(X[:n_ours]),
            "two": lambda: twice.fit(X[:n_ours]),
        },
        repeats,
    )
    # The difference between two epochs and one is an epoch without what every fit costs once.
    epoch = np.median(times["two"] - times["one"])
    per_image = float(np.median(times["original"]) / n_original)
    once = float(np.median(2 * times["one"] - times["two"]))
    return [
        {
            "what": "a step, an image",
            "images a second": float(n_ours / epoch),
            "ratio": float(np.median(times["original"]) / n_original / (epoch / n_ours)),
            "meaning of the ratio": "times the images a second of the original",
        },
        {"what": "a second fit, beyond its steps", "seconds": max(0.0, once)},
    ], per_image
