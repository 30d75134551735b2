"""Estimation: how strong the noise of each image is, told from the image alone."""

import math

import numpy as np
from scipy.ndimage import uniform_filter

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.value_range import robust_value_range
from skdenoise.noise.clipping import MAX_CLIPPED, at_black, at_white, moments_of_clipped_normal

# Second differences down and across, of independent noise of variance 1, have the variance 36.
_NORM = 6
# The median of the size of a standard normal.
_MEDIAN_SIZE = 0.67449
# Pixels of like brightness are told by the mean of windows of 5x5, and make up to 8 groups.
_WINDOW, _N_GROUPS, _PIXELS_PER_GROUP = 5, 8, 64
# From this share of clipped values on it is told apart how much of each group was clipped; a group
# of which nearly all is at black or white has no noise that could be seen.
_SOME_CLIPPED, _ALL_CLIPPED = 0.01, 0.95
_LEAST_SIDE = 5


def estimate_noise(X, *, image_shape=None, value_range=None):
    """Estimate the standard deviation of the noise of each image, from noisy images alone.

    For noise that is independent from pixel to pixel and of about one strength all over an image.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images of at least 5x5 pixels; or a list of arrays of shape (height, width) or
        (height, width, channels), whose sizes may differ, or an `ImageFolder`.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image.
    value_range : (low, high), default=None
        What is black and what is white. ``None`` infers it as `UNetDenoiser` does; of floats beyond
        0..1, from their first to their last percentile, which noise makes wider.

    Returns
    -------
    ndarray of shape (n,)
        In units of the value range: what `noise_factor` is for ``"gaussian"``. NaN where nearly all
        of an image is clipped. Of colour images, the root of the mean variance of the channels.

    Raises
    ------
    ValueError
        Where images are smaller than 5x5 pixels.

    See Also
    --------
    fit_noise_model : Measures how noise depends on the light, over all images together.
    UNetDenoiser : Takes ``noise_factor="estimate"``.

    Notes
    -----
    The estimate is the median size of the second differences down and across of neighbouring pixels
    (Immerkaer [1]_), divided by what it is for normal noise, so that edges count little. Clipping
    at black or white, which takes away half of the noise of a black background, is made up for, as
    if the noise were normal: pixels are put into groups of like brightness, the share of each that
    is clipped tells how much variance is left, and the median of the groups is returned.

    Texture is taken for noise: photographs without noise of 180x180 pixels read 0.01, and images of
    8x8 pixels are too small to tell strokes from noise. The guide has a table of bias and spread.

    References
    ----------
    .. [1] J. Immerkaer, "Fast Noise Variance Estimation", Computer Vision and Image Understanding
       64(2), 1996.

    Examples
    --------
    >>> from sklearn.datasets import load_sample_image
    >>> from skdenoise import add_noise, estimate_noise
    >>> flower = load_sample_image("flower.jpg")[None]  # uint8: noise is clipped
    >>> noisy = add_noise(flower, noise_factor=0.2, random_state=0)
    >>> print(f"{estimate_noise(noisy)[0]:.2f}")
    0.20
    """
    images = as_images(X, image_shape)
    pixels = PixelFormat(images.dtype, robust_value_range(value_range, images))
    return np.array([_estimate(image, pixels) for image in images])


def strengths_of_noise(images, value_range, n_images=512):
    """Return the estimates for so many images, evenly chosen, as far as they have one.

    Takes what `as_images` returns.
    """
    pixels = PixelFormat(images.dtype, value_range)
    chosen = np.unique(np.linspace(0, len(images) - 1, n_images, dtype=int))
    found = np.array([_estimate(images[index], pixels) for index in chosen])
    if np.isnan(found).all():
        raise ValueError(
            "The noise of the images cannot be estimated: nearly all of their pixels are at black or "
            "white. Check value_range, or say how strong it is with noise_factor."
        )
    return found[~np.isnan(found)]


def as_images(X, image_shape):
    """Check images of any layout; return them as an `ImageList` or an NHWC array."""
    if is_image_list(X):
        return ImageList(X)
    X = check_images(X)
    return as_nhwc(X, check_image_shape(image_shape, X))


def _estimate(image, pixels):
    """Return the standard deviation of the noise of an image (height, width, channels)."""
    if min(image.shape[:2]) < _LEAST_SIDE:
        raise ValueError(
            f"An image has {image.shape[0]}x{image.shape[1]} pixels; expected at least "
            f"{_LEAST_SIDE}x{_LEAST_SIDE}: noise cannot be told from picture in fewer. Strips of "
            "flat rows may need image_shape."
        )
    unit = pixels.to_unit(image)
    variance = np.mean([_sigma(channel) ** 2 for channel in np.moveaxis(unit, -1, 0)])
    if pixels.is_integer:
        step = 1 / (pixels.value_range[1] - pixels.value_range[0])
        variance = np.maximum(variance - step**2 / 12, 0)
    return math.sqrt(variance)


def _sigma(channel):
    size = np.abs(np.diff(np.diff(channel, 2, axis=0), 2, axis=1)) / (_NORM * _MEDIAN_SIZE)
    black, white = at_black(channel), at_white(channel)
    if (black | white).mean() < _SOME_CLIPPED:
        return np.median(size)
    sigmas = [_sigma_of_group(*group) for group in _groups(channel, size, black, white)]
    return np.nan if np.isnan(sigmas).all() else np.nanmedian(sigmas)


def _groups(channel, size, black, white):
    """Yield second differences, and how much was clipped about them, for pixels of like brightness."""

    def inside(values, window):
        return uniform_filter(values.astype(np.float32), window)[1:-1, 1:-1].ravel()

    brightness = inside(channel, _WINDOW)
    size, black, white = size.ravel(), inside(black, 3), inside(white, 3)
    n_groups = max(1, min(_N_GROUPS, size.size // _PIXELS_PER_GROUP))
    for group in np.array_split(np.argsort(brightness, kind="stable"), n_groups):
        yield size[group], black[group].mean(), white[group].mean()


def _sigma_of_group(size, black, white):
    if black + white > _ALL_CLIPPED:
        return 0.0
    if black + white > MAX_CLIPPED:
        return np.nan
    _, variance_left = moments_of_clipped_normal(black, white)
    return np.median(size) / np.sqrt(variance_left)
