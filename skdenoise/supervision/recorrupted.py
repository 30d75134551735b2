"""Recorruption: two noisy versions of a noisy image, whose noise is independent.

T. Pang, H. Zheng, Y. Quan and H. Ji, "Recorrupted-to-Recorrupted: Unsupervised Deep Learning for Image
Denoising", CVPR 2021.
"""

from numbers import Real

import numpy as np

from skdenoise.images.pixels import UNIT
from skdenoise.noise.adding import corrupt_unit
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, generator

# Noise that is added, in units of the noise that is there; as much over it is subtracted (theirs).
_ALPHA = 0.5


def check_recorruption(noise):
    """Return the noise that is in images, if it can be drawn once more.

    Raises
    ------
    ValueError
        For other noise than Gaussian of one strength.
    """
    if not isinstance(noise, GaussianNoise) or not isinstance(noise.sigma, Real):
        raise ValueError(
            f"supervision='recorrupted' needs Gaussian noise of one known strength, not {noise!r}: "
            'give noise_factor=, or set supervision="self".'
        )
    return noise


def recorrupt(noisy, noise, rng):
    """Return images with more noise, and with noise subtracted that makes the two independent.

    With noise of standard deviation s in the images and z drawn from the same, the two are
    ``y + alpha z`` and ``y - z / alpha``: their noise has the covariance s**2 - s**2 = 0.

    Parameters
    ----------
    noisy : ndarray of shape (n, height, width, channels), float32
        In units of the value range.
    noise : GaussianNoise
        What is in them.
    rng : numpy.random.Generator
        Draws it once more.
    """
    drawn = corrupt_unit(np.zeros_like(noisy), noise, rng)
    return noisy + _ALPHA * drawn, noisy - drawn / _ALPHA


def psnr_of_recorrupted(network, images, noise):
    """Return the PSNR of each image with more noise, denoised, against that with less of it."""
    seen, target = recorrupt(images, noise, generator(0, Stream.SCORE))
    return -10 * np.log10(np.mean((network.denoise(seen, UNIT) - target) ** 2, axis=(1, 2, 3)))
