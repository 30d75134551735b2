"""Colours in a denoiser of grey images: opponent colours or channel by channel, by the noise model.

Writes experiments/results/opponent_colours.md, a table of docs/guide/photographs.md.

CIFAR-10, uint8: networks are trained on 9,000 grey images, each for one noise model, and denoise 300 colour images
of the rest with this noise. Filters learn nothing. Mean PSNR.
"""

import numpy as np
from _data import load_cifar10
from _record import main

from skdenoise import FilterDenoiser, UNetDenoiser, add_noise, psnr

COLUMNS = ["denoiser", "noise", "noisy (dB)", "separate (dB)", "opponent (dB)"]
NOISES = {
    "gaussian": 0.1,
    "poisson": 0.2,
    "speckle": 0.3,
    "salt_and_pepper": 0.1,
    "motion_blur": None,
}


def measure(quick):
    """Return the rows of the table."""
    X = np.random.default_rng(0).random((80, 32, 32, 3)) if quick else load_cifar10()[0]
    X = np.rint(255 * X).astype(np.uint8)
    clean = X[-20:] if quick else X[9000:9300]
    grey = (X[:60] if quick else X[:9000]).mean(axis=3).astype(np.uint8)
    denoisers = [
        UNetDenoiser(noise, factor, random_state=0, epochs=1 if quick else None)
        for noise, factor in [("gaussian", (0, 0.2)), *NOISES.items()]
    ]
    denoisers += [FilterDenoiser(method, "gaussian", 0.1) for method in ("nl_means", "wavelet")]
    denoisers += [FilterDenoiser("median", noise, NOISES[noise]) for noise in NOISES]
    return [row(denoiser.fit(grey), clean) for denoiser in denoisers]


def row(denoiser, clean):
    """Return the row of a denoiser, under noise of its model and the usual strength."""
    noisy = add_noise(clean, denoiser.noise, NOISES[denoiser.noise], random_state=1)
    is_blind = isinstance(denoiser.noise_factor, tuple)
    result = {
        "denoiser": getattr(denoiser, "method", "U-Net"),
        "noise": f"{denoiser.noise}, trained for 0 to 0.2" if is_blind else denoiser.noise,
    }
    result["noisy (dB)"] = float(psnr(clean, noisy, data_range=255).mean())
    for colour in ("separate", "opponent"):
        denoised = denoiser.set_params(colour=colour).transform(noisy)
        result[f"{colour} (dB)"] = float(psnr(clean, denoised, data_range=255).mean())
    return result


if __name__ == "__main__":
    main(__file__)
