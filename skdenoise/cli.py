"""The command line."""

import os
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated

import matplotlib  # noqa: F401 (its absence should be noticed before a minute of training)
import typer
from rich.console import Console
from rich.table import Table

from skdenoise import __version__
from skdenoise.demo import NOISE_FACTORS, plot_demo, run_demo

app = typer.Typer(
    help="Remove noise from images, in front of any scikit-learn classifier.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool):
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
):
    pass


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to save the picture.")
    ] = Path("skdenoise_demo.png"),
    seed: Annotated[int, typer.Option(help="Seed of everything that is random.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
):
    """Classify noisy digits, with and without a denoiser.

    Trains on the digits that ship with scikit-learn, prints the accuracy at several levels of noise,
    and saves a picture. Takes less than a minute on 2 cores.
    """
    console = Console()
    _check_output(output)
    start = time.perf_counter()
    if not quiet:
        console.print(
            "Training a denoiser in front of a support vector machine on 1,078 digits ..."
        )
    _import_keras_in_silence()
    result = run_demo(random_state=seed, verbose=0 if quiet else 1)
    console.print(_accuracy_table(result))
    plot_demo(result).savefig(output, dpi=120)
    console.print(f"Picture: {output}    ({time.perf_counter() - start:.0f} s)")


def _import_keras_in_silence():
    """Import Keras without the greetings that TensorFlow writes before its log level counts."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import_module("keras")
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _check_output(output):
    """Refuse, before the work, a picture that could not be saved after it."""
    from matplotlib.figure import Figure

    formats = sorted(Figure().canvas.get_supported_filetypes())
    if output.suffix.lstrip(".").lower() not in formats:
        raise typer.BadParameter(
            f"{output} has no ending of a picture format; these are known: {', '.join(formats)}."
        )
    if not output.resolve().parent.is_dir():
        raise typer.BadParameter(f"The folder of {output} does not exist.")


def _accuracy_table(result):
    table = Table(title="Accuracy on 719 test digits", title_justify="left")
    table.add_column("Gaussian noise factor")
    for factor in NOISE_FACTORS:
        table.add_column(f"{factor:g}", justify="right")
    best = [max(column) for column in zip(*result.accuracies.values(), strict=True)]
    for condition, values in result.accuracies.items():
        cells = [
            f"[bold]{value:.3f}[/bold]" if value == top else f"{value:.3f}"
            for value, top in zip(values, best, strict=True)
        ]
        table.add_row(condition, *cells)
    return table
