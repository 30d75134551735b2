"""Pixels: convert stored values to units of the value range, and back."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdenoise.errors import NotFiniteError
from skdenoise.typing import Images, UnitImages, ValueRange

# Images are converted in parts of this size, so that no array is copied to float32 as a whole.
_IMAGES_PER_CHUNK, _VALUES_PER_CHUNK = 1024, 2**23

# Larger floats raise an error: squares of differences would come near the largest float32, 3e38.
LARGEST = 1e15


@dataclass(frozen=True)
class PixelFormat:
    """How pixels are stored: their dtype, and the values of black and white.

    Inside the package a pixel is a float32 in units of the value range: 0 is black, 1 is white.

    Parameters
    ----------
    dtype : numpy.dtype
        Their dtype.
    value_range : (low, high)
        The values of black and white.
    rounded_to : float or None
        The distance of values that were rounded before they were converted to this format, in units of
        the value range. If None, it depends on the dtype.
    """

    dtype: np.dtype[Any]
    value_range: ValueRange
    rounded_to: float | None = None

    @property
    def step(self) -> float:
        """The distance of rounded values, in units of the value range. 0 if they are not rounded."""
        if self.rounded_to is not None:
            return self.rounded_to
        return 1 / (self.value_range[1] - self.value_range[0]) if self.is_integer else 0.0

    @property
    def in_unit(self) -> "PixelFormat":
        """The format of the same values after `to_unit`, which remembers how they were rounded."""
        return PixelFormat(np.dtype(np.float32), (0.0, 1.0), self.step)

    @property
    def is_integer(self) -> bool:
        """Whether stored values are rounded: the dtype is integer or boolean."""
        return self.dtype.kind in "iub"

    @property
    def scaled_in(self) -> type[np.floating[Any]]:
        """The dtype that values are scaled in. float32 holds only 24 bits."""
        return np.float64 if self.dtype.itemsize > 2 else np.float32

    def to_unit(self, values: Images) -> UnitImages:
        """Convert stored values to units of the value range.

        Raises
        ------
        ValueError
            If values lie so far outside of the value range that their squares do not fit in float32.
        """
        low, high = self.value_range
        if self.dtype.kind == "f" and self.dtype.itemsize <= 4 and (low, high) == (0.0, 1.0):
            return values.astype(np.float32)
        wide = self.scaled_in
        unit = np.subtract(values, wide(low), dtype=wide)
        with np.errstate(over="ignore"):
            unit /= wide(high - low)
        if unit.size and not -LARGEST <= unit.min() <= unit.max() <= LARGEST:
            raise ValueError(
                f"The images reach from {float(values.min()):g} to {float(values.max()):g}, more than {LARGEST:.0e} "
                f"times their value range {self.value_range}. Give the value_range of the images."
            )
        return unit.astype(np.float32, copy=False)

    def from_unit(
        self, unit: UnitImages, clip: bool | None = None, given: UnitImages | None = None
    ) -> Images:
        """Convert units of the value range to stored values.

        Parameters
        ----------
        unit : ndarray of float32
            Values in units of the value range.
        clip : bool or None
            Whether to clip values to the value range. If None, clips only integers. Integers are
            always rounded. All values are clipped to what their dtype can hold: 65504 for float16.
        given : ndarray of float32, default=None
            The values that `unit` was made from. Where they are outside of the value range, `clip=None` limits
            integers to being as far outside.

        Raises
        ------
        ValueError
            If values are not finite.
        """
        _check_finite(unit)
        low, high = self.value_range
        clips_integers = clip is None and self.is_integer
        if clips_integers and given is not None and (given.min() < 0 or given.max() > 1):
            unit = limited_as(unit, given)
        elif clips_integers:
            clip = True
        wide = self.scaled_in
        with np.errstate(over="ignore"):
            values = np.multiply(unit, wide(high - low), dtype=wide)
            values += wide(low)
        if clip:
            np.clip(values, low, high, out=values)
        if self.is_integer:
            np.rint(values, out=values)
        if self.dtype.itemsize < 8 or self.is_integer:
            np.clip(values, *dtype_limits(self.dtype), out=values)
        return values.astype(self.dtype, copy=False)

    def stored(
        self, unit: UnitImages, clip: bool | None = None, given: UnitImages | None = None
    ) -> UnitImages:
        """Return `unit` as it is after storing, rounded and clipped, in the same units."""
        if self.is_integer:
            return self.to_unit(self.from_unit(unit, clip, given))
        return np.clip(unit, 0, 1) if clip else unit


# The format of pixels inside the package.
UNIT = PixelFormat(np.dtype(np.float32), (0.0, 1.0))


def limited_as(values: UnitImages, given: UnitImages) -> UnitImages:
    """Limit values to 0..1, or to being as far outside as the values that they were made from."""
    return np.clip(values, np.minimum(given, 0), np.maximum(given, 1))


def _check_finite(unit):
    # The minimum of an array with NaN is NaN.
    if unit.size and not -np.inf < unit.min() <= unit.max() < np.inf:
        raise NotFiniteError(
            "The result has values that are not finite. The images are too far outside of the value range, or "
            "parameters or weights are too large."
        )


def dtype_limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the smallest and largest finite value of a dtype."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    info = np.iinfo(dtype)
    # float64 rounds the largest 64-bit integers up to a value that does not fit.
    return info.min, min(info.max, 2**63 - 1024) if info.bits == 64 else info.max


def chunks(images: Images, values_per_image: int | None = None) -> Iterator[slice]:
    """Yield slices of images to process one after the other.

    `values_per_image` is the number of values that processing an image takes, if more than it has.
    """
    fitting = _VALUES_PER_CHUNK // max(1, values_per_image or math.prod(images.shape[1:]))
    size = min(_IMAGES_PER_CHUNK, max(1, fitting))
    for start in range(0, len(images), size):
        yield slice(start, start + size)


def changed_in_unit(
    change: Callable[[UnitImages], UnitImages],
    images: Images,
    pixels: PixelFormat,
    clip: bool | None = None,
) -> Images:
    """Apply a function in units of the value range to stored images, and return them stored alike.

    `change` is called on one part of the images after the other. `pixels` is their format.
    """
    changed = np.empty_like(images)
    for part in chunks(images):
        unit = pixels.to_unit(images[part])
        changed[part] = pixels.from_unit(change(unit), clip, unit)
    return changed
