"""Randomised smoothing: the class that most noisy copies of an image get, and how far that holds."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm


class Votes(NamedTuple):
    """What the noisy copies of an image were classified as.

    Parameters
    ----------
    prediction : object
        The most frequent class of the copies that select it.
    n_votes : int
        How many of the other copies got this class.
    """

    prediction: object
    n_votes: int


def count_votes(predict, n_selecting, n_counted):
    """Select a class on some noisy copies of an image, and count its votes among others.

    Parameters
    ----------
    predict : callable
        ``predict(n)`` returns the classes of `n` new noisy copies, of shape (n,).
    n_selecting, n_counted : int
        Numbers of copies.

    Returns
    -------
    Votes
    """
    classes, frequencies = np.unique(predict(n_selecting), return_counts=True)
    prediction = classes[frequencies.argmax()]
    return Votes(prediction, int(np.sum(predict(n_counted) == prediction)))


def lower_bound(n_votes, n_counted, alpha):
    """Return the lower end of the one-sided Clopper-Pearson interval of a share of votes."""
    test = binomtest(n_votes, n_counted, alternative="greater")
    return float(test.proportion_ci(1 - alpha, method="exact").low)


def certified_radius(share, sigma):
    """Return the radius within which the class stays the most probable one, 0 if there is none.

    Parameters
    ----------
    share : float
        Lower bound of the probability of the class under noise.
    sigma : float
        Standard deviation of the noise.
    """
    return float(sigma * norm.ppf(share)) if share > 0.5 else 0.0
