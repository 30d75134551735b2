"""Statistics: whether differences between scores are more than chance."""

import numpy as np
from scipy.stats import norm


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
