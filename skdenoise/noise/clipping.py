"""Clipping: which values may be clipped, the moments of clipped normal noise, and how to undo its shift."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from skdenoise.typing import UnitImages

# Values from black to white at which the mean of clipped noise is computed, to be looked up.
_N_VALUES = 1025

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


def mean_of_clipped(
    values: UnitImages, sigma: float, *, black: bool = True, white: bool = True
) -> UnitImages:
    """Return the mean of values with normal noise that is clipped at black, at white or at both."""
    below = -values / sigma if black else -np.inf
    above = (1 - values) / sigma if white else np.inf
    inside = values * (norm.cdf(above) - norm.cdf(below))
    return inside + sigma * (norm.pdf(below) - norm.pdf(above)) + norm.sf(above)


def without_shift(
    means: UnitImages, sigma: float, *, black: bool = True, white: bool = True
) -> UnitImages:
    """Return the values whose mean with clipped noise comes closest to `means`.

    Clipped noise makes dark values brighter and bright values darker on average.

    Parameters
    ----------
    means : ndarray
        In units of the value range.
    sigma : float
        Standard deviation of the noise.
    black, white : bool
        Where it is clipped. The values end there, and go on beyond the other end.
    """
    values = np.linspace(0, 1, _N_VALUES)
    expected = mean_of_clipped(values, sigma, black=black, white=white)
    found = np.interp(means, expected, values)
    if not black:
        found += np.minimum(means - expected[0], 0)
    if not white:
        found += np.maximum(means - expected[-1], 0)
    return found.astype(np.float32)
