"""Conditions: the ways to train a classifier for noisy images, with a denoiser and without."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from skdenoise.supervision.labels import UNLABELLED

ALONE, NOISE_TRAINING, PRINCIPAL_COMPONENTS, FILTER, DENOISER = KINDS = (
    "no denoiser",
    "noise augmentation",
    "PCA",
    "filter",
    "denoiser",
)
ON_CLEAN = "no denoiser"
ON_NOISE = "noise augmentation"
ON_FRESH_NOISE = "new noise in each epoch"
SELF_TRAINING = "self-training on noise"
PCA_OF_CLEAN = "PCA of clean images"
PCA_OF_NOISY = "PCA of noisy images"
# Added to the name of a denoiser if the classifier after it is not trained on denoised noisy images.
ON_DENOISED_CLEAN = ", on denoised clean"
NOT_RETRAINED = ", classifier not retrained"


def is_pipeline(condition: str) -> bool:
    """Return whether the name of a condition with a denoiser is that of a plain pipeline.

    Its classifier is trained on denoised noisy images.
    """
    return not condition.endswith((ON_DENOISED_CLEAN, NOT_RETRAINED))


@dataclass(frozen=True)
class Condition:
    """A row of the table.

    Parameters
    ----------
    name : str
        The name that is shown.
    kind : str
        One of `KINDS`.
    restores : bool
        Whether the classifier receives restored images, which can be compared with clean ones.
    """

    name: str
    kind: str
    restores: bool = False


@dataclass(frozen=True)
class Trained:
    """A trained classifier, and the transformer before it, if there is one."""

    classifier: object
    transformer: object
    seconds: float
    choices: dict = field(default_factory=dict)

    def prepare(self, images):
        """Return images as the classifier receives them."""
        return images if self.transformer is None else self.transformer.transform(images)

    def as_pipeline(self):
        """Return transformer and classifier as one fitted pipeline."""
        before = [] if self.transformer is None else [("denoise", self.transformer)]
        return Pipeline([*before, ("classify", self.classifier)])


@dataclass(frozen=True)
class TrainingSet:
    """Training images: clean, and noisy copies of them.

    Parameters
    ----------
    X, y : ndarray
        Clean images and their classes.
    noisy : callable
        ``noisy(i)`` returns the images with the i-th draw of noise.
    n_copies : tuple of int
        Numbers of noisy copies to choose from.
    unlabelled : ndarray
        Clean images whose classes are not known. There may be none.
    noisy_unlabelled : callable
        As `noisy`, for those.
    """

    X: np.ndarray
    y: np.ndarray
    noisy: Callable
    n_copies: tuple
    unlabelled: np.ndarray
    noisy_unlabelled: Callable

    @property
    def all_images(self):
        """All clean images, the labelled ones first."""
        return np.concatenate([self.X, self.unlabelled])

    @property
    def all_labels(self):
        """The classes of all images, -1 for those that are not known."""
        return _with_unknown(self.y, len(self.unlabelled))

    def all_noisy(self, i):
        """Return all images with the i-th draw of noise."""
        return np.concatenate([self.noisy(i), self.noisy_unlabelled(i)])

    @cached_property
    def partly_labelled_sets(self):
        """As `noisy_sets`, each with one noisy copy of the unlabelled images.

        Classes are numbered from 0, in their order; -1 marks images without a label.
        """
        more = self.noisy_unlabelled(0)
        return {
            n: (
                np.concatenate([images, more]),
                _with_unknown(np.unique(y, return_inverse=True)[1], len(more)),
            )
            for n, (images, y) in self.noisy_sets.items()
        }

    @property
    def clean_set(self):
        """Clean images and their classes, under the number of noisy copies, 0."""
        return {0: (self.X, self.y)}

    @cached_property
    def noisy_sets(self):
        """Noisy images and their classes, by the number of copies."""
        copies = [self.noisy(i) for i in range(max(self.n_copies))]
        return {n: (np.concatenate(copies[:n]), np.tile(self.y, n)) for n in self.n_copies}


@dataclass(frozen=True)
class Trainer:
    """Trains a classifier once for each combination of its parameters in a grid."""

    classifier: object
    param_grid: object = None

    def classifiers(self):
        """Yield each combination of parameters, and a new classifier that has them."""
        for params in ParameterGrid(self.param_grid or {}):
            yield params, clone(self.classifier).set_params(**params)

    def fit(self, inputs, y, transformer=None, seconds=0.0, **choices):
        """Return the trained candidates.

        Parameters
        ----------
        inputs : ndarray
            Training data for the classifier.
        y : ndarray
            The classes.
        transformer : estimator or None
            The transformer that made the inputs from images.
        seconds : float
            The time it took to make them.
        **choices
            Other choices behind these candidates, recorded with the parameters.
        """
        candidates = []
        for params, classifier in self.classifiers():
            start = time.perf_counter()
            classifier.fit(inputs, y)
            total = seconds + time.perf_counter() - start
            candidates.append(Trained(classifier, transformer, total, choices | params))
        return candidates


def train_alone(trainer, training):
    """Train on clean images."""
    return trainer.fit(training.X, training.y)


def train_on_noise(trainer, training):
    """Train on noisy copies of the images, for each number of copies."""
    return [
        candidate
        for n_copies, (images, y) in training.noisy_sets.items()
        for candidate in trainer.fit(images, y, n_copies=n_copies)
    ]


def train_on_components(trainer, training, n_components, *, of_noisy, random_state):
    """Train on principal components of clean or of noisy images, for each number of them.

    The classifier learns on noisy images, or, with components of clean images, on clean ones too.
    """
    sets = training.noisy_sets if of_noisy else training.clean_set | training.noisy_sets
    images = training.all_noisy(0) if of_noisy else training.all_images
    limit = min(len(images), int(np.prod(images.shape[1:])))
    candidates = []
    for n in sorted({min(n, limit) for n in n_components}):
        start = time.perf_counter()
        reduction = PCA(n, random_state=random_state)
        components = reduction if images.ndim == 2 else RoundTrip(reduction)
        components.fit(images)
        fit_seconds = time.perf_counter() - start
        candidates += _fit_on_each(trainer, sets, components, fit_seconds, n_components=n)
    return candidates


def fit_denoiser(denoiser, training):
    """Return a denoiser fitted to all images, and the seconds that this took."""
    start = time.perf_counter()
    fitted = clone(denoiser).fit(training.all_images, training.all_labels)
    return fitted, time.perf_counter() - start


def train_after_denoiser(trainer, training, denoiser, seconds):
    """Train classifiers on denoised noisy images and on denoised clean images.

    Parameters
    ----------
    trainer : Trainer
        Trains the classifiers.
    training : TrainingSet
        What they learn from.
    denoiser : estimator
        Fitted.
    seconds : float
        Time of its fit.

    Returns
    -------
    denoised_noisy, denoised_clean : list of Trained
        The former for each number of noisy copies.
    """
    return (
        _fit_on_each(trainer, training.noisy_sets, denoiser, seconds),
        _fit_on_each(trainer, training.clean_set, denoiser, seconds),
    )


def train_with_self_training(trainer, training):
    """Train on noisy images, then also on those without a class that the classifier is sure of."""
    candidates = []
    for n_copies, (images, numbers) in training.partly_labelled_sets.items():
        for params, classifier in trainer.classifiers():
            start = time.perf_counter()
            of_rows = ClassifierOfRows(classifier, images.shape[1:], np.unique(training.y))
            rows = images.reshape(len(images), -1)
            fitted = SelfTrainingClassifier(of_rows).fit(rows, numbers).estimator_.classifier_
            passed = time.perf_counter() - start
            candidates.append(Trained(fitted, None, passed, {"n_copies": n_copies} | params))
    return candidates


def _with_unknown(y, n_unknown):
    """Return classes followed by -1 for images whose class is not known."""
    if not n_unknown:
        return y
    if y.dtype.kind != "f":
        y = y.astype(np.int64 if y.dtype.kind in "iub" else object)
    return np.concatenate([y, np.full(n_unknown, UNLABELLED, y.dtype)])


def _fit_on_each(trainer, sets, transformer, fit_seconds, **choices):
    """Train after a fitted transformer on each set of (images, classes), by number of copies."""
    candidates = []
    for n_copies, (images, y) in sets.items():
        start = time.perf_counter()
        inputs = transformer.transform(images)
        seconds = fit_seconds + time.perf_counter() - start
        candidates += trainer.fit(inputs, y, transformer, seconds, n_copies=n_copies, **choices)
    return candidates


def put_after(trained, transformer, seconds):
    """Put a trained classifier after a transformer."""
    return replace(trained, transformer=transformer, seconds=seconds)


def train_on_fresh_noise(trainer, training, seconds):
    """Train a network with new noise in each epoch, for as long as a denoiser takes.

    A copy is kept after its own number of epochs, after twice that number, and so on, so that validation
    images can decide which is best.
    """
    return [
        candidate
        for params, classifier in trainer.classifiers()
        for candidate in _fresh_noise_candidates(classifier, params, training, seconds)
    ]


def _fresh_noise_candidates(classifier, params, training, seconds):
    start = time.perf_counter()
    before, network = _before_and_network(classifier)
    least = look = network.get_params()["epochs"]
    inputs = before.fit_transform(training.noisy(0), training.y)
    network.set_params(epochs=1).fit(inputs, training.y)
    candidates, epoch = [], 1

    def keep():
        choices = params | {"epochs": epoch}
        passed = time.perf_counter() - start
        candidates.append(Trained(copy.deepcopy(classifier), None, passed, choices))

    while epoch < least or time.perf_counter() - start < seconds:
        if epoch == look:
            keep()
            look *= 2
        network.partial_fit(before.transform(training.noisy(epoch)), training.y)
        epoch += 1
    keep()
    return candidates


def learns_by_epoch(classifier) -> bool:
    """Return whether the last step is a network that can continue training, such as SciKeras's."""
    _, last = _before_and_network(classifier)
    return hasattr(last, "partial_fit") and "epochs" in last.get_params(deep=False)


def _before_and_network(classifier):
    """Return the steps of a pipeline before the last as a pipeline, and the last step."""
    *before, (_, last) = getattr(classifier, "steps", [("classify", classifier)])
    return Pipeline(before or [("as_is", "passthrough")]), last


def with_seed(estimator, seed):
    """Return a clone with all random states, also nested ones, set to a seed."""
    return with_params(estimator, {"random_state": seed})


def with_params(estimator, params):
    """Return a clone with these parameters set wherever it has them, also in nested estimators.

    The exception is ``clip``, which is only set next to ``noise``: a scaler's ``clip`` means something
    else.
    """
    if isinstance(estimator, FrozenEstimator):
        return estimator
    estimator = clone(estimator)
    known = estimator.get_params()
    frozen = [name for name, value in known.items() if isinstance(value, FrozenEstimator)]
    return estimator.set_params(
        **{
            name: params[name.rpartition("__")[2]]
            for name in known
            if name.rpartition("__")[2] in params
            and not name.startswith(tuple(f"{of}__" for of in frozen))
            and (not name.endswith("clip") or f"{name.removesuffix('clip')}noise" in known)
        }
    )


class ClassifierOfRows(ClassifierMixin, BaseEstimator):
    """A classifier of images of any shape, given them as flat rows, and their classes as numbers.

    Self-training of scikit-learn needs both.
    """

    def __init__(self, classifier, shape, classes):
        self.classifier = classifier
        self.shape = shape
        self.classes = classes

    def fit(self, X, y):
        """Fit the classifier to the images and their classes."""
        self.classes_ = np.unique(y)
        self.classifier_ = clone(self.classifier).fit(self._images(X), self.classes[y])
        return self

    def predict_proba(self, X):
        """Return the probabilities of the classes."""
        return self.classifier_.predict_proba(self._images(X))

    def _images(self, X):
        return X.reshape(len(X), *self.shape)


class RoundTrip(TransformerMixin, BaseEstimator):
    """Images rebuilt from principal components, for classifiers that take image arrays."""

    def __init__(self, reduction):
        self.reduction = reduction

    def fit(self, X, y=None):
        """Find the components."""
        self.reduction.fit(X.reshape(len(X), -1))
        return self

    def transform(self, X):
        """Project images on the components, and rebuild them."""
        rows = X.reshape(len(X), -1)
        return self.reduction.inverse_transform(self.reduction.transform(rows)).reshape(X.shape)
