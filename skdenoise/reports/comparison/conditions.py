"""Conditions: the ways to train a classifier for noisy images, with a denoiser and without.

PCA and self-training are imported in the functions that use them, because they load linear models.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from skdenoise.base import transformed
from skdenoise.reports.comparison.race import Entrant
from skdenoise.reports.comparison.trained import Trained
from skdenoise.supervision.labels import UNLABELLED

ALONE, NOISE_AUGMENTATION, PRINCIPAL_COMPONENTS, FILTER, DENOISER = KINDS = (
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
class TrainingSet:
    """Training images: clean, and noisy copies of them.

    Parameters
    ----------
    X, y : ndarray
        Clean images and their classes.
    noisy : callable
        ``noisy(i)`` returns the images with the i-th draw of noise.
    unlabelled : ndarray
        Clean images whose classes are not known. There may be none.
    noisy_unlabelled : callable
        As `noisy`, for those.
    """

    X: np.ndarray
    y: np.ndarray
    noisy: Callable
    unlabelled: np.ndarray
    noisy_unlabelled: Callable
    _copies: list = field(default_factory=list, repr=False)

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

    def noisy_set(self, n_copies):
        """Return noisy copies of the images, and their classes."""
        self._copies.extend(self.noisy(i) for i in range(len(self._copies), n_copies))
        return np.concatenate(self._copies[:n_copies]), np.tile(self.y, n_copies)

    def partly_labelled_set(self, n_copies):
        """Return the `noisy_set` with one noisy copy of the unlabelled images.

        Classes are numbered from 0, in their order; -1 marks images without a label.
        """
        images, y = self.noisy_set(n_copies)
        more = self.noisy_unlabelled(0)
        numbers = np.unique(y, return_inverse=True)[1]
        return np.concatenate([images, more]), _with_unknown(numbers, len(more))


@dataclass(frozen=True)
class Prepared:
    """A fitted transformer that prepares images for the classifier, or None, and the seconds of its fit."""

    transformer: object = None
    seconds: float = 0.0
    choices: dict = field(default_factory=dict)


AS_THEY_ARE = Prepared()


@dataclass(frozen=True)
class Trainer:
    """Trains a classifier with each combination of its parameters in a grid."""

    classifier: object
    param_grid: object = None

    @property
    def settings(self):
        """The combinations of parameters."""
        return list(ParameterGrid(self.param_grid or {}))

    def new(self, params):
        """Return a new classifier with these parameters."""
        return clone(self.classifier).set_params(**params)

    def fit(self, images, y, params, before=AS_THEY_ARE, **choices):
        """Return the classifier, trained after a transformer.

        Parameters
        ----------
        images, y : ndarray
            Training images and their classes.
        params : dict
            Parameters of the classifier.
        before : Prepared
            The transformer.
        **choices
            What else was chosen, recorded with the parameters.
        """
        start = time.perf_counter()
        inputs = images if before.transformer is None else transformed(before.transformer, images)
        classifier = self.new(params).fit(inputs, y)
        seconds = before.seconds + time.perf_counter() - start
        return Trained(classifier, before.transformer, seconds, choices | before.choices | params)


def train_alone(trainer, training):
    """Train on clean images, with each setting of the classifier."""
    return [trainer.fit(training.X, training.y, params) for params in trainer.settings]


def train_on_denoised_clean(trainer, training, denoiser):
    """Train on denoised clean images, with each setting of the classifier."""
    return [
        trainer.fit(training.X, training.y, params, denoiser, n_copies=0)
        for params in trainer.settings
    ]


def enter_noisy(condition, trainer, training, before=AS_THEY_ARE):
    """Return the entrants of a condition that is trained on noisy images, after a transformer or not."""

    def train(params, n_copies):
        return trainer.fit(*training.noisy_set(n_copies), params, before, n_copies=n_copies)

    return [Entrant(condition, partial(train, params)) for params in trainer.settings]


def enter_components_of_noisy(condition, trainer, training, n_components, seed):
    """Return the entrants that are trained on principal components of noisy images."""

    @cache
    def fit(n):
        return _fit_components(training.all_noisy(0), n, seed)

    def train(n, params, n_copies):
        images, y = training.noisy_set(n_copies)
        return _fit_on_components(trainer, images, y, params, fit(n), n_copies)

    return [
        Entrant(condition, partial(train, n, params))
        for n in _numbers_of_components(training, n_components)
        for params in trainer.settings
    ]


def enter_components_of_clean(condition, trainer, training, n_components, seed, on_clean):
    """Return the entrants that are trained on principal components of clean images.

    The components, and the classifiers trained on those of clean images, are kept in the dict `on_clean`.
    """

    def fit(n):
        if n not in on_clean:
            on_clean[n] = _fit_components(training.all_images, n, seed)
        return on_clean[n]

    def train(n, number, n_copies):
        params = trainer.settings[number]
        if n_copies > 0:
            images, y = training.noisy_set(n_copies)
            return _fit_on_components(trainer, images, y, params, fit(n), n_copies)
        if (n, number) not in on_clean:
            on_clean[n, number] = _fit_on_components(
                trainer, training.X, training.y, params, fit(n), n_copies
            )
        return on_clean[n, number]

    return [
        Entrant(condition, partial(train, n, number), on_clean=True)
        for n in _numbers_of_components(training, n_components)
        for number in range(len(trainer.settings))
    ]


def _numbers_of_components(training, n_components):
    """Return the different numbers of components that there can be, in order."""
    n_images = len(training.X) + len(training.unlabelled)
    limit = min(n_images, int(np.prod(training.X.shape[1:])))
    return sorted({min(n, limit) for n in n_components})


def _fit_components(images, n_components, seed):
    from sklearn.decomposition import PCA

    start = time.perf_counter()
    reduction = PCA(n_components, random_state=seed)
    components = reduction if images.ndim == 2 else RoundTrip(reduction)
    components.fit(images)
    return Prepared(components, time.perf_counter() - start, {"n_components": n_components})


def _fit_on_components(trainer, images, y, params, components, n_copies):
    """Return the classifier, trained on principal components; or on rows that are rebuilt from them, if it needs pixels."""
    try:
        return trainer.fit(images, y, params, components, n_copies=n_copies)
    except ValueError as error:
        if isinstance(components.transformer, RoundTrip):
            raise
        rebuilt = replace(components, transformer=RoundTrip(components.transformer))
        try:
            return trainer.fit(images, y, params, rebuilt, n_copies=n_copies)
        except ValueError:
            raise error from None


def fit_denoiser(denoiser, training):
    """Return a denoiser fitted to all images."""
    start = time.perf_counter()
    fitted = clone(denoiser).fit(training.all_images, training.all_labels)
    return Prepared(fitted, time.perf_counter() - start)


def enter_self_training(condition, trainer, training):
    """Return the entrants that train on noisy images, then also on unlabelled ones they are sure of."""
    from sklearn.semi_supervised import SelfTrainingClassifier

    def train(params, n_copies):
        start = time.perf_counter()
        images, numbers = training.partly_labelled_set(n_copies)
        of_rows = ClassifierOfRows(trainer.new(params), images.shape[1:], np.unique(training.y))
        rows = images.reshape(len(images), -1)
        fitted = SelfTrainingClassifier(of_rows).fit(rows, numbers).estimator_.classifier_
        seconds = time.perf_counter() - start
        return Trained(fitted, None, seconds, {"n_copies": n_copies} | params)

    return [Entrant(condition, partial(train, params)) for params in trainer.settings]


def _with_unknown(y, n_unknown):
    """Return classes followed by -1 for images whose class is not known."""
    if not n_unknown:
        return y
    if y.dtype.kind != "f":
        y = y.astype(np.int64 if y.dtype.kind in "iub" else object)
    return np.concatenate([y, np.full(n_unknown, UNLABELLED, y.dtype)])


def put_after(trained, before):
    """Put a trained classifier after a transformer."""
    return replace(trained, transformer=before.transformer, seconds=before.seconds)


def train_on_fresh_noise(trainer, training, seconds):
    """Train a network with new noise in each epoch, for as long as a denoiser takes.

    A copy is kept after its own number of epochs, after twice that number, and so on, so that validation
    images can decide which is best.
    """
    return [
        candidate
        for params in trainer.settings
        for candidate in _fresh_noise_candidates(trainer.new(params), params, training, seconds)
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
    """Images rebuilt from principal components, for classifiers that take images."""

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
