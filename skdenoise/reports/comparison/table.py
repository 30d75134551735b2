"""The table: scores, intervals and differences, from measurements."""

from collections import defaultdict

import numpy as np

from skdenoise.evaluation.bootstrap import interval
from skdenoise.evaluation.significance import (
    bonferroni,
    bonferroni_level,
    difference_interval,
    p_value,
    standard_error,
)
from skdenoise.reports.comparison.conditions import DENOISER, KINDS, is_pipeline
from skdenoise.reports.comparison.experiment import CLEAN, UNPREPARED
from skdenoise.seeding import Stream, generator


def tabulate(measurements, experiment, n_resamples, verbose=0):
    """Return a table of one row per condition, training level and test level.

    Parameters
    ----------
    measurements : list of Measurement
        From complete steps. A repeat that a condition lacks is left out for all conditions.
    experiment : Experiment
        The experiment they come from.
    n_resamples : int
        Number of bootstrap resamples.
    verbose : int
        Whether to show progress of the resamples, if it takes long.

    Returns
    -------
    table : pandas.DataFrame
    interrupted : bool
        Whether the user has stopped the resamples.
    """
    import pandas as pd

    cells = _cells(measurements)
    outcomes = [[m.outcome for m in repeats] for repeats in cells.values()]
    rng = generator(experiment.seed, Stream.BOOTSTRAP)
    resampled, interrupted = experiment.outcomes.resample(
        outcomes, experiment.y_test, n_resamples, rng, verbose
    )
    resampled = dict(zip(cells, resampled.T, strict=True))
    groups = [
        (training.block, training.label, n_labels, experiment.levels[index].label)
        for training in experiment.trainings
        for n_labels in sorted({m.n_labels for m in measurements})
        for index in training.tests
    ]
    rows = []
    for group in groups:
        rows += _rows(group, cells, resampled, experiment)
    frame = pd.DataFrame(rows)
    return frame.join(_verdicts(frame)), interrupted


def _verdicts(frame):
    """Return the interval and the p-value of each verdict, in the rows that they are about.

    They are corrected for the number of verdicts. The other rows are NaN.
    """
    judged = frame[frame["judged"]]
    level = bonferroni_level(0.95, max(1, len(judged)))
    low, high = difference_interval(judged["difference"], judged["difference_error"], level)
    return judged.assign(
        verdict_low=low, verdict_high=high, verdict_p_value=bonferroni(judged["p_value"])
    )[["verdict_low", "verdict_high", "verdict_p_value"]]


def _cells(measurements):
    """Return the measurements of each (training, its label, number of labels, test level, condition)."""
    repeats = defaultdict(lambda: defaultdict(set))
    for m in measurements:
        repeats[m.training.block, m.training.label, m.n_labels][m.condition.name].add(m.repeat)
    common = {training: set.intersection(*of.values()) for training, of in repeats.items()}
    cells = defaultdict(list)
    for m in sorted(measurements, key=lambda m: m.repeat):
        training = (m.training.block, m.training.label, m.n_labels)
        if m.repeat in common[training]:
            level = m.level if m.level == CLEAN else m.level.label
            cells[*training, level, m.condition.name].append(m)
    return cells


def _rows(group, cells, resampled, experiment):
    """Return the rows of one training level and number of labels at one test level."""
    training, trained_for, n_labels, level = group
    trained = (training, trained_for, n_labels)
    n_images = len(experiment.y_test)
    names = [name for name in experiment.names if (*group, name) in cells]
    if not names:
        return []
    names.sort(key=lambda name: KINDS.index(cells[*group, name][0].condition.kind))
    conditions = {name: cells[*group, name] for name in names}
    reference, judged = _best_rival(conditions), _best_denoiser(conditions)
    unprepared = (*trained, CLEAN, UNPREPARED.name)
    rows = []
    for name in names:
        repeats = cells[*group, name]
        clean = (*trained, CLEAN, name)
        scores = [m.score for m in repeats]
        low, high = interval(resampled[*group, name])
        clean_low, clean_high = interval(resampled[clean])
        cost = _mean(cells[unprepared], "score") - _mean(cells[clean], "score")
        error = standard_error(resampled[unprepared] - resampled[clean], n_images)
        least_cost, greatest_cost = difference_interval(cost, error, level=0.9)
        rows.append(
            {
                "training": training,
                "train_noise_factor": trained_for,
                "noise_factor": level,
                "condition": name,
                "kind": repeats[0].condition.kind,
                "score": np.mean(scores),
                "score_low": low,
                "score_high": high,
                "score_std": np.std(scores, ddof=1) if len(scores) > 1 else np.nan,
                "validation_score": _mean(repeats, "validation_score"),
                "best_rival": name == reference,
                "judged": name == judged,
                **_difference((*group, name), (*group, reference), cells, resampled, n_images),
                "clean_score": _mean(cells[clean], "score"),
                "clean_score_low": clean_low,
                "clean_score_high": clean_high,
                "clean_cost": cost,
                "clean_cost_low": least_cost,
                "clean_cost_high": greatest_cost,
                "psnr": _mean(repeats, "psnr"),
                "ssim": _mean(repeats, "ssim"),
                "fit_seconds": _mean(repeats, "fit_seconds"),
                "transform_seconds": _mean(repeats, "transform_seconds"),
                "choices": [m.choices for m in repeats],
                "given_up": repeats[0].given_up,
                "n_labels": n_labels,
                "n_validation": experiment.n_validation,
                "n_repeats": len(repeats),
            }
        )
    return rows


def _best_rival(cells):
    """Return the condition without a learned denoiser that is best on validation images."""
    rivals = [name for name, repeats in cells.items() if repeats[0].condition.kind != DENOISER]
    return _best_on_validation(cells, rivals)


def _best_denoiser(cells):
    """Return the denoiser that is best on validation images, in a pipeline; None if there is none."""
    denoisers = [
        name
        for name, repeats in cells.items()
        if repeats[0].condition.kind == DENOISER and is_pipeline(name)
    ]
    return _best_on_validation(cells, denoisers) if denoisers else None


def _best_on_validation(cells, names):
    """Return the best of those that were not given up, unless an interrupt has left no other."""
    finished = [name for name in names if not cells[name][0].given_up]
    return max(finished or names, key=lambda name: _mean(cells[name], "validation_score"))


def _difference(cell, reference, cells, resampled, n_images):
    names = ("difference", "difference_error", "difference_low", "difference_high", "p_value")
    if cell == reference:
        return dict.fromkeys(names, np.nan)
    difference = _mean(cells[cell], "score") - _mean(cells[reference], "score")
    error = standard_error(resampled[cell] - resampled[reference], n_images)
    low, high = difference_interval(difference, error)
    return dict(zip(names, (difference, error, low, high, p_value(difference, error)), strict=True))


def _mean(repeats, name):
    return float(np.mean([getattr(m, name) for m in repeats]))
