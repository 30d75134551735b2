"""Clipping: which values may be clipped, and the moments of clipped normal noise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from skdenoise.typing import UnitImages

# With a larger share of clipped values, the other values say little about the variance.
MAX_CLIPPED = 0.7


def at_black(images: UnitImages) -> NDArray[np.bool_]:
    """Return a mask of the values that may be clipped at black: none if there are values below."""
    return (images <= 0) & (images.min() >= 0)


def at_white(images: UnitImages) -> NDArray[np.bool_]:
    """Return a mask of the values that may be clipped at white: none if there are values above."""
    return (images >= 1) & (images.max() <= 1)


def moments_of_clipped_normal(black: Any, white: Any) -> tuple[Any, Any]:
    """Return mean and variance of a standard normal with these shares clipped at each end."""
    low, high = norm.ppf(black), norm.isf(white)
    low_moment, high_moment = norm.pdf(low), norm.pdf(high)
    low, high = (np.where(np.isfinite(end), end, 0) for end in (low, high))
    mean = low_moment - high_moment + low * black + high * white
    inside = 1 - black - white + low * low_moment - high * high_moment
    return mean, inside + low**2 * black + high**2 * white - mean**2
