"""What the benchmarks share: clocks, the machine, and the record of what was measured."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"
_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
_CHANGES = ("diff", "HEAD", "--", "../../skdenoise", "../*.py")
PACKAGES = ("numpy", "scikit-learn", "scikit-image", "keras", "tensorflow")


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
        Intra-op threads of TensorFlow, by default as many as there are cores.
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
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git(*_CHANGES) else ""),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def save(name, rows, columns, measured_in):
    """Append rows to the history of a benchmark, and write its newest table.

    Parameters
    ----------
    name : str
        Of the benchmark; the files are ``results/NAME.json`` and ``results/NAME.md``.
    rows : list of dict
        What was measured.
    columns : list of str
        The keys to show, in order.
    measured_in : dict
        The `environment` when the measurement began.

    Returns
    -------
    str
        The table, in Markdown.
    """
    history_file = RESULTS / f"{name}.json"
    history = json.loads(history_file.read_text()) if history_file.exists() else []
    history.append({**measured_in, "rows": rows})
    _replace(history_file, json.dumps(history, indent=1) + "\n")
    text = markdown(rows, columns)
    _replace(RESULTS / f"{name}.md", f"{text}\n{_about(history[-1])}\n{_since_before(history)}")
    return text


def markdown(rows, columns):
    """Return rows as a Markdown table."""
    cells = [[_cell(row.get(column), column) for column in columns] for row in rows]
    rule = ["---:" if _is_number(rows, column) else "---" for column in columns]
    lines = [columns, rule, *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _since_before(history):
    """Return how each ratio has changed since the run before on the same processor."""
    newest = history[-1]
    same = ("processor", "cores", "backend")
    before = [run for run in history[:-1] if all(run[key] == newest[key] for key in same)]
    if not before:
        return ""
    old = {row["what"]: row.get("ratio") for row in before[-1]["rows"]}
    lines = [
        f"- {row['what']}: ratio {_cell(old[row['what']])} before, {_cell(row['ratio'])} now\n"
        for row in newest["rows"]
        if row.get("ratio") and old.get(row["what"])
    ]
    return f"\nSince {before[-1]['commit']}:\n\n{''.join(lines)}" if lines else ""


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


def _replace(path, text):
    """Write a file whole, or leave it as it was."""
    new = path.with_suffix(path.suffix + ".new")
    new.write_text(text)
    new.replace(path)


def _git(*arguments):
    return subprocess.run(
        ["git", *arguments], cwd=RESULTS, capture_output=True, text=True, check=False
    ).stdout.strip()


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
