"""Memory that a process keeps of each fit, with compiled networks reused and not.

`MiB a fit` is what the process has grown by, after ten fits to warm up. In the second case each fit has
filters of its own, so that its network is compiled anew and another one leaves the store of the package.
"""

import gc

import pytest
from _memory import anonymous_memory
from sklearn.datasets import load_digits

from skdenoise import UNetDenoiser

WARM_UP = 10


@pytest.mark.benchmark(group="repeated fits")
@pytest.mark.parametrize(("how", "fits"), [("reused", 100), ("compiled_anew", 25)])
def test_fits(benchmark, new_process, quick, how, fits):
    call, fits = new_process(), 2 if quick else fits
    call(_fit_and_transform, how, 0, 1 if quick else WARM_UP)
    before = call(_memory)
    benchmark.pedantic(call, (_fit_and_transform, how, WARM_UP, fits))
    benchmark.extra_info["images"] = fits  # so that ratios are those of a fit
    benchmark.extra_info["MiB a fit"] = (call(_memory) - before) / fits


def _fit_and_transform(how, start, n_fits):
    X = load_digits().data[:64] / 16
    for n in range(start, start + n_fits):
        filters = (8, 16) if how == "reused" else (8, 17 + n)
        UNetDenoiser(filters=filters, epochs=1, random_state=n).fit(X).transform(X)


def _memory():
    gc.collect()
    return anonymous_memory()
