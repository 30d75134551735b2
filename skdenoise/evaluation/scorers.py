"""Scorers: scores of an estimator under noise, or on pairs of noisy and clean images."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.utils import check_consistent_length
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import check_is_fitted

from skdenoise.denoisers.base import Denoiser
from skdenoise.evaluation.bootstrap import mean_of_choice, score_of_predictions
from skdenoise.evaluation.find_denoiser import find_denoiser, named_steps
from skdenoise.evaluation.replay import Replay
from skdenoise.images.layout import (
    as_nhwc,
    check_columns,
    check_image_shape,
    check_images,
    column_names,
    like_table,
)
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.value_range import check_value_range, value_range_is_certain
from skdenoise.metrics import METRICS
from skdenoise.noise.adding import corrupt
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator

if TYPE_CHECKING:
    from skdenoise.noise.model import NoiseModel

# Of the span of values: a step that rounds to 8 bits is nearly linear.
_NEARLY = 3e-3


def noisy_scorer(
    scoring: str | Callable[..., float] = "accuracy",
    noise: "str | NoiseModel" = "gaussian",
    noise_factor: float | tuple[float, float] | None = None,
    *,
    severity: int | tuple[int, int] | None = None,
    scale: str | None = None,
    random_state: int | np.random.RandomState | None = 0,
    clip: bool | None = None,
    image_shape: tuple[int, ...] | None = None,
    value_range: tuple[float, float] | None = None,
    **noise_params: Any,
) -> "NoisyScorer":
    """Make a scorer that adds noise to the images before it scores.

    In a search, it adds the same noise to the validation images for every candidate. Without it, a search
    over the training noise always prefers the weakest, because the validation images are clean.

    All columns of a table are pixels, and get noise: other features beside them, as for a ``ColumnTransformer``, would
    get noise too.

    Parameters
    ----------
    scoring : str or callable, default="accuracy"
        Any scorer of scikit-learn, by name or as ``scorer(estimator, X, y)``; or ``"psnr"`` or
        ``"ssim"``, which compare ``estimator.transform(noisy)`` with the clean images.
    noise : str or noise model, default="gaussian"
        A name (`noise_names`) or an instance.
    noise_factor : float or (low, high), default=None
        The strength of a named model, as in `add_noise`.
    severity : int or (low, high), default=None
        The strength of a named model on the scale of ImageNet-C, as in `add_noise`.
    scale : {"cifar", "imagenet"}, default=None
        The table that `severity` is from, as in `add_noise`.
    random_state : int, default=0
        Seed of the noise.
    clip : bool, default=None
        Whether to clip noisy values to the value range. If None, clips integers only.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, rows are a square grey image or a strip.
    value_range : (low, high), default=None
        Pixel values of black and white. Required, except for booleans, uint8 and floats from 0 to 1:
        for other images, the inferred range could differ between folds.
    **noise_params
        Parameters of the named model, such as ``amount=0.1``.

    Returns
    -------
    NoisyScorer
        A scorer to call as ``scorer(estimator, X, y)``, or to pass as ``scoring=``. It can be pickled.

    See Also
    --------
    psnr_scorer : PSNR of a denoiser on real pairs of noisy and clean images.
    RobustnessCurveDisplay : The same score at several noise levels.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdenoise import noisy_scorer
    >>> X, y = load_digits(return_X_y=True)
    >>> knn = KNeighborsClassifier().fit(X[:1000], y[:1000])
    >>> clean = noisy_scorer("accuracy", noise_factor=0, value_range=(0, 16))
    >>> noisy = noisy_scorer("accuracy", noise_factor=0.5, value_range=(0, 16))
    >>> clean(knn, X[1000:], y[1000:]) > noisy(knn, X[1000:], y[1000:])
    True
    """
    model = resolve_noise(noise, noise_factor, severity=severity, scale=scale, **noise_params)
    return NoisyScorer(scoring, model, draw_seed(random_state), clip, image_shape, value_range)


class NoisyScorer:
    """A scorer that adds the same noise in every call, made by `noisy_scorer`."""

    def __init__(self, scoring, noise, seed, clip, image_shape, value_range):
        self.scoring = scoring
        self.noise = noise
        self.seed = seed
        self.clip = clip
        self.image_shape = image_shape
        self.value_range = value_range
        is_metric = isinstance(scoring, str) and scoring in METRICS
        self._scorer = None if is_metric else check_scorer(scoring, METRICS)

    def __repr__(self):
        return f"noisy_scorer({self.scoring!r}, noise={self.noise!r})"

    def __call__(
        self, estimator: BaseEstimator, X: ArrayLike, y: ArrayLike | None = None, **kwargs: Any
    ) -> float:
        """Score `estimator` on noisy `X`; keyword arguments go to the inner scorer."""
        noisy = self.add_noise(X)
        if self._scorer is not None:
            return self._scorer(estimator, noisy, y, **kwargs)
        if kwargs:
            raise TypeError(
                f"scoring={self.scoring!r} is a plain mean over images, which takes no "
                f"{', '.join(kwargs)}. Leave it out."
            )
        return mean_metric(
            self.scoring,
            estimator,
            noisy,
            X,
            image_shape=self.image_shape,
            value_range=self.value_range,
        )

    def score_of_choice(self, estimator, noisy, X, y=None):
        """Return a function of image indices that returns the score of these images.

        The estimator predicts only once, however often the function is called.

        Parameters
        ----------
        estimator : fitted estimator
            The estimator to score.
        noisy, X : array-like of the same shape
            Images with the noise of :meth:`add_noise`, and without.
        y : array-like of shape (n,), default=None
            Labels of the images. ``"psnr"`` and ``"ssim"`` need none.
        """
        if self._scorer is None:
            return mean_of_choice(
                metric_of_images(
                    self.scoring,
                    estimator,
                    noisy,
                    X,
                    image_shape=self.image_shape,
                    value_range=self.value_range,
                )
            )
        if y is None:
            raise ValueError(f"scoring={self.scoring!r} compares with labels: give y.")
        y = np.asarray(y)
        check_consistent_length(noisy, y)
        if self.scoring == "accuracy":
            return score_of_predictions(accuracy_score, y, estimator.predict(noisy))
        replay, rows = Replay(estimator, noisy), np.asarray(noisy)
        return lambda chosen: self._scorer(replay.choose(chosen), rows[chosen], y[chosen])

    def get_metadata_routing(self):
        """Request the metadata that the inner scorer requests."""
        if hasattr(self._scorer, "get_metadata_routing"):
            return self._scorer.get_metadata_routing()
        return MetadataRequest(owner=self)

    def add_noise(self, X: ArrayLike) -> Any:
        """Return `X` with noise, the same in each call, in the same layout and container."""
        table, X = X, check_images(X)
        if self.value_range is None and not value_range_is_certain(X):
            raise ValueError(
                f"The images are {X.dtype} from {X.min():g} to {X.max():g}: their inferred "
                "value range could differ between folds. Give noisy_scorer value_range=(low, high)."
            )
        shape = check_image_shape(self.image_shape, X)
        pixels = PixelFormat(X.dtype, check_value_range(self.value_range, X))
        rng = generator(self.seed, Stream.SCORER)
        noisy = corrupt(as_nhwc(X, shape), self.noise, pixels, rng, clip=self.clip)
        return like_table(noisy.reshape(X.shape), table)


def check_scorer(scoring, others=()):
    """Return the scorer with a name, or the given scorer; `others` are further names, for the error."""
    if callable(scoring):
        return scoring
    if not isinstance(scoring, str):
        raise TypeError(
            f"scoring={scoring!r:.200} is neither the name of a scorer nor a function (estimator, X, y). Give one scorer, "
            "such as 'accuracy'; a search takes several as a dict of them."
        )
    try:
        return get_scorer(scoring)
    except (ValueError, KeyError, TypeError) as error:
        known = ", ".join([*map(repr, others), "a scorer of scikit-learn"])
        raise ValueError(
            f"scoring={scoring!r} is not one of these: {known} (sklearn.metrics.get_scorer_names() "
            "lists them)."
        ) from error


class ImageScorer:
    """A scikit-learn scorer for a denoiser on real pairs of noisy and clean images.

    ``scorer(denoiser, X, clean=clean)`` returns the mean over images of a metric of
    ``denoiser.transform(X)``, clipped to the value range. With metadata routing enabled, it requests
    ``clean``, so that a search passes it on: ``GridSearchCV(..., scoring=psnr_scorer).fit(X,
    clean=clean)``. To score with simulated noise, use `noisy_scorer`.

    Parameters
    ----------
    metric : {"psnr", "ssim"}
        The metric.
    """

    def __init__(self, metric: str) -> None:
        self.metric = metric

    def __repr__(self):
        return f"{self.metric}_scorer"

    def __call__(
        self,
        estimator: BaseEstimator,
        X: "ArrayLike | Sequence[ArrayLike]",
        y: object = None,
        *,
        clean: "ArrayLike | Sequence[ArrayLike] | None" = None,
    ) -> float:
        """Return the mean of the metric; `y` is ignored."""
        if clean is None:
            raise ValueError(
                f"{self!r} compares with clean images: call it with clean=, or enable metadata "
                "routing in a search. To score with simulated noise, use noisy_scorer."
            )
        return mean_metric(self.metric, estimator, X, clean)

    def get_metadata_routing(self):
        """Request ``clean``."""
        request = MetadataRequest(owner=self)
        request.score.add_request(param="clean", alias=True)
        return request


psnr_scorer = ImageScorer("psnr")


ssim_scorer = ImageScorer("ssim")


def mean_metric(metric, estimator, noisy, clean, *, image_shape=None, value_range=None):
    """Return the mean of a metric of ``estimator.transform(noisy)``, clipped to the value range."""
    values = metric_of_images(
        metric, estimator, noisy, clean, image_shape=image_shape, value_range=value_range
    )
    return float(values.mean())


def metric_of_images(metric, estimator, noisy, clean, *, image_shape=None, value_range=None):
    """Return a metric of each image of ``estimator.transform(noisy)``, clipped to the value range."""
    if not hasattr(estimator, "transform"):
        raise TypeError(
            f"{metric} compares images, but {type(estimator).__name__} has no transform. Give a "
            "denoiser, or score a classifier by its accuracy."
        )
    check_is_fitted(estimator)
    check_columns(clean, column_names(noisy), name="clean", of="of the noisy images")
    clean, denoiser, value_range = _as_denoised(estimator, clean, value_range)
    is_list = is_image_list(clean)
    true = ImageList(clean, "clean") if is_list else check_images(clean, name="clean")
    if value_range is None:
        known = getattr(denoiser, "value_range_", None)
        value_range = denoiser._range_of(true) if isinstance(denoiser, Denoiser) else known
    if image_shape is None and not is_list and true.ndim == 2:
        image_shape = getattr(denoiser, "image_shape_", None)
    low, high = check_value_range(value_range, true)
    denoised = estimator.transform(noisy)
    if is_image_list(denoised):
        limited = [np.clip(image, low, high) for image in denoised]
    else:
        limited = np.clip(check_images(denoised, name="denoised"), low, high)
    return METRICS[metric](clean, limited, data_range=high - low, image_shape=image_shape)


def _as_denoised(estimator, clean, value_range):
    """Return clean images in the units of what an estimator makes of noisy ones, its denoiser, and their value range.

    Instead of a denoiser whose output is changed by later steps, the estimator itself is returned.
    """
    found = find_denoiser(estimator)
    if found is None:
        return clean, estimator, value_range
    if not found.before:
        return clean, found.denoiser, value_range
    if named_steps(estimator)[-1][1] is not found.denoiser:
        return clean, estimator, value_range  # a later step may undo what an earlier one did
    if is_image_list(clean):
        prepared = [found.prepare(np.asarray(image)[np.newaxis])[0] for image in clean]
        is_in_other_units = _is_linear(*(_joined(images) for images in (clean, prepared)))
    else:
        prepared = found.prepare(clean)
        is_in_other_units = _is_linear(np.asarray(clean), np.asarray(prepared))
    # A step that does more, such as a blur, would make the clean images worse too.
    return (
        (prepared, found.denoiser, None) if is_in_other_units else (clean, estimator, value_range)
    )


def _joined(images):
    return np.concatenate([np.ravel(image) for image in images])


def _is_linear(before, after):
    """Return whether values are those before, multiplied by a number and shifted by another."""
    if before.shape != after.shape:
        return False
    before, after = (np.ravel(each).astype(np.float64) for each in (before, after))
    slope, offset = np.polyfit(before, after, 1)
    return np.abs(slope * before + offset - after).max() <= _NEARLY * np.ptp(after)
