"""The result of a comparison: table, conclusions and curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from skdenoise.displays.drawing import new_figure
from skdenoise.reports.comparison.conditions import is_pipeline
from skdenoise.reports.comparison.levels import MATCHED, in_words
from skdenoise.reports.summary import Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from pandas import DataFrame

    from skdenoise.displays import RobustnessCurveDisplay

_SIGNIFICANT = 0.05
_ABOUT_VERDICTS = (
    "Each sentence is about the denoiser in a pipeline, whose classifier is trained on denoised noisy "
    "images, and the best rival: the condition without a learned denoiser that has the highest score on "
    "{n_validation} noisy validation images in each repeat. (Of several denoisers, the best one there.) "
    "Both are scored on the same test images."
)
_ABOUT_BEST_CONDITIONS = (
    "Each sentence names the condition with the highest score on {n_validation} noisy validation images in "
    "each repeat."
)
_ABOUT_GIVEN_UP = (
    "Given up for a noise level before they were trained on all numbers of noisy copies, since others were "
    "better on validation images: {}."
)
# Columns of the table that a curve shows.
_CURVE = {"score": "score", "score_low": "low", "score_high": "high"}
_LEGEND = (
    "Clean cost: score lost on clean images.\n\n"
    "In the table: * best in its column; ± half of the 95 % interval over test images; clean cost with "
    "its 95 % bound, at the worst training level; PSNR and fit for the strongest noise."
)


@dataclass(frozen=True)
class ComparisonDisplay:
    """The curves of a `DenoisingComparison`, side by side.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    axes_ : ndarray of matplotlib.axes.Axes
        The axes.
    displays_ : list of RobustnessCurveDisplay
        The curves on each of the axes.
    """

    figure_: "Figure | SubFigure"
    axes_: NDArray[Any]
    displays_: "list[RobustnessCurveDisplay]"


class DenoisingComparison:
    """The result of `compare_denoising`.

    It prints as its ``summary()``: as text, or as HTML in a notebook.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per condition, training level, number of labels and test level:

        - ``training``, ``train_noise_factor``, ``noise_factor``: "matched" or the training level in
          words, the training noise, and the test noise;
        - ``condition``, ``kind``: how the classifier was trained, and "no denoiser", "noise
          augmentation", "PCA", "filter" or "denoiser";
        - ``score``, ``score_low``, ``score_high``: score on noisy test images, and its 95 % interval;
        - ``score_std``: standard deviation over repeats, which differ in all seeds;
        - ``validation_score``, ``best_rival``: score on noisy validation images, and whether it is the
          best among conditions without a learned denoiser;
        - ``difference``, ``difference_error``, ``difference_low``, ``difference_high``, ``p_value``:
          difference to that rival, its standard error, its 95 % interval, and its p-value, each for
          this difference alone;
        - ``judged``: whether the verdict at this level is about this row: the denoiser with the highest
          validation score, in a pipeline;
        - ``verdict_low``, ``verdict_high``, ``verdict_p_value``: for such rows, the interval and the
          p-value of the difference, corrected for the number of verdicts by Bonferroni's method;
        - ``clean_score``, ``clean_score_low``, ``clean_score_high``: score on clean test images, and its
          95 % interval;
        - ``clean_cost``, ``clean_cost_low``, ``clean_cost_high``: score lost on clean test images,
          compared with the classifier trained and chosen on clean images, and the one-sided 95 % bounds
          of the loss (non-inferiority is shown for any margin above the upper bound);
        - ``psnr`` (dB), ``ssim``: quality of the classifier's input, on the first 1,000 test images;
        - ``fit_seconds``, ``transform_seconds``: time to fit denoiser and classifier (only the denoiser,
          if the classifier is not retrained), and to denoise all test images;
        - ``choices``, ``n_repeats``: choices made on validation images, in each repeat;
        - ``given_up``: whether more noisy copies were not tried for this condition, because others were
          better on validation images. Its score is that of fewer copies, and it is not the best rival;
        - ``n_labels``, ``n_validation``: number of labelled training images, and of validation images.
    scoring : str
        The scorer.
    interrupted : bool
        Whether the comparison was interrupted, and so is incomplete.
    estimators : dict
        Fitted pipelines of the first repeat, by ``(training, train_noise_factor, condition)``, with
        ``return_estimator=True``.
    """

    def __init__(
        self,
        frame: "DataFrame",
        scoring: str,
        interrupted: bool = False,
        estimators: dict[tuple[str, Any, str], Pipeline] | None = None,
    ) -> None:
        self.frame = frame
        self.scoring = scoring
        self.interrupted = interrupted
        self.estimators = estimators or {}

    @property
    def verdicts(self) -> list[str]:
        """Conclusions: one or two sentences for each training level, number of labels and test level.

        If there are several numbers of labels, a sentence on each level comes first.
        """
        levels = ["training", "train_noise_factor", "noise_factor"]
        groups = self.frame.groupby([*levels, "n_labels"], sort=False, dropna=False)
        sentences = [_verdict(rows, self._has_several_numbers) for _, rows in groups]
        if not self._has_several_numbers:
            return sentences
        groups = self.frame.groupby(levels, sort=False, dropna=False)
        return [_verdict_by_labels(rows) for _, rows in groups if rows["judged"].any()] + sentences

    @property
    def _has_several_numbers(self):
        return self.frame["n_labels"].nunique() > 1

    def _blocks(self):
        """Return the parts of the table, each with its title."""
        for (training, n_labels), rows in self.frame.groupby(["training", "n_labels"], sort=False):
            title = _title(training)
            yield f"{title}, {n_labels} labels" if self._has_several_numbers else title, rows

    def summary(self) -> Summary:
        """Return a readable table, with conclusions.

        Returns
        -------
        Summary
            Prints as text, or as HTML in a notebook.
        """
        blocks = [(title, _shown(rows)) for title, rows in self._blocks()]
        n_repeats = self.frame["n_repeats"].max()
        head = f"Score: {self.scoring}, {f'mean of {n_repeats} repeats' if n_repeats > 1 else 'one run'}"
        if self.interrupted:
            head += " (interrupted: results so far)"
        return Summary(head, blocks, self.verdicts, self._legend())

    def _legend(self):
        n_verdicts = int(self.frame["judged"].sum())
        about = _ABOUT_VERDICTS if n_verdicts else _ABOUT_BEST_CONDITIONS
        parts = [about.format(n_validation=int(self.frame["n_validation"].max()))]
        if n_verdicts > 1:
            parts.append(
                f"Intervals and p-values are corrected for the {n_verdicts} verdicts by Bonferroni's method."
            )
        given_up = list(dict.fromkeys(self.frame["condition"][self.frame["given_up"]]))
        if given_up:
            parts.append(_ABOUT_GIVEN_UP.format(_listed(given_up)))
        return " ".join([*parts, _LEGEND])

    def plot(
        self,
        conditions: str | Sequence[str] | None = None,
        *,
        axes: "Axes | Sequence[Axes] | None" = None,
    ) -> ComparisonDisplay:
        """Plot the score against the noise factor, with intervals.

        Parameters
        ----------
        conditions : sequence of str, default=None
            Conditions to plot. If None, plots each denoiser with the classifier trained on denoised noisy
            images, and all rivals.
        axes : matplotlib.axes.Axes or sequence of them, default=None
            Axes to plot on, one for each training level and number of labels. If None, makes a new
            figure.

        Returns
        -------
        ComparisonDisplay
            With axes for each training level and number of labels; all matched levels share one.

        Raises
        ------
        ValueError
            If a condition is not in the table.
        """
        conditions, blocks = self._check_conditions(conditions), list(self._blocks())
        axes = _axes(axes, len(blocks), "training level and number of labels")
        displays = [
            self._draw(ax, rows, conditions, _curve, title)
            for ax, (title, rows) in zip(axes, blocks, strict=True)
        ]
        return ComparisonDisplay(axes[0].figure, axes, displays)

    def plot_labels(
        self,
        conditions: str | Sequence[str] | None = None,
        *,
        axes: "Axes | Sequence[Axes] | None" = None,
    ) -> ComparisonDisplay:
        """Plot the score against the number of labelled training images, with intervals.

        Parameters
        ----------
        conditions : sequence of str, default=None
            As in ``plot``.
        axes : matplotlib.axes.Axes or sequence of them, default=None
            Axes to plot on, one for each training level and test level. If None, makes a new figure.

        Returns
        -------
        ComparisonDisplay
            With axes for each training level and test level.

        Raises
        ------
        ValueError
            If there is only one number of labels, or a condition is not in the table.
        """
        if not self._has_several_numbers:
            raise ValueError(
                f"The comparison has one number of labels, {self.frame['n_labels'].iloc[0]}. Give "
                "compare_denoising several, such as n_labels=(50, 100, 300)."
            )
        conditions = self._check_conditions(conditions)
        blocks = list(self.frame.groupby(["training", "noise_factor"], sort=False))
        axes = _axes(axes, len(blocks), "training level and test level")
        displays = []
        for ax, ((training, level), rows) in zip(axes, blocks, strict=True):
            title = f"{_title(training)}, tested at {in_words(level)}"
            display = self._draw(ax, rows, conditions, _curve_of_labels, title, "labelled images")
            ax.set_xscale("log")
            ax.set_xticks(display.levels, [str(number) for number in display.levels])
            ax.minorticks_off()
            displays.append(display)
        return ComparisonDisplay(axes[0].figure, axes, displays)

    def _check_conditions(self, conditions):
        """Return the conditions to plot."""
        known = list(dict.fromkeys(self.frame["condition"]))
        if conditions is None:
            return [name for name in known if is_pipeline(name)]
        conditions = [conditions] if isinstance(conditions, str) else list(conditions)
        unknown = sorted(set(conditions) - set(known))
        if unknown:
            raise ValueError(f"conditions={unknown} are not in the table, which has {known}.")
        return conditions

    def _draw(self, ax, rows, conditions, curve_of, title, level_name="noise factor"):
        from skdenoise.displays import RobustnessCurveDisplay

        here = [name for name in conditions if name in set(rows["condition"])]
        curves = {name: curve_of(rows[rows["condition"] == name]) for name in here}
        levels = sorted(set().union(*(curve.index for curve in curves.values())))
        shown = {name: curve.reindex(levels) for name, curve in curves.items()}
        display = RobustnessCurveDisplay(
            levels=levels,
            scores={name: of["score"] for name, of in shown.items()},
            intervals={name: (of["low"], of["high"]) for name, of in shown.items()},
            level_name=level_name,
            score_name=self.scoring,
        )
        display.plot(ax=ax)
        ax.set_title(title)
        return display

    def __repr__(self):
        return str(self.summary())

    def _repr_html_(self):
        return self.summary()._repr_html_()


def _title(training):
    if training == MATCHED:
        return "Trained for the noise of each test level"
    return f"Trained for noise factor {training}"


def _curve(rows):
    """Return score, low and high of a condition by noise factor, clean images at 0.

    If each noise factor has its own training, there is no single score on clean images.
    """
    curve = rows.set_index("noise_factor")[list(_CURVE)].rename(columns=_CURVE)
    if rows["training"].iloc[0] != MATCHED and 0 not in curve.index:
        first = rows.iloc[0]
        curve.loc[0.0] = [first[f"clean_{column}"] for column in _CURVE]
    return curve.sort_index()


def _curve_of_labels(rows):
    """Return score, low and high of a condition by number of labels."""
    return rows.set_index("n_labels")[list(_CURVE)].rename(columns=_CURVE).sort_index()


def _axes(axes, n_blocks, block):
    """Return the given axes, or new ones side by side: one for each block."""
    if axes is None:
        figure = new_figure(6.4 * n_blocks, 4.8)
        return figure.subplots(1, n_blocks, squeeze=False, sharey=True)[0]
    axes = np.ravel(axes)
    if len(axes) != n_blocks:
        raise ValueError(f"{len(axes)} axes are given. Expected {n_blocks}: one for each {block}.")
    return axes


def _shown(rows):
    """Return the rows of one training as a table of text."""
    import pandas as pd

    table = {}
    for level, of in rows.groupby("noise_factor", sort=False):
        best = of["score"].max()
        table[in_words(level)] = {
            row.condition: f"{row.score:.3f}{'*' if row.score == best else ' '}"
            + _unless_unknown("±{:.3f}", (row.score_high - row.score_low) / 2)
            for row in of.itertuples()
        }
    strongest = rows[rows["noise_factor"] == rows["noise_factor"].iloc[-1]].set_index("condition")
    bounds = rows["clean_cost_high"].fillna(np.inf).groupby(rows["condition"], sort=False)
    worst = rows.loc[bounds.idxmax()].set_index("condition")
    table["clean cost"] = {
        row.Index: f"{row.clean_cost:+.3f}" + _unless_unknown(" (<= {:+.3f})", row.clean_cost_high)
        for row in worst.itertuples()
    }
    table["PSNR"] = {
        row.Index: f"{row.psnr:.1f} dB" if np.isfinite(row.psnr) else ""
        for row in strongest.itertuples()
    }
    table["fit"] = {row.Index: f"{row.fit_seconds:.1f} s" for row in strongest.itertuples()}
    return pd.DataFrame(table).reindex(rows["condition"].unique()).fillna("").rename_axis(None)


def _unless_unknown(text, value):
    return "" if np.isnan(value) else text.format(value)


def _noise(rows):
    """Return the noise of a verdict in words."""
    level = in_words(rows["noise_factor"].iloc[0])
    noise = f"noise factor {level}" if not isinstance(rows["noise_factor"].iloc[0], str) else level
    if rows["training"].iloc[0] != MATCHED:
        noise += f", trained for {rows['training'].iloc[0]}"
    return noise


def _verdict_by_labels(rows):
    """Return who wins with how many labels."""
    judged = rows[rows["judged"]]
    shown = judged["verdict_p_value"] < _SIGNIFICANT
    unknown = judged["verdict_p_value"].isna()
    parts = [
        ("the denoiser wins with {} labels", judged[shown & (judged["difference"] > 0)]),
        ("the best rival wins with {} labels", judged[shown & (judged["difference"] <= 0)]),
        ("no difference is shown with {} labels", judged[~shown & ~unknown]),
        ("no interval is known with {} labels", judged[unknown]),
    ]
    said = [
        text.format(_listed([str(number) for number in of["n_labels"]]))
        for text, of in parts
        if len(of)
    ]
    return f"At {_noise(rows)}: {'; '.join(said)}."


def _listed(words):
    """Return words as in "50, 100 and 300"."""
    return " and ".join([", ".join(words[:-1])] * (len(words) > 1) + words[-1:])


def _verdict(rows, with_labels=False):
    """Return the conclusion from the rows of one training level, number of labels and test level."""
    noise = _noise(rows)
    if with_labels:
        noise += f", with {rows['n_labels'].iloc[0]} labels"
    rival = rows[rows["best_rival"]].iloc[0]
    if not rows["judged"].any():
        return f"At {noise}: the best condition is {rival.condition} ({rival.score:.3f})."
    denoiser = rows[rows["judged"]].iloc[0]
    how = (
        f"{denoiser.difference:+.3f}, 95 % interval {denoiser.verdict_low:+.3f} to "
        f"{denoiser.verdict_high:+.3f}, p {_in_digits(denoiser.verdict_p_value)}"
    )
    if np.isnan(denoiser.verdict_p_value):
        text = (
            f"At {noise}: {denoiser.condition} ({denoiser.score:.3f}) and the best rival, {rival.condition} "
            f"({rival.score:.3f}), differ by {denoiser.difference:+.3f}; whether by more than chance is not known, as "
            "there is no interval."
        )
    elif denoiser.verdict_p_value >= _SIGNIFICANT:
        text = (
            f"At {noise}: no difference shown between {denoiser.condition} ({denoiser.score:.3f}) and "
            f"the best rival, {rival.condition} ({rival.score:.3f}): {how}."
        )
    elif denoiser.difference > 0:
        text = (
            f"At {noise}: denoising wins. {denoiser.condition} ({denoiser.score:.3f}) is ahead of the "
            f"best rival, {rival.condition} ({rival.score:.3f}): {how}."
        )
    else:
        text = (
            f"At {noise}: {rival.condition} ({rival.score:.3f}) wins over the denoiser, "
            f"{denoiser.condition} ({denoiser.score:.3f}): {how}."
        )
    return f"{text} {_clean_verdict(denoiser)}"


def _in_digits(p_value):
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def _clean_verdict(row):
    if np.isnan(row.clean_cost_high):
        return f"On clean images the denoiser changes the score by {-row.clean_cost:+.3f}, without an interval."
    if row.clean_cost_low > 0:
        return (
            f"On clean images the denoiser hurts: it loses {row.clean_cost:.3f} (at least "
            f"{row.clean_cost_low:.3f}, at most {row.clean_cost_high:.3f})."
        )
    return f"On clean images the denoiser loses at most {max(row.clean_cost_high, 0):.3f}."
