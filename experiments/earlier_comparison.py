"""compare_denoising beside an earlier commit: how long it takes, and whether its verdicts are the same.

Writes experiments/results/earlier_comparison.md, a table of docs/benchmarks.md.

    python experiments/earlier_comparison.py 91812f9 --splits 0 1

Digits, half to learn from and half to test on, split anew each time, a random forest, Gaussian noise of 0.2, 0.4 and
0.6, two repeats, defaults otherwise. 91812f9 is the last commit before conditions raced and networks started from
weights of the package. Each comparison runs in a process of its own, one intra-op thread, the two versions one after the other.
Seconds do not count imports. `verdicts` are those at 0.2, 0.4 and 0.6: whether denoising wins, loses or shows no difference. Runs are stored one
by one in ``output/``, which git ignores, and stored runs of the same commits are reused. With --quick, a tiny run of the current
version only.
"""

import argparse
import io
import json
import re
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
from _record import HERE, OUTPUT, RESULTS, environment, git, markdown, run_in_process, write_table
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

NOW = HERE.parent


def main():
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", nargs="?", help="the earlier commit")
    parser.add_argument("--splits", type=int, nargs="+", default=[0])
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    parser.add_argument("--one", nargs=2, metavar=("FOLDER", "SPLIT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        folder, split = arguments.one
        print(json.dumps(compare(folder, int(split), arguments.quick)))
    elif arguments.quick:
        found = in_process(NOW, 0, quick=True)
        print(markdown([row(0, found, found)]))
    elif arguments.commit is None:
        parser.error("give the earlier commit")
    else:
        measured_in = environment()
        rows = measured(arguments.commit, arguments.splits, measured_in["commit"])
        write_table(RESULTS / "earlier_comparison.md", rows, measured_in=measured_in)


def measured(commit, splits, current):
    """Return the rows of the table."""
    OUTPUT.mkdir(exist_ok=True)
    commit = git("rev-parse", "--short", commit, check=True).decode().strip()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        check_out(commit, folder)
        for split in splits:
            then = stored(f"{commit}_{split}", folder, split)
            now = stored(f"{current}_{split}", NOW, split)
            rows.append(row(split, then, now))
    return rows


def check_out(commit, folder):
    """Write the package of a commit into a folder."""
    archive = git("archive", commit, "skdenoise", cwd=NOW, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def stored(name, folder, split):
    """Return the result of one comparison, which is run if it is not stored, or the code has changed since."""
    path = OUTPUT / f"earlier_comparison_{name}.json"
    if not path.exists() or "+" in name:
        result = json.dumps(in_process(folder, split))
        path.write_text(result)
        print(result, flush=True)
    return json.loads(path.read_text())


def in_process(folder, split, quick=False):
    """Run one comparison with the package in a folder, in a new process."""
    arguments = [__file__, "--one", str(folder), str(split), *(["--quick"] if quick else [])]
    return json.loads(run_in_process(arguments, threads=1))


def compare(folder, split, quick):
    """Compare, and return the seconds and the verdicts."""
    sys.path.insert(0, folder)
    import keras  # noqa: F401  # the package imports it at the first fit

    import skdenoise

    if Path(skdenoise.__file__).parents[1] != Path(folder):
        raise ImportError(f"skdenoise is {skdenoise.__file__}, not the one in {folder}.")
    X, y = load_digits(return_X_y=True)
    parts = np.random.default_rng(split).permutation(200 if quick else len(X))
    train, test = np.array_split(parts, 2)
    start = time.perf_counter()
    comparison = skdenoise.compare_denoising(
        RandomForestClassifier(2 if quick else 100),
        X[train] / 16,
        y[train],
        X[test] / 16,
        y[test],
        noise_factors=[0.4] if quick else [0.2, 0.4, 0.6],
        denoisers=skdenoise.SubspaceDenoiser() if quick else None,
        n_repeats=1 if quick else 2,
        random_state=split,
    )
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "verdicts": verdicts(str(comparison.summary()))}


def verdicts(summary):
    """Return for each noise factor whether denoising wins, loses or shows no difference."""
    parts = re.split("At noise factor", " ".join(summary.split()))[1:]
    words = {"no difference": "none", "denoising wins": "wins", "wins over": "loses"}
    return [next(word for text, word in words.items() if text in part) for part in parts]


def row(split, then, now):
    """Return a row of the table."""
    return {
        "split": split,
        "then (s)": then["seconds"],
        "now (s)": now["seconds"],
        "now / then": now["seconds"] / then["seconds"],
        "verdicts then": ", ".join(then["verdicts"]),
        "verdicts now": ", ".join(now["verdicts"]),
    }


if __name__ == "__main__":
    main()
