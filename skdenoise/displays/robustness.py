"""The robustness curve display: how a score falls as noise gets stronger."""

from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np
from sklearn.metrics import accuracy_score

from skdenoise.displays.drawing import check_matplotlib, draw_line, legend_beside, new_figure
from skdenoise.evaluation.bootstrap import bootstrap_interval, score_of_predictions
from skdenoise.evaluation.scorers import NoisyScorer
from skdenoise.images.layout import check_images
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.by_name import resolve_noise
from skdenoise.seeding import draw_seed

_NOISE_FACTORS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


class RobustnessCurveDisplay:
    """The accuracy, or another score, of estimators against the strength of noise.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one and plot it. All parameters
    are stored as attributes.

    Parameters
    ----------
    levels : array-like of shape (n_levels,)
        The strengths of noise.
    scores : dict of str to array-like of shape (n_levels,)
        The score of each estimator at each of `levels`, by its name.
    intervals : dict of str to (low, high), default=None
        Two array-likes of shape (n_levels,) for each name: between which the score lies with
        `confidence_level`. Names may be left out; ``None`` is no interval for any.
    level_name : str, default="noise factor"
        What `levels` are.
    score_name : str, default="accuracy"
        What `scores` are.
    confidence_level : float, default=0.95
        That of `intervals`.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        Where it was plotted.
    ax_ : matplotlib.axes.Axes
        The axes.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curves, by name.
    bands_ : dict of str to matplotlib.collections.PolyCollection
        The intervals, by name.

    See Also
    --------
    noisy_scorer : The same score at one strength, for a search.
    DenoisingDisplay : What the noise and the denoiser make of the images.

    Notes
    -----
    The intervals are percentile bootstrap intervals over test images [1]_. They say how much a
    score depends on which images are in the test set, not on the draw of noise, nor on the random
    numbers with which the estimator was fitted. Where all images are classified correctly, the
    interval is a point.

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
        levels,
        scores,
        intervals=None,
        level_name="noise factor",
        score_name="accuracy",
        confidence_level=0.95,
    ):
        self.levels = levels
        self.scores = scores
        self.intervals = intervals
        self.level_name = level_name
        self.score_name = score_name
        self.confidence_level = confidence_level

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        noise="gaussian",
        noise_factors=None,
        severities=None,
        scale=None,
        scoring="accuracy",
        confidence_level=0.95,
        n_resamples=500,
        random_state=0,
        clip=None,
        image_shape=None,
        value_range=None,
        ax=None,
        **kwargs,
    ):
        """Score fitted estimators on noisy images, the same for all of them, and plot the scores.

        Parameters
        ----------
        estimator : fitted estimator, or dict of str to fitted estimator
            What to score.
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean test images.
        y : array-like of shape (n,), default=None
            Their labels. ``"psnr"`` and ``"ssim"`` need none.
        noise : str, default="gaussian"
            One of `noise_names`.
        noise_factors : sequence of float, default=None
            Strengths, as in `add_noise`; ``None`` is 0, 0.1, ..., 0.6.
        severities : sequence of int, default=None
            Strengths as in ImageNet-C, from 0, no noise, to 5, instead of `noise_factors`.
        scale : {"cifar", "imagenet"}, default=None
            Which table `severities` are from, as in `add_noise`.
        scoring : str or callable, default="accuracy"
            As in `noisy_scorer`, whose noise for this `random_state` it is.
        confidence_level : float, default=0.95
            Of the intervals; ``None`` is none.
        n_resamples : int, default=500
            How many resamples of the images the intervals are made of. Estimators predict once for
            all of them, but a scorer other than ``"accuracy"``, ``"psnr"`` and ``"ssim"`` is called
            for each, at some milliseconds a call.
        random_state : int, RandomState instance or None, default=0
            Seed of noise and resampling.
        clip : bool, default=None
            Whether to limit noisy values to the range; ``None`` limits integers and leaves floats.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows; ``None`` takes a square grey image or a strip.
        value_range : (low, high), default=None
            What is black and what is white; ``None`` infers it from `X`.
        ax : matplotlib.axes.Axes, default=None
            Where to plot; ``None`` makes a figure.
        **kwargs
            Of ``Axes.plot``, for all lines.

        Returns
        -------
        RobustnessCurveDisplay

        Raises
        ------
        ValueError
            Where both `noise_factors` and `severities` are given, or parameters are not as
            documented.
        """
        check_matplotlib()
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
        y_true,
        y_pred,
        levels,
        *,
        metric=accuracy_score,
        level_name="noise factor",
        score_name=None,
        confidence_level=0.95,
        n_resamples=500,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Plot the scores of predictions that are there already.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            The labels of the test images.
        y_pred : sequence of array-like of shape (n,), or dict of str to such a sequence
            What was predicted at each of `levels`; of several estimators by their names.
        levels : array-like of shape (n_levels,)
            The strengths of noise.
        metric : callable, default=sklearn.metrics.accuracy_score
            Called as ``metric(y_true, y_pred)``.
        level_name : str, default="noise factor"
            What `levels` are.
        score_name : str, default=None
            What `metric` is; ``None`` takes its name.
        confidence_level : float, default=0.95
            Of the intervals; ``None`` is none.
        n_resamples : int, default=500
            How many resamples of the images the intervals are made of; `metric`, unless it is the
            accuracy, is called for each.
        random_state : int, RandomState instance or None, default=0
            Seed of resampling.
        ax : matplotlib.axes.Axes, default=None
            Where to plot; ``None`` makes a figure.
        **kwargs
            Of ``Axes.plot``, for all lines.

        Returns
        -------
        RobustnessCurveDisplay

        Raises
        ------
        ValueError
            Where there is not one prediction of each image at each level.
        """
        check_matplotlib()
        _check_interval(confidence_level, n_resamples)
        seed = draw_seed(random_state)
        curves = {}
        for name, predictions in _by_name(y_pred, lambda: "predictions").items():
            if len(predictions) != len(levels):
                raise ValueError(
                    f"y_pred has predictions at {len(predictions)} levels for {name!r}, but levels "
                    f"are {len(levels)}: {list(levels)}."
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

    def plot(self, ax=None, **kwargs):
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to plot; ``None`` makes a figure. The legend stands to the right of the axes, for
            which a figure of your own should have ``layout="constrained"``.
        **kwargs
            Of ``Axes.plot``, for all lines.

        Returns
        -------
        RobustnessCurveDisplay
            Itself.
        """
        if ax is None:
            ax = new_figure(8, 4).subplots()
        intervals = self.intervals or {}
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_, self.bands_ = {}, {}
        for i, (name, scores) in enumerate(self.scores.items()):
            line = draw_line(ax, self.levels, scores, i, **{"label": name, **kwargs})
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
    """Return what the levels are called as a parameter of noise, and the levels."""
    if not isinstance(noise, str):
        raise TypeError(
            f"noise={noise!r} has a strength of its own, so that there is no curve to draw: give a "
            "name, one of noise_names(). For a curve over other parameters, use from_predictions."
        )
    if noise_factors is not None and severities is not None:
        raise ValueError(
            f"Give either noise_factors={noise_factors!r} or severities={severities!r}: both are "
            "strengths of noise."
        )
    if severities is not None:
        name, levels = "severity", severities
    else:
        name, levels = "noise_factor", _NOISE_FACTORS if noise_factors is None else noise_factors
    levels = list(np.atleast_1d(np.asarray(levels, dtype=object)))
    if not levels or not all(isinstance(level, Real) for level in levels):
        plural = "severities" if name == "severity" else "noise_factors"
        raise ValueError(f"{plural}={levels!r} is not a sequence of one number or more.")
    if scale is not None and name != "severity":
        raise ValueError(f"scale={scale!r} says which severity is meant: give severities=.")
    return name, levels


def _check_interval(confidence_level, n_resamples):
    if confidence_level is not None and not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level={confidence_level!r} must be above 0 and below 1, or None for none."
        )
    if not isinstance(n_resamples, Integral) or n_resamples < 1:
        raise ValueError(f"n_resamples={n_resamples!r} must be an integer of at least 1.")


def _with_interval(score, n_images, confidence_level, n_resamples, seed):
    """Return the score of all images, and the ends of its interval."""
    point = score(np.arange(n_images))
    if confidence_level is None:
        return point, point, point
    return point, *bootstrap_interval(
        score, n_images, confidence_level=confidence_level, n_resamples=n_resamples, seed=seed
    )


def _scores_and_intervals(curves, confidence_level):
    """Return, as parameters of the display, what was found at each level: score, low, high."""
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
