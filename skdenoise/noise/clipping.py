"""Clipping: what it makes of normal noise, and which values may have been clipped."""

import numpy as np
from scipy.stats import norm

# Beyond this share of clipped values, what is left says little of the variance.
MAX_CLIPPED = 0.7


def at_black(images):
    """Tell which values may have been clipped at black: none where there are values beyond it."""
    return (images <= 0) & (images.min() >= 0)


def at_white(images):
    """Tell which values may have been clipped at white: none where there are values beyond it."""
    return (images >= 1) & (images.max() <= 1)


def moments_of_clipped_normal(black, white):
    """Return mean and variance of a standard normal of which these shares were clipped."""
    low, high = norm.ppf(black), norm.isf(white)
    low_moment, high_moment = norm.pdf(low), norm.pdf(high)
    low, high = (np.where(np.isfinite(end), end, 0) for end in (low, high))
    mean = low_moment - high_moment + low * black + high * white
    inside = 1 - black - white + low * low_moment - high * high_moment
    return mean, inside + low**2 * black + high**2 * white - mean**2
