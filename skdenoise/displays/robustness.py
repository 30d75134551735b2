"""The robustness curve display: scores against the strength of the noise."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score

from skdenoise.displays.drawing import axes_or_new, draw_line, legend_beside
from skdenoise.evaluation.bootstrap import bootstrap_interval, score_of_predictions
from skdenoise.evaluation.scorers import NoisyScorer
from skdenoise.images.layout import check_images
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import draw_seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NOISE_FACTORS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


class RobustnessCurveDisplay:
    """The accuracy, or another score, of estimators against the strength of the noise.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create a display and plot it. All
    parameters are stored as attributes.

    Parameters
    ----------
    levels : array-like of shape (n_levels,)
        The strengths of the noise.
    scores : dict of str to array-like of shape (n_levels,)
        Scores of each estimator at `levels`, by name.
    intervals : dict of str to (low, high), default=None
        Lower and upper ends of the confidence intervals for each name, both array-likes of shape
        (n_levels,). Names may be missing. If None, no intervals are plotted.
    level_name : str, default="noise factor"
        Name of the levels.
    score_name : str, default="accuracy"
        Name of the score.
    confidence_level : float, default=0.95
        Confidence level of `intervals`.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    ax_ : matplotlib.axes.Axes
        The axes.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curves, by name.
    bands_ : dict of str to matplotlib.collections.PolyCollection
        The intervals, by name.

    See Also
    --------
    noisy_scorer : The same score at one noise level, for a search.
    DenoisingDisplay : Noisy and denoised images.

    Notes
    -----
    The intervals are percentile bootstrap intervals over test images [1]_. They show how much a score
    depends on the choice of test images, but not on the noise draw or the seed of the fit. If all images
    are classified correctly, the interval is a point.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall, 1993,
       chapter 13.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from skdenoise import RobustnessCurveDisplay, SubspaceDenoiser
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=0.5, random_state=0)
    >>> fitted = {
    ...     "SVC": SVC().fit(X[:1000], y[:1000]),
    ...     "denoised": make_pipeline(denoiser, SVC()).fit(X[:1000], y[:1000]),
    ... }
    >>> display = RobustnessCurveDisplay.from_estimator(
    ...     fitted, X[1000:], y[1000:], noise_factors=(0, 0.25, 0.5)
    ... )
    >>> bool(display.scores["denoised"][-1] > display.scores["SVC"][-1])
    True
    """

    def __init__(
        self,
        *,
        levels: ArrayLike,
        scores: Mapping[str, ArrayLike],
        intervals: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
        level_name: str = "noise factor",
        score_name: str = "accuracy",
        confidence_level: float | None = 0.95,
    ) -> None:
        self.levels = levels
        self.scores = scores
        self.intervals = intervals
        self.level_name = level_name
        self.score_name = score_name
        self.confidence_level = confidence_level

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator | Mapping[str, BaseEstimator],
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        noise: str = "gaussian",
        noise_factors: float | Sequence[float] | None = None,
        severities: int | Sequence[int] | None = None,
        scale: str | None = None,
        scoring: str | Callable[..., float] = "accuracy",
        confidence_level: float | None = 0.95,
        n_resamples: int = 500,
        random_state: int | np.random.RandomState | None = 0,
        clip: bool | None = None,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Score fitted estimators on the same noisy images, and plot the scores.

        Parameters
        ----------
        estimator : fitted estimator, or dict of str to fitted estimator
            The estimator to score, or several by name.
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean test images.
        y : array-like of shape (n,), default=None
            Labels of the images. ``"psnr"`` and ``"ssim"`` need none.
        noise : str, default="gaussian"
            One of `noise_names`.
        noise_factors : sequence of float, default=None
            Strengths, as in `add_noise`. If None, uses 0, 0.1, ..., 0.6.
        severities : sequence of int, default=None
            Strengths as in ImageNet-C, from 0 (no noise) to 5, instead of `noise_factors`.
        scale : {"cifar", "imagenet"}, default=None
            Table of the `severities`, as in `add_noise`.
        scoring : str or callable, default="accuracy"
            Score, as in `noisy_scorer`. The noise is the same too, for the same `random_state`.
        confidence_level : float, default=0.95
            Confidence level of the intervals. If None, no intervals are computed.
        n_resamples : int, default=500
            Number of bootstrap resamples for the intervals. Estimators predict only once, but a scorer
            other than ``"accuracy"``, ``"psnr"`` and ``"ssim"`` is called for each resample, which
            takes some milliseconds per call.
        random_state : int, RandomState instance or None, default=0
            Seed of the noise and the resamples.
        clip : bool, default=None
            Whether to clip noisy values to the value range. If None, clips integers only.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows. If None, rows are a square grey image or a strip.
        value_range : (low, high), default=None
            Pixel values of black and white. If None, inferred from `X`.
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        RobustnessCurveDisplay

        Raises
        ------
        ValueError
            If both `noise_factors` and `severities` are given, or a parameter is invalid.
        """
        level_name, levels = _check_levels(noise, noise_factors, severities, scale)
        _check_interval(confidence_level, n_resamples)
        value_range = check_value_range(value_range, check_images(X))
        seed = draw_seed(random_state)
        scorers = [
            NoisyScorer(
                scoring,
                resolve_noise(noise, scale=scale, **{level_name: level}),
                seed,
                clip,
                image_shape,
                value_range,
            )
            for level in levels
        ]
        estimators = _by_name(estimator, lambda: type(estimator).__name__)
        curves = {name: [] for name in estimators}
        for scorer in scorers:
            noisy = scorer.add_noise(X)
            for name, fitted in estimators.items():
                score = scorer.score_of_choice(fitted, noisy, X, y)
                curves[name].append(
                    _with_interval(score, len(X), confidence_level, n_resamples, seed)
                )
        display = cls(
            levels=levels,
            level_name=level_name.replace("_", " "),
            score_name=_score_name(scoring),
            **_scores_and_intervals(curves, confidence_level),
        )
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: Sequence[ArrayLike] | Mapping[str, Sequence[ArrayLike]],
        levels: Sequence[float],
        *,
        metric: Callable[..., float] = accuracy_score,
        level_name: str = "noise factor",
        score_name: str | None = None,
        confidence_level: float | None = 0.95,
        n_resamples: int = 500,
        random_state: int | np.random.RandomState | None = 0,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Plot the scores of given predictions.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            The labels of the test images.
        y_pred : sequence of array-like of shape (n,), or dict of str to such a sequence
            Predictions at each of `levels`; for several estimators, a dict by name.
        levels : array-like of shape (n_levels,)
            The strengths of the noise.
        metric : callable, default=sklearn.metrics.accuracy_score
            Called as ``metric(y_true, y_pred)``.
        level_name : str, default="noise factor"
            Name of the levels.
        score_name : str, default=None
            Name of the score. If None, uses the name of `metric`.
        confidence_level : float, default=0.95
            Confidence level of the intervals. If None, no intervals are computed.
        n_resamples : int, default=500
            Number of bootstrap resamples for the intervals. `metric` is called for each, unless it is
            the accuracy.
        random_state : int, RandomState instance or None, default=0
            Seed of the resamples.
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        RobustnessCurveDisplay

        Raises
        ------
        ValueError
            If there is not one prediction for each image at each level.
        """
        _check_interval(confidence_level, n_resamples)
        seed = draw_seed(random_state)
        curves = {}
        for name, predictions in _by_name(y_pred, lambda: "predictions").items():
            if len(predictions) != len(levels):
                raise ValueError(
                    f"y_pred has predictions at {len(predictions)} levels for {name!r}, but levels "
                    f"are {len(levels)}: {list(levels)}. Give one array of predictions per level."
                )
            scores = [score_of_predictions(metric, y_true, predicted) for predicted in predictions]
            curves[name] = [
                _with_interval(score, len(y_true), confidence_level, n_resamples, seed)
                for score in scores
            ]
        display = cls(
            levels=levels,
            level_name=level_name,
            score_name=score_name or _score_name(metric),
            **_scores_and_intervals(curves, confidence_level),
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: "Axes | None" = None, **kwargs: Any) -> Self:
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure. The legend is to the right of the axes, so your
            own figure should have ``layout="constrained"``.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        RobustnessCurveDisplay
            The same display.
        """
        ax = axes_or_new(ax)
        intervals = self.intervals or {}
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_, self.bands_ = {}, {}
        for i, (name, scores) in enumerate(self.scores.items()):
            line = draw_line(ax, self.levels, scores, i, {"label": name}, **kwargs)
            self.lines_[name] = line
            if name in intervals:
                low, high = intervals[name]
                self.bands_[name] = ax.fill_between(
                    self.levels, low, high, color=line.get_color(), alpha=0.18, linewidth=0
                )
        ax.set(xlabel=self.level_name, ylabel=self.score_name, xticks=self.levels)
        ax.grid(alpha=0.3)
        band = f"band: {self.confidence_level:.0%} interval" if self.bands_ else None
        legend_beside(ax, title=band)
        return self


def _by_name(one_or_more, name):
    return dict(one_or_more) if isinstance(one_or_more, Mapping) else {name(): one_or_more}


def _check_levels(noise, noise_factors, severities, scale):
    """Return the name of the levels as a noise parameter, and the levels."""
    if not isinstance(noise, str):
        raise TypeError(
            f"noise={noise!r} has its own strength, so there is no curve to plot. Give one of "
            "noise_names(). For a curve over other parameters, use from_predictions."
        )
    if noise_factors is not None and severities is not None:
        raise ValueError(
            f"Give either noise_factors={noise_factors!r} or severities={severities!r}, not both: each "
            "sets the strength of the noise."
        )
    if severities is not None:
        name, levels = "severity", severities
    else:
        name, levels = "noise_factor", _NOISE_FACTORS if noise_factors is None else noise_factors
    levels = list(np.atleast_1d(np.asarray(levels, dtype=object)))
    if not levels or not all(isinstance(level, Real) for level in levels):
        plural = "severities" if name == "severity" else "noise_factors"
        raise ValueError(f"{plural}={levels!r} is not a sequence of at least one number.")
    if scale is not None and name != "severity":
        raise ValueError(
            f"scale={scale!r} is the table of severities, but none are given: give severities=."
        )
    return name, levels


def _check_interval(confidence_level, n_resamples):
    if confidence_level is not None and not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level={confidence_level!r} must be above 0 and below 1, or None for no intervals."
        )
    if not isinstance(n_resamples, Integral) or n_resamples < 1:
        raise ValueError(f"n_resamples={n_resamples!r} must be an integer of at least 1.")


def _with_interval(score, n_images, confidence_level, n_resamples, seed):
    """Return the score of all images, and the ends of its interval, as (score, low, high)."""
    point = score(np.arange(n_images))
    if confidence_level is None:
        return point, point, point
    return point, *bootstrap_interval(
        score, n_images, confidence_level=confidence_level, n_resamples=n_resamples, seed=seed
    )


def _scores_and_intervals(curves, confidence_level):
    """Return scores and intervals as parameters of the display, from (score, low, high) per level."""
    curves = {name: np.transpose(points) for name, points in curves.items()}
    parameters = {"scores": {name: score for name, (score, _, _) in curves.items()}}
    if confidence_level is None:
        return parameters
    intervals = {name: (low, high) for name, (_, low, high) in curves.items()}
    return parameters | {"intervals": intervals, "confidence_level": confidence_level}


def _score_name(scoring):
    name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")
    known = {"psnr": "PSNR (dB)", "ssim": "SSIM"}
    return known.get(name, name.removesuffix("_score").replace("_", " "))
