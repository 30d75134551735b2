"""Run each experiment with --quick, in a process of its own.

    python -W ignore .ci/quick_experiments.py

Importing TensorFlow takes seconds. One process does it for all, from which the others are forked before
TensorFlow starts. What an experiment prints is shown if it fails.
"""

import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

EXPERIMENTS = Path(__file__).resolve().parent.parent / "experiments"
SHARED = ["pandas", "skimage", "sklearn", "tensorflow", "keras"]


def main():
    """Run them one after the other, and stop at the first that fails."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SHARED)
    paths = [path for path in sorted(EXPERIMENTS.glob("[a-z]*.py")) if has_quick_form(path)]
    if not paths:
        sys.exit(f"no experiment with a quick form in {EXPERIMENTS}")
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            log = Path(folder, path.stem)
            log.touch()
            process = context.Process(target=run, args=(path, log))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(f"{log.read_text()}\n{path.name} ended with {process.exitcode}")


def has_quick_form(path):
    """Return whether an experiment takes --quick."""
    return any(mark in path.read_text() for mark in ("main(__file__)", '"--quick"'))


def run(path, log):
    """Run one, and write what it prints to a file."""
    file = os.open(log, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(file, stream.fileno())
    sys.argv = [str(path), "--quick"]
    sys.path.insert(0, str(path.parent))
    runpy.run_path(str(path), run_name="__main__")
    # At its end, a forked process waits for its workers, and those of joblib wait 300 s for more work.
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


if __name__ == "__main__":
    main()
