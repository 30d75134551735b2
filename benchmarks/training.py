"""How fast and how well the default denoiser trains, against the original recipe.

Steps of both are timed in turn, so that the ratio of their speeds holds on a noisy machine. The wall
time of the whole original recipe (10 epochs over 54,000 images) is extrapolated from its speed here.
PSNR is the mean over all test images, MNIST with noise 0.4 not clipped.
"""

import _original
import numpy as np
from _data import load_mnist
from _record import interleaved, mean_psnr, run_in_process, seconds

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
    X, _, X_test, _ = load_mnist(stand_in=quick)
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
        rows += _fits_in_new_processes()
    return rows


def _fits(quick):
    if quick:
        return [("30 steps", 480, {"epochs": 1})]
    return [
        ("default fit, 10,000 images", 10_000, {}),
        ("default fit, 54,000 images", 54_000, {}),
        ("epochs=5, batch_size=32, 54,000 images", 54_000, {"epochs": 5, "batch_size": 32}),
    ]


def _fits_in_new_processes():
    walls = [
        [seconds(run_in_process, ["-c", DIGITS], threads) for threads in (None, 1)]
        for _ in range(3)
    ]
    several, one = (float(wall) for wall in np.median(walls, axis=0))
    what = "default fit, load_digits, process with imports"
    return [
        {"what": what, "seconds": several},
        {"what": f"{what}, one intra-op thread", "seconds": one},
    ]


def _speeds(X, repeats, n_original, n_ours):
    """Time two lengths of fit; return rows, and the original's seconds an image.

    What a fit costs once is in both lengths, and so not in their difference.
    """
    model = _original.build()

    def original(times):
        return lambda: _original.fit(model, X[: times * n_original], seed=0, validation_split=0)

    def ours(epochs):
        denoiser = UNetDenoiser(noise_factor=0.4, epochs=epochs, random_state=0)
        return lambda: denoiser.fit(X[:n_ours])

    lengths = {
        "original": original(1),
        "ours": ours(1),
        "twice": original(2),
        "ours twice": ours(2),
    }
    times = interleaved(lengths, repeats)
    per_image = (times["twice"] - times["original"]) / n_original
    our_per_image = (times["ours twice"] - times["ours"]) / n_ours
    return [
        {
            "what": "a step, an image",
            "images a second": float(1 / np.median(our_per_image)),
            "ratio": float(np.median(per_image) / np.median(our_per_image)),
            "meaning of the ratio": "times the images a second of the original",
        },
        {
            "what": "a second fit, beyond its steps",
            "seconds": max(0.0, float(np.median(2 * times["ours"] - times["ours twice"]))),
        },
    ], float(np.median(per_image))
