"""Progress of a comparison: how many steps are done."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def shown(steps, total, verbose, name_of):
    """Yield the steps as they come, and show how many are done.

    Parameters
    ----------
    steps : iterable
        What is done.
    total : int
        How many there will be.
    verbose : int
        0 shows nothing.
    name_of : callable
        ``name_of(number, step)`` is what the line of a step says, where there is no bar; None for no
        line.
    """
    if not verbose:
        yield from steps
        return
    console = Console(stderr=True)
    if console.is_terminal or console.is_jupyter:
        columns = [TextColumn("comparison"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        with Progress(*columns, console=console) as bar:
            yield from bar.track(steps, total=total)
        return
    for number, step in enumerate(steps, 1):
        name = name_of(number, step)
        if name is not None:
            print(f"comparison {number}/{total}: {name}", file=sys.stderr, flush=True)
        yield step
