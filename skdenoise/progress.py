"""Progress: what long work shows on the terminal while it runs."""

import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

import rich.progress
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Of a long fit, about so many lines are shown in a log.
N_LINES = 20


def progress_callbacks(verbose: int, epochs: int, steps: int) -> list:
    """Return the Keras callbacks for a level of `verbose`.

    Parameters
    ----------
    verbose : int
        0 shows nothing; 1 a progress bar on a terminal or, with ipywidgets, in a notebook, and about 20 lines
        elsewhere, such as in a log; 2 a line per epoch everywhere.
    epochs, steps : int
        Number of epochs, and of steps in each.
    """
    if not verbose:
        return []
    console = Console()
    if verbose == 1 and _can_show_a_bar(console):
        return [_as_callback(ProgressBar(console, epochs, steps))]
    return [_as_callback(EpochLines(epochs, steps, every=1 if verbose > 1 else None))]


def track(work: Iterable, what: str, verbose: int) -> Iterable:
    """Return an iterator over `work` that shows a progress bar, where one can be shown."""
    console = Console()
    hidden = not verbose or not _can_show_a_bar(console)
    return work if hidden else rich.progress.track(work, what, console=console)


def show_steps(
    steps: Iterable,
    total: int,
    what: str,
    verbose: int,
    name_of: Callable[[int, Any], str | None],
) -> Iterator:
    """Yield steps as they come, and show how many are done: as a bar, or as lines in a log.

    Both go to the standard error stream, because the steps make a result that may be printed.

    Parameters
    ----------
    steps : iterable
        The steps.
    total : int
        How many there will be.
    what : str
        Name of the work.
    verbose : int
        0 shows nothing.
    name_of : callable
        ``name_of(number, step)`` returns the text of a step's line in a log, or None for no line.
    """
    if not verbose:
        yield from steps
        return
    console = Console(stderr=True)
    if _can_show_a_bar(console):
        columns = [TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        with Progress(*columns, console=console) as bar:
            yield from bar.track(steps, total=total)
        return
    for number, step in enumerate(steps, 1):
        name = name_of(number, step)
        if name is not None:
            print(f"{what} {number}/{total}: {name}", file=sys.stderr, flush=True)
        yield step


class ProgressBar:
    """One bar over all steps of a fit, with what the last epoch reached.

    The methods are named after the events of a Keras fit.
    """

    def __init__(self, console, epochs, steps):
        self.steps = steps
        self.bar = Progress(
            TextColumn("denoiser"),
            BarColumn(),
            TextColumn("epoch"),
            MofNCompleteColumn(),
            TextColumn("{task.fields[reached]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.bar.add_task("", total=epochs, reached="")
        self.epoch = 0

    def on_train_begin(self, logs=None):
        """Show the bar."""
        self.bar.start()

    def on_epoch_begin(self, epoch, logs=None):
        """Remember where the epoch starts on the bar."""
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar on."""
        self.bar.update(self.task, completed=self.epoch + min(1, (batch + 1) / self.steps))

    def on_epoch_end(self, epoch, logs=None):
        """Show what it has reached."""
        self.bar.update(self.task, completed=epoch + 1, reached=_reached(logs))

    def on_train_end(self, logs=None):
        """Leave the bar as it is."""
        self.bar.stop()


class EpochLines:
    """Lines of plain text: how long the fit is, and after some epochs what they reached and the time left.

    Parameters
    ----------
    epochs, steps : int
        Number of epochs, and of steps in each.
    every : int or None
        A line after so many epochs, and after the first two and the last one. If None, there are about 20
        lines.
    """

    def __init__(self, epochs, steps, every=None):
        self.epochs, self.steps = epochs, steps
        self.every = every or math.ceil(epochs / N_LINES)
        self.start = None

    def on_train_begin(self, logs=None):
        """Say how long the fit is."""
        steps = f"{self.epochs * self.steps:,} steps in {self.epochs:,} epoch{'s' if self.epochs > 1 else ''}"
        print(f"denoiser: {steps}", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        """Print what it has reached and, once it is known, the time that is left."""
        now, number = time.monotonic(), epoch + 1
        if self.start is None:
            self.start = number, now  # the first epoch takes longer, since the network is compiled
        first, start = self.start
        left = ""
        if first < number < self.epochs:
            seconds = (now - start) / (number - first) * (self.epochs - number)
            left = f", {_duration(seconds)} left"
        if number % self.every == 0 or number in (first, first + 1, self.epochs):
            print(f"epoch {number}/{self.epochs}: {_reached(logs)}{left}", flush=True)


def _as_callback(display):
    """Return a Keras callback that calls the methods of a display.

    Only those that it has: Keras fits faster where no callback asks for every step.
    """
    import keras  # here, so that this module can be used without it

    callback = keras.callbacks.Callback()
    for event in ("train_begin", "epoch_begin", "train_batch_end", "epoch_end", "train_end"):
        method = getattr(display, f"on_{event}", None)
        if method is not None:
            setattr(callback, f"on_{event}", method)
    return callback


def _duration(seconds):
    """Return a time in words, such as "about 3 minutes"."""
    minutes = round(seconds / 60)
    number, unit = (minutes, "minute") if minutes < 60 else (round(minutes / 60), "hour")
    if number == 0:
        return "less than a minute"
    return f"about {number} {unit}{'s' if number > 1 else ''}"


def _can_show_a_bar(console):
    # In a notebook, Rich draws its bars with ipywidgets; without it they stay empty.
    in_notebook = console.is_jupyter and find_spec("ipywidgets") is not None
    return in_notebook or (console.is_terminal and not console.is_jupyter)


def _reached(logs):
    """Return what an epoch has reached: the PSNR where it is known, otherwise the losses."""
    for name in ("psnr", "pixels_psnr"):
        if name in logs:
            held_out = logs.get(f"val_{name}")
            return f"PSNR {logs[name]:.2f} dB" + (
                "" if held_out is None else f", {held_out:.2f} dB on held-out images"
            )
    return ", ".join(f"{name} {value:#.4g}" for name, value in logs.items())
