"""Photographs in colour: a denoiser of grey images, in opponent colours and channel by channel, beside peers.

Writes experiments/results/colour_photographs.md, a table of docs/guide/photographs.md.

Mean PSNR of the middle 256x256 pixels of 24 photographs that the network was not trained on, with Gaussian
noise of the same standard deviation (of 255) in red, green and blue, not clipped and in images of 8 bits.
Denoised images are clipped to black and white. Ours is blind; the peers are given the standard deviation.
"""

import numpy as np
from _data import load_free_photographs
from _record import main, mean_psnr
from sklearn.datasets import load_sample_images

from skdenoise import FilterDenoiser, UNetDenoiser

SIGMAS = (15, 25, 50)
COLUMNS = ["what", *(f"{s} (dB)" for s in SIGMAS), *(f"{s}, 8 bits (dB)" for s in SIGMAS)]


def measure(quick):
    """Return the rows of the table."""
    images = load_sample_images().images if quick else load_free_photographs(24, 256)
    clean = np.stack([image[:32, :32] for image in images] if quick else images) / np.float32(255)
    denoise = {
        "noisy": lambda noisy, sigma: noisy,
        "photo-gray, blind, red, green and blue one by one": _packaged("separate"),
        "photo-gray, blind, opponent colours": _packaged("opponent"),
        "non-local means, given sigma": _nl_means,
        "CBM3D of the bm3d package, given sigma": _cbm3d,
    }
    rows = [{"what": what} for what in denoise]
    for sigma in SIGMAS:
        noise = np.random.default_rng(sigma).standard_normal(clean.shape).astype(np.float32)
        noisy = clean + np.float32(sigma / 255) * noise
        in_bytes = np.rint(255 * np.clip(noisy, 0, 1)) / np.float32(255)
        for row, function in zip(rows, denoise.values(), strict=True):
            row[f"{sigma} (dB)"] = mean_psnr(clean, function(noisy, sigma / 255))
            row[f"{sigma}, 8 bits (dB)"] = mean_psnr(clean, function(in_bytes, sigma / 255))
    return rows


def _packaged(colour):
    denoiser = UNetDenoiser.from_pretrained("photo-gray", colour=colour)
    return lambda noisy, sigma: denoiser.transform(noisy)


def _nl_means(noisy, sigma):
    denoiser = FilterDenoiser("nl_means", sigma=sigma, value_range=(0, 1))
    return denoiser.fit(noisy).transform(noisy)


def _cbm3d(noisy, sigma):
    from bm3d import bm3d_rgb

    return np.stack([bm3d_rgb(image, sigma) for image in noisy])


if __name__ == "__main__":
    main(__file__)
