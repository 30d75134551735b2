"""Resampling: how much a score depends on which images happen to be in the test set."""

from functools import wraps

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils import check_consistent_length

from skdenoise.seeding import Stream, generator

_RESPONSES = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")


def bootstrap_interval(score, n_images, *, confidence_level, n_resamples, seed):
    """Return the percentile bootstrap interval of a score.

    Parameters
    ----------
    score : callable
        Called with the indices of a choice of images, ndarray of shape (n_images,); returns the
        score of these.
    n_images : int
        How many images there are to choose from, and to choose, with replacement.
    confidence_level : float
        Above 0 and below 1.
    n_resamples : int
        How often to choose. Each seed always makes the same choices, so that estimators that are
        scored on the same images are resampled alike.
    seed : int
        Of the choices.

    Returns
    -------
    low, high : float
    """
    rng = generator(seed, Stream.BOOTSTRAP)
    scores = [score(rng.integers(n_images, size=n_images)) for _ in range(n_resamples)]
    tail = (1 - confidence_level) / 2
    # One of the scores, not a mean of two: the PSNR may be infinite.
    return tuple(np.quantile(scores, (tail, 1 - tail), method="nearest"))


def mean_of_choice(values):
    """Return the mean of any choice of per-image values, as a function of their indices."""
    return lambda chosen: float(values[chosen].mean())


def score_of_predictions(metric, y_true, y_pred):
    """Return ``metric(y_true, y_pred)`` of any choice of images, as a function of their indices."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    check_consistent_length(y_true, y_pred)
    if metric is accuracy_score and y_true.ndim == 1 and y_pred.size == y_true.size:
        # The same, without the checks that scikit-learn would make at each of a thousand resamples.
        return mean_of_choice(y_true == y_pred.ravel())
    return lambda chosen: float(metric(y_true[chosen], y_pred[chosen]))


class RememberedEstimator:
    """A fitted estimator that answers for a fixed set of images, and works each answer out once.

    It takes the place of the estimator in ``scorer(estimator, X, y)``, so that a score on a
    thousand resamples costs one prediction. Whatever `X` its methods are given, they answer for the
    images that :meth:`choose` chose.

    Parameters
    ----------
    estimator : fitted estimator
        What answers.
    X : array-like
        All of the images.
    """

    def __init__(self, estimator, X):
        self._estimator = estimator
        self._X = X
        self._answers = {}
        self._chosen = slice(None)

    def choose(self, indices):
        """Answer for these images from now on."""
        self._chosen = indices
        return self

    def __getattr__(self, name):
        attribute = getattr(self._estimator, name)
        if name not in _RESPONSES:
            return attribute

        @wraps(attribute)
        def answer(X):
            if name not in self._answers:
                self._answers[name] = np.asarray(attribute(self._X))
            return self._answers[name][self._chosen]

        return answer
