"""Statistics: how certain a score, and a difference of scores, is."""

import numpy as np
from scipy.stats import norm

# Resamples are drawn and averaged in parts of about so many indices.
_INDICES_AT_A_TIME = 2**22


def bootstrap_indices(n_images, n_resamples, rng):
    """Yield arrays of shape (n, n_images): resamples of the images, with replacement."""
    part = max(1, _INDICES_AT_A_TIME // n_images)
    for start in range(0, n_resamples, part):
        yield rng.integers(n_images, size=(min(part, n_resamples - start), n_images))


def bootstrap_means(values, n_resamples, rng):
    """Return the means over resampled images.

    Parameters
    ----------
    values : ndarray of shape (n_images, n_columns)
        One value per image; the same images are resampled for every column, so that columns stay
        paired.
    n_resamples : int
        Number of resamples.
    rng : numpy.random.Generator
        Source of the resamples.

    Returns
    -------
    ndarray of shape (n_resamples, n_columns)
    """
    n_images = len(values)
    means = []
    for indices in bootstrap_indices(n_images, n_resamples, rng):
        offsets = n_images * np.arange(len(indices))[:, np.newaxis]
        counts = np.bincount((indices + offsets).ravel(), minlength=indices.size)
        means.append(counts.reshape(indices.shape) @ values / n_images)
    return np.concatenate(means)


def interval(resampled, level=0.95):
    """Return the percentile interval of each column of bootstrap resamples, as (low, high)."""
    tail = (1 - level) / 2
    return np.quantile(resampled, [tail, 1 - tail], axis=0)


def p_value(difference, resampled):
    """Return the two-sided p-value of a difference, by its bootstrap standard error.

    A difference that no resample changes is certain: 1 where it is 0, and 0 elsewhere.
    """
    error = np.std(resampled, ddof=1)
    if error == 0:
        return float(difference == 0)
    return float(2 * norm.sf(abs(difference) / error))


def holm(p_values):
    """Adjust p-values for their number, by Holm's step-down method.

    Parameters
    ----------
    p_values : array-like of shape (n,)
        In any order; NaN is no test, and stays NaN.

    Returns
    -------
    ndarray of shape (n,)
        To be compared with the level that holds for all tests together [1]_.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
       of Statistics 6(2), 1979.
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.full_like(p_values, np.nan)
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests])]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p_values[order]))
    return adjusted
