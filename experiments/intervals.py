"""Intervals of denoised pixels: how wide they are, and whether they hold as often as they promise.

Writes experiments/results/intervals.md, a table of docs/guide/intervals.md.

    python experiments/intervals.py

Denoisers of MNIST (the first 10,000 images; 500 others to calibrate on, the first 500 test images) and photo-gray
on free photographs (parts of 128x128 pixels: 120 photographs to calibrate on, 80 others to test on), all blind: the
strength of the noise is drawn for each image, of the calibration and of the test. "Covered" is the share of pixels
in their intervals, of which 90 % are promised on average; "weak" and "strong" have it for the weaker and the stronger
half of the noise. "Images" is the share of images in which 90 % of the pixels are covered where this is promised for
90 % of the images. "Constant" is the width that intervals of one width would need. The rows of other noise show where the promise fails, and whether a warning says so.
With --quick, few small images.
"""

import warnings

import numpy as np
from _data import load_free_photographs, load_mnist, load_photographs
from _record import main
from sklearn.frozen import FrozenEstimator

from skdenoise import (
    ConformalDenoiser,
    CorrelatedGaussianNoise,
    FilterDenoiser,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
)

COLUMNS = [
    "denoiser",
    "noise",
    "width",
    "constant",
    "covered",
    "weak",
    "strong",
    "images",
    "warned",
]
COVERAGE = 0.9
MOST_OF_DIGITS, MOST_OF_PHOTOGRAPHS = 0.6, 55 / 255


def measure(quick):
    """Return the rows of the table."""
    epochs = {"epochs": 1} if quick else {}
    X, _, test, _ = load_mnist(stand_in=quick)
    n = 300 if quick else 10_000
    fitted, calibration = X[:n], X[n : n + (40 if quick else 500)]
    test = test[: 40 if quick else 500].astype(np.float32)
    blind = {"noise_factor": (0, MOST_OF_DIGITS), "random_state": 0}
    network = UNetDenoiser(**blind, **epochs).fit(fitted)
    digits = [network, SubspaceDenoiser(**blind).fit(fitted)]
    rows = [
        row("MNIST", one, calibration.astype(np.float32), test, MOST_OF_DIGITS) for one in digits
    ]
    rows += other_noise("MNIST", network, calibration.astype(np.float32), test, MOST_OF_DIGITS)

    photographs = grey_photographs(quick).astype(np.float32) / 255
    order = np.random.default_rng(0).permutation(len(photographs))
    n_to_test = int(0.4 * len(photographs))
    test, calibration = photographs[order[:n_to_test]], photographs[order[n_to_test:]]
    pretrained = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    means = FilterDenoiser("gaussian", value_range=(0, 1)).fit(calibration)
    for one in (pretrained, means):
        rows.append(row("photographs", one, calibration, test, MOST_OF_PHOTOGRAPHS))
    return rows + other_noise("photographs", pretrained, calibration, test, MOST_OF_PHOTOGRAPHS)


def grey_photographs(quick):
    """Return 200 parts of photographs, uint8."""
    if not quick:
        return load_free_photographs(200, 128)[..., 1]
    parts = load_photographs(stand_in=True)["train400"]
    return np.concatenate([parts[:, i : i + 32, :32] for i in (0, 40, 80, 120)])


def row(images, denoiser, calibration, test, most):
    """Return the row of a denoiser, tested with noise as in the calibration."""
    conformal = calibrated(denoiser, calibration, most)
    rng = np.random.default_rng(7)
    strengths = rng.uniform(0, most, len(test))
    noisy = np.stack(
        [
            add_noise(image[np.newaxis], noise_factor=strength, random_state=i, value_range=(0, 1))[
                0
            ]
            for i, (image, strength) in enumerate(zip(test, strengths, strict=True))
        ]
    )
    values, shares = measured(conformal, noisy, test)
    is_weak = strengths < most / 2
    return {
        "denoiser": f"{images}, {name_of(denoiser)}",
        "noise": "as calibrated",
        **values,
        "constant": constant_width(denoiser, calibration, most),
        "weak": float(shares[is_weak].mean()),
        "strong": float(shares[~is_weak].mean()),
    }


def other_noise(images, denoiser, calibration, test, most):
    """Return rows of noise that the calibration has not seen."""
    conformal = calibrated(denoiser, calibration, most)
    others = {
        "1.5 times the strongest": ("gaussian", 1.5 * most),
        "correlated": (CorrelatedGaussianNoise(most / 2, 0.7), None),
        "5 % dots": ("salt_and_pepper", 0.05),
    }
    rows = []
    for name, (noise, factor) in others.items():
        noisy = add_noise(test, noise, factor, random_state=3, value_range=(0, 1))
        values, _ = measured(conformal, noisy, test)
        rows.append({"denoiser": f"{images}, {name_of(denoiser)}", "noise": name, **values})
    return rows


def calibrated(denoiser, calibration, most):
    """Return intervals for noise of all strengths up to the most."""
    conformal = ConformalDenoiser(
        FrozenEstimator(denoiser), noise="gaussian", noise_factor=(0, most), random_state=0
    )
    return conformal.fit(calibration)


def measured(conformal, noisy, clean):
    """Return what a row says of the intervals, and the share of covered pixels of each image."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        low, high = conformal.predict_interval(noisy, coverage=COVERAGE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low_each, high_each = conformal.predict_interval(
            noisy, coverage=COVERAGE, confidence_level=0.9
        )
    shares = covered(low, high, clean)
    return {
        "width": float((high - low).mean()),
        "covered": float(shares.mean()),
        "images": float((covered(low_each, high_each, clean) >= COVERAGE).mean()),
        "warned": "yes" if caught else "no",
    }, shares


def covered(low, high, clean):
    """Return the share of covered pixels of each image."""
    inside = (low <= clean) & (clean <= high)
    return inside.reshape(len(clean), -1).mean(axis=1)


def constant_width(denoiser, calibration, most):
    """Return the width with which intervals of one width would cover the calibration images."""
    noisy = add_noise(
        calibration, noise_factor=(0, most), random_state=1, value_range=(0, 1)
    ).astype(np.float32)
    error = np.abs(np.asarray(denoiser.transform(noisy)) - calibration)
    return float(2 * np.quantile(error, COVERAGE))


def name_of(denoiser):
    """Return a denoiser in words."""
    if isinstance(denoiser, UNetDenoiser):
        return "photo-gray" if denoiser.network == "bias_free" else "U-Net"
    return "Wiener subspace" if isinstance(denoiser, SubspaceDenoiser) else "Gaussian filter"


if __name__ == "__main__":
    main(__file__)
