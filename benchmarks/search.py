"""What a search costs beside its fits: a second fit in a process, 12 candidates, two processes.

What a process has to compile, it compiles once: twelve candidates are compared with the first fit of a
process, as whoever fits a pipeline waits for it, and with a later one, which compiles nothing.
"""

import sys

import numpy as np
from _record import run_in_process, seconds
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, noisy_scorer

COLUMNS = ["what", "seconds", "ratio", "meaning of the ratio"]


def measure(quick):
    """Return the rows of the table."""
    X, y, train, test = _digits(quick)
    rows = _second_fit(X)
    repeats = 1 if quick else 3
    first = float(np.median([_first_fit_of_a_process(quick) for _ in range(repeats)]))
    seconds(_pipeline(quick).fit, X[train], y[train])  # compiles what the pipeline needs beyond

    def single_fits():
        return [seconds(_pipeline(quick).fit, X[train], y[train]) for _ in range(1 if quick else 4)]

    def search(n_jobs):
        scoring = noisy_scorer("accuracy", noise_factor=0.4, value_range=(0, 1))
        return GridSearchCV(
            _pipeline(quick),
            _grid(quick),
            scoring=scoring,
            cv=[(train, test)],
            refit=False,
            n_jobs=n_jobs,
        )

    # Single fits before and after, since a machine that others use is not always as fast.
    singles = single_fits()
    in_one = seconds(search(1).fit, X, y)
    one = float(np.mean([*singles, *single_fits()]))
    in_two, again = (seconds(search(2).fit, X, y) for _ in range(2))
    compiled = in_one + first - one  # as the first of a process
    fit = f"one fit of the pipeline ({_epochs(quick)} epochs)"
    grid = f"GridSearchCV, {len(ParameterGrid(_grid(quick)))} candidates, n_jobs="
    return [
        *rows,
        {"what": f"{fit}, first of a process", "seconds": first},
        {"what": f"{fit}, nothing to compile", "seconds": one},
        _row(f"{grid}1, with compiling", compiled, first, "times the first fit"),
        _row(f"{grid}1, nothing to compile", in_one, one, "times such a fit"),
        _row(f"{grid}2, workers to start", in_two, compiled, "of n_jobs=1, with compiling"),
        _row(f"{grid}2, workers at hand", again, in_one, "of n_jobs=1, nothing to compile"),
    ]


def _row(what, took, other, meaning):
    return {"what": what, "seconds": took, "ratio": took / other, "meaning of the ratio": meaning}


def _digits(quick):
    """Return images, labels, and which of them train and test."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    if quick:
        X, y = X[:200], y[:200]
    train, test = np.split(np.random.default_rng(0).permutation(len(X)), [len(X) * 3 // 4])
    return X, y, train, test


def _first_fit_of_a_process(quick):
    return float(run_in_process([__file__, "1" if quick else ""]))


def _grid(quick):
    return {
        "denoise__noise_factor": [0.2, 0.4] if quick else [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "denoise__learning_rate": [2e-3] if quick else [2e-3, 5e-3],
    }


def _epochs(quick):
    return 1 if quick else 5


def _pipeline(quick):
    denoiser = UNetDenoiser(epochs=_epochs(quick), random_state=0)
    return Pipeline([("denoise", denoiser), ("classify", SVC())])


def _second_fit(X):
    """Time a first and a second fit of one step: what is left is not training."""
    few = X[:16]
    first = seconds(UNetDenoiser(epochs=1, random_state=0).fit, few)
    others = [seconds(UNetDenoiser(epochs=1, random_state=seed).fit, few) for seed in range(5)]
    return [
        {"what": "first fit of a process, one step", "seconds": first},
        {"what": "another fit, one step", "seconds": float(np.median(others))},
    ]


if __name__ == "__main__":
    quick = bool(sys.argv[1])
    X, y, train, _ = _digits(quick)
    import keras  # noqa: F401 (its import is no part of a fit)

    print(seconds(_pipeline(quick).fit, X[train], y[train]))
