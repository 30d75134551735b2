"""A PSNR without clean images: how close Stein's unbiased risk estimate comes to the truth, and how it ranks.

Writes experiments/results/risk_estimate.md, a table of docs/guide/no_clean_images.md.

    python experiments/risk_estimate.py

27 denoisers (filters, principal components, and a U-Net trained for three strengths) on the first 500 test images
of MNIST, and filters and photo-gray on seven photographs of Set12, with Gaussian noise that is not clipped, and
with Poisson noise. The table has the correlation of ranks (Spearman) between the estimated and the true PSNR over
all denoisers, the mean and the largest distance between the two, and the same where the noise is estimated too.
The last column is the correlation between the estimated and the true error of single images, of the best
denoiser. With --quick, few denoisers on small images.
"""

import numpy as np
from _data import load_mnist, load_photographs
from _record import main
from scipy.stats import spearmanr

from skdenoise import (
    FilterDenoiser,
    PoissonNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    estimate_psnr,
)

COLUMNS = [
    "images",
    "noise",
    "denoisers",
    "ranks",
    "mean dB apart",
    "largest",
    "ranks, noise estimated",
    "median dB apart, noise estimated",
    "single images",
]
SIGMAS = (0.1, 0.2, 0.4)
PHOTONS = 30


def measure(quick):
    """Return the rows of the table."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    learned = [denoiser.fit(X[: 300 if quick else 10_000]) for denoiser in learned_denoisers(quick)]
    digits = X_test[: 50 if quick else 500].astype(np.float32)
    photographs = load_photographs(stand_in=quick)
    name = "train400" if quick else "set12_256"
    photographs = photographs[name][: 2 if quick else 7].astype(np.float32) / 255
    pretrained = [
        UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1), strength=strength)
        for strength in (0.5, 0.8, 1.0)
    ]
    rows = []
    for sigma in SIGMAS[:1] if quick else SIGMAS:
        filters = filters_for(sigma, digits, quick)
        rows.append(row("MNIST", f"Gaussian, {sigma}", digits, sigma, learned + filters))
    for sigma in (0.1,):
        denoisers = pretrained + filters_for(sigma, photographs, quick)
        rows.append(row("Set12", f"Gaussian, {sigma}", photographs, sigma, denoisers))
    denoisers = pretrained + filters_for(0.1, photographs, quick)
    noise = PoissonNoise(photons=PHOTONS)
    rows.append(row("Set12", f"Poisson, {PHOTONS} photons", photographs, noise, denoisers))
    return rows


def learned_denoisers(quick):
    """Return denoisers of digits that learn."""
    epochs = {"epochs": 1} if quick else {}
    numbers = (10,) if quick else (20, 40, 80, 160)
    factors = (0.2,) if quick else (0.2, 0.4, (0, 0.6))
    return [
        *(SubspaceDenoiser(n, noise_factor=0.3, random_state=0) for n in numbers),
        *(UNetDenoiser(noise_factor=factor, random_state=0, **epochs) for factor in factors),
    ]


def filters_for(sigma, images, quick):
    """Return fitted filters of many strengths."""
    widths = (0.5, 1.0) if quick else (0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
    strengths = (0.5, 1.0) if quick else (0.5, 0.8, 1.0, 1.5, 2.0)
    filters = [FilterDenoiser("gaussian", sigma_spatial=width) for width in widths]
    filters += [FilterDenoiser("wavelet", sigma=sigma * factor) for factor in strengths]
    filters += [FilterDenoiser("nl_means", sigma=sigma * factor) for factor in strengths]
    filters += [FilterDenoiser("tv_chambolle", sigma=sigma * factor) for factor in strengths]
    return [one.set_params(value_range=(0, 1)).fit(images) for one in filters]


def row(data, what, clean, noise, denoisers):
    """Return a row of the table."""
    model = noise if isinstance(noise, PoissonNoise) else "gaussian"
    factor = None if isinstance(noise, PoissonNoise) else noise
    noisy = add_noise(clean, model, factor, random_state=0, value_range=(0, 1))
    given = [estimate_psnr(one, noisy, noise=noise, value_range=(0, 1)) for one in denoisers]
    errors = [errors_of(one, noisy, clean) for one in denoisers]
    truth = np.array([-10 * np.log10(values.mean()) for values in errors])
    found = np.array([estimate.psnr for estimate in given])
    best = int(np.argmax(truth))
    values = {
        "images": data,
        "noise": what,
        "denoisers": len(denoisers),
        "ranks": float(spearmanr(found, truth)[0]),
        "mean dB apart": float(np.abs(found - truth).mean()),
        "largest": float(np.abs(found - truth).max()),
        "single images": float(np.corrcoef(given[best].errors, errors[best])[0, 1]),
    }
    if not isinstance(noise, PoissonNoise):
        blind = [estimate_psnr(one, noisy, value_range=(0, 1)).psnr for one in denoisers]
        values["ranks, noise estimated"] = float(spearmanr(blind, truth)[0])
        # Infinite where the noise is overestimated, so that no error seems to be left.
        values["median dB apart, noise estimated"] = float(np.median(np.abs(blind - truth)))
    return values


def errors_of(denoiser, noisy, clean):
    """Return the mean squared error of each image."""
    difference = np.asarray(denoiser.transform(noisy)) - clean
    return (difference.reshape(len(clean), -1) ** 2).mean(axis=1)


if __name__ == "__main__":
    main(__file__)
