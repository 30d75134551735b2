"""Learning from images with stripes alone: single pixels hidden, or whole rows.

Writes experiments/results/row_noise.md, a table of docs/guide/no_clean_images.md.

    python experiments/row_noise.py

PSNR in dB on test images, mean of two seeds. MNIST: the first 10,000 images, default network and length, the first
2,000 test images. Photographs: 1,600 parts of 88x88 pixels of train400, patches of 64x64, 4 epochs with batches of
16, on the 7 photographs of 256x256 of Set12. The noise is RowNoise of the given strength and correlation, and white
noise of 0.2 and 0.1 (MNIST) and 0.05 (photographs). "Pairs" learns from noisy and clean images, and is the best
that can be hoped for. With --quick, few small images.
"""

import numpy as np
from _data import load_mnist, load_photographs
from _record import main, mean_psnr

from skdenoise import Compose, GaussianNoise, RowNoise, UNetDenoiser, add_noise

COLUMNS = ["images", "row noise", "noisy (dB)", "self (dB)", "rows hidden (dB)", "pairs (dB)"]


def measure(quick):
    """Return the rows of the table."""
    return [*digits(quick), *photographs(quick)]


def digits(quick):
    """Yield the rows of MNIST."""
    X, _, test, _ = load_mnist(stand_in=quick)
    n, n_test = (64, 20) if quick else (10_000, 2000)
    X, test = X[:n].reshape(-1, 28, 28), test[:n_test].reshape(-1, 28, 28)
    options = {"epochs": 1} if quick else {}
    for sigma, correlation, white in ((0.3, 1.0, 0.2), (0.35, 0.8, 0.1)):
        yield row("MNIST", X, test, RowNoise(sigma, correlation), white, options)


def photographs(quick):
    """Yield the rows of photographs."""
    sets = load_photographs(stand_in=quick)
    side = 40 if quick else 88
    starts = (0,) if quick else (0, 90)
    X = np.concatenate(
        [sets["train400"][:, i : i + side, j : j + side] for i in starts for j in starts]
    )
    test = sets["train400"][:2, :64, :64] if quick else sets["set12_256"]
    X, test = (images.astype(np.float32) / 255 for images in (X, test))
    options = {"epochs": 1 if quick else 4, "patch_size": 32 if quick else 64, "batch_size": 16}
    for sigma, correlation in ((0.1, 1.0), (0.12, 0.8)):
        yield row("photographs", X, test, RowNoise(sigma, correlation), 0.05, options)


def row(images, X, test, rows, white, options):
    """Return the PSNR of each way to learn."""
    noise = Compose([rows, GaussianNoise(white)])
    noisy, noisy_test = (
        add_noise(clean, noise, random_state=seed, value_range=(0, 1)).astype(np.float32)
        for seed, clean in enumerate((X, test))
    )
    options = {"value_range": (0, 1), **options}
    found = {"noisy (dB)": [mean_psnr(test, noisy_test)]}
    ways = {
        "self (dB)": ("self", {}),
        "rows hidden (dB)": ("self_rows", {}),
        "pairs (dB)": ("clean", {"clean": X}),
    }
    for name, (supervision, pairs) in ways.items():
        fits = (
            UNetDenoiser(supervision=supervision, random_state=seed, **options).fit(noisy, **pairs)
            for seed in (0, 1)
        )
        found[name] = [mean_psnr(test, fitted.transform(noisy_test)) for fitted in fits]
    strength = f"{rows.sigma:g}, correlation {rows.correlation:g}"
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return {"images": images, "row noise": strength, **means}


if __name__ == "__main__":
    main(__file__)
