"""What a search costs beside its fits: a second fit in a process, 12 candidates, two processes."""

import numpy as np
from _record import seconds
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, noisy_scorer

COLUMNS = ["what", "seconds", "ratio", "meaning of the ratio"]


def measure(quick):
    """Return the rows of the table."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    if quick:
        X, y = X[:200], y[:200]
    rows = _second_fit(X)
    epochs = 1 if quick else 5
    train, test = np.split(np.random.default_rng(0).permutation(len(X)), [len(X) * 3 // 4])
    seconds(_pipeline(epochs).fit, X[train], y[train])  # compiles what the pipeline needs beyond

    def single_fits():
        return [
            seconds(_pipeline(epochs).fit, X[train], y[train]) for _ in range(1 if quick else 4)
        ]

    singles = single_fits()
    grid = {
        "denoise__noise_factor": [0.2, 0.4] if quick else [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "denoise__learning_rate": [2e-3] if quick else [2e-3, 5e-3],
    }
    n_candidates = 2 if quick else 12
    walls = {}
    for n_jobs in (1, 2):
        search = GridSearchCV(
            _pipeline(epochs),
            grid,
            scoring=noisy_scorer("accuracy", noise_factor=0.4, value_range=(0, 1)),
            cv=[(train, test)],
            refit=False,
            n_jobs=n_jobs,
        )
        walls[n_jobs] = seconds(search.fit, X, y)
        if n_jobs == 1:
            # Before and after, since a machine that others use is not always as fast.
            one = float(np.mean([*singles, *single_fits()]))
            rows.append({"what": f"one fit of the pipeline ({epochs} epochs)", "seconds": one})
        rows.append(
            {
                "what": f"GridSearchCV, {n_candidates} candidates, n_jobs={n_jobs}",
                "seconds": walls[n_jobs],
                "ratio": walls[n_jobs] / one,
                "meaning of the ratio": "times one fit",
            }
        )
        if n_jobs == 2:
            rows[-1] |= {
                "ratio": walls[2] / walls[1],
                "meaning of the ratio": "of n_jobs=1, workers started and TensorFlow loaded",
            }
            again = seconds(search.fit, X, y)
            rows.append(
                {
                    "what": "the same again, workers at hand",
                    "seconds": again,
                    "ratio": again / walls[1],
                    "meaning of the ratio": "of n_jobs=1",
                }
            )
    return rows


def _pipeline(epochs):
    return Pipeline([("denoise", UNetDenoiser(epochs=epochs, random_state=0)), ("classify", SVC())])


def _second_fit(X):
    """Time a first and a second fit of one step: what is left is not training."""
    few = X[:16]
    first = seconds(UNetDenoiser(epochs=1, random_state=0).fit, few)
    others = [seconds(UNetDenoiser(epochs=1, random_state=seed).fit, few) for seed in range(5)]
    return [
        {"what": "first fit of a process, one step", "seconds": first},
        {"what": "another fit, one step", "seconds": float(np.median(others))},
    ]
