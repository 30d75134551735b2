"""Fitting: measure the noise of images, as a noise model for training."""

import math
import warnings

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import lsq_linear
from scipy.stats import chi2, norm

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range_of_pairs, value_range_is_certain
from skdenoise.noise.camera import CameraNoise
from skdenoise.noise.clipping import MAX_CLIPPED, at_black, at_white, moments_of_clipped_normal
from skdenoise.noise.estimation import without_rounding
from skdenoise.typing import ImageShape, UnitImages, ValueRange
from skdenoise.user_warnings import warn_user

# More values do not improve the measurement.
_MAX_VALUES = 2**23
_N_BINS, _MIN_PIXELS = 64, 100
# With a smaller spread of intensities, most of the variance must be shot noise, and the slope so many times
# its standard error.
_MIN_SPREAD, _CLEAR_SLOPE = 0.02, 4
# Black is too low if the noise vanishes above this intensity.
_MIN_OFFSET = 0.05
# Black pixels are counts of 0 photons, and not clipped, if a dark region has hardly any values between the
# first counts. (Of clipped noise in 8 bits, many values are there.)
_FIRST_COUNTS, _MAX_DISTINCT = 8, 12
# Flat regions are windows of 8 x 8 pixels, with 4 x 4 coefficients in each Haar band.
_WINDOW, _MIN_WINDOWS, _WINDOWS_PER_LEVEL, _FLAT_SHARE = 8, 50, 100, 0.1
# The median of the mean square of 16 normal coefficients, and of 32.
_MEDIAN_ENERGY, _MEDIAN_ENERGY_OF_TWO = chi2.median(16) / 16, chi2.median(32) / 32
# Maximum ratio of horizontal and vertical detail to diagonal detail. It is 1.3 for white noise of
# sigma 0.005 on photographs, and 3.5 or more for demosaiced noise.
_MAX_RATIO = 1.5
# Minimum share of the groups of windows that are flat. It is 0.27 for digits with white noise, and
# 0.8 or more for most photographs.
_MIN_CLEAR = 0.2
# A variance that is only due to rounding of float32.
_TINY = 1e-12
# Noise of one strength differs between images by a factor of up to 1.35 in variance, besides chance; where
# photographs were stretched one by one, it is 1.3 to 2.9. In flat regions, texture counts as noise: below this sigma the
# factor is up to 1.7, and in fewer windows up to 2.3.
_LEAST_SIGMA_TO_COMPARE, _MIN_WINDOWS_TO_COMPARE, _MIN_VALUES_TO_COMPARE = 0.02, 900, 8
# The relative variance of the median of mean squares of 16 normal coefficients, times their number.
_VARIANCE_OF_MEDIAN = math.pi / 2 * (2 / 16) / _MEDIAN_ENERGY**2
# A difference is chance if the noise of one strength would differ as much in one comparison of a thousand.
_CONFIDENCE = 0.999
# The 0.9 quantile of a normal distribution less the 0.1 quantile, in standard deviations.
_BETWEEN_QUANTILES = norm.ppf(0.9) - norm.ppf(0.1)
_MAX_DIFFERENCE, _MAX_COMPARED = 1.35, 32


def fit_noise_model(
    noisy: ArrayLike,
    clean: ArrayLike | None = None,
    *,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
) -> CameraNoise:
    """Measure the noise of images, and return a noise model that generates such noise.

    Uses pairs of noisy and clean images or, less exactly, flat regions of noisy images.

    Parameters
    ----------
    noisy : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images. Without `clean`, of at least 16 x 16 pixels.
    clean : array-like of the same shape, default=None
        The same images without noise, such as averages of many exposures.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, a row is a square grey image, or a strip of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from `clean`, or from `noisy` if there is
        no `clean`. Required for floats beyond 0..1 without `clean`, since noise goes beyond black
        and white.

    Returns
    -------
    CameraNoise
        A model with the measured `shot` and `read`, in units of the value range, and ``gamma=1``.

    Raises
    ------
    ValueError
        If there are too few pixels or flat regions, shapes differ, or the value range cannot be
        inferred.

    Warns
    -----
    UserWarning
        If the noise is correlated between neighbouring pixels or, with `clean`, is not zero on
        average. `CameraNoise` cannot generate such noise. Or if the noise differs between images, as after
        their contrast was stretched one by one: the model is then an average that fits none of them. (Without
        `clean`, this is seen in images of about 240 x 240 pixels and more.) Or if
        the noise would vanish far above black, as where a camera adds an offset to all values.

    See Also
    --------
    estimate_noise : Measures the correlation of neighbouring pixels as well.
    CameraPipeline : Noise of pictures of cameras and phones, which is correlated.
    CorrelatedGaussianNoise : Noise with a given correlation.
    UNetDenoiser : Takes the model as ``noise``, or learns from the pairs directly.

    Notes
    -----
    The model assumes a variance of ``read + shot * x`` at an intensity `x` between 0 (black) and 1
    (white). The variance is measured at many intensities, and the line is fitted by weighted
    non-negative least squares, as in Foi et al. [1]_. Other kinds of noise (impulses, speckle) are
    only approximated by such a line.

    With pairs, the variance is the variance of ``noisy - clean``. Without `clean`, it is the median
    energy of the diagonal detail, which has the least content (Donoho and Johnstone [2]_), in the
    flattest tenth of the windows of each intensity, at half the resolution. Then weak noise is
    overestimated if everything has texture, and `shot` is uncertain if all flat regions have the
    same intensity. The rounding variance of integers is subtracted. Clipping at black or white is
    corrected for, assuming normal noise.

    References
    ----------
    .. [1] A. Foi et al., "Practical Poissonian-Gaussian noise modeling and fitting for single-image
       raw-data", IEEE Transactions on Image Processing 17(10), 2008.
    .. [2] D. Donoho and I. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika
       81(3), 1994.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import CameraNoise, add_noise, fit_noise_model
    >>> ramps = np.tile(np.linspace(0, 1, 64), (20, 64, 1))
    >>> noisy = add_noise(
    ...     ramps, CameraNoise(shot=0.01, read=0.001, gamma=1), random_state=0
    ... )
    >>> model = fit_noise_model(noisy, ramps)
    >>> print(f"{model.shot:.3f} {model.read:.4f}")
    0.010 0.0010
    """
    noisy = check_images(noisy, name="noisy")
    if clean is not None:
        clean = check_images(clean, name="clean")
        if clean.shape != noisy.shape:
            raise ValueError(
                f"noisy has shape {noisy.shape}, but clean has shape {clean.shape}. Expected the "
                "same images."
            )
    elif value_range is None and noisy.dtype.kind == "f" and not value_range_is_certain(noisy):
        raise ValueError(
            f"noisy has floats from {noisy.min():g} to {noisy.max():g}, beyond 0..1: the values "
            "of black and white cannot be inferred from noisy images. Give value_range=(low, "
            "high)."
        )
    reference = noisy if clean is None else clean
    value_range = check_value_range_of_pairs(value_range, noisy, reference)
    shape = check_image_shape(image_shape, noisy)
    pixels = PixelFormat(noisy.dtype, value_range)
    noisy_unit = _sample(noisy, shape, value_range)
    if clean is None:
        try:
            model = noise_of_flat_regions(noisy_unit, pixels)
        except TooFewFlatRegionsError as error:
            advice = "Give more or larger images, or give clean=."
            raise TooFewFlatRegionsError(f"{error} {advice}") from error
        _warn_if_images_differ(_compare_flat_regions, model, noisy_unit)
    else:
        clean_unit = _sample(clean, shape, value_range)
        model = _model(*_measure_pairs(noisy_unit, clean_unit), pixels)
        _warn_if_images_differ(_compare_pairs, model, noisy_unit, clean_unit)
    return model


class TooFewFlatRegionsError(ValueError):
    """Images have too few pixels, or too few that are neither black nor white."""


def noise_of_flat_regions(images: UnitImages, pixels: PixelFormat) -> CameraNoise:
    """Measure the noise of NHWC images in units of the value range, from their flat regions.

    `pixels` is the format that they were stored in.

    Raises
    ------
    TooFewFlatRegionsError
        If there is too little to measure.
    """
    return _model(*_measure_flat_regions(images), pixels)


def _model(light, variance, count, pixels):
    """Return the noise model of measured variances."""
    variance = without_rounding(variance, pixels)
    read, shot = _fit_line(light, variance, count, pixels)
    return CameraNoise(shot=float(f"{shot:.4g}"), read=float(f"{read:.4g}"), gamma=1)


def _sample(X, image_shape, value_range):
    """Return NHWC images in units of the value range: all, or a sample of enough values."""
    images = as_nhwc(X, image_shape)[:: math.ceil(X.size / _MAX_VALUES)]
    return PixelFormat(X.dtype, value_range).to_unit(images)


def _measure_pairs(noisy, clean):
    """Return intensities, and for each the variance of the noise and the number of values.

    The intensities are the means of bins of the clean values.
    """
    if noisy.size < _MIN_PIXELS:
        raise ValueError(f"The images have {noisy.size} values; expected at least {_MIN_PIXELS}.")
    noise = noisy - clean
    bins = np.clip(clean * _N_BINS, 0, _N_BINS - 1).astype(np.intp)
    count = np.bincount(bins.ravel(), minlength=_N_BINS)

    def mean_per_bin(values):
        return np.bincount(bins.ravel(), values.ravel(), _N_BINS) / np.maximum(count, 1)

    light, mean = mean_per_bin(clean), mean_per_bin(noise)
    variance = mean_per_bin((noise - mean[bins]) ** 2) * count / np.maximum(count - 1, 1)
    _warn_if_neighbours_correlate((noise - mean[bins]) / np.sqrt(variance + _TINY)[bins])

    black, white = mean_per_bin(at_black(noisy)), mean_per_bin(at_white(noisy))
    if not _pulled_up(noise[clean < 0.5]):
        black[:] = 0
    used = (count > 1) & (black + white < MAX_CLIPPED)
    if not used.any():
        raise ValueError(
            "Nearly all values of the noisy images are black or white: there is too little noise "
            "left to measure. Check value_range, or give images that are less clipped."
        )
    light, mean, variance, count = (each[used] for each in (light, mean, variance, count))
    clipped_mean, clipped_variance = moments_of_clipped_normal(black[used], white[used])
    variance /= clipped_variance
    _warn_if_biased(mean - clipped_mean * np.sqrt(variance), variance, count)
    return light, variance, count


def _measure_flat_regions(images):
    """Return the same as `_measure_pairs`, from the flattest windows of each intensity."""
    height, width = (side // _WINDOW * _WINDOW for side in images.shape[1:3])
    if min(height, width) < 2 * _WINDOW:
        raise TooFewFlatRegionsError(
            f"The images are {images.shape[1]} x {images.shape[2]} pixels; expected at least "
            f"{2 * _WINDOW} x {2 * _WINDOW}, to find flat regions."
        )
    images = images[:, :height, :width]
    corners = [images[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    smooth, across, down, diagonal = _haar(*corners)
    light, energy = _mean_of_windows(smooth) / 2, _mean_of_windows(smooth**2)
    unevenness = energy - 4 * light**2
    diagonal_energy = _mean_of_windows(diagonal**2)
    straight_energy = _mean_of_windows((across**2 + down**2) / 2)
    black = _mean_of_windows(at_black(images), _WINDOW)
    white = _mean_of_windows(at_white(images), _WINDOW)

    usable = np.flatnonzero(black + white < MAX_CLIPPED)
    if len(usable) < _MIN_WINDOWS:
        raise TooFewFlatRegionsError(
            f"The images have {len(usable)} windows of {_WINDOW} x {_WINDOW} pixels that are not "
            f"clipped at black or white; expected at least {_MIN_WINDOWS}."
        )
    n_groups = min(_N_BINS, max(1, len(usable) // _WINDOWS_PER_LEVEL))
    groups = np.array_split(usable[np.argsort(light[usable])], n_groups)
    flat = [
        group[np.argsort(unevenness[group])[: int(len(group) * _FLAT_SHARE)]] for group in groups
    ]

    def per_group(values, average):
        return np.array([average(values[windows]) for windows in flat])

    variance = per_group(diagonal_energy, np.median) / _MEDIAN_ENERGY
    light, black, white = (per_group(values, np.mean) for values in (light, black, white))
    if _shows_counts(images, light, variance, black):
        black = np.zeros_like(black)
    straight = per_group(straight_energy, np.median) / _MEDIAN_ENERGY_OF_TWO
    clear = _without_texture(straight, variance)
    clipped_mean, clipped_variance = moments_of_clipped_normal(black, white)
    variance /= clipped_variance
    light = light - clipped_mean * np.sqrt(variance)
    count = np.array([len(windows) for windows in flat])
    return light[clear], variance[clear], count[clear]


def _shows_counts(images, light, variance, black):
    """Return whether black pixels are counts of 0 photons, from the light of groups with some of them.

    The variance of counts is the light times that of one photon, and there is nothing between two counts.
    """
    dark = (black > 0) & (light > 0)
    if not dark.any():
        return False
    photon = np.median(variance[dark] / light[dark])
    first = (np.unique(one[(one > 0) & (one < _FIRST_COUNTS * photon)]) for one in images[:8])
    return bool(np.median([len(values) for values in first]) <= _MAX_DISTINCT)


def _haar(a, b, c, d):
    """Return the bands of the Haar transform of the corners of 2 x 2 blocks."""
    return (a + b + c + d) / 2, (a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2


def _warn_if_images_differ(compare, model, *images):
    """Warn if the noise of single images is not that of the model, which was measured on all of them.

    `compare` returns the variance of one image, as a multiple of that of the model, and the relative variance of
    this ratio that is due to chance; or NaN.
    """
    n_images = len(images[0])
    if n_images < 2:
        return
    some = np.unique(np.linspace(0, n_images - 1, min(n_images, _MAX_COMPARED), dtype=int))
    found = np.array([compare(model, *(one[[index]] for one in images)) for index in some])
    ratios, chances = found[found[:, 0] > 0].T  # NaN is not
    if len(ratios) < 2:
        return
    low, high = np.quantile(ratios, [0.1, 0.9])
    variance, chance = (math.log(high / low) / _BETWEEN_QUANTILES) ** 2, chances.mean()
    n_free = len(ratios) - 1
    if variance * n_free <= chance * chi2.ppf(_CONFIDENCE, n_free):
        return
    if math.exp(_BETWEEN_QUANTILES * math.sqrt(max(0, variance - chance))) > _MAX_DIFFERENCE:
        warn_user(
            f"The noise differs between images: at the same intensity, its variance is {low:.2g} to "
            f"{high:.2g} times that of the returned model, in most of them. Were their contrasts stretched "
            "one by one, or their exposures different? The model is an average, which may fit none of them. "
            "Give images as the sensor made them, or fit one model for each image; a denoiser with "
            "stabilize='estimate' measures each image itself."
        )


def _compare_flat_regions(model, image):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of correlation, which the fit to all images has warned of
        try:
            light, variance, count = _measure_flat_regions(image)
        except ValueError:
            return math.nan, math.nan
    n_flat = sum(count)
    is_weak = model.read + model.shot / 2 < _LEAST_SIGMA_TO_COMPARE**2
    if n_flat < _MIN_WINDOWS_TO_COMPARE * _FLAT_SHARE or is_weak:
        return math.nan, math.nan
    ratios = np.maximum(variance, _TINY) / _variance_at(model, light)
    return math.exp(np.average(np.log(ratios), weights=count)), _VARIANCE_OF_MEDIAN / n_flat


def _compare_pairs(model, noisy, clean):
    variance = _variance_at(model, clean)
    reach = 2 * np.sqrt(variance)  # values farther from black and white are hardly clipped
    inside = (clean > reach) & (clean < 1 - reach)
    squares = (noisy - clean)[inside].astype(np.float64) ** 2
    if len(squares) < _MIN_VALUES_TO_COMPARE or not squares.any():
        return math.nan, math.nan
    mean = squares.mean()
    return mean / np.mean(variance[inside]), squares.var() / len(squares) / mean**2


def _variance_at(model, light):
    return model.read + model.shot * np.maximum(light, 0) + _TINY


def _mean_of_windows(values, side=_WINDOW // 2):
    """Return the mean of each window, as a flat array. The default is the side in a Haar band."""
    n, height, width, channels = values.shape
    windows = values.reshape(n, height // side, side, width // side, side, channels)
    return windows.mean(axis=(2, 4), dtype=np.float64).ravel()


def _fit_line(light, variance, count, pixels):
    """Return read and shot, both >= 0, of the line through the variances."""
    overall = np.average(variance, weights=count)
    line = np.column_stack([np.ones(len(light)), np.maximum(light, 0)])
    spread = np.sqrt(np.cov(light, aweights=count, ddof=0))
    if overall == 0 or (spread < _MIN_SPREAD and not _is_clearly_shot_noise(line, variance, count)):
        return overall, 0.0
    expected = np.full(len(light), overall)
    for _ in range(5):
        # A variance measured from n values has a standard deviation of sqrt(2 / n) times itself.
        weight = np.sqrt(count) / (expected + overall / 100)
        read, shot = lsq_linear(
            line * weight[:, np.newaxis], variance * weight, bounds=(0, np.inf), method="bvls"
        ).x
        expected = line @ (read, shot)
    if read == 0:
        _warn_if_black_is_too_low(line, variance, weight, pixels)
    return read, shot


def _is_clearly_shot_noise(line, variance, count):
    """Return whether the line of least squares is steep, far beyond its standard error."""
    found = _line_of_least_squares(line, variance, np.sqrt(count))
    if found is None:
        return False
    (read, shot), (_, shot_error) = found
    return read < np.average(variance, weights=count) / 2 and shot > _CLEAR_SLOPE * shot_error


def _line_of_least_squares(line, variance, weight):
    """Return read and shot, of any sign, and their standard errors; None if there are too few levels."""
    n_free = len(line) - 2
    if n_free < 3 or np.ptp(line[:, 1]) == 0:
        return None
    weighted = line * weight[:, np.newaxis]
    found, *_ = np.linalg.lstsq(weighted, variance * weight, rcond=None)
    error = np.sum((variance * weight - weighted @ found) ** 2) / n_free
    return found, np.sqrt(error * np.diag(np.linalg.inv(weighted.T @ weighted)))


def _warn_if_black_is_too_low(line, variance, weight, pixels):
    """Warn if the noise vanishes at a brighter level than black, as where a camera adds an offset."""
    found = _line_of_least_squares(line, variance, weight)
    if found is None:
        return
    (read, shot), (read_error, _) = found
    black = -read / shot if shot > 0 else 0
    if read < -_CLEAR_SLOPE * read_error and black > _MIN_OFFSET:
        low, high = pixels.value_range
        warn_user(
            f"The noise would vanish at a pixel value of about {low + black * (high - low):.4g}, but black is "
            f"{low:g}. Does the camera add an offset to all values? Then the model is wrong: give the value "
            f"without light as black, value_range=(offset, {high:g})."
        )


def _pulled_up(noise):
    """Return whether noise is clipped at black. Counts of photons are not clipped there."""
    return noise.sum(dtype=np.float64) > 4 * math.sqrt(np.sum(noise**2, dtype=np.float64))


def _warn_if_neighbours_correlate(noise):
    """Warn if standardised noise is correlated between neighbouring pixels."""
    pairs = (noise[:, :, 1:], noise[:, :, :-1]), (noise[:, 1:], noise[:, :-1])
    correlation = max((np.mean(a * b) for a, b in pairs if a.size), default=0, key=abs)
    if abs(correlation) > max(0.1, 4 / math.sqrt(noise.size)):
        _warn_of_correlation(
            f"The correlation between neighbouring pixels is {correlation:.2f}, not 0."
        )


def _without_texture(straight, diagonal):
    """Return a mask of the groups of windows without texture, from their energy of detail.

    Texture has more straight than diagonal detail, and so has correlated noise. If nearly all
    groups do, warn that the noise is correlated, and keep all groups.
    """
    clear = straight <= _MAX_RATIO * diagonal
    some = straight > 0  # compression may remove all detail
    if not some.any() or clear[some].mean() > _MIN_CLEAR:
        return clear
    ratio = np.median(straight) / max(np.median(diagonal), _TINY)
    _warn_of_correlation(
        f"Horizontal and vertical detail has {ratio:.1f} times the energy of diagonal detail, "
        "even in flat regions (or the noise is so weak that texture dominates)."
    )
    return np.full(len(clear), True)


def _warn_of_correlation(finding):
    warn_user(
        "The noise is correlated between neighbouring pixels, as after demosaicing, compression "
        f"or resizing. {finding} The returned model has independent noise, and a denoiser trained "
        "with it will not remove correlated noise. For pictures of cameras and phones, use "
        'UNetDenoiser.from_pretrained("photo-real"), or train with noise="camera_pipeline". For '
        "other images, train with CorrelatedGaussianNoise, whose correlation "
        "estimate_noise(noisy, return_correlation=True) measures, or, if there are clean images, with "
        "fit(noisy, clean=clean).",
    )


def _warn_if_biased(mean, variance, count):
    """Warn if the mean of the noise is not 0 at some intensities."""
    by_chance, spread = np.sum(variance), math.sqrt(2 * np.sum(variance**2))
    excess = np.sum(count * mean**2) - by_chance
    bias = math.sqrt(max(excess, 0) / (np.sum(count * variance) + _TINY))
    if excess > 4 * spread and bias > 0.2:
        warn_user(
            f"The noise is not zero on average: its mean is {bias:.1f} times its standard deviation. "
            "The pairs differ by more than noise (blur, contrast, brightness, a shift). The "
            "returned model only describes the spread.",
        )
