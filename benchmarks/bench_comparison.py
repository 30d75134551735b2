"""compare_denoising with a forest: a race over the numbers of noisy copies, beside one call for each.

The calls for each number train everything on it, as a comparison without a race has to. The denoiser is one
that is fitted in no time, so that the ratio is that of the forests.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from skdenoise import FilterDenoiser, SubspaceDenoiser, compare_denoising


@pytest.mark.benchmark(group="comparison with a forest")
def test_all_on_each_number_of_copies(benchmark, quick):
    def compare_each():
        for n_copies in (1, 4, 16):
            _compare(quick, n_copies)

    benchmark.pedantic(compare_each)


@pytest.mark.benchmark(group="comparison with a forest")
def test_race(benchmark, quick):
    benchmark.pedantic(_compare, (quick, (1, 4, 16)))


def _compare(quick, n_copies):
    X, y = load_digits(return_X_y=True)
    train, test = np.array_split(np.random.default_rng(0).permutation(200 if quick else len(X)), 2)
    return compare_denoising(
        RandomForestClassifier(5 if quick else 100),
        X[train] / 16,
        y[train],
        X[test] / 16,
        y[test],
        noise_factors=[0.4] if quick else [0.2, 0.4, 0.6],
        denoisers=[SubspaceDenoiser(), FilterDenoiser("gaussian"), FilterDenoiser("median")],
        n_copies=n_copies,
        n_repeats=1 if quick else 2,
        random_state=0,
    )
