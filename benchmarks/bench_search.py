"""A grid search of 12 candidates, and one with successive halving, beside a single fit of its pipeline.

What a process must compile, it compiles once, so that all but the first fit of a process are quick.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (its import enables the search)
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, noisy_scorer

EPOCHS = 9


@pytest.mark.benchmark(group="12 candidates")
def test_one_fit(benchmark, quick):
    X, y, train, _ = _digits(quick)
    benchmark.pedantic(_pipeline(quick).fit, (X[train], y[train]), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="12 candidates")
def test_one_fit_first_of_a_process(benchmark, new_process, quick):
    def load():
        call = new_process()
        call(_import)
        return (call,), {}

    benchmark.pedantic(lambda call: call(_fit, quick), setup=load, rounds=3)


@pytest.mark.benchmark(group="12 candidates")
@pytest.mark.parametrize(("n_jobs", "warm"), [(1, True), (2, False), (2, True)])
def test_search(benchmark, quick, n_jobs, warm):
    """With two processes, once with workers to start and once with workers that are there."""
    X, y, train, test = _digits(quick)
    search = GridSearchCV(_pipeline(quick), _grid(quick), n_jobs=n_jobs, **_common(train, test))
    benchmark.pedantic(search.fit, (X, y), warmup_rounds=int(warm and n_jobs > 1))


@pytest.mark.benchmark(group="12 candidates")
def test_search_with_halving(benchmark, quick):
    X, y, train, test = _digits(quick)
    search = HalvingGridSearchCV(
        _pipeline(quick),
        _grid(quick),
        resource="denoise__epochs",
        max_resources=2 if quick else EPOCHS,
        factor=2 if quick else 3,
        **_common(train, test),
    )
    benchmark.pedantic(search.fit, (X, y))


def _import():
    import keras  # noqa: F401 (its import is not part of a fit)


def _fit(quick):
    X, y, train, _ = _digits(quick)
    _pipeline(quick).fit(X[train], y[train])


def _digits(quick):
    """Return images, labels, and which of them train and test."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    if quick:
        X, y = X[:200], y[:200]
    train, test = np.split(np.random.default_rng(0).permutation(len(X)), [len(X) * 3 // 4])
    return X, y, train, test


def _grid(quick):
    return {
        "denoise__noise_factor": [0.2, 0.4] if quick else [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "denoise__learning_rate": [2e-3] if quick else [2e-3, 5e-3],
    }


def _common(train, test):
    scoring = noisy_scorer("accuracy", noise_factor=0.4, value_range=(0, 1))
    return {"scoring": scoring, "cv": [(train, test)], "refit": False}


def _pipeline(quick):
    denoiser = UNetDenoiser(epochs=1 if quick else EPOCHS, random_state=0)
    return Pipeline([("denoise", denoiser), ("classify", SVC())])
