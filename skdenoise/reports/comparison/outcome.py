"""Outcomes: the predictions for each test image, and their scores."""

from itertools import chain

import numpy as np

from skdenoise.evaluation.bootstrap import (
    bootstrap_indices,
    bootstrap_means,
    score_or_nan,
    scored,
    silent_about_missing_classes,
)
from skdenoise.evaluation.replay import ImagesNotKept, Replay
from skdenoise.evaluation.scorers import check_scorer
from skdenoise.progress import show_steps
from skdenoise.user_warnings import warn_user


def check_scoring_of_outcomes(scoring):
    """Return the kind of outcome for a scorer: `Hits` for accuracy, `Replays` for others."""
    return Hits() if scoring == "accuracy" else Replays(check_scorer(scoring))


class Hits:
    """Outcomes for accuracy: whether each image was classified correctly."""

    n_resamples = 2000

    def record(self, classifier, inputs, y):
        """Return the outcome of a classifier on prepared images."""
        return np.asarray(classifier.predict(inputs)).reshape(y.shape) == y

    def score(self, outcome, y):
        """Return the score of an outcome."""
        return float(outcome.mean())

    def resample(self, columns, y, n_resamples, rng, verbose=0):
        """Return the scores of resampled images.

        Parameters
        ----------
        columns : list of list
            For each column the outcomes of its repeats, which are averaged. All repeats of an image
            are resampled together.
        y : ndarray of shape (n_images,)
            The classes.
        n_resamples : int
            Number of resamples.
        rng : numpy.random.Generator
            Source of the resamples.
        verbose : int
            Whether to show progress, if it takes long.

        Returns
        -------
        scores : ndarray of shape (n_resamples, n_columns)
        interrupted : bool
        """
        hits = [np.mean(repeats, axis=0) for repeats in columns]
        return bootstrap_means(np.column_stack(hits), n_resamples, rng), False


class Replays:
    """Outcomes for any scorer: all predictions that it may ask the classifier for."""

    n_resamples = 300

    def __init__(self, scorer):
        self.scorer = scorer

    def record(self, classifier, inputs, y):
        """Return the outcome of a classifier on prepared images."""
        return Replay.of_classifier(
            classifier, inputs, getattr(classifier, "classes_", np.unique(y))
        )

    def score(self, outcome, y):
        """Return the score of an outcome."""
        return float(self._score(outcome, np.arange(len(y)), y))

    def resample(self, columns, y, n_resamples, rng, verbose=0):
        """Return the scores of resampled images, as `Hits.resample`.

        Resamples that a scorer cannot score, because a class is missing, are left out. If it is
        interrupted, the scores so far are returned. Too few of them are NaN.
        """
        resamples = chain.from_iterable(bootstrap_indices(len(y), n_resamples, rng))
        resamples = show_steps(resamples, n_resamples, "comparison", verbose, _name_of_resample)
        scores = np.full((n_resamples, len(columns)), np.nan)
        interrupted = False
        try:
            with silent_about_missing_classes():
                for i, resample in enumerate(resamples):
                    scores[i] = [self._mean_score(repeats, resample, y) for repeats in columns]
        except KeyboardInterrupt:
            interrupted = True
            warn_user(
                "Interrupted: the intervals are from fewer resamples than requested.",
            )
        return scored(scores, warns=not interrupted), interrupted

    def _score(self, outcome, chosen, y):
        return self.scorer(outcome.choose(chosen), ImagesNotKept(len(chosen)), y[chosen])

    def _mean_score(self, repeats, resample, y):
        return np.mean([score_or_nan(self._score, outcome, resample, y) for outcome in repeats])


def _name_of_resample(number, resample):
    return "resampled scores" if number % 50 == 0 else None
