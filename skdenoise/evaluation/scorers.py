"""Scorers: how well an estimator does under noise, or on pairs of noisy and clean images."""

import numpy as np
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.utils import check_consistent_length
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import check_is_fitted

from skdenoise.evaluation.bootstrap import mean_of_choice, score_of_predictions
from skdenoise.evaluation.replay import Replay
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images, like_table
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.value_range import check_value_range, value_range_is_certain
from skdenoise.metrics import METRICS
from skdenoise.noise.adding import corrupt
from skdenoise.noise.by_name import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator


def noisy_scorer(
    scoring="accuracy",
    noise="gaussian",
    noise_factor=None,
    *,
    severity=None,
    scale=None,
    random_state=0,
    clip=None,
    image_shape=None,
    value_range=None,
    **noise_params,
):
    """Make a scorer that adds noise to the images before it scores.

    In a search it noises the validation images in the same way for every candidate. Without it, a
    search over the noise to train with always finds that the weakest is best, since validation
    images are clean.

    Parameters
    ----------
    scoring : str or callable, default="accuracy"
        Any scorer of scikit-learn, by name or as ``scorer(estimator, X, y)``; or ``"psnr"`` or
        ``"ssim"``, the mean over images of ``estimator.transform(noisy)`` against the clean ones.
    noise : str or noise model, default="gaussian"
        A name (`noise_names`) or an instance.
    noise_factor : float or (low, high), default=None
        The strength of a named model, as in `add_noise`.
    severity, scale
        The strength of a named model as in ImageNet-C, as in `add_noise`.
    random_state : int, default=0
        Seed of the noise.
    clip : bool, default=None
        Whether to limit noisy values to the range; ``None`` limits integers and leaves floats.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image or a strip.
    value_range : (low, high), default=None
        What is black and what is white. ``None`` is for booleans, uint8 and floats in 0..1; other
        images could be given another range in each fold, so it must be said.
    **noise_params
        Parameters of the named model, such as ``amount=0.1``.

    Returns
    -------
    NoisyScorer
        Called as ``scorer(estimator, X, y)``; it can be pickled, and given as ``scoring=``.

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
    """What `noisy_scorer` makes: a scorer that draws the same noise at every call."""

    def __init__(self, scoring, noise, seed, clip, image_shape, value_range):
        self.scoring = scoring
        self.noise = noise
        self.seed = seed
        self.clip = clip
        self.image_shape = image_shape
        self.value_range = value_range
        self._scorer = None if scoring in METRICS else check_scorer(scoring, METRICS)

    def __repr__(self):
        return f"noisy_scorer({self.scoring!r}, noise={self.noise!r})"

    def __call__(self, estimator, X, y=None, **kwargs):
        """Score `estimator` on noisy `X`; keyword arguments go to the inner scorer."""
        noisy = self.add_noise(X)
        if self._scorer is not None:
            return self._scorer(estimator, noisy, y, **kwargs)
        if kwargs:
            raise TypeError(
                f"scoring={self.scoring!r} is a plain mean over images, which takes no "
                f"{', '.join(kwargs)}."
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
        """Return the score of any choice of the images, as a function of their indices.

        The estimator predicts once, however often the function is called.

        Parameters
        ----------
        estimator : fitted estimator
            What to score.
        noisy, X : array-like of one shape
            What :meth:`add_noise` made of `X`, and `X`.
        y : array-like of shape (n,), default=None
            The labels; ``"psnr"`` and ``"ssim"`` need none.
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
        """Ask for what the inner scorer asks for."""
        if hasattr(self._scorer, "get_metadata_routing"):
            return self._scorer.get_metadata_routing()
        return MetadataRequest(owner=self)

    def add_noise(self, X):
        """Return `X`, in the layout and container in which it came, with the noise of all calls."""
        table, X = X, check_images(X)
        if self.value_range is None and not value_range_is_certain(X):
            raise ValueError(
                f"The images are {X.dtype} from {X.min():g} to {X.max():g}: their value range could "
                "come out differently in each fold. Give noisy_scorer value_range=(low, high)."
            )
        shape = check_image_shape(self.image_shape, X)
        pixels = PixelFormat(X.dtype, check_value_range(self.value_range, X))
        rng = generator(self.seed, Stream.SCORER)
        noisy = corrupt(as_nhwc(X, shape), self.noise, pixels, rng, clip=self.clip)
        return like_table(noisy.reshape(X.shape), table)


def check_scorer(scoring, others=()):
    """Return the scorer that a name stands for, or the one that is given; `others` are names too."""
    if callable(scoring):
        return scoring
    try:
        return get_scorer(scoring)
    except (ValueError, KeyError, TypeError) as error:
        known = ", ".join([*map(repr, others), "a scorer that scikit-learn knows"])
        raise ValueError(
            f"scoring={scoring!r} is none of these: {known} (sklearn.metrics.get_scorer_names() "
            "lists them)."
        ) from error


class ImageScorer:
    """A scorer, in scikit-learn's sense, of a denoiser on real noisy/clean pairs.

    Called as ``scorer(denoiser, X, clean=clean)``, it returns the mean over images of a metric of
    ``denoiser.transform(X)``, limited to the value range. With metadata routing enabled it asks for
    ``clean``, so that a search hands it on: ``GridSearchCV(..., scoring=psnr_scorer).fit(X,
    clean=clean)``. For noise that is drawn, use `noisy_scorer`.

    Parameters
    ----------
    metric : {"psnr", "ssim"}
        Which one.
    """

    def __init__(self, metric):
        self.metric = metric

    def __repr__(self):
        return f"{self.metric}_scorer"

    def __call__(self, estimator, X, y=None, *, clean=None):
        """Return the mean of the metric; `y` is ignored."""
        if clean is None:
            raise ValueError(
                f"{self!r} compares with clean images: call it with clean=, or enable metadata "
                "routing in a search. To score on drawn noise, use noisy_scorer."
            )
        return mean_metric(self.metric, estimator, X, clean)

    def get_metadata_routing(self):
        """Ask for ``clean``."""
        request = MetadataRequest(owner=self)
        request.score.add_request(param="clean", alias=True)
        return request


psnr_scorer = ImageScorer("psnr")


ssim_scorer = ImageScorer("ssim")


def mean_metric(metric, estimator, noisy, clean, *, image_shape=None, value_range=None):
    """Return the mean of a metric of ``estimator.transform(noisy)``, limited to the value range."""
    values = metric_of_images(
        metric, estimator, noisy, clean, image_shape=image_shape, value_range=value_range
    )
    return float(values.mean())


def metric_of_images(metric, estimator, noisy, clean, *, image_shape=None, value_range=None):
    """Return a metric of each image of ``estimator.transform(noisy)``, limited to the range."""
    if not hasattr(estimator, "transform"):
        raise TypeError(
            f"{metric} judges images, but {type(estimator).__name__} has no transform; give a "
            "denoiser, or score a classifier by its accuracy."
        )
    check_is_fitted(estimator)
    is_list = is_image_list(clean)
    true = ImageList(clean, "clean") if is_list else check_images(clean, name="clean")
    if value_range is None:
        value_range = getattr(estimator, "value_range_", None)
    if image_shape is None and not is_list and true.ndim == 2:
        image_shape = getattr(estimator, "image_shape_", None)
    low, high = check_value_range(value_range, true)
    denoised = estimator.transform(noisy)
    if is_image_list(denoised):
        limited = [np.clip(image, low, high) for image in denoised]
    else:
        limited = np.clip(check_images(denoised, name="denoised"), low, high)
    return METRICS[metric](clean, limited, data_range=high - low, image_shape=image_shape)
