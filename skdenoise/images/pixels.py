"""Pixels: stored values as units of the value range, and back."""

import math
from dataclasses import dataclass

import numpy as np

# How much is converted at a time, so that no array is ever copied to float32 as a whole.
_IMAGES_PER_CHUNK, _VALUES_PER_CHUNK = 1024, 2**23


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
