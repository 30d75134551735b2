"""Progress: what a fit shows while it runs."""

import keras
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


def progress_callbacks(verbose: int, epochs: int, steps: int) -> list:
    """Return the callbacks for a level of `verbose`.

    Parameters
    ----------
    verbose : int
        0 shows nothing; 1 a progress bar on a terminal or in a notebook, and a line per epoch
        elsewhere, such as in a log; 2 a line per epoch everywhere.
    epochs, steps : int
        Number of epochs, and of steps in each.
    """
    if not verbose:
        return []
    console = Console()
    if verbose == 1 and (console.is_terminal or console.is_jupyter):
        return [ProgressBar(console, epochs, steps)]
    return [EpochLines(epochs)]


def track(work, what, verbose):
    """Return an iterator over `work` that shows a progress bar, if on a terminal or in a notebook."""
    console = Console()
    hidden = not verbose or not (console.is_terminal or console.is_jupyter)
    return rich.progress.track(work, what, console=console, disable=hidden)


class ProgressBar(keras.callbacks.Callback):
    """One bar over all steps of a fit, with the losses of the last epoch."""

    def __init__(self, console, epochs, steps):
        super().__init__()
        self.epochs = epochs
        self.steps = steps
        self.bar = Progress(
            TextColumn("denoiser"),
            BarColumn(),
            TextColumn("epoch"),
            MofNCompleteColumn(),
            TextColumn("{task.fields[losses]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.bar.add_task("", total=epochs, losses="")
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
        """Show the losses."""
        self.bar.update(self.task, completed=epoch + 1, losses=_losses(logs))

    def on_train_end(self, logs=None):
        """Leave the bar as it is."""
        self.bar.stop()


class EpochLines(keras.callbacks.Callback):
    """One line of plain text per epoch."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        """Print the losses."""
        print(f"epoch {epoch + 1}/{self.epochs}: {_losses(logs)}", flush=True)


def _losses(logs):
    return ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
