"""Run the benchmarks: all of them, or those that are named.

    python benchmarks/run.py
    python benchmarks/run.py transform search
    python benchmarks/run.py --quick

Each writes a Markdown table and its history (machine, versions, commit, rows) to
``benchmarks/results``. ``--quick`` runs each on next to nothing, to see that it works, and writes
nothing. MNIST and CIFAR-10 are taken from the folder that SKDENOISE_DATA names.
"""

import argparse
import importlib
import time

from _record import markdown, save

BENCHMARKS = (
    "training",
    "transform",
    "search",
    "precision",
    "peers",
    "memory",
    "recipe",
    "growth",
)


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="see that they run; write nothing")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {BENCHMARKS}")
    for name in arguments.names or BENCHMARKS:
        benchmark = importlib.import_module(name)
        start = time.perf_counter()
        rows = benchmark.measure(arguments.quick)
        if arguments.quick:
            table = markdown(rows, benchmark.COLUMNS)
        else:
            table = save(name, rows, benchmark.COLUMNS)
        print(f"{name} ({time.perf_counter() - start:.0f} s)\n\n{table}", flush=True)


if __name__ == "__main__":
    main()
