"""Progress of a comparison: how many steps are done."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def shown(steps, total, verbose):
    """Yield the steps as they come, and show how many are done."""
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
        print(f"comparison {number}/{total}: {step[0].condition.name}", file=sys.stderr, flush=True)
        yield step
