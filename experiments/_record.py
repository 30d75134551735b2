"""What experiments and benchmarks share: clocks, the machine, and how tables are written."""

import argparse
import importlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
RESULTS = HERE / "results"  # the tables that pages include
OUTPUT = HERE / "output"  # everything else; ignored by git
_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
_CHANGES = ("diff", "HEAD", "--", "../skdenoise", "../benchmarks/*.py", "../experiments/*.py")
PACKAGES = ("numpy", "scikit-learn", "scikit-image", "keras", "tensorflow")


def main(file):
    """Run an experiment as a command, and write ``results/NAME.md``; with --quick, only print it.

    Its ``measure(quick)`` returns the rows of the table, each a dict; its ``COLUMNS`` are the keys to
    show, in order.
    """
    # By its name, not as __main__, so that processes of joblib find its functions.
    experiment = importlib.import_module(Path(file).stem)
    parser = argparse.ArgumentParser(description=experiment.__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="run on next to nothing; write nothing"
    )
    quick = parser.parse_args().quick
    measured_in = environment()
    rows = experiment.measure(quick)
    if quick:
        print(markdown(rows, experiment.COLUMNS))
    else:
        path = RESULTS / f"{Path(file).stem}.md"
        write_table(path, rows, experiment.COLUMNS, measured_in=measured_in)


def write_table(path, rows, columns=None, *, measured_in):
    """Write rows as a Markdown table, with the `environment` they were measured in, and print it."""
    text = markdown(rows, columns)
    print(text)
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(f"{text}\n{_about(measured_in)}")
    new.replace(path)  # the file is whole, or as it was


def markdown(rows, columns=None):
    """Return rows as a Markdown table, with these columns or with all."""
    columns = columns or list(dict.fromkeys(column for row in rows for column in row))
    cells = [[_cell(row.get(column), column) for column in columns] for row in rows]
    rule = ["---:" if _is_number(rows, column) else "---" for column in columns]
    lines = [columns, rule, *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def store_rows(path, frame, run, about=None):
    """Put the rows of a run into a CSV file of results, in place of those of an earlier run.

    Parameters
    ----------
    path : Path
        The file.
    frame : pandas.DataFrame
        The rows.
    run : dict
        Columns that say which run it is: rows of the file with the same values go.
    about : dict, default=None
        Other columns of the run. Date and commit are added.
    """
    measured_in = environment()
    columns = run | (about or {})
    frame = frame.assign(**columns, date=measured_in["date"][:10], commit=measured_in["commit"])
    if path.exists():
        old = pd.read_csv(path)
        same = (old[list(run)] == list(run.values())).all(axis=1)
        frame = pd.concat([old[~same], frame])
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.round(5).to_csv(path, index=False)


def when_measured(rows):
    """Return a line with the dates and commits of stored rows."""
    measured = rows[["date", "commit"]].drop_duplicates().itertuples(index=False)
    return f"{'; '.join(f'{date}, commit {commit}' for date, commit in measured)}.\n"


def seconds(function, *arguments, **keywords):
    """Return the wall time of one call."""
    start = time.perf_counter()
    function(*arguments, **keywords)
    return time.perf_counter() - start


def run_in_process(arguments, threads=None):
    """Run Python in a process of its own, and return the last line that it printed.

    Parameters
    ----------
    arguments : list of str
        What Python is given.
    threads : int or None
        Intra-op threads of TensorFlow. If None, as many as there are cores.
    """
    environ = {key: value for key, value in os.environ.items() if key not in _THREADS}
    if threads is not None:
        environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
    command = [sys.executable, "-W", "ignore", *arguments]
    run = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    return run.stdout.splitlines()[-1] if run.stdout else ""


def interleaved(functions, repeats):
    """Time functions in turn, after one call each to warm up; return their wall times by name."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: np.array(values) for name, values in times.items()}


def mean_psnr(clean, denoised):
    """Return the mean over images of the PSNR in dB, of denoised images limited to 0..1."""
    error = np.clip(denoised, 0, 1).reshape(len(clean), -1) - clean.reshape(len(clean), -1)
    return float(np.mean(-10 * np.log10(np.maximum(np.mean(error**2, axis=1), 1e-10))))


def environment():
    """Return the machine, the versions and the commit."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "--short", "HEAD").decode().strip()
        + ("+" if git(*_CHANGES).strip() else ""),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _about(run):
    versions = ", ".join(f"{name} {run[name]}" for name in ("python", *PACKAGES))
    return (
        f"{run['date'][:10]}, commit {run['commit']}, {run['cores']} cores of {run['processor']}, "
        f"{versions}, backend {run['backend']}.\n"
    )


def _cell(value, column=""):
    if value is None:
        return ""
    if isinstance(value, float):
        if "dB" in column:
            return f"{value:.2f}"
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_number(rows, column):
    return all(isinstance(row.get(column), int | float | None) for row in rows)


def git(*arguments, cwd=HERE, check=False):
    """Return what a command of git writes, as bytes."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, check=check).stdout


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
