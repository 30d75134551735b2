"""The command line."""

import os
import shlex
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated

import matplotlib  # noqa: F401 (its absence should be noticed before a minute of training)
import typer
from rich.console import Console
from rich.table import Table

from skdenoise import __version__, add_noise, noise_names
from skdenoise.demo import NOISE_FACTORS, plot_demo, run_demo
from skdenoise.labelled_images import load_labelled_images
from skdenoise.noise.catalogue import catalogue_name
from skdenoise.report import run_study, write_report
from skdenoise.report.study import (
    CLASSIFIERS,
    DEFAULT_DENOISERS,
    DENOISERS,
)

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


def _choice_of(names):
    """Return a check that an option is one of these names."""

    def check(value):
        for name in value if isinstance(value, list) else [value]:
            if name not in names:
                raise typer.BadParameter(f"{name!r} is none of {', '.join(names)}.")
        return value

    return check


def _check_noise(name):
    try:
        return catalogue_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _check_factors(factors):
    if not factors:
        return None
    if any(factor <= 0 for factor in factors) or len(set(factors)) < len(factors):
        raise typer.BadParameter("noise factors must be above 0, each given once.")
    return sorted(factors)


_LEAST_IMAGES = 20

# What `evaluate` and `report` are told in the same words.
Source = Annotated[
    str,
    typer.Argument(
        metavar="IMAGES",
        help="A folder with a folder of images per class (or such folders in train and test), an .npz "
        "archive with x_train, y_train, x_test, y_test or X, y, or 'digits' for those of "
        "scikit-learn.",
    ),
]
Classifier = Annotated[
    str, typer.Option(help=f"One of {', '.join(CLASSIFIERS)}.", callback=_choice_of(CLASSIFIERS))
]
Denoisers = Annotated[
    list[str],
    typer.Option(
        "--denoiser",
        help=f"Repeat for several: {', '.join(DENOISERS)}. The first is shown in the report.",
        callback=_choice_of(DENOISERS),
    ),
]
Noise = Annotated[
    str,
    typer.Option(
        help=f"One of {', '.join(noise_names())}.",
        callback=_check_noise,
    ),
]
Factors = Annotated[
    list[float] | None,
    typer.Option(
        "--noise-factor",
        help="Repeat for several levels to test at, in the unit of the noise: its standard deviation "
        "for gaussian (0.2 and 0.4 where none is given), pixels for blurs.",
        callback=_check_factors,
    ),
]
Training = Annotated[
    str,
    typer.Option(
        help="blind: once for all levels up to the largest; matched: for each of them.",
        callback=_choice_of(("blind", "matched")),
    ),
]
Repeats = Annotated[int, typer.Option(min=1, help="With other seeds each time.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="Of the U-Net; its default otherwise.")]
MaxTrain = Annotated[int, typer.Option(min=_LEAST_IMAGES, help="Train on at most so many images.")]
MaxTest = Annotated[int, typer.Option(min=_LEAST_IMAGES, help="Test on at most so many images.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything that is random.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]


@app.command()
def evaluate(
    source: Source,
    classifier: Classifier = "svc",
    denoisers: Denoisers = DEFAULT_DENOISERS,
    noise: Noise = "gaussian",
    noise_factors: Factors = None,
    train: Training = "blind",
    repeats: Repeats = 1,
    epochs: Epochs = None,
    max_train: MaxTrain = 2000,
    max_test: MaxTest = 2000,
    csv: Annotated[
        Path | None, typer.Option(help="Where to save the whole table.", dir_okay=False)
    ] = None,
    seed: Seed = 0,
    quiet: Quiet = False,
):
    """Tell whether denoising helps to classify images under noise.

    Compares denoisers with the classifier alone, trained on noise and behind a PCA, all for the same
    noise, and prints a table and what it means.
    """
    if csv is not None:
        _check_folder(csv)
    study = _study(
        source,
        max_train,
        max_test,
        seed,
        quiet,
        classifier=classifier,
        denoisers=denoisers,
        noise=noise,
        noise_factors=noise_factors,
        train=train,
        n_repeats=repeats,
        epochs=epochs,
        corruptions=False,
    )
    n_train, n_test = len(study.images.X_train), len(study.images.X_test)
    n_classes = len(set(study.images.y_train))
    print(f"{n_train} images of {n_classes} classes to train on, {n_test} to test on\n")
    print(study.comparison.summary())
    if csv is not None:
        study.comparison.frame.to_csv(csv, index=False)
        print(f"\nTable: {csv}")


@app.command()
def report(
    source: Source,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to save the page.", dir_okay=False)
    ] = Path("skdenoise_report.html"),
    classifier: Classifier = "svc",
    denoisers: Denoisers = DEFAULT_DENOISERS,
    noise: Noise = "gaussian",
    noise_factors: Factors = None,
    train: Training = "blind",
    repeats: Repeats = 1,
    epochs: Epochs = None,
    max_train: MaxTrain = 2000,
    max_test: MaxTest = 2000,
    corruptions: Annotated[
        bool, typer.Option(help="Test under every other kind of noise as well.")
    ] = True,
    seed: Seed = 0,
    quiet: Quiet = False,
):
    """Write the answer of `evaluate`, with pictures and curves, as one HTML page.

    The page needs no network. It ends with the command that makes it again.
    """
    _check_folder(output)
    study = _study(
        source,
        max_train,
        max_test,
        seed,
        quiet,
        classifier=classifier,
        denoisers=denoisers,
        noise=noise,
        noise_factors=noise_factors,
        train=train,
        n_repeats=repeats,
        epochs=epochs,
        corruptions=corruptions,
    )
    write_report(
        study,
        output,
        call=shlex.join(["skdenoise", *sys.argv[1:]]),
        title=f"Does denoising help? {Path(source).name}, {noise} noise",
    )
    print(f"Report: {output}")


def _study(source, max_train, max_test, seed, quiet, **options):
    """Load the images, and run the study of them."""
    try:
        images = load_labelled_images(source, max_train=max_train, max_test=max_test, seed=seed)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="IMAGES") from error
    n_train, n_test = len(images.X_train), len(images.X_test)
    if min(n_train, n_test) < _LEAST_IMAGES:
        raise typer.BadParameter(
            f"{n_train} images to train on and {n_test} to test on are too few to tell anything; "
            f"give at least {_LEAST_IMAGES} of each.",
            param_hint="IMAGES",
        )
    for factor in options["noise_factors"] or ():
        try:
            add_noise(images.X_test[:1], options["noise"], factor, value_range=(0, 1))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--noise-factor") from error
    _import_keras_in_silence()
    return run_study(images, random_state=seed, verbose=0 if quiet else 1, **options)


def _check_folder(path):
    if not path.resolve().parent.is_dir():
        raise typer.BadParameter(f"The folder of {path} does not exist.")


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
    _check_folder(output)


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
