"""DenoisingClassifier: a denoiser and a classifier as one estimator, with images denoised if it helps."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import config_context
from sklearn.base import ClassifierMixin, MetaEstimatorMixin, clone, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.utils import assert_all_finite, check_array, check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, column_or_1d, has_fit_parameter

from skdenoise.base import ImageEstimator, transformed
from skdenoise.classifier.training_set import (
    default_n_copies,
    folds_of,
    held_out_images,
    n_draws,
    split_off,
    training_images,
)
from skdenoise.classifier.trust import Evidence, find_trust, noise_level, noise_statistics
from skdenoise.denoisers.base import Denoiser
from skdenoise.denoisers.own_range import with_range
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.evaluation.find_denoiser import learns_labels, only_denoiser, unwrapped
from skdenoise.images.layout import named_table
from skdenoise.images.pixels import PixelFormat
from skdenoise.seeding import Stream, derived_seed, draw_seed, generator
from skdenoise.supervision.labels import as_labels, classes_of, is_labelled
from skdenoise.typing import RandomState

# The default denoiser is for Gaussian noise of an unknown standard deviation in this range.
_BLIND = (0, 0.6)
# So many labelled images, or fewer, are each held out once, if the denoiser can do without them: if it is frozen,
# or if there are so many times more unlabelled images. In a prototype with 50 labels of MNIST, this gave kNN 8
# points more at noise 0.4, and an SVC 14, than 10 images that are held out once.
_FEW_LABELLED, _MANY_UNLABELLED = 2000, 4


def _classifier_has(method):
    """Return a check that the classifier has a method, for `available_if`."""

    def check(self):
        getattr(getattr(self, "classifier_", self.classifier), method)
        return True

    return check


class DenoisingClassifier(ClassifierMixin, MetaEstimatorMixin, ImageEstimator):
    """Classify images, denoised where denoising helps and as they are elsewhere.

    It fits a denoiser and two copies of a classifier. One learns from the images as they are, the other from
    denoised images: clean ones and several noisy copies. Held-out images decide which images to
    denoise before they are classified: those from which the denoiser removes more than a threshold,
    if what it removes looks like the noise that it was trained on. Other images are classified as
    they are. So there is little to lose where images have no noise or another kind of it. Where both
    classifiers together are right more often, their probabilities are averaged.

    A pipeline, ``make_pipeline(UNetDenoiser(), classifier)``, is simpler, smaller and quicker, and classifies
    strong noise as well. Use this class if some images may have no noise, or noise that is not known.

    Parameters
    ----------
    classifier : classifier
        Any classifier that takes images of the shape given to ``fit``, as arrays. It is cloned.
    denoiser : Denoiser, FrozenEstimator or search, default=None
        A denoiser of this package. If None, uses ``UNetDenoiser(noise_factor=(0, 0.6))``. A denoiser that is
        already fitted can be given as ``FrozenEstimator(denoiser)``. If it was fitted on noisy images,
        such as with ``supervision="self"``, then `X` is noisy too and no noise is added.
    n_copies : int or "auto", default="auto"
        Number of noisy copies of each image that the classifier after the denoiser learns from, besides
        the clean image. "auto" makes about 40,000 images, with 1 to 16 copies.
    validation_fraction : float, default=0.2
        Share of the labelled images of each class that is held out to decide which images to denoise.
        The denoiser never sees them. The classifiers are fitted on them afterwards. Up to 2,000 labelled
        images are held out one part after the other, so that all of them decide, if the denoiser is frozen, or if
        there are at least four times as many unlabelled images, from which alone it learns then.
    n_jobs : int, default=None
        The two copies of the classifier are fitted in parallel with ``n_jobs=2``.
    random_state : int, RandomState instance or None, default=None
        Seed of the split, of the noise and of the default denoiser. Other denoisers and the classifier have
        their own.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes.
    classifier_ : classifier
        The classifier of images as they are.
    denoised_classifier_ : classifier or None
        The classifier of denoised images. None if no image is to be denoised.
    denoiser_ : Denoiser, FrozenEstimator or search
        The fitted denoiser.
    held_out_accuracy_ : dict of str to float
        Accuracy on the held-out images, without noise and with it: of the classifier of images as they are
        ("classifier"), of that of denoised images ("denoised_classifier"), and of both as they are
        used ("denoising_classifier").
    image_shape_ : tuple of int
        Height, width and channels of the images.
    n_features_in_, feature_names_in_
        As in scikit-learn. Only after fitting on flat rows.
    threshold_ : float
        The denoised image is used if the denoiser removes more than this: a root mean square, in units of the
        value range. Infinite if no image is to be denoised, minus infinity if all are.
    upper_threshold_ : float
        The denoised image is used alone if the denoiser removes more than this. Between `threshold_` and this,
        the probabilities of both classifiers are averaged. Equal to `threshold_` if they never are; infinite if
        they always are.

    See Also
    --------
    UNetDenoiser : The denoiser, for pipelines.
    compare_denoising : Checks whether denoising improves classification.

    Notes
    -----
    Of the thresholds, the one with the most right answers on the held-out images is taken; or the largest
    one that has at most half a standard error fewer. Each held-out image counts without noise, with weak
    noise and with the noise of the fit, and with several draws of it if there are fewer than 1,250. Probabilities
    are averaged between two thresholds if that gives more right answers by a standard error. Only classifiers
    with ``predict_proba`` and without ``decision_function`` are averaged, and only if they predict the most
    probable class, so that all methods agree. The removed part is described by its mean, the correlation of
    neighbouring pixels and its kurtosis. If one of them is outside the range of the held-out images, the image is
    classified as it is.

    ``decision_function`` returns for each image what one of the two classifiers returns. Its values are
    therefore not on one scale.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from skdenoise import DenoisingClassifier, UNetDenoiser, add_noise
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> classifier = DenoisingClassifier(
    ...     SVC(),
    ...     UNetDenoiser(noise_factor=(0, 0.6), epochs=3, random_state=0),
    ...     n_copies=2,
    ...     random_state=0,
    ... ).fit(X[:1000], y[:1000])
    >>> noisy = add_noise(X[1000:], noise_factor=0.5, random_state=1)
    >>> bool(
    ...     classifier.score(noisy, y[1000:])
    ...     > SVC().fit(X[:1000], y[:1000]).score(noisy, y[1000:])
    ... )
    True
    >>> bool(
    ...     classifier.uses_denoiser(noisy).mean()
    ...     > classifier.uses_denoiser(X[1000:]).mean()
    ... )
    True
    """

    def __init__(
        self,
        classifier: Any,
        denoiser: Any = None,
        *,
        n_copies: int | str = "auto",
        validation_fraction: float = 0.2,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.classifier = classifier
        self.denoiser = denoiser
        self.n_copies = n_copies
        self.validation_fraction = validation_fraction
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """Require labels, as classifiers do."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    @property
    def image_shape(self) -> Any:
        """The shape of flat rows, as the denoiser has it."""
        return None if self.denoiser is None else self._found_denoiser().image_shape

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the denoiser and the classifiers.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images; or noisy ones, if the denoiser learns from these.
        y : array-like of shape (n,)
            Their classes. -1 marks images without a label, which only the denoiser learns from, unless there
            is just one other class: labels -1 and 1 are two classes.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images, for the classifier and for the right answers on held-out images.

        Returns
        -------
        DenoisingClassifier
            The fitted estimator.

        Raises
        ------
        TypeError
            If `classifier` is not a classifier or `denoiser` not a denoiser, or if the classifier does not take `sample_weight`.
        ValueError
            If images, labels or parameters are not as documented, if there are fewer than two classes, or
            if each class has just one image, so that none can be held out.
        """
        with self._unchanged_by_failure():
            self._learn(X, y, sample_weight)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict classes.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Images, noisy or not.

        Returns
        -------
        ndarray of shape (n,)
            A class for each image.
        """
        return self._answer("predict", X)

    @available_if(_classifier_has("predict_proba"))
    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Estimate the probabilities of the classes.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Images, noisy or not.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities, in the order of ``classes_``.
        """
        return self._answer("predict_proba", X)

    @available_if(_classifier_has("decision_function"))
    def decision_function(self, X: ArrayLike) -> NDArray[Any]:
        """Return the decision function of the classifier that is used for each image.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Images, noisy or not.

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
            As the classifier returns it.
        """
        return self._answer("decision_function", X)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Images, noisy or not.
        y : array-like of shape (n,)
            Their classes.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images.

        Returns
        -------
        float
            Share of the images whose class is predicted correctly.
        """
        return super().score(X, y, sample_weight)

    def uses_denoiser(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Return for each image whether its denoised version is used, alone or averaged with the image.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Images, noisy or not.

        Returns
        -------
        ndarray of bool of shape (n,)
            True if the denoised image is used.
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        return self._trust(self._denoised(X)[1]) > 0

    @property
    def threshold_(self) -> float:
        """The root mean square above which the denoised image is used, in units of the value range."""
        check_is_fitted(self)
        return self._trust.threshold

    @property
    def upper_threshold_(self) -> float:
        """The root mean square above which the denoised image is used alone."""
        check_is_fitted(self)
        return self._trust.upper_threshold

    @property
    def _denoiser(self):
        """The fitted denoiser, out of a search or a frozen estimator, in the value range of the fit."""
        return with_range(unwrapped(self.denoiser_), self._value_range)

    def _check_params(self):
        is_instance = hasattr(self.classifier, "fit") and not isinstance(self.classifier, type)
        if not is_instance or is_regressor(self.classifier):
            raise TypeError(
                f"classifier={self.classifier!r} is not a classifier. Give an instance, such as SVC()."
            )
        if self.denoiser is not None:
            self._found_denoiser()
        is_number = isinstance(self.n_copies, Integral) and self.n_copies >= 1
        if not is_number and not (isinstance(self.n_copies, str) and self.n_copies == "auto"):
            raise ValueError(f"n_copies={self.n_copies!r} must be an integer >= 1, or 'auto'.")
        fraction = self.validation_fraction
        if not isinstance(fraction, Real) or not 0 < fraction < 1:
            raise ValueError(f"validation_fraction={fraction!r} must be a number between 0 and 1.")

    def _found_denoiser(self):
        """Return the denoiser inside of the parameter, which may be frozen or a search."""
        found = only_denoiser(self.denoiser)
        if found is None:
            raise TypeError(
                f"denoiser={self.denoiser!r} is not a denoiser of skdenoise. Give UNetDenoiser, "
                "FilterDenoiser or SubspaceDenoiser, also frozen or in a search, but in no pipeline. Other transformers "
                "belong in the pipeline of the classifier."
            )
        return found

    def _check_labels(self, X, y):
        """Return checked labels, and which images have one."""
        y = column_or_1d(as_labels(y), warn=True)
        assert_all_finite(y, input_name="y")
        check_consistent_length(X, y)
        labelled = is_labelled(y)
        classes = classes_of(y[labelled])
        check_classification_targets(y[labelled])
        if len(classes) < 2:
            raise ValueError(
                f"y has {len(classes)} class(es), {classes.tolist()}, among {labelled.sum()} labelled "
                f"images of {len(y)}. DenoisingClassifier needs at least two classes; -1 marks images "
                "without a label."
            )
        return y, labelled

    def _check_weights(self, X, sample_weight):
        if sample_weight is None:
            return None
        if not has_fit_parameter(self.classifier, "sample_weight"):
            raise TypeError(
                f"{type(self.classifier).__name__} does not take sample_weight. Leave it out, or use a "
                "classifier that takes it. BaggingClassifier and CalibratedClassifierCV pass it on by themselves: "
                "put them into the DenoisingClassifier, as its classifier."
            )
        weights = check_array(
            sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
        )
        if weights.ndim != 1:
            raise ValueError(
                f"sample_weight has shape {weights.shape}; expected a weight for each image, ({len(X)},)."
            )
        check_consistent_length(X, weights)
        return weights

    def _new_denoiser(self, seed):
        if self.denoiser is not None:
            return clone(self.denoiser)
        seed = derived_seed(seed, Stream.CLASSIFIER_DENOISER)
        return UNetDenoiser(noise_factor=_BLIND, random_state=seed)

    def _learn(self, X, y, sample_weight):
        self._check_params()
        X = self._check_images(X, reset=True)
        y, has_label = self._check_labels(X, y)
        weights = self._check_weights(X, sample_weight)
        seed = draw_seed(self.random_state)

        labelled = np.flatnonzero(has_label)
        rng = generator(seed, Stream.CLASSIFIER_SPLIT)
        folds, learns_from = self._plan(X, y, weights, labelled, rng)
        if not folds:
            raise ValueError(
                f"Each of the {len(labelled)} labelled images has a class of its own, so that none can be "
                "held out to decide when to denoise. Expected at least two images of a class."
            )
        with config_context(transform_output="default"):  # image arrays fit in no table
            # The labels are for a denoiser with a label_weight.
            self.denoiser_ = self._new_denoiser(seed).fit(X[learns_from], y[learns_from])
            denoiser = unwrapped(self.denoiser_)
            # A packaged denoiser takes rows only if it knows their shape, and has no value range of its own.
            # The columns that a frozen denoiser knows are compared with those of this table.
            table = named_table(X, self) if hasattr(denoiser, "feature_names_in_") else X
            checked = denoiser._check_images(table, reset=False)
            self._value_range = denoiser._range_of(checked)
        n_copies = default_n_copies(len(labelled)) if self.n_copies == "auto" else self.n_copies
        self._trust = self._find_trust(folds, X, y, weights, n_copies, seed)
        self.classifier_, self.denoised_classifier_ = self._fit_classifiers(
            *_part(labelled, X, y, weights), n_copies, seed, denoised=self._trust.is_possible
        )
        self.classes_ = self.classifier_.classes_

    def _plan(self, X, y, weights, labelled, rng):
        """Return which images the classifiers are fitted and checked on, in folds, and what the denoiser learns from.

        The denoiser must not see the images of the checks.
        """
        is_frozen = isinstance(self.denoiser, FrozenEstimator)
        unlabelled = np.setdiff1d(np.arange(len(X)), labelled)
        # A search may try denoisers that learn from labels.
        needs_no_labels = self.denoiser is None or (
            isinstance(self.denoiser, Denoiser) and not learns_labels(self.denoiser)
        )
        can_spare = needs_no_labels and len(unlabelled) >= _MANY_UNLABELLED * len(labelled)
        if len(labelled) <= _FEW_LABELLED and (is_frozen or can_spare):
            n_folds = max(2, round(1 / self.validation_fraction))
            counts = None if weights is None else weights[labelled] > 0
            folds = folds_of(y[labelled], n_folds, rng, counts)
            learns_from = np.arange(len(X)) if is_frozen else unlabelled
        else:
            fitted, held_out = split_off(y[labelled], self.validation_fraction, rng)
            folds = [(fitted, held_out)] if len(held_out) else []
            learns_from = np.setdiff1d(np.arange(len(X)), labelled[held_out])
        return [(labelled[fitted], labelled[held_out]) for fitted, held_out in folds], learns_from

    def _fit_classifiers(self, X, y, weights, n_copies, seed, *, denoised=True):
        """Return classifiers fitted on images as they are and, if asked for, on denoised images."""
        sets = [X]
        if denoised:
            sets.append(training_images(self._denoiser, X, n_copies, seed))
        fitted = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit)(clone(self.classifier), images, y, weights) for images in sets
        )
        return fitted if denoised else (*fitted, None)

    def _find_trust(self, folds, X, y, weights, n_copies, seed):
        """Return when to trust the denoiser, from the answers of classifiers on held-out images."""
        evidence = self._evidence(folds, X, y, weights, n_copies, seed)
        weights = np.ones(len(evidence.image)) if weights is None else weights[evidence.image]
        if not weights.any():
            weights = np.ones(len(weights))
        trust = find_trust(evidence, weights)
        weight = trust.weight(evidence.levels, evidence.statistics)
        right_combined = np.select(
            [weight == 1, weight == 0.5],
            [evidence.right_denoised, evidence.right_averaged],
            evidence.right,
        )
        self.held_out_accuracy_ = {
            "classifier": float(np.average(evidence.right, weights=weights)),
            "denoised_classifier": float(np.average(evidence.right_denoised, weights=weights)),
            "denoising_classifier": float(np.average(right_combined, weights=weights)),
        }
        return trust

    def _evidence(self, folds, X, y, weights, n_copies, seed):
        """Return how held-out images are classified, by classifiers that have not learned from them."""
        draws = range(n_draws(self._denoiser, sum(len(part) for _, part in folds)))
        found = []
        for fold, (fitted, part) in enumerate(folds):
            classifiers = self._fit_classifiers(*_part(fitted, X, y, weights), n_copies, seed)
            for draw in draws:
                images = held_out_images(self._denoiser, X[part], seed, fold, draw)
                image = np.tile(part, len(images) // len(part))
                denoised, removed = self._denoised(images)
                found.append(
                    Evidence(
                        image,
                        np.full(len(image), draw),
                        noise_level(removed),
                        noise_statistics(removed),
                        *_answers(*classifiers, images, denoised, y[image]).T,
                    )
                )
        return Evidence.joined(found)

    def _denoised(self, X):
        """Return denoised images, and what was removed from each, NHWC in units of the value range."""
        denoised = transformed(self._denoiser, X)
        pixels = PixelFormat(X.dtype, self._denoiser._range_of(X))
        return denoised, self._as_nhwc(pixels.to_unit(X) - pixels.to_unit(denoised))

    def _answer(self, method, X):
        """Return what the classifiers answer, each for the images that it is used for."""
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        if not self._trust.is_possible:
            return getattr(self.classifier_, method)(X)
        denoised, removed = self._denoised(X)
        weights = self._trust(removed)
        answers = []
        for weight in np.unique(weights):
            chosen = weights == weight
            answer = self._answer_of_one_weight(method, weight, X[chosen], denoised[chosen])
            answers.append((chosen, answer))
        dtype = np.result_type(*(answer for _, answer in answers))
        joined = np.empty((len(X), *answers[0][1].shape[1:]), dtype)
        for chosen, answer in answers:
            joined[chosen] = answer
        return joined

    def _answer_of_one_weight(self, method, weight, X, denoised):
        """Return what the classifiers answer where the denoised image has one weight: 0, 0.5 or 1."""
        if weight == 0:
            return getattr(self.classifier_, method)(X)
        if weight == 1:
            return getattr(self.denoised_classifier_, method)(denoised)
        probabilities = self.classifier_.predict_proba(X)
        mean = (probabilities + self.denoised_classifier_.predict_proba(denoised)) / 2
        return mean if method == "predict_proba" else self.classes_[mean.argmax(axis=1)]


def _part(indices, X, y, weights):
    """Return some of the images, with their classes and their weights, if there are any."""
    return X[indices], y[indices], None if weights is None else weights[indices]


def _answers(classifier, denoised_classifier, images, denoised, y):
    """Return how the classifiers answer for held-out images of the classes `y`.

    Returns
    -------
    ndarray of bool of shape (n, 4)
        Whether the classifier of images is right, whether that of denoised images is, and whether the mean of
        their probabilities is; and whether the first one's answer is its most probable class. The last two are
        False for classifiers whose methods would disagree after averaging.
    """
    answers = np.zeros((len(images), 4), bool)
    predicted = classifier.predict(images)
    answers[:, 0] = predicted == y
    answers[:, 1] = denoised_classifier.predict(denoised) == y
    if hasattr(classifier, "predict_proba") and not hasattr(classifier, "decision_function"):
        probabilities = classifier.predict_proba(images)
        mean = (probabilities + denoised_classifier.predict_proba(denoised)) / 2
        answers[:, 2] = classifier.classes_[mean.argmax(axis=1)] == y
        answers[:, 3] = classifier.classes_[probabilities.argmax(axis=1)] == predicted
    return answers


def _fit(classifier, X, y, weights):
    """Fit a classifier on sets of the same images, one after the other in `X`."""
    n_sets = len(X) // len(y)
    params = {} if weights is None else {"sample_weight": np.tile(weights, n_sets)}
    return classifier.fit(X, np.tile(y, n_sets), **params)
