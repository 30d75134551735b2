"""The corruption report: the accuracy of a fitted pipeline under every kind of noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import column_or_1d

from skdenoise.evaluation.bootstrap import bootstrap_means, interval
from skdenoise.evaluation.find_denoiser import steps_that_know_their_noise
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images, like_table
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.adding import corrupt
from skdenoise.noise.by_name import catalogue_name, noise_names, position_of
from skdenoise.noise.mixture import names_in
from skdenoise.noise.severity import CommonCorruption
from skdenoise.reports.labels import check_labels, is_known_regressor
from skdenoise.reports.summary import Summary
from skdenoise.seeding import Stream, draw_seed, generator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from skdenoise.displays import RobustnessCurveDisplay

CLEAN = "clean"


def corruption_report(
    pipeline: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike,
    *,
    corruptions: str | Sequence[str] | None = None,
    severities: int | Sequence[int] = (1, 2, 3, 4, 5),
    scale: str | None = None,
    reference: BaseEstimator | None = None,
    seen: str | Sequence[str] = "auto",
    n_resamples: int = 2000,
    image_shape: tuple[int, ...] | None = None,
    value_range: tuple[float, float] | None = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> "CorruptionReport":
    """Report the accuracy of a fitted pipeline under every corruption and severity.

    Parameters
    ----------
    pipeline : estimator
        A fitted classifier, with or without a denoiser before it.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Clean test images.
    y : array-like of shape (n,)
        Their classes.
    corruptions : sequence of str, default=None
        Names of noise models (`noise_names`, or those of ImageNet-C). If None, uses all.
    severities : sequence of int, default=(1, 2, 3, 4, 5)
        The severities to test at, from 1 to 5.
    scale : {"cifar", "imagenet"}, default=None
        Table of the severities, as in `CommonCorruption`.
    reference : estimator, default=None
        A fitted classifier to compare with, usually one without a denoiser.
    seen : "auto" or sequence of str, default="auto"
        The corruptions that the pipeline was trained on. ``"auto"`` takes them from the noise models of
        the pipeline's steps.
    n_resamples : int, default=2000
        Number of bootstrap resamples of the images, for the intervals.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, rows are a square grey image or a strip.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from `X`.
    n_jobs : int, default=None
        Number of corruptions to test in parallel, as in joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the noise and the resamples.

    Returns
    -------
    CorruptionReport

    Raises
    ------
    ValueError
        For an unknown corruption or severity, if the numbers of images and classes differ, and if `y` has none of
        the classes of `pipeline` or `reference`.
    TypeError
        If one of them is a regressor.

    See Also
    --------
    compare_denoising : Compare ways to train, for one kind of noise.

    Notes
    -----
    With a reference, the relative error of a corruption is 100 times the pipeline's error, summed over
    the severities, divided by that of the reference: 100 is as good as the reference, and lower is better.
    The mean over corruptions uses the formula of ImageNet-C's mCE [1]_. It has another name here, because
    the corruptions differ from those of ImageNet-C. Intervals are 95 % percentile intervals over
    resampled images. All columns share the resamples.

    References
    ----------
    .. [1] D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common
       Corruptions and Perturbations", ICLR 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from skdenoise import SubspaceDenoiser, corruption_report
    >>> X, y = load_digits(return_X_y=True)
    >>> alone = SVC().fit(X[:900], y[:900])
    >>> denoised = make_pipeline(SubspaceDenoiser(random_state=1), SVC()).fit(
    ...     X[:900], y[:900]
    ... )
    >>> report = corruption_report(
    ...     denoised,
    ...     X[900:],
    ...     y[900:],
    ...     corruptions=["gaussian", "contrast"],
    ...     severities=[3, 5],
    ...     scale="imagenet",
    ...     reference=alone,
    ... )
    >>> report.frame.shape
    (5, 9)

    It has not learned to undo low contrast:

    >>> bool(report.relative_error(seen=False) > 100)
    True
    """
    table, X = X, check_images(X)
    y = column_or_1d(y)
    check_consistent_length(X, y)
    if not (isinstance(n_resamples, Integral) and n_resamples >= 2):
        raise ValueError(f"n_resamples={n_resamples!r} must be an integer of at least 2.")
    names = _check_corruptions(corruptions)
    severities = _check_severities(severities)
    seen = _check_seen(seen, pipeline)
    seed = draw_seed(random_state)
    shape = check_image_shape(image_shape, X)
    pixels = PixelFormat(X.dtype, check_value_range(value_range, X))
    classifiers = [pipeline] if reference is None else [pipeline, reference]
    for name, classifier in zip(("pipeline", "reference"), classifiers, strict=False):
        if is_known_regressor(classifier):
            raise TypeError(f"{name}={classifier!r} is a regressor; give a classifier.")
        check_labels(name, classifier, y)

    def hits(name, severity):
        """Return which images each classifier predicts correctly."""
        noisy = X
        if severity:
            model = CommonCorruption(name, severity, scale)
            rng = generator(seed, Stream.CORRUPTION_REPORT, position_of(name), severity)
            noisy = corrupt(as_nhwc(X, shape), model, pixels, rng).reshape(X.shape)
        predictions = [np.asarray(one.predict(like_table(noisy, table))) for one in classifiers]
        return np.column_stack([labels.reshape(y.shape) == y for labels in predictions])

    cells = [(CLEAN, 0), *((name, severity) for name in names for severity in severities)]
    run = delayed(hits)
    right = Parallel(n_jobs=n_jobs)(run(name, severity) for name, severity in cells)
    rng = generator(seed, Stream.BOOTSTRAP)
    resampled = bootstrap_means(np.hstack(right), n_resamples, rng)
    return CorruptionReport.from_hits(cells, right, resampled, seen)


@dataclass(frozen=True)
class CorruptionReport:
    """The result of `corruption_report`.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row for clean images and one per corruption and severity: ``corruption``, ``severity``,
        ``seen`` (whether the pipeline was trained on it), ``accuracy``, ``accuracy_low``,
        ``accuracy_high`` (95 % interval); with a reference also ``reference_accuracy``,
        ``reference_accuracy_low`` and ``reference_accuracy_high``.
    relative_errors : pandas.DataFrame or None
        One row per corruption: ``seen``, ``relative_error``, ``low``, ``high`` (95 % interval).
    resampled : pandas.DataFrame or None
        Relative errors on resampled images, one column per corruption.
    """

    frame: "DataFrame"
    relative_errors: "DataFrame | None"
    resampled: "DataFrame | None"

    @classmethod
    def from_hits(cls, cells, right, resampled, seen):
        """Make the tables.

        Parameters
        ----------
        cells : list of (str, int)
            Corruption and severity.
        right : list of ndarray of shape (n_images, n_classifiers)
            Which images are classified correctly, by the pipeline and by the reference, if there is one.
        resampled : ndarray of shape (n_resamples, n_cells * n_classifiers)
            Accuracies on resampled images.
        seen : set of str
            The corruptions that the pipeline was trained on.
        """
        import pandas as pd

        n_classifiers = right[0].shape[1]
        resampled = resampled.reshape(len(resampled), len(cells), n_classifiers)
        rows = []
        for i, (corruption, severity) in enumerate(cells):
            row = {"corruption": corruption, "severity": severity, "seen": corruption in seen}
            for j, column in enumerate(("accuracy", "reference_accuracy")[:n_classifiers]):
                low, high = interval(resampled[:, i, j])
                row |= {
                    column: right[i][:, j].mean(),
                    f"{column}_low": low,
                    f"{column}_high": high,
                }
            rows.append(row)
        frame = pd.DataFrame(rows)
        if n_classifiers == 1:
            return cls(frame, None, None)
        accuracies = np.array([hits.mean(axis=0) for hits in right])
        of = {
            name: [i for i, (corruption, _) in enumerate(cells) if corruption == name]
            for name in dict.fromkeys(corruption for corruption, _ in cells[1:])
        }
        ratios = {name: _relative_error(accuracies[rows]) for name, rows in of.items()}
        samples = {name: _relative_error(resampled[:, rows]) for name, rows in of.items()}
        errors = pd.DataFrame(
            [
                (name, name in seen, ratio, *interval(samples[name]))
                for name, ratio in ratios.items()
            ],
            columns=["corruption", "seen", "relative_error", "low", "high"],
        )
        return cls(frame, errors, pd.DataFrame(samples))

    def relative_error(self, seen: bool | None = None) -> float:
        """Return the mean relative error over corruptions.

        Parameters
        ----------
        seen : bool, default=None
            True for corruptions seen in training, False for the others. If None, uses all.

        Returns
        -------
        float
            100 is as good as the reference, and lower is better. NaN if there are no such corruptions.
        """
        self._check_reference()
        errors = self.relative_errors
        chosen = errors if seen is None else errors[errors["seen"] == seen]
        return float(chosen["relative_error"].mean())

    def relative_error_interval(self, seen: bool | None = None) -> tuple[float, float]:
        """Return the 95 % interval of the mean relative error.

        Parameters
        ----------
        seen : bool, default=None
            As in `relative_error`.

        Returns
        -------
        low, high : float
            Ends of the interval.
        """
        self._check_reference()
        errors = self.relative_errors
        chosen = errors if seen is None else errors[errors["seen"] == seen]
        low, high = interval(self.resampled[list(chosen["corruption"])].mean(axis=1))
        return float(low), float(high)

    def summary(self) -> Summary:
        """Return a readable report, which prints as text, or as HTML in a notebook.

        Returns
        -------
        Summary
            Tables and conclusions in words.
        """
        head, *sentences = self._sentences()
        return Summary(head, self._blocks(), sentences)

    def plot(self, *, ax: "Axes | None" = None) -> "RobustnessCurveDisplay":
        """Plot the mean accuracy over corruptions against the severity.

        Corruptions seen in training and others have separate lines, and so has the reference for both.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.

        Returns
        -------
        RobustnessCurveDisplay
        """
        from skdenoise.displays import RobustnessCurveDisplay

        clean = self.frame.iloc[0]
        noisy = self.frame.iloc[1:]
        scores = {}
        for seen, rows in noisy.groupby("seen", sort=False):
            label = "seen in training" if seen else "not seen in training"
            for column, who in (("accuracy", "pipeline"), ("reference_accuracy", "reference")):
                if column in rows:
                    means = rows.groupby("severity")[column].mean()
                    scores[f"{who}, {label}"] = np.array([clean[column], *means])
        display = RobustnessCurveDisplay(
            levels=np.array([0, *sorted(noisy["severity"].unique())]),
            scores=scores,
            level_name="severity",
        )
        return display.plot(ax=ax)

    def __repr__(self):
        return str(self.summary())

    def _repr_html_(self):
        return self.summary()._repr_html_()

    def _check_reference(self):
        if self.relative_errors is None:
            raise ValueError("Relative errors need a reference: give corruption_report reference=.")

    def _blocks(self):
        """Return tables of text for seen and unseen corruptions, with their titles."""
        blocks = []
        for seen, rows in self.frame.iloc[1:].groupby("seen", sort=False):
            table = rows.pivot(index="corruption", columns="severity", values="accuracy")
            table["mean"] = table.mean(axis=1)
            if self.relative_errors is not None:
                table["reference"] = rows.groupby("corruption")["reference_accuracy"].mean()
            table = table.map("{:.3f}".format)
            if self.relative_errors is not None:
                errors = self.relative_errors.set_index("corruption")["relative_error"]
                table["relative error"] = errors.map("{:.0f}".format)
            title = "Seen in training" if seen else "Not seen in training"
            blocks.append((title, table.rename_axis(index=None, columns="severity")))
        return blocks

    def _sentences(self):
        clean = self.frame.iloc[0]
        text = f"On clean images: accuracy {clean['accuracy']:.3f}"
        if self.relative_errors is None:
            return [f"{text}."]
        sentences = [f"{text}, reference {clean['reference_accuracy']:.3f}."]
        for seen, which in ((True, "seen in training"), (False, "not seen in training")):
            if (self.relative_errors["seen"] == seen).any():
                low, high = self.relative_error_interval(seen)
                sentences.append(
                    f"Corruptions {which}: mean relative error {self.relative_error(seen):.0f} "
                    f"(95 % interval {low:.0f} to {high:.0f}; the reference is 100, lower is better)."
                )
        return sentences


def _relative_error(accuracies):
    """Return 100 times the ratio of summed errors; the last axes are severity and classifier."""
    errors = (1 - accuracies).sum(axis=-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * errors[..., 0] / errors[..., 1]


def _check_corruptions(corruptions):
    if corruptions is None:
        return noise_names()
    names = [corruptions] if isinstance(corruptions, str) else list(corruptions)
    if not names:
        raise ValueError("corruptions=[] is empty. Give at least one name, or None for all.")
    return list(dict.fromkeys(catalogue_name(name) for name in names))


def _check_severities(severities):
    levels = list(severities) if hasattr(severities, "__iter__") else [severities]
    if not levels or not all(level in range(1, 6) for level in levels):
        raise ValueError(f"severities={severities!r} must be integers from 1 to 5.")
    return sorted({int(level) for level in levels})


def _check_seen(seen, pipeline):
    if seen == "auto":
        return set().union(
            *(names_in(step.noise_) for step in steps_that_know_their_noise(pipeline))
        )
    names = [seen] if isinstance(seen, str) else seen
    return {catalogue_name(name) for name in names}
