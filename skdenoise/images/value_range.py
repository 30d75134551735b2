"""Value range: what black and white are, given or inferred from the images."""

import math
from numbers import Real

import numpy as np

from skdenoise.images.pixels import chunks, dtype_limits
from skdenoise.user_warnings import warn_user

# How many pairs, and how many values of each image of theirs, tell whether both are noisy.
_FEW_PAIRS, _FEW_VALUES = 64, 2**15

# How many times flatter or wider than a value range images cannot be, and, but for single pixels that
# went astray, how many times wider: Gaussian noise with a standard deviation of 1 is 6 times as wide,
# and digits of 0..16 are 16 times as wide as a range of 0..1.
_FLATTER, _WIDER, _MOSTLY_WIDER = 100, 100, 12


def check_value_range(value_range, images) -> tuple[float, float]:
    """Return what black and white are: as the user said, or as the images tell.

    Parameters
    ----------
    value_range : (low, high) or None
        ``None`` infers it: booleans 0..1; uint8 0..255; wider integers 0 to the smallest
        ``2**k - 1``, k at least 8, that holds them; floats 0..1 where they fit in it, else from
        their minimum to their maximum.
    images : ndarray
        Images of any layout.

    Raises
    ------
    ValueError
        Where `value_range` is no range, integers are negative, or all values are one and the same.
    """
    if value_range is None:
        return _infer_value_range(images)
    pair = tuple(value_range) if np.iterable(value_range) else (value_range,)
    if len(pair) != 2 or not all(isinstance(v, Real) and math.isfinite(v) for v in pair):
        raise ValueError(
            f"value_range={value_range!r} is not a pair of finite numbers (low, high)."
        )
    low, high = float(pair[0]), float(pair[1])
    if not low < high:
        raise ValueError(f"value_range={value_range!r}: low must be less than high.")
    return low, high


def check_value_range_of_pairs(value_range, noisy, clean) -> tuple[float, float]:
    """Return what black and white are in noisy images and the same ones clean.

    Inferred from the clean ones, unless they are floats (an average of exposures, say) and the noisy
    ones are integers, whose range is the surer one. Floats beyond 0..1 that are about as noisy as
    the noisy ones, a second shot, have no extremes to go by: their range is from the 1st to the 99th
    percentile of both.
    """
    if clean.dtype.kind == "f" and noisy.dtype.kind in "iub":
        return check_value_range(value_range, noisy)
    are_floats = clean.dtype.kind == noisy.dtype.kind == "f"
    if value_range is None and are_floats and not _fit_in_unit(clean):
        shots = _few_of_pairs(noisy, clean)
        if _are_equally_noisy(*shots):
            return _range_of_most(np.concatenate(shots), clean)
    return check_value_range(value_range, clean)


def robust_value_range(value_range, images) -> tuple[float, float]:
    """Return what black and white are in images that are all noisy.

    As `check_value_range`, but floats beyond 0..1 reach from their 1st to their 99th percentile,
    unless nearly all of them are one and the same.
    """
    if value_range is not None or images.dtype.kind != "f":
        return check_value_range(value_range, images)
    if _fit_in_unit(images):
        return 0.0, 1.0
    return _range_of_most(_few(images), images)


def value_range_is_certain(images) -> bool:
    """Tell whether any sample of such images would lead to the same inferred value range."""
    if images.dtype == bool or images.dtype == np.uint8:
        return True
    return images.dtype.kind == "f" and _fit_in_unit(images)


def goes_beyond(images, value_range) -> bool:
    """Tell whether values of images lie outside a value range.

    Images whose dtype cannot hold such values are not looked at.
    """
    low, high = value_range
    if images.dtype.kind in "iub":
        least, most = dtype_limits(images.dtype)
        if low <= least and most <= high:
            return False
    return bool(images.min() < low or images.max() > high)


def warn_of_other_range(images, value_range):
    """Warn where images are so much flatter or wider than `value_range` that it cannot be theirs.

    Looks at a few hundred images, fewer of a list. A constant image says nothing about the range.
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


def warn_if_constant(images):
    """Warn where all values of training images are one and the same."""
    first = images[:1].flat[0]
    if all((images[part] == first).all() for part in chunks(images)):
        warn_user(
            f"All values of the images are {first}: there is nothing in them to learn but that.",
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
                f"Integer images with negative values (minimum {low}): what is black and what is "
                "white cannot be told from them. Give value_range=(low, high)."
            )
        return 0.0, float(2 ** max(8, int(high).bit_length()) - 1)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low == high:
        raise ValueError(
            f"All values of the images are {low:g}: what is black and what is white cannot be told "
            "from them. Give value_range=(low, high)."
        )
    return float(low), float(high)


def _fit_in_unit(images):
    return images.min() >= 0 and images.max() <= 1


def _few_of_pairs(noisy, clean):
    """Return the same values of up to 64 images, evenly chosen, noisy and clean."""
    chosen = np.unique(np.linspace(0, len(clean) - 1, _FEW_PAIRS, dtype=int))
    return tuple(
        np.concatenate([_thinned(images[index].reshape(-1)) for index in chosen], dtype=np.float64)
        for images in (noisy, clean)
    )


def _thinned(values):
    return values[:: math.ceil(values.size / _FEW_VALUES)]


def _are_equally_noisy(first, second):
    """Tell whether what differs between two shots of the same is in both of them.

    Noise in one alone adds as much to its variance as it makes the two differ; that of equally noisy
    shots is the same. Single pixels that went far astray in one of them say nothing of that.
    """
    difference = np.abs(first - second)
    kept = difference <= np.percentile(difference, 99)
    gained = first[kept].var() - second[kept].var()
    return abs(gained) < np.mean(difference[kept] ** 2) / 4


def _range_of_most(values, images):
    """Return the percentiles of some values of noisy images, or, where they are one, the extremes."""
    low, high = np.percentile(values, (1, 99))
    nearly_all_are_one = high - low < (images.max() - images.min()) / 100
    return check_value_range(None if nearly_all_are_one else (low, high), images)


def _are_mostly_wider(sample, width, span):
    """Tell whether images are too wide for a value range, their extremes left aside."""
    if width <= span * _MOSTLY_WIDER:  # as nearly always; percentiles take long
        return False
    low, high = np.percentile(sample, (1, 99))
    return high - low > span * _MOSTLY_WIDER


def _few(images):
    """Return a few hundred images; lists, and what is not in memory, choose what tells of all."""
    return images.few() if hasattr(images, "few") else images[:: max(1, len(images) // 256)]
