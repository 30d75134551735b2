"""Images: how rows and arrays become batches of NHWC images, and pixel values units of a range."""

import math
import warnings
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_array

# How much is converted at a time, so that no array is ever copied to float32 as a whole.
_IMAGES_PER_CHUNK, _VALUES_PER_CHUNK = 1024, 2**23
# How many pairs, and how many values of each image of theirs, tell whether both are noisy.
_FEW_PAIRS, _FEW_VALUES = 64, 2**15
# Floats beyond it are refused: squares of differences would come near the largest float32, 3e38.
_LARGEST = 1e15
# How many times flatter or wider than a value range images cannot be, and, but for single pixels that
# went astray, how many times wider: Gaussian noise with a standard deviation of 1 is 6 times as wide,
# and digits of 0..16 are 16 times as wide as a range of 0..1.
_FLATTER, _WIDER, _MOSTLY_WIDER = 100, 100, 12
# From this side on, what can only be meant as colour images is not read as something else in silence.
_LEAST_COLOUR_SIDE = 8


def check_images(X, *, name="X"):
    """Check an array of images or flat rows, without an estimator that would remember its width.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Numbers or booleans, all finite.
    name : str
        What the error messages call it.

    Returns
    -------
    ndarray
        The same values; the same array where `X` is one already.
    """
    if is_flat(X, name):
        return check_magnitude(check_array(X, input_name=name), name)
    X = check_values(X, name)
    if X.ndim not in (3, 4):
        raise ValueError(
            f"{name} has {X.ndim} dimensions, shape {X.shape}; expected images (n, height, width) "
            "or (n, height, width, channels), or flat rows (n, n_features)."
        )
    if 0 in X.shape:
        raise ValueError(f"{name} has shape {X.shape}: its images have no pixels.")
    if X.ndim == 4 and X.shape[1] in (1, 3, 4) and X.shape[3] > 4:
        warnings.warn(
            f"{name} of shape {X.shape} is read as {X.shape[3]} channels, the last axis. If its "
            "channels come first, give np.moveaxis(X, 1, -1).",
            stacklevel=3,
        )
    if X.ndim == 3 and X.shape[2] in (3, 4) and min(X.shape[:2]) >= _LEAST_COLOUR_SIDE:
        warnings.warn(
            f"{name} of shape {X.shape} is read as {X.shape[0]} grey images of {X.shape[1]}x"
            f"{X.shape[2]} pixels. If it is one colour image, give it a leading axis, X[np.newaxis].",
            stacklevel=3,
        )
    return X


def check_values(X, name):
    """Return an array of any number of axes whose values are finite, and not too large."""
    return check_magnitude(check_array(X, allow_nd=True, ensure_2d=False, input_name=name), name)


def check_magnitude(X, name="X"):
    """Return images, unless their values are so large that float32 cannot compute with them."""
    if X.dtype.kind == "f" and X.size:
        largest = max(abs(float(X.min())), abs(float(X.max())))
        if largest > _LARGEST:
            raise ValueError(
                f"{name} has values up to {largest:.2g}, beyond {_LARGEST:.0e}: float32, in which "
                "images are computed with, could not hold their squares. Scale them."
            )
    return X


def is_flat(X, name="X") -> bool:
    """Tell whether `X` is a table of flat rows (or, at 0 or 1 dimensions, a failed one)."""
    if not hasattr(X, "ndim"):
        try:
            X = np.asarray(X)
        except ValueError as error:
            raise ValueError(
                f"{name} is a sequence whose items differ in shape. Expected one array: images of one "
                "size."
            ) from error
    return X.ndim <= 2


def infer_image_shape(n_features: int) -> tuple[int, int, int]:
    """Return the image shape of flat rows that come without one.

    A square grey image where the number of features is a perfect square, else a strip of height 1.

    Examples
    --------
    >>> infer_image_shape(784)
    (28, 28, 1)
    >>> infer_image_shape(10)
    (1, 10, 1)
    """
    side = math.isqrt(n_features)
    return (side, side, 1) if side * side == n_features else (1, n_features, 1)


def check_image_shape(image_shape, X) -> tuple[int, int, int]:
    """Return (height, width, channels) of the images in `X`, and check what the user said of it.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int, or None
        (height, width) or (height, width, channels), as the user gave it.
    X : ndarray
        Checked flat rows or images.

    Raises
    ------
    ValueError
        Where `image_shape` is no shape, or not the shape of the images in `X`.
    """
    if image_shape is None:
        if X.ndim == 2:
            _warn_of_colour_rows(X.shape[1])
            return infer_image_shape(X.shape[1])
        return _nhwc_shape(X)[1:]
    shape = tuple(image_shape) if np.iterable(image_shape) else (image_shape,)
    if len(shape) not in (2, 3) or not all(isinstance(s, Integral) and s > 0 for s in shape):
        raise ValueError(
            f"image_shape={image_shape!r} is not (height, width) or (height, width, channels), "
            "each a positive integer."
        )
    shape = tuple(int(s) for s in shape) if len(shape) == 3 else (int(shape[0]), int(shape[1]), 1)
    if X.ndim == 2 and math.prod(shape) != X.shape[1]:
        raise ValueError(
            f"image_shape={image_shape!r} has {math.prod(shape)} values, but each row of X has "
            f"{X.shape[1]}. Give the height, width and channels that the rows were flattened from."
        )
    if X.ndim > 2 and shape != _nhwc_shape(X)[1:]:
        raise ValueError(
            f"image_shape={image_shape!r} is not the shape of the images in X, which is "
            f"{X.shape[1:]}. Images need no image_shape; leave it at None."
        )
    return shape


def _warn_of_colour_rows(n_features):
    side = math.isqrt(n_features // 3)
    if n_features == 3 * side * side and side >= _LEAST_COLOUR_SIDE:
        warnings.warn(
            f"Rows of {n_features} values are read as strips of one pixel's height. If they are colour "
            f"images, give image_shape=({side}, {side}, 3).",
            stacklevel=4,
        )


def as_nhwc(X, image_shape):
    """View flat rows or images as (n, height, width, channels)."""
    return X.reshape(-1, *(image_shape if X.ndim == 2 else _nhwc_shape(X)[1:]))


def like_table(rows, X):
    """Return flat rows as a table with the columns of `X`, where that is one of pandas or Polars.

    One of pandas keeps its index too, as long as it has a row for each row.
    """
    if hasattr(X, "iloc"):
        index = X.index if len(rows) == len(X) else None
        return type(X)(rows, columns=list(X.columns), index=index)
    if type(X).__module__.startswith("polars"):
        return type(X)(rows, schema=list(X.columns))
    return rows


def _nhwc_shape(X):
    return X.shape if X.ndim == 4 else (*X.shape, 1)


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


def _range_of_most(values, images):
    """Return the percentiles of some values of noisy images, or, where they are one, the extremes."""
    low, high = np.percentile(values, (1, 99))
    nearly_all_are_one = high - low < (images.max() - images.min()) / 100
    return check_value_range(None if nearly_all_are_one else (low, high), images)


def value_range_is_certain(images) -> bool:
    """Tell whether any sample of such images would lead to the same inferred value range."""
    if images.dtype == bool or images.dtype == np.uint8:
        return True
    return images.dtype.kind == "f" and _fit_in_unit(images)


def _fit_in_unit(images):
    return images.min() >= 0 and images.max() <= 1


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


@dataclass(frozen=True)
class PixelFormat:
    """How pixels are stored: their dtype, and the values that are black and white.

    Inside the package a pixel is a float32 in units of the value range, 0 black and 1 white.
    """

    dtype: np.dtype
    value_range: tuple[float, float]

    @property
    def is_integer(self) -> bool:
        """Whether values are rounded when they are stored (integers and booleans)."""
        return self.dtype.kind in "iub"

    @property
    def scaled_in(self) -> type:
        """The dtype in which values are scaled: float32 holds no more than 24 bits."""
        return np.float64 if self.dtype.itemsize > 2 else np.float32

    def to_unit(self, values):
        """Convert stored values to units of the value range."""
        low, high = self.value_range
        if self.dtype.kind == "f" and self.dtype.itemsize <= 4 and (low, high) == (0.0, 1.0):
            return values.astype(np.float32)
        wide = self.scaled_in
        unit = np.subtract(values, wide(low), dtype=wide)
        unit /= wide(high - low)
        return unit.astype(np.float32, copy=False)

    def from_unit(self, unit, clip=None):
        """Convert units of the value range to stored values.

        Parameters
        ----------
        unit : ndarray of float32
            Values in units of the value range.
        clip : bool or None
            Whether to limit values to the range; ``None`` does so for integers alone. Integers are
            rounded either way, and kept within what their dtype can hold.
        """
        low, high = self.value_range
        clip = self.is_integer if clip is None else clip
        wide = self.scaled_in
        values = np.multiply(unit, wide(high - low), dtype=wide)
        values += wide(low)
        if clip:
            np.clip(values, low, high, out=values)
        if self.is_integer:
            np.rint(values, out=values)
            np.clip(values, *dtype_limits(self.dtype), out=values)
        return values.astype(self.dtype, copy=False)

    def stored(self, unit, clip=None):
        """Return what is left of `unit` after it was stored: rounded and clipped, in unit again."""
        if self.is_integer:
            return self.to_unit(self.from_unit(unit, clip))
        return np.clip(unit, 0, 1) if clip else unit


# How pixels are stored inside the package.
UNIT = PixelFormat(np.dtype(np.float32), (0.0, 1.0))


def dtype_limits(dtype) -> tuple:
    """Return the least and the largest value that an integer or boolean dtype holds."""
    if dtype.kind == "b":
        return 0, 1
    info = np.iinfo(dtype)
    # float64 rounds the largest 64-bit integers up to a value that no longer fits.
    return info.min, min(info.max, 2**63 - 1024) if info.bits == 64 else info.max


def chunks(images, values_per_image=None):
    """Yield slices of images, to work on one after the other.

    `values_per_image` is how many values the work needs for each, if more than it has.
    """
    fitting = _VALUES_PER_CHUNK // max(1, values_per_image or math.prod(images.shape[1:]))
    size = min(_IMAGES_PER_CHUNK, max(1, fitting))
    for start in range(0, len(images), size):
        yield slice(start, start + size)


def changed_in_unit(change, images, pixels, clip=None):
    """Return images, stored in `pixels`, after a change in units of the value range, stored alike.

    `change` is a function of some of them, which it is given one part after the other.
    """
    changed = np.empty_like(images)
    for part in chunks(images):
        changed[part] = pixels.from_unit(change(pixels.to_unit(images[part])), clip)
    return changed


def warn_of_other_range(images, value_range):
    """Warn where images are so much flatter or wider than `value_range` that it cannot be theirs.

    Looks at a few hundred images, fewer of a list. A constant image says nothing about the range.
    """
    sample = _few(images)
    low, high = float(sample.min()), float(sample.max())
    span = value_range[1] - value_range[0]
    is_flat = 0 < high - low < span / _FLATTER
    if is_flat or high - low > span * _WIDER or _are_mostly_wider(sample, high - low, span):
        warnings.warn(
            f"The images reach from {low:g} to {high:g}, but the value range is {value_range}. "
            "Scale them as the images were scaled in fit, or give value_range.",
            stacklevel=3,
        )


def _are_mostly_wider(sample, width, span):
    """Tell whether images are too wide for a value range, their extremes left aside."""
    if width <= span * _MOSTLY_WIDER:  # as nearly always; percentiles take long
        return False
    low, high = np.percentile(sample, (1, 99))
    return high - low > span * _MOSTLY_WIDER


def _few(images):
    """Return a few hundred images; lists, and what is not in memory, choose what tells of all."""
    return images.few() if hasattr(images, "few") else images[:: max(1, len(images) // 256)]


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


def warn_if_constant(images):
    """Warn where all values of training images are one and the same."""
    first = images[:1].flat[0]
    if all((images[part] == first).all() for part in chunks(images)):
        warnings.warn(
            f"All values of the images are {first}: there is nothing in them to learn but that.",
            stacklevel=3,
        )


def pad_to_multiple(images, multiple: int):
    """Pad height and width of NHWC images by reflection, below and to the right, to a multiple.

    Undone by ``padded[:, :height, :width]``.
    """
    bottom, right = (-images.shape[1] % multiple, -images.shape[2] % multiple)
    if not bottom and not right:
        return images
    return np.pad(images, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="reflect")
