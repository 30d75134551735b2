"""The bootstrap: how much a score depends on the choice of test images."""

import warnings
from contextlib import contextmanager

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score
from sklearn.utils import check_consistent_length

from skdenoise.seeding import Stream, generator
from skdenoise.user_warnings import warn_user

# Resamples are drawn and averaged in parts of about this many indices.
_INDICES_AT_A_TIME = 2**22
_LEAST_RESAMPLES = 50  # standard errors from fewer are off by more than 10 %


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
        One value per image and column. All columns share the resamples, so they stay paired.
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
    """Return the percentile interval of each column of bootstrap resamples, as (low, high).

    The ends are resampled values, not means of two values, because the PSNR may be infinite. Resamples without a
    score (NaN) are left out.
    """
    tail = (1 - level) / 2
    with warnings.catch_warnings(category=RuntimeWarning, action="ignore"):  # nothing but NaN
        return np.nanquantile(resampled, [tail, 1 - tail], axis=0, method="nearest")


@contextmanager
def silent_about_missing_classes():
    """Silence the metrics of scikit-learn, which warn of every resample that lacks a class."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module=r"sklearn\.metrics")
        yield


def bootstrap_interval(score, n_images, *, confidence_level, n_resamples, seed):
    """Return the percentile bootstrap interval of a score.

    Parameters
    ----------
    score : callable
        Called with the indices of a sample of images, ndarray of shape (n_images,). Returns their
        score. If it is NaN, or a ValueError is raised because a class is missing, the sample is left out.
    n_images : int
        Number of images, and size of each sample, which is drawn with replacement.
    confidence_level : float
        Confidence level, above 0 and below 1.
    n_resamples : int
        Number of samples. The same seed draws the same samples, so that estimators scored on the same
        images are resampled alike.
    seed : int
        Seed of the samples.

    Returns
    -------
    low, high : float
    """
    rng = generator(seed, Stream.BOOTSTRAP)
    with silent_about_missing_classes():
        scores = [
            score_or_nan(score, chosen)
            for choices in bootstrap_indices(n_images, n_resamples, rng)
            for chosen in choices
        ]
    return tuple(interval(scored(np.array(scores)), confidence_level))


def scored(scores, warns=True):
    """Return the resamples that could be scored; NaN, with a warning, if they are too few for an interval.

    Parameters
    ----------
    scores : ndarray of shape (n_resamples,) or (n_resamples, n_columns)
        NaN where a resample could not be scored.
    warns : bool
        Whether to warn.
    """
    is_scored = ~np.isnan(scores) if scores.ndim == 1 else np.isfinite(scores).all(axis=1)
    if is_scored.sum() >= min(_LEAST_RESAMPLES, max(2, len(scores) // 2)):
        return scores[is_scored]
    if warns:
        warn_user(
            f"Only {is_scored.sum()} of {len(scores)} resamples of the test images could be scored, because the others lack a "
            "class, so there are no intervals. Give more test images of each class, or another scorer."
        )
    return np.full((2, *scores.shape[1:]), np.nan)


def score_or_nan(score, *arguments):
    """Return ``score(*arguments)``, or NaN if these images cannot be scored."""
    try:
        return score(*arguments)
    except ValueError:
        return np.nan


def mean_of_choice(values):
    """Return a function of image indices that returns the mean of the values of these images."""
    return lambda chosen: float(values[chosen].mean())


def score_of_predictions(metric, y_true, y_pred):
    """Return a function of image indices that returns ``metric(y_true, y_pred)`` of these images."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    check_consistent_length(y_true, y_pred)
    if metric is accuracy_score and y_true.ndim == 1 and y_pred.size == y_true.size:
        # An error if they are of different types, which == would count as wrong.
        metric(y_true, y_pred)
        # The same result, without the checks of scikit-learn for each of a thousand resamples.
        return mean_of_choice(y_true == y_pred.ravel())
    return lambda chosen: float(metric(y_true[chosen], y_pred[chosen]))
