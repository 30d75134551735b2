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


def holm(p_values):
    """Adjust p-values for their number, by Holm's step-down method.

    Parameters
    ----------
    p_values : array-like of shape (n,)
        P-values in any order. NaN means no test, and stays NaN.

    Returns
    -------
    ndarray of shape (n,)
        Adjusted p-values, to be compared with the significance level of all tests together [1]_.

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
