"""The replay: answers of an estimator, worked out once and repeated for any choice of images."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from skdenoise.evaluation.find_denoiser import unwrapped

_OF_CLASSIFIERS = ("predict", "predict_proba", "decision_function")
_METHODS = (*_OF_CLASSIFIERS, "predict_log_proba", "transform")

_ONLY_ANSWERS = (
    "Here a scorer can only use the classes and the predictions of the classifier: predict, predict_proba, "
    "predict_log_proba and decision_function."
)
_LOOKS_AT_IMAGES = f"The scorer looks at the images X. {_ONLY_ANSWERS}"


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
            What scorers ask for is worked out at once.
        X : array-like
            All of the images.
        classes : ndarray
            Its classes.
        """
        replay = cls(classifier, X)
        for method in _OF_CLASSIFIERS:
            if hasattr(classifier, method):
                replay._answer(method)
        replay._estimator = _ReplayedClassifier(replay, classes, _has_its_own_score(classifier))
        replay._X = None
        return replay

    def choose(self, indices):
        """Answer for these images from now on."""
        self._chosen = indices
        return self

    def __sklearn_tags__(self):
        return get_tags(self._estimator)  # scikit-learn 1.6 looks for this method in the class

    def __getitem__(self, step):
        return self._estimator[step]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)  # as while it is unpickled, when there is no estimator yet
        if name not in self._answers:
            attribute = getattr(self._estimator, name)
            if name not in _METHODS or self._X is None:
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

    def __init__(self, replay, classes, has_its_own_score):
        self.replay = replay
        self.classes_ = classes
        self.has_its_own_score = has_its_own_score

    def predict(self, X):
        return self.replay.predict(X)

    @available_if(lambda self: hasattr(self.replay, "predict_proba"))
    def predict_log_proba(self, X):
        with np.errstate(divide="ignore"):
            return np.log(self.replay.predict_proba(X))

    def score(self, X, y, sample_weight=None):
        if self.has_its_own_score:
            raise TypeError(
                "The scorer calls the score method of the classifier, which needs the images, as it may be something "
                f"other than accuracy. {_ONLY_ANSWERS}"
            )
        return super().score(X, y, sample_weight)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"The scorer asks the classifier for {name!r}. {_ONLY_ANSWERS}")

    def __getitem__(self, step):
        raise TypeError(f"The scorer asks the classifier for its step {step!r}. {_ONLY_ANSWERS}")


class ImagesNotKept:
    """What a scorer gets in place of images that are not kept: their number, and an error for everything else.

    Parameters
    ----------
    n_images : int
        The number.
    """

    def __init__(self, n_images):
        self._n_images = n_images

    def __len__(self):
        return self._n_images

    def __array__(self, *args, **kwargs):
        raise TypeError(_LOOKS_AT_IMAGES)

    def __getitem__(self, index):
        raise TypeError(_LOOKS_AT_IMAGES)

    def __getattr__(self, name):
        # Not a TypeError: others ask images whether they have an attribute.
        raise AttributeError(name if name.startswith("__") else _LOOKS_AT_IMAGES)


def _has_its_own_score(classifier):
    """Return whether a classifier's ``score`` may be something other than its accuracy."""
    if getattr(classifier, "scoring", None) not in (None, "accuracy"):
        return True
    inside = classifier[-1] if isinstance(classifier, Pipeline) else unwrapped(classifier)
    inside = getattr(inside, "estimator_", inside)
    if inside is not classifier:
        return _has_its_own_score(inside)
    defining = (each.__module__ for each in type(classifier).__mro__ if "score" in vars(each))
    return next(defining, "").split(".")[0] not in ("sklearn", "scikeras")
