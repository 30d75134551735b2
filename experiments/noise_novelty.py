"""Other noise than in training: how often NoiseNoveltyDetector reports it.

Writes experiments/results/noise_novelty.md, a table of docs/guide/other_noise.md.

    python experiments/noise_novelty.py

The share of images that are reported, with alpha=0.05, so that 0.05 is expected of the noise of the training (first
row). MNIST: denoisers of the first 10,000 images; the detector learns from 1,000 others and is tested on the first
500 test images. Photographs: photo-gray; parts of 128x128 pixels of 174 free photographs to learn from, of 116 others
to test on. "0 to 0.6" is a denoiser for noise of every strength up to 0.6, "0.4" one for this noise alone; other
noise has about the strength of 0.3 and 0.4. For photo-gray (0 to 55/255), it has about that of 27/255. With
--quick, few small images.
"""

import numpy as np
from _data import load_free_photographs, load_mnist, load_photographs
from _record import main
from sklearn.frozen import FrozenEstimator

from skdenoise import (
    Compose,
    CorrelatedGaussianNoise,
    GaussianNoise,
    NoiseNoveltyDetector,
    RowNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
)

COLUMNS = [
    "noise",
    "U-Net, 0 to 0.6",
    "U-Net, 0.4",
    "Wiener subspace, 0 to 0.6",
    "photo-gray",
]


def measure(quick):
    """Return the rows of the table."""
    epochs = {"epochs": 1} if quick else {}
    X, _, test, _ = load_mnist(stand_in=quick)
    n, n_known, n_test = (300, 200, 40) if quick else (10_000, 1000, 500)
    digits = X[n : n + n_known], test[:n_test].astype(np.float32)
    blind, fixed = (
        {"noise_factor": factor, "value_range": (0, 1), "random_state": 0}
        for factor in ((0, 0.6), 0.4)
    )
    columns = [
        shares(UNetDenoiser(**blind, **epochs).fit(X[:n]), *digits, 0.6, 0.3),
        shares(UNetDenoiser(**fixed, **epochs).fit(X[:n]), *digits, 0.4, 0.4),
        shares(SubspaceDenoiser(**blind).fit(X[:n]), *digits, 0.6, 0.3),
    ]
    photographs = grey_photographs(quick).astype(np.float32) / 255
    photographs = photographs[np.random.default_rng(0).permutation(len(photographs))]
    n_known = int(0.6 * len(photographs))
    pretrained = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    most = 55 / 255
    columns.append(
        shares(
            pretrained,
            photographs[:n_known],
            photographs[n_known:],
            most,
            most / 2,
            noise="gaussian",
            noise_factor=(0, most),
        )
    )
    return [
        {
            "noise": name,
            **{title: column[name] for title, column in zip(COLUMNS[1:], columns, strict=True)},
        }
        for name in columns[0]
    ]


def shares(denoiser, known, test, most, strength, **noise):
    """Return the share of test images that are reported, for each kind of noise."""
    detector = NoiseNoveltyDetector(FrozenEstimator(denoiser), random_state=0, **noise).fit(known)
    usual = noise.get("noise_factor", denoiser.noise_factor)
    half = strength / np.sqrt(2)
    kinds = {
        "that of the training": ("gaussian", usual),
        "1.5 times the strongest": ("gaussian", 1.5 * most),
        "0.5 times the strongest": ("gaussian", 0.5 * most),
        "correlated, 0.4": (CorrelatedGaussianNoise(strength, 0.4), None),
        "correlated, 0.7": (CorrelatedGaussianNoise(strength, 0.7), None),
        "half of the variance in rows": (Compose([GaussianNoise(half), RowNoise(half)]), None),
        "counted photons": ("poisson", strength),
        "speckle": ("speckle", strength),
        "5 % dots": ("salt_and_pepper", 0.05),
        "clipped": ("gaussian", strength),
        "motion blur": ("motion_blur", 5),
        "JPEG, quality 30": ("jpeg_compression", 0.7),
        "none": ("gaussian", 0.0),
    }
    found = {}
    for name, (model, factor) in kinds.items():
        noisy = add_noise(
            test, model, factor, random_state=1, value_range=(0, 1), clip=name == "clipped"
        )
        found[name] = float(np.mean(detector.predict(noisy) == -1))
    return found


def grey_photographs(quick):
    """Return parts of photographs, uint8."""
    if not quick:
        return load_free_photographs(290, 128)[..., 1]
    parts = load_photographs(stand_in=True)["train400"]
    return np.concatenate(
        [parts[:, i : i + 40, j : j + 40] for i in (0, 40, 80) for j in (0, 60, 120)]
    )


if __name__ == "__main__":
    main(__file__)
