"""Run the benchmarks: all of them, or those that are named.

    python benchmarks/run.py
    python benchmarks/run.py transform search
    python benchmarks/run.py --quick

Each writes a Markdown table and its history (machine, versions, commit, rows) to
``benchmarks/results``. ``--quick`` runs each on next to nothing, to see that it works, and writes
nothing; MNIST and CIFAR-10, else taken from the folder that SKDENOISE_DATA names, are not needed
for it. The peers need ``pip install ".[bench]"``.
"""

import argparse
import importlib
import subprocess
import sys
import time

from _record import environment, markdown, save

BENCHMARKS = (
    "training",
    "equal_time",
    "step_profile",
    "threads",
    "transform",
    "self_supervision",
    "search",
    "photographs",
    "noise_levels",
    "noise_estimation",
    "onnx_runtime",
    "precision",
    "peers",
    "streaming",
    "memory",
    "dask_cluster",
    "recipe",
    "tiny_images",
    "growth",
    "accelerator",
)
_COMMAND = [sys.executable, "-W", "ignore", __file__]


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="see that they run; write nothing")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {BENCHMARKS}")
    names = arguments.names or BENCHMARKS
    if arguments.here or len(names) == 1:
        for name in names:
            run(name, quick=arguments.quick)
    elif arguments.quick:
        _run_in_two_processes(names)
    else:
        for name in names:
            # In a process of its own, in which nothing is compiled yet.
            subprocess.run([*_COMMAND, name], check=True)


def _run_in_two_processes(names):
    """Run every other benchmark in each: most of a quick one is compiling, in one thread."""
    command = [*_COMMAND, "--quick", "--here"]
    halves = [subprocess.Popen([*command, *names[i::2]]) for i in range(2)]
    codes = [half.wait() for half in halves]
    if any(codes):
        sys.exit(1)


def run(name, *, quick):
    """Run one benchmark, and print its table."""
    benchmark = importlib.import_module(name)
    measured_in, start = environment(), time.perf_counter()
    rows = benchmark.measure(quick)
    if quick:
        table = markdown(rows, benchmark.COLUMNS)
    else:
        table = save(name, rows, benchmark.COLUMNS, measured_in)
    print(f"{name} ({time.perf_counter() - start:.0f} s)\n\n{table}", flush=True)


if __name__ == "__main__":
    main()
