"""Scales: an image denoised at half its size too, where averaging has halved the noise."""

import numpy as np
from scipy.fft import dctn, idctn

from skdenoise.images.pixels import UNIT, changed_in_unit
from skdenoise.user_warnings import warn_user

# Height or width, at least, of an image that is halved.
_SMALLEST = 32

# Share of the pixels that may be black or white before noise is taken to have been clipped.
_CLIPPED = 0.02
_EXACT = 1e-6


def denoise_scales(denoise, images, pixels, clip=None, *, n_scales):
    """Denoise NHWC images at several scales; see `TrainedNetwork.denoise`.

    Parameters
    ----------
    denoise : function of images and PixelFormat
        Denoises them at one.
    images, pixels, clip
        As in `TrainedNetwork.denoise`.
    n_scales : int
        How many there are: the size of the image, half of it, and so on.
    """

    def denoise_part(noisy):
        if _can_be_halved(noisy):
            _warn_if_clipped(noisy)
        return _denoise(denoise, noisy, n_scales)

    return changed_in_unit(denoise_part, images, pixels, clip)


def _warn_if_clipped(noisy):
    if np.mean((abs(noisy) < _EXACT) | (abs(noisy - 1) < _EXACT)) > _CLIPPED:
        warn_user(
            "Many pixels are exactly black or white, as where noise was clipped. The average of clipped "
            "noise is not zero, so that an image at half of its size is not right either: set n_scales=1.",
        )


def _denoise(denoise, noisy, n_scales):
    fine = denoise(noisy, UNIT)
    if n_scales == 1 or not _can_be_halved(noisy):
        return fine
    return _recomposed(fine, _denoise(denoise, _halved(noisy), n_scales - 1))


def _can_be_halved(images):
    return min(images.shape[1:3]) >= _SMALLEST


def _halved(images):
    """Return the images at half of their size, by their low frequencies; white noise stays white."""
    height, width = (-(-side // 2) for side in images.shape[1:3])
    low = _frequencies(images)[:, :height, :width].copy()
    low /= np.float32(_scale(images, low))
    return _pixels(low)


def _recomposed(fine, coarse):
    """Return the fine image with the low frequencies of the coarse one.

    The lowest is wholly the coarse one's, the highest that it has wholly the fine one's, and the share
    falls linearly in between.
    """
    scale = np.float32(_scale(fine, coarse))
    result, low = (_frequencies(images, overwrite_x=True) for images in (fine, coarse))
    low *= scale
    height, width = coarse.shape[1:3]
    distance = np.hypot(*np.ix_(np.arange(height) / height, np.arange(width) / width))
    weight = np.maximum(1 - distance, 0).astype(np.float32)[..., np.newaxis]
    low -= result[:, :height, :width]
    low *= weight
    result[:, :height, :width] += low
    return _pixels(result)


def _scale(fine, coarse):
    """Return by what an orthonormal coefficient of the larger image is larger."""
    return (np.prod(fine.shape[1:3]) / np.prod(coarse.shape[1:3])) ** 0.5


def _frequencies(images, overwrite_x=False):
    return dctn(images, axes=(1, 2), norm="ortho", overwrite_x=overwrite_x)


def _pixels(frequencies):
    return idctn(frequencies, axes=(1, 2), norm="ortho", overwrite_x=True)
