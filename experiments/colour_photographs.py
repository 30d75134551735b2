"""Photographs in colour: a denoiser of grey images, in opponent colours and channel by channel, beside peers.

Writes experiments/results/colour_photographs.md, a table of docs/guide/photographs.md.

Mean PSNR of the middle 256x256 pixels of 24 photographs that the network was not trained on, with Gaussian
noise of the same standard deviation (of 255) in red, green and blue, not clipped and in images of 8 bits.
Denoised images are clipped to black and white. Ours is blind; the peers are given the standard deviation. The
intervals are bootstraps over photographs.
"""

import numpy as np
from _data import load_free_photographs
from _record import main
from scipy.stats import bootstrap
from sklearn.datasets import load_sample_images

from skdenoise import FilterDenoiser, UNetDenoiser, psnr

SIGMAS = (15, 25, 50)
COLUMNS = ["what", *(f"{s} (dB)" for s in SIGMAS), *(f"{s}, 8 bits (dB)" for s in SIGMAS)]
OURS, CBM3D = "photo-gray, blind, opponent colours", "CBM3D of the bm3d package, given sigma"


def measure(quick):
    """Return the rows of the table."""
    images = load_sample_images().images if quick else load_free_photographs(24, 256)
    clean = np.stack([image[:32, :32] for image in images] if quick else images) / np.float32(255)
    denoise = {
        "noisy": lambda noisy, sigma: noisy,
        "photo-gray, blind, red, green and blue one by one": _packaged("separate"),
        OURS: _packaged("opponent"),
        "non-local means, given sigma": _nl_means,
        CBM3D: _cbm3d,
    }
    found = {what: {} for what in denoise}
    for sigma in SIGMAS:
        noise = np.random.default_rng(sigma).standard_normal(clean.shape).astype(np.float32)
        noisy = clean + np.float32(sigma / 255) * noise
        in_bytes = np.rint(255 * np.clip(noisy, 0, 1)) / np.float32(255)
        for column, images in ((f"{sigma} (dB)", noisy), (f"{sigma}, 8 bits (dB)", in_bytes)):
            for what, function in denoise.items():
                denoised = np.clip(function(images, sigma / 255), 0, 1)
                found[what][column] = psnr(clean, denoised, data_range=1)
    rows = [{"what": what} | _each(values, np.mean) for what, values in found.items()]
    ahead = {column: found[OURS][column] - found[CBM3D][column] for column in COLUMNS[1:]}
    return [
        *rows,
        {"what": f"{OURS}, 95 % interval"} | _each(found[OURS], _interval),
        {"what": f"{OURS}, less CBM3D, 95 % interval"} | _each(ahead, _interval),
    ]


def _each(values, function):
    return {column: function(of_images) for column, of_images in values.items()}


def _interval(values):
    low, high = bootstrap([values], np.mean, rng=0).confidence_interval
    return f"{low:.2f} to {high:.2f}"


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
