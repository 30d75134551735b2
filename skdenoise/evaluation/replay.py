"""The replay: answers of an estimator, worked out once and repeated for any choice of images."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import get_tags

_OF_CLASSIFIERS = ("predict", "predict_proba", "decision_function")
_METHODS = (*_OF_CLASSIFIERS, "predict_log_proba", "transform")


class Replay:
    """A fitted estimator that answers for a fixed set of images, and works out each answer once.

    It takes the place of the estimator in ``scorer(estimator, X, y)``, so that a score on a thousand
    resamples costs one prediction. Whatever `X` its methods are given, they answer for the images
    that :meth:`choose` chose.

    Parameters
    ----------
    estimator : fitted estimator
        The estimator that answers.
    X : array-like
        All of the images.
    """

    def __init__(self, estimator, X):
        self._estimator = estimator
        self._X = X
        self._answers = {}
        self._chosen = slice(None)

    @classmethod
    def of_classifier(cls, classifier, X, classes):
        """Return the replay of a classifier that keeps its answers, and neither it nor the images.

        Parameters
        ----------
        classifier : fitted classifier
            Whatever a scorer may ask for is worked out at once.
        X : array-like
            All of the images.
        classes : ndarray
            Its classes.
        """
        replay = cls(classifier, X)
        for method in _OF_CLASSIFIERS:
            if hasattr(classifier, method):
                replay._answer(method)
        replay._estimator = _ReplayedClassifier(replay, classes)
        replay._X = None
        return replay

    def choose(self, indices):
        """Answer for these images from now on."""
        self._chosen = indices
        return self

    def __sklearn_tags__(self):
        return get_tags(self._estimator)  # scikit-learn 1.6 looks for this method in the class

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)  # as while it is unpickled, when there is no estimator yet
        if name not in self._answers:
            attribute = getattr(self._estimator, name)
            if name not in _METHODS:
                return attribute

        def answer(X):
            return self._answer(name)

        answer.__name__ = name  # which scorers look at
        return answer

    def _answer(self, method):
        if method not in self._answers:
            self._answers[method] = np.asarray(getattr(self._estimator, method)(self._X))
        return self._answers[method][self._chosen]


class _ReplayedClassifier(ClassifierMixin, BaseEstimator):
    """What scorers ask of a classifier besides its answers: that it is one, and its classes."""

    def __init__(self, replay, classes):
        self.replay = replay
        self.classes_ = classes

    def predict(self, X):
        return self.replay.predict(X)
