"""Significance: whether differences between scores are more than chance."""

import numpy as np
from scipy.stats import norm


def standard_error(resampled, n_images):
    """Return the standard error of a difference of scores, from its bootstrap resamples.

    Its square is increased by 3 / n_images**2. A difference that no test image shows may still be as
    large as 3 / n_images (the rule of three [1]_). A difference in four images, all in the same direction,
    then has a p-value of 0.13, as in McNemar's exact test.

    References
    ----------
    .. [1] J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA
       249(13), 1983.
    """
    return float(np.sqrt(np.var(resampled, ddof=1) + 3 / n_images**2))


def difference_interval(difference, error, level=0.95):
    """Return the interval of a difference from its standard error, as (low, high)."""
    reach = float(norm.isf((1 - level) / 2)) * error
    return difference - reach, difference + reach


def p_value(difference, error):
    """Return the two-sided p-value of a difference from its standard error."""
    return float(2 * norm.sf(abs(difference) / error))


def bonferroni(p_values):
    """Adjust p-values for their number, by Bonferroni's method.

    Parameters
    ----------
    p_values : array-like of shape (n,)
        P-values of all tests.

    Returns
    -------
    ndarray of shape (n,)
        Adjusted p-values, to be compared with the significance level of all tests together. They are
        below 1 - `level` where `bonferroni_level(level, n)` gives an interval without 0.
    """
    p_values = np.asarray(p_values, dtype=float)
    return np.minimum(1, len(p_values) * p_values)


def bonferroni_level(level, n_intervals):
    """Return the level of each of several intervals, such that all are right with at least `level`."""
    return 1 - (1 - level) / n_intervals
