"""Estimation: the standard deviation of the noise of each image, from the image alone."""

import math
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.value_range import range_of_noisy
from skdenoise.noise.clipping import MAX_CLIPPED, at_black, at_white, moments_of_clipped_normal
from skdenoise.noise.flat_windows import noise_of_flat_windows
from skdenoise.typing import Images, ImageShape, ImagesOrList, UnitImages, ValueRange
from skdenoise.user_warnings import warn_user

# Second differences along one axis, of independent noise of variance 1, have the variance 6.
_NORM = math.sqrt(6)
# The median of the size of a standard normal.
MEDIAN_SIZE = 0.67449
# Pixels are sorted by brightness, the mean of 5x5 pixels, into up to 8 groups.
_WINDOW, _N_GROUPS, _PIXELS_PER_GROUP = 5, 8, 64
# From this share of clipped values on, the estimate accounts for clipping in each group. If nearly
# all of a group is at black or white, it has no visible noise.
_SOME_CLIPPED, _ALL_CLIPPED = 0.01, 0.95
# Fewer pixels are not enough to distinguish noise from content.
_LEAST_PIXELS = 25
# From this share of pixels on that equal their 8 neighbours, there may be regions of one value. Pixels at most 3
# away from them are left out if at least a quarter of the others is left.
_LEAST_CONSTANT, _FROM_CONSTANT, _LEAST_VARIED = 0.05, 7, 0.25
# From this correlation of neighbouring pixels in flat regions on, noise counts as correlated. White noise with
# the texture of photographs is below, and pictures of cameras are above.
LEAST_CORRELATION = 0.45
# At a distance of 3 pixels, texture has a larger correlation, and noise of cameras a smaller one.
_MOST_DISTANT_CORRELATION = 0.1


@overload
def estimate_noise(
    X: ImagesOrList,
    *,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    return_correlation: Literal[False] = False,
) -> NDArray[np.float64]: ...


@overload
def estimate_noise(
    X: ImagesOrList,
    *,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    return_correlation: Literal[True],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...


def estimate_noise(
    X: ImagesOrList,
    *,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    return_correlation: bool = False,
) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimate the standard deviation of the noise of each image, from noisy images alone.

    The noise should be about equally strong all over an image. It may be correlated between
    neighbouring pixels, as in pictures of cameras and phones.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images of at least 25 pixels; signals are strips, ``image_shape=(1, n)``. Or a list of arrays
        of shape (height, width) or (height, width, channels), which may differ in size, or an
        `ImageFolder`.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, a row is a square grey image, or a strip of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred as in `UNetDenoiser`; for floats, 0..1 if the means of
        5x5 pixels are in it, by up to 0.5 more. For other floats, uses the 1st and 99th percentile, a range that
        noise makes wider, and warns.
    return_correlation : bool, default=False
        Whether to return the correlation as well.

    Returns
    -------
    sigma : ndarray of shape (n,)
        Standard deviations in units of the value range, like the `noise_factor` of ``"gaussian"``.
        NaN if nearly all of an image is clipped. For colour images, the square root of the mean
        variance of the channels.
    correlation : ndarray of shape (n,)
        Correlation of the noise of neighbouring pixels, in flat regions. NaN if an image has fewer
        than 16 windows of 16x16 pixels that are not clipped. Only if `return_correlation` is True.

    Raises
    ------
    ValueError
        If images have fewer than 25 pixels.

    Warns
    -----
    UserWarning
        If the values of black and white of floats are not known.

    See Also
    --------
    fit_noise_model : Measures how noise depends on intensity, for all images together.
    UNetDenoiser : Uses the estimate with ``noise_factor="estimate"``.

    Notes
    -----
    The estimate is the median magnitude of second differences of neighbouring pixels (Immerkaer
    [1]_), divided by its value for normal noise of unit variance. The median reduces the effect of
    edges. Clipping removes noise, such as half of the noise of a black background. The estimate
    corrects for it, assuming normal noise: pixels are grouped by brightness, the remaining variance
    of each group follows from its share of clipped pixels, and the median of the groups is
    returned.

    Regions of one value, such as the black around a field of view, are left out, with the pixels within 3 of
    them. They count if less than a quarter of the other pixels would be left, as in drawings. In strips,
    one or two pixels wide, second differences are taken only along them.

    Second differences hardly see correlated noise. If the correlation between neighbouring pixels is
    at least 0.45 in flat regions (windows of 16x16 pixels, the most even ones of each brightness,
    without the plane that fits best) and at most 0.1 at a distance of 3 pixels, the median variance
    of these windows is used instead. The limits were chosen on photographs with and without noise.
    The correlation itself comes out 0.05 to 0.09 too low, and windows hide the slow part of the noise. Of
    ``CorrelatedGaussianNoise(0.1, correlation)`` on a flat image or a photograph, this is what is found. Noise
    with a correlation below 0.55 counts as independent, and with one above 0.9 as texture:

    =================  =====  =====  =====  =====  =====  =====  =====  =====
    true correlation   0.3    0.5    0.55   0.6    0.7    0.8    0.9    0.95
    =================  =====  =====  =====  =====  =====  =====  =====  =====
    correlation found  0.25   0.43   0.47   0.52   0.62   0.72   0.82   0.86
    strength found     0.060  0.035  0.093  0.091  0.088  0.083  0.070  0.001
    =================  =====  =====  =====  =====  =====  =====  =====  =====

    Texture counts as noise: the estimate is 0.01 to 0.02 for photographs without noise. In images of
    8x8 pixels, strokes cannot be distinguished from noise. The guide has a table of bias and spread.

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
    pixels = PixelFormat(images.dtype, range_of_noisy(value_range, images))
    sigmas, correlations = np.transpose([noise_of_image(image, pixels) for image in images])
    return (sigmas, correlations) if return_correlation else sigmas


def shows_clipping(image: UnitImages) -> bool:
    """Return whether so many values of an image, in units of the value range, are clipped that it matters."""
    return bool((at_black(image) | at_white(image)).mean() >= _SOME_CLIPPED)


def strengths_of_noise(
    images: Any, value_range: ValueRange, n_images: int = 512
) -> NDArray[np.float64]:
    """Return the estimates for up to `n_images` evenly spaced images, without NaN.

    `images` is the result of `as_images`. Warns if the noise of most of them is correlated, since training
    adds independent noise of the estimated strength.
    """
    pixels = PixelFormat(images.dtype, value_range)
    chosen = np.unique(np.linspace(0, len(images) - 1, n_images, dtype=int))
    measured = [_noise_of_image(images[index], pixels) for index in chosen]
    found, _, is_correlated = np.transpose(measured)
    if is_correlated.mean() > 0.5:
        warn_user(
            "The noise of the images is correlated between neighbouring pixels, as in pictures of cameras and "
            "phones, but noise_factor='estimate' trains for independent noise, and such a denoiser leaves "
            "correlated noise as it is. For pictures of cameras, use UNetDenoiser.from_pretrained('photo-real'). "
            "With clean images, train with noise='camera_pipeline', or with CorrelatedGaussianNoise, whose "
            "correlation estimate_noise(X, return_correlation=True) measures."
        )
    if np.isnan(found).all():
        raise ValueError(
            "The noise of the images cannot be estimated: nearly all of their pixels are at "
            "black or white. Check value_range, or give the strength of the noise as "
            "noise_factor."
        )
    return found[~np.isnan(found)]


def as_images(X: ImagesOrList, image_shape: ImageShape | None) -> ImageList | Images:
    """Check images of any layout, and return them as an `ImageList` or an NHWC array."""
    if is_image_list(X):
        return ImageList(X)
    X = check_images(X)
    return as_nhwc(X, check_image_shape(image_shape, X))


def noise_of_image(image: Images, pixels: PixelFormat) -> tuple[float, float]:
    """Return the standard deviation of the noise of an image, and the correlation in flat regions."""
    sigma, correlation, _ = _noise_of_image(image, pixels)
    return sigma, correlation


def is_large_enough(shape: tuple[int, ...]) -> bool:
    """Return whether the noise of an image of this shape (height, width, ...) can be estimated."""
    height, width = shape[:2]
    return height * width >= _LEAST_PIXELS


def _noise_of_image(image, pixels):
    """Return standard deviation and correlation, and whether the noise counts as correlated."""
    unit = pixels.to_unit(image)
    sigma = _white_noise(unit, pixels)
    flat = noise_of_flat_windows(unit)
    is_noise = flat.distant_correlation <= _MOST_DISTANT_CORRELATION
    is_correlated = is_noise and flat.correlation >= LEAST_CORRELATION
    if is_correlated:
        sigma = max(sigma, _without_rounding(flat.variance, pixels))
    return sigma, flat.correlation, is_correlated


def white_noise_of_image(image: Images, pixels: PixelFormat) -> float:
    """Return the standard deviation of the noise of an image, which is independent between pixels."""
    return _white_noise(pixels.to_unit(image), pixels)


def _white_noise(image, pixels):
    """Return the same for an image in units of the value range; `pixels` is the format that it had."""
    if not is_large_enough(image.shape):
        raise ValueError(
            f"An image has {image.shape[0]}x{image.shape[1]} pixels; expected at least {_LEAST_PIXELS} pixels, "
            "5x5 or a strip of 1x25, to distinguish noise from content. If the images are flat rows, give "
            "image_shape."
        )
    variance = np.mean([_sigma(channel) ** 2 for channel in np.moveaxis(image, -1, 0)])
    return _without_rounding(variance, pixels)


def _without_rounding(variance, pixels):
    """Return a standard deviation, given the variance of the noise and of the rounding of integers."""
    return math.sqrt(without_rounding(variance, pixels))


def without_rounding(variance: Any, pixels: PixelFormat) -> Any:
    """Return the variance of noise, given the variance of the noise and of the rounding of integers."""
    return np.maximum(variance - pixels.step**2 / 12, 0) if pixels.step else variance


def _sigma(channel):
    size, inner = _second_differences(channel)
    varied = _varied(channel)
    size, values = size[varied[inner]], channel[varied]
    if not shows_clipping(values):
        return np.median(size)
    sigmas = [_sigma_of_group(*group) for group in _groups(channel, varied, size, inner)]
    return np.nan if np.isnan(sigmas).all() else np.nanmedian(sigmas)


def _second_differences(channel):
    """Return the size of second differences, whose median is the strength of the noise, and where they are.

    They are taken down and across; in a strip, one or two pixels wide, only along it.
    """
    differences, norm, inner = channel, MEDIAN_SIZE, [slice(None)] * 2
    for axis in _long_axes(channel.shape):
        differences = np.diff(differences, 2, axis=axis)
        norm *= _NORM
        inner[axis] = slice(1, -1)
    return np.abs(differences) / norm, tuple(inner)


def _long_axes(shape):
    return [axis for axis in (0, 1) if shape[axis] > 2]


def _varied(channel):
    """Return a mask of the pixels that are far from regions of one value, such as around a field of view.

    If these regions leave little else, as in drawings and in weak noise that is rounded, all pixels count.
    """
    reach = [3 if axis in _long_axes(channel.shape) else 1 for axis in (0, 1)]
    is_constant = maximum_filter(channel, reach) == minimum_filter(channel, reach)
    everywhere = np.ones(channel.shape, bool)
    if is_constant.mean() < _LEAST_CONSTANT:
        return everywhere
    varied = ~maximum_filter(is_constant, _FROM_CONSTANT)
    enough = max(_PIXELS_PER_GROUP, _LEAST_VARIED * (~is_constant).sum())
    return varied if varied.sum() >= enough else everywhere


def _groups(channel, varied, size, inner):
    """Yield second differences, and shares of clipped neighbours, for each group of brightness."""

    def near(values, window):
        return uniform_filter(values.astype(np.float32), window)[inner][varied[inner]]

    brightness = near(channel, _WINDOW)
    black, white = near(at_black(channel), 3), near(at_white(channel), 3)
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
