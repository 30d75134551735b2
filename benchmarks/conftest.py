"""What the benchmarks share: the quick mode, processes of their own, and the tables of the docs."""

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest
from _data import load_mnist
from _record import environment, write_table

RESULTS = Path(__file__).parent / "results"


def pytest_addoption(parser):
    """Add the quick mode, and the option that writes tables."""
    parser.addoption("--quick", action="store_true", help="run each once, on a few images")
    parser.addoption("--tables", action="store_true", help="write results/NAME.md of bench_NAME.py")


def pytest_configure(config):
    """In quick mode, measure nothing: each benchmark is called once."""
    if config.getoption("quick"):
        config.option.benchmark_disable = True
    elif config.getoption("tables"):
        # The hook below is called when results are saved; they go to .benchmarks, the history.
        config.option.benchmark_autosave = True
        config.option.benchmark_save = config.option.benchmark_save or "tables"


def pytest_collection_modifyitems(config, items):
    """In quick mode, keep one case of each benchmark."""
    if config.getoption("quick"):
        first = {}
        for item in items:
            first.setdefault((item.path, item.originalname), item)
        items[:] = first.values()


def pytest_benchmark_update_json(config, output_json):
    """Write a table for each module."""
    if not config.getoption("tables"):
        return
    modules = {}
    for result in output_json["benchmarks"]:
        modules.setdefault(Path(result["fullname"].split("::")[0]).stem, []).append(result)
    for module, results in modules.items():
        path = RESULTS / f"{module.removeprefix('bench_')}.md"
        write_table(path, _rows(results), measured_in=environment())


def _rows(results):
    """Return the rows of a module's table; each ratio is to the first benchmark of the group."""
    rows, first = [], {}
    for result in results:
        extra = result["extra_info"]
        median = result["stats"]["median"]
        # Where a peer is too slow for all images, it is given fewer: an image is what counts.
        reference = first.setdefault(result["group"], median / extra.get("images", 1))
        what = result["name"].removeprefix("test_").replace("_", " ")
        rows.append({"group": result["group"], "what": what, "seconds": median})
        rows[-1]["rounds"] = result["stats"]["rounds"]
        rows[-1]["ratio"] = median / extra.get("images", 1) / reference
        rows[-1] |= extra
    return rows


@pytest.fixture(scope="session")
def quick(request):
    """Whether to run on next to nothing."""
    return request.config.getoption("quick")


@pytest.fixture(scope="session")
def mnist(quick):
    """Return MNIST as floats, (n, 28, 28), to train on and to test on; stand-ins in quick mode."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    return X.reshape(-1, 28, 28), X_test.reshape(-1, 28, 28)


@pytest.fixture
def new_process(quick):
    """Return a function that starts a process; what it returns calls functions in there.

    What a module keeps in that process, such as a fitted denoiser, stays for the next call. In quick
    mode nothing is started, since most of the time would go into imports.
    """
    if quick:
        yield lambda **variables: lambda function, *arguments: function(*arguments)
        return
    with ExitStack() as stack:

        def start(**variables):
            with patch.dict(os.environ, variables):
                pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
                stack.enter_context(pool).submit(os.getpid).result()
            return lambda function, *arguments: pool.submit(function, *arguments).result()

        yield start
