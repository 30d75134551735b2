"""Value range: the pixel values of black and white, given or inferred from the images."""

import math
from numbers import Real
from typing import Any

import numpy as np
from scipy.ndimage import uniform_filter

from skdenoise.images.pixels import LARGEST, chunks, dtype_limits
from skdenoise.typing import Images, ValueRange
from skdenoise.user_warnings import warn_user

# The number of pairs, and of values in each image, that decide whether both images of a pair are
# noisy.
_FEW_PAIRS, _FEW_VALUES = 64, 2**15

# Warn if the images span less than 1/100 of the value range, or more than 100 times it. Without
# their outliers, warn from 12 times on: Gaussian noise with a standard deviation of 1 spans 6 times
# a range of 0..1, and digits of 0..16 span 16 times it.
_FLATTER, _WIDER, _MOSTLY_WIDER = 100, 100, 12
# Warn also if more than 1 % of integers are outside of the range by more than this share of it.
_FAR_BEYOND, _MOST_FAR_BEYOND = 0.1, 0.01

# Smaller numbers have fewer than 24 bits in float32.
LEAST_SPAN = float(np.finfo(np.float32).tiny)

# Floats are in 0..1, except for noise, if at least 98 % of them are at most this far outside. They are in
# another value range if they span more than 1/50 of it.
_NOISE_BEYOND, _IN_RANGE = 0.5, 50
# Stronger noise is seen by the means of 5x5 pixels, which may be this far outside: as much as 1 % of them are with
# noise of a standard deviation of 0.5. A black image in 0..255, with noise of 1 and more, is not taken for one in 0..1.
_MEANS_BEYOND = 0.25
# Without the darkest and the brightest 0.1 %, noise spans more than a third of what it spans with them, unlike one hot
# pixel.
_WIDER_BY_NOISE = 3


# Warn if the value range would be less than 1/4 of what it is without the darkest and the brightest 0.1 % of the
# values. Of 297 photographs with 12 or 16 bits, linear or not, 1 to 5 are so dark except for some highlights.
_MOST_BY_FEW, _FEW_PERCENT = 4, 0.1
# The noise of images that are smoothed like this, in the middle, says little about their range.
_SMOOTHED, _SIDE_OF_MIDDLE = 5, 256
# Single images whose ranges are compared, and the share of them that may be 0..1 in a range of 0..255.
_FEW_IMAGES, _SOME_IMAGES = 32, 0.1


def check_value_range(value_range: ValueRange | None, images: Any) -> ValueRange:
    """Return the values of black and white: check a given range, or infer it from the images.

    Parameters
    ----------
    value_range : (low, high) or None
        If None, inferred: 0..1 for booleans; 0..255 for uint8; for wider integers, from 0 to the
        smallest ``2**k - 1`` (k >= 8) that is not less than any value; 0..1 for floats within it,
        otherwise from their minimum to their maximum.
    images : ndarray
        Images of any layout.

    Raises
    ------
    ValueError
        If `value_range` is not a valid range, or if it cannot be inferred because integers are
        negative or all values are equal.
    """
    if value_range is None:
        return _infer_value_range(images)
    pair = tuple(value_range) if np.iterable(value_range) else (value_range,)
    if len(pair) != 2 or not all(isinstance(v, Real) and abs(v) < math.inf for v in pair):
        raise ValueError(
            f"value_range={value_range!r:.200} is not a pair of finite numbers (low, high)."
        )
    if max(map(abs, pair)) > LARGEST:
        raise ValueError(
            f"value_range={value_range!r:.200} exceeds {LARGEST:.0e}, the largest value of images. Scale the "
            "images, and give their new range."
        )
    low, high = float(pair[0]), float(pair[1])
    if not low < high:
        raise ValueError(f"value_range={value_range!r}: low must be less than high.")
    return _check_span(low, high)


def check_value_range_of_pairs(
    value_range: ValueRange | None, noisy: Any, clean: Any
) -> ValueRange:
    """Return the values of black and white for pairs of noisy and clean images.

    If None, the range is inferred from the clean images. If these are floats (such as an average of
    exposures) and the noisy images are integers, the range is inferred from the integers, which is
    more certain. If both are floats beyond 0..1 and about equally noisy (two shots of a scene),
    their extremes depend on the noise. The range is then from the 1st to the 99th percentile of
    both.
    """
    if clean.dtype.kind == "f" and noisy.dtype.kind in "iub":
        return check_value_range(value_range, noisy)
    are_floats = clean.dtype.kind == noisy.dtype.kind == "f"
    if value_range is None and are_floats and not _fit_in_unit(clean):
        shots = _few_of_pairs(noisy, clean)
        if _are_equally_noisy(*shots):
            return _range_of_most(np.concatenate(shots), clean)
    return check_value_range(value_range, clean)


def robust_value_range(value_range: ValueRange | None, images: Any) -> ValueRange:
    """Return the values of black and white for images that are all noisy.

    As `check_value_range`, but for floats beyond 0..1 the range is from their 1st to their 99th
    percentile, unless nearly all values are equal.
    """
    if value_range is not None or images.dtype.kind != "f":
        return check_value_range(value_range, images)
    if _fit_in_unit(images):
        return 0.0, 1.0
    return _range_of_most(_few(images), images)


def range_of_noisy(value_range: ValueRange | None, images: Any) -> ValueRange:
    """Return the values of black and white for noisy images whose noise is measured.

    As `robust_value_range`, but floats are from 0 to 1 if they are so without their noise, however strong it is.

    Warns
    -----
    UserWarning
        If the range of floats is a guess, which the noise makes wider.
    """
    found = robust_value_range(value_range, images)
    if value_range is not None or images.dtype.kind != "f" or found == (0.0, 1.0):
        return found
    smooth = [_without_most_noise(image).reshape(-1) for image in _single_images(images)]
    if _are_in(np.concatenate(smooth), (0.0, 1.0)):
        return 0.0, 1.0
    warn_user(
        f"The values of black and white are not known. They are taken as {found[0]:.3g} and {found[1]:.3g}, the 1st and "
        "the 99th percentile of the images, which noise moves apart, so that its estimate is too low. Give "
        "value_range=(low, high)."
    )
    return found


def value_range_is_certain(images: Any) -> bool:
    """Return whether the same value range would be inferred from any sample of such images."""
    if images.dtype == bool or images.dtype == np.uint8:
        return True
    return images.dtype.kind == "f" and _fit_in_unit(images)


def range_of_images(images: Any, usual: ValueRange | None) -> ValueRange:
    """Return the value range of images for a denoiser that was trained in another one, or in none.

    Parameters
    ----------
    images : ndarray or ImageList
        Noisy images, which share one value range.
    usual : (low, high) or None
        The value range of the denoiser. Wider integers and floats that fit in it have this range. If None,
        0 to 255.

    Raises
    ------
    ValueError
        If floats are unlikely for both 0 to 1 and `usual`: much less than both or, without `usual`, much more.
    """
    is_known = usual is not None
    usual = low, high = usual or (0.0, 255.0)
    if images.dtype in (np.uint8, bool):
        return check_value_range(None, images)
    if images.dtype.kind != "f":
        fits = low <= images.min() and images.max() <= high
        return usual if fits else check_value_range(None, images)
    if _fit_in_unit(images):
        return 0.0, 1.0
    sample = _few(images)
    least, most = float(sample.min()), float(sample.max())
    if most - least >= (high - low) / _IN_RANGE:
        width = np.ptp(_most_values(images))
        is_wide_by_few = width < (high - low) / _IN_RANGE
        is_noise = not is_wide_by_few or most - least < _WIDER_BY_NOISE * width
        if is_noise and _are_in_below_noise(images, (0.0, 1.0)):
            return 0.0, 1.0
        if is_wide_by_few:
            _warn_of_few_extremes(images, usual)
        if is_known or _are_in(sample, usual) or _are_in_below_noise(images, usual):
            return usual
    elif _are_in(sample, (0.0, 1.0)) or _are_in_below_noise(images, (0.0, 1.0)):
        return 0.0, 1.0
    raise ValueError(
        f"X has floats from {least:.3g} to {most:.3g}. That is not 0 to 1, and too little or too much for the value range of "
        f"the denoiser, {low:g} to {high:g}. Give the pixel values of black and white, for example value_range=(0, 1)."
    )


def _are_in_below_noise(images, value_range):
    """Return whether nearly all means of 5x5 pixels are in a value range, except for the noise that they still have."""
    low, high = value_range
    margin = _MEANS_BEYOND * (high - low)
    means = np.concatenate([_without_most_noise(each).ravel() for each in _single_images(images)])
    nearly_least, nearly_most = _percentiles(means)
    return nearly_least >= low - margin and nearly_most <= high + margin


def _are_in(sample, value_range):
    """Return whether nearly all values are in a value range, except for noise."""
    low, high = value_range
    margin = _NOISE_BEYOND * (high - low)
    nearly_least, nearly_most = _percentiles(sample)
    return nearly_least >= low - margin and nearly_most <= high + margin


def goes_beyond(images: Any, value_range: ValueRange) -> bool:
    """Return whether images have values outside a value range.

    If the dtype cannot hold such values, the images are not read.
    """
    low, high = value_range
    if images.dtype.kind in "iub":
        least, most = dtype_limits(images.dtype)
        if low <= least and most <= high:
            return False
    return bool(images.min() < low or images.max() > high)


def warn_of_other_range(images: Any, value_range: ValueRange) -> None:
    """Warn if images span so much less or more than `value_range` that it cannot be their range.

    Only a few hundred images are read, or fewer of a list. Constant images never warn: they say
    nothing about the range.
    """
    sample = _few(images)
    low, high = float(sample.min()), float(sample.max())
    span = value_range[1] - value_range[0]
    is_flat = 0 < high - low < span / _FLATTER
    if is_flat or high - low > span * _WIDER or _are_mostly_wider(sample, high - low, span):
        warn_user(
            f"The images reach from {low:g} to {high:g}, but the value range is {value_range}. "
            "Scale them as the images were scaled in fit, or give value_range.",
        )
    elif images.dtype.kind in "iu" and (share := _share_far_beyond(sample, low, high, value_range)):
        warn_user(
            f"{share:.0%} of the values are far outside of the value range {value_range}: the images reach from "
            f"{low:g} to {high:g}. If that is not noise, give a value_range that holds them, in fit too.",
        )


def _share_far_beyond(sample, least, most, value_range):
    """Return the share of values that are far outside of a value range, or 0 if they are few."""
    low, high = value_range
    margin = _FAR_BEYOND * (high - low)
    low, high = low - margin, high + margin
    if low <= least and most <= high:
        return 0
    share = np.mean((sample < low) | (sample > high))
    return share if share > _MOST_FAR_BEYOND else 0


def warn_if_constant(images: Images) -> None:
    """Warn if all values of the training images are equal."""
    first = images[:1].flat[0]
    if all((images[part] == first).all() for part in chunks(images)):
        warn_user(
            f"All values of the images are {first}: there is nothing in them to learn. Check the "
            "images.",
        )


def _infer_value_range(images):
    if images.dtype == bool:
        return 0.0, 1.0
    if images.dtype == np.uint8:
        return 0.0, 255.0
    low, high = images.min(), images.max()
    if images.dtype.kind in "iu":
        if low < 0:
            raise ValueError(
                f"The images are integers with negative values (minimum {low}): the values of "
                "black and white cannot be inferred. Give value_range=(low, high)."
            )
        found = 0.0, _white_of_integers(high)
        _warn_of_few_extremes(images, found)
        return found
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low == high:
        raise ValueError(
            f"All values of the images are {low:g}: the values of black and white cannot be "
            "inferred. Give value_range=(low, high)."
        )
    _warn_of_few_extremes(images, (float(low), float(high)))
    return _check_span(float(low), float(high))


def _check_span(low, high):
    if high - low < LEAST_SPAN:
        raise ValueError(
            f"value_range={(low, high)} spans {high - low:.2g}; expected at least {LEAST_SPAN:.2g}, the smallest "
            "number that float32 holds in full. Scale the images."
        )
    return low, high


def _white_of_integers(high):
    """Return the smallest ``2**k - 1`` (k >= 8) that is not less than the highest value."""
    return float(2 ** max(8, int(high).bit_length()) - 1)


def _warn_of_few_extremes(images, value_range):
    """Warn if few values, such as a hot pixel, make the inferred range much larger than the others need."""
    least, most = _most_values(images)
    if not least < most:  # nearly all values are equal, which says nothing
        return
    if images.dtype.kind in "iu":
        least, most = 0.0, _white_of_integers(most)
    low, high = value_range
    if high - low >= _MOST_BY_FEW * (most - least):
        warn_user(
            f"The value range of the images is inferred as {_written(low, high)}, because of very few values: "
            f"without the lowest and highest {_FEW_PERCENT} % it would be {_written(least, most)}. Hot pixels "
            "and the values of masked pixels do this. Give the pixel values of black and white, for example "
            f"value_range={_written(least, most)}, or value_range={_written(low, high)} if the few values are "
            "real.",
        )


def _most_values(images):
    """Return the range of a sample of values without the lowest and highest 0.1 %, at least one each."""
    values = np.concatenate([_thinned(image.reshape(-1)) for image in _single_images(images)])
    least = np.percentile(values, _FEW_PERCENT, method="higher")
    most = np.percentile(values, 100 - _FEW_PERCENT, method="lower")
    return float(least), float(most)


def _written(low, high):
    return f"({low:g}, {high:g})"


def warn_of_mixed_ranges(images: Any, value_range: ValueRange) -> None:
    """Warn if some images to learn from are floats in 0..1, and others span a much larger range."""
    if images.dtype.kind != "f" or value_range[1] - value_range[0] <= _IN_RANGE:
        return
    singles = _single_images(images)
    n_in_unit = sum(map(_is_in_unit, singles))
    if n_in_unit > _SOME_IMAGES * len(singles):
        warn_user(
            f"The value range of the images is {_written(*value_range)}, but {n_in_unit} of {len(singles)} "
            "images that were looked at are in 0 to 1. Scale all images alike.",
        )


def _is_in_unit(image):
    """Return whether the values of an image are in 0..1, and not just black and dark integers."""
    low, high = image.min(), image.max()
    return bool(low >= 0 and high <= 1 and low < high and (image != np.rint(image)).any())


def _single_images(images):
    """Return up to 32 evenly spaced images. Stored images are taken from few blocks."""
    if hasattr(images, "blocks"):
        images = images.few()
    chosen = np.unique(np.linspace(0, len(images) - 1, _FEW_IMAGES, dtype=int))
    return [images[index] for index in chosen]


def _without_most_noise(image):
    """Return the means of 5x5 pixels in the middle of an image; in a strip or a row, of 5 pixels."""
    image = image[np.newaxis] if image.ndim == 1 else image
    top, left = (max(0, (side - _SIDE_OF_MIDDLE) // 2) for side in image.shape[:2])
    middle = image[top : top + _SIDE_OF_MIDDLE, left : left + _SIDE_OF_MIDDLE]
    return uniform_filter(middle.astype(np.float64), _SMOOTHED, axes=(0, 1))


def _fit_in_unit(images):
    return images.min() >= 0 and images.max() <= 1


def _few_of_pairs(noisy, clean):
    """Return noisy and clean values of a sample of up to 64 evenly spaced pairs."""
    chosen = np.unique(np.linspace(0, len(clean) - 1, _FEW_PAIRS, dtype=int))
    return tuple(
        np.concatenate([_thinned(images[index].reshape(-1)) for index in chosen], dtype=np.float64)
        for images in (noisy, clean)
    )


def _thinned(values):
    return values[:: math.ceil(values.size / _FEW_VALUES)]


def _are_equally_noisy(first, second):
    """Return whether two shots of the same scene are about equally noisy.

    If only one is noisy, its variance is larger by the mean square of the difference. If both are
    equally noisy, their variances are equal. Outliers in one of them are ignored.
    """
    difference = np.abs(first - second)
    kept = difference <= np.percentile(difference, 99)
    gained = first[kept].var() - second[kept].var()
    return abs(gained) < np.mean(difference[kept] ** 2) / 4


def _range_of_most(values, images):
    """Return the range of a sample without outliers, or of all images if nearly all are equal."""
    low, high = _percentiles(values)
    nearly_all_are_one = high - low <= (float(images.max()) - float(images.min())) / 100
    return check_value_range(None if nearly_all_are_one else (low, high), images)


def _are_mostly_wider(sample, width, span):
    """Return whether images span too much of a value range, even without outliers."""
    if width <= span * _MOSTLY_WIDER:  # nearly always the case; percentiles are slow
        return False
    low, high = _percentiles(sample)
    return high - low > span * _MOSTLY_WIDER


def _percentiles(values):
    """Return the 1st and the 99th percentile. float16 cannot hold all differences of its values."""
    return np.percentile(values.astype(np.promote_types(values.dtype, np.float32)), (1, 99))


def _few(images):
    """Return a sample of a few hundred images. Lists and stored images choose their own sample."""
    return images.few() if hasattr(images, "few") else images[:: max(1, len(images) // 256)]
