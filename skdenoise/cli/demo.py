"""The command ``demo``."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from skdenoise.cli.common import Quiet, Seed, check_new, import_keras_in_silence
from skdenoise.io.safety import written_whole
from skdenoise.reports.demo import NOISE_FACTORS, plot_demo, run_demo


def demo(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where to save the picture; an existing one is overwritten."
        ),
    ] = Path("skdenoise_demo.png"),
    seed: Seed = 0,
    quiet: Quiet = False,
):
    """Classify noisy digits, with and without a denoiser.

    Trains on the digits that ship with scikit-learn, prints the accuracy at several noise levels, and
    saves a picture. Takes less than a minute on 2 cores.
    """
    console = Console()
    _check_output(output)
    start = time.perf_counter()
    if not quiet:
        console.print("Training a denoiser and a support vector machine on 1,078 digits ...")
    import_keras_in_silence()
    result = run_demo(random_state=seed, verbose=0 if quiet else 1)
    console.print(_accuracy_table(result))
    with written_whole(output) as new:
        plot_demo(result).savefig(new, dpi=120)
    console.print(f"Picture: {output}    ({time.perf_counter() - start:.0f} s)")


def _check_output(output):
    """Check, before the work, that the picture can be saved."""
    from matplotlib.figure import Figure

    formats = sorted(Figure().canvas.get_supported_filetypes())
    if output.suffix.lstrip(".").lower() not in formats:
        raise typer.BadParameter(
            f"{output} does not end in a known picture format: {', '.join(formats)}."
        )
    check_new(output, overwrite=True)


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
