"""The bootstrap: how much a score depends on the choice of test images."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score
from sklearn.utils import check_consistent_length

from skdenoise.seeding import Stream, generator

# Resamples are drawn and averaged in parts of about this many indices.
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
    with warnings.catch_warnings(category=UndefinedMetricWarning, action="ignore"):
        scores = [
            score_or_nan(score, chosen)
            for choices in bootstrap_indices(n_images, n_resamples, rng)
            for chosen in choices
        ]
    return tuple(interval(scores, confidence_level))


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
    metric(y_true, y_pred)  # so that labels of another type are an error, and no wrong predictions
    if metric is accuracy_score and y_true.ndim == 1 and y_pred.size == y_true.size:
        # The same result, without the checks of scikit-learn for each of a thousand resamples.
        return mean_of_choice(y_true == y_pred.ravel())
    return lambda chosen: float(metric(y_true[chosen], y_pred[chosen]))
