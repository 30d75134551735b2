"""Successive halving over the epochs, beside a full grid search.

Writes experiments/results/halving_search.md, a table of docs/benchmarks.md.

Twelve noise factors and ranges for a denoiser before a classifier, scored under noise of 0.4. Digits: 1,000
images to learn from and 797 to validate on, an SVC, 63 epochs in batches of 64. MNIST: 1,000 and 2,000, logistic
regression, 9 epochs. Each repeat has other images and seeds. The full search is done once more with another seed of the
denoisers, since candidates that are equally good win by chance. `loss` is the accuracy, in the full search, of
its winner less that of the other's winner. Times are CPU seconds of one process, and `fits` those of one fit of the pipeline. Repeats are
stored one by one in ``output/``, which git ignores; those that are there are not run again.

    python experiments/halving_search.py --repeats 3 --data digits
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from _data import load_mnist
from _record import OUTPUT, RESULTS, environment, write_table
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (its import enables the search)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, noisy_scorer

NOISE = 0.4
FACTORS = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, (0, 0.2), (0, 0.4), (0, 0.6), (0.2, 0.6)]
# Most epochs, parameters of the denoiser, the classifier, and the images to learn from and to validate on.
TASKS = {
    "digits": (63, {"batch_size": 64}, SVC(), 1000, 797),
    "MNIST": (9, {}, LogisticRegression(max_iter=100), 1000, 2000),
}
HALVING, AGAIN = "halving", "full search, another seed"


def main():
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=list(TASKS), nargs="+", default=list(TASKS))
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument(
        "--quick", action="store_true", help="run on next to nothing; write nothing"
    )
    arguments = parser.parse_args()
    if arguments.quick:
        with tempfile.TemporaryDirectory() as folder:
            print(rows_of([stored(Path(folder), "digits", 0, quick=True)]))
        return
    OUTPUT.mkdir(exist_ok=True)
    results = [
        stored(OUTPUT, task, repeat)
        for repeat in range(arguments.repeats)
        for task in arguments.data
    ]
    write_table(RESULTS / "halving_search.md", rows_of(results), measured_in=environment())


def stored(folder, task, repeat, quick=False):
    """Return the result of a repeat, which is run if it is not there."""
    path = folder / f"halving_search_{task}_{repeat}.json"
    if not path.exists():
        path.write_text(json.dumps(run(task, repeat, quick)))
        print(path.read_text(), flush=True)
    return json.loads(path.read_text())


def run(task, repeat, quick=False):
    """Search in all ways; return the winners, what they lose and how long it took."""
    epochs, params, classifier, n_train, n_validation = TASKS[task]
    factors = FACTORS
    if quick:
        epochs, n_train, n_validation, factors = 2, 64, 50, FACTORS[:2]
    X, y = _images(task, n_train + n_validation, repeat)
    train, validation = np.arange(n_train), np.arange(n_train, n_train + n_validation)
    denoiser = UNetDenoiser(epochs=epochs, random_state=repeat, **params)
    pipeline = Pipeline([("denoise", denoiser), ("classify", classifier)])
    clone(pipeline).set_params(denoise__epochs=1).fit(X[train], y[train])  # compiles
    one = _cpu_seconds(clone(pipeline).fit, X[train], y[train])
    common = {
        "scoring": noisy_scorer(noise_factor=NOISE, value_range=(0, 1), random_state=repeat),
        "cv": [(train, validation)],
        "refit": False,
    }
    grid = {"denoise__noise_factor": factors}
    other = clone(pipeline).set_params(denoise__random_state=1000 + repeat)
    searches = {
        "full search": GridSearchCV(pipeline, grid, **common),
        AGAIN: GridSearchCV(other, grid, **common),
        HALVING: HalvingGridSearchCV(
            pipeline,
            grid,
            resource="denoise__epochs",
            max_resources=epochs,
            min_resources=1 if quick else "exhaust",
            factor=2 if quick else 3,
            **common,
        ),
    }
    result, scores = {"task": task, "repeat": repeat, "fit": one}, None
    for name, search in searches.items():
        spent = _cpu_seconds(search.fit, X, y)
        winner = factors.index(search.best_params_["denoise__noise_factor"])
        if scores is None:
            scores, best = search.cv_results_["mean_test_score"], winner
        result[name] = {
            "winner": str(factors[winner]),
            "same": winner == best,
            "loss": float(scores[best] - scores[winner]),
            "fits": spent / one,
        }
    return result


def _images(task, n, repeat):
    if task == "digits":
        X, y = load_digits(return_X_y=True)
        X = X / 16
    else:
        X, y, _, _ = load_mnist()
    chosen = np.random.default_rng(repeat).permutation(len(X))[:n]
    return X[chosen], y[chosen]


def _cpu_seconds(function, *arguments):
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def rows_of(results):
    """Return the rows of the table."""
    rows = []
    for task in TASKS:
        of_task = [result for result in results if result["task"] == task]
        for name in ("full search", AGAIN, HALVING) if of_task else ():
            of = [result[name] for result in of_task]
            losses = [100 * one["loss"] for one in of]
            rows.append(
                {
                    "data": task,
                    "search": name,
                    "fits": float(np.mean([one["fits"] for one in of])),
                    "same winner": f"{sum(one['same'] for one in of)} of {len(of)}",
                    "loss, mean (points)": f"{np.mean(losses):.2f}",
                    "loss, largest (points)": f"{max(losses):.2f}",
                }
            )
    return rows


if __name__ == "__main__":
    main()
