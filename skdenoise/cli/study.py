"""The commands ``evaluate`` and ``report``."""

import functools
import os
import shlex
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from skdenoise import add_noise, noise_names
from skdenoise.cli.common import (
    AsJson,
    Overwrite,
    Quiet,
    Seed,
    ValueRange,
    check_new,
    check_noise,
    choice_of,
    import_keras_in_silence,
    in_options,
    saved,
    say,
)
from skdenoise.io.labelled import load_labelled_images
from skdenoise.io.safety import written_whole
from skdenoise.reports.comparison.comparison import TooFewToHoldOutError
from skdenoise.reports.page import write_report
from skdenoise.reports.study import CLASSIFIERS, DEFAULT_DENOISERS, DENOISERS, run_study


def _check_factors(texts):
    """Return noise factors, given one by one or separated by commas, in ascending order."""
    if not texts:
        return []  # no None, of which older versions of Typer ask the length
    try:
        factors = [float(part) for text in texts for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"{' '.join(texts)!r} is not a number, or several as in 0.2,0.4."
        ) from None
    if any(factor <= 0 for factor in factors) or len(set(factors)) < len(factors):
        raise typer.BadParameter("noise factors must be above 0 and different from each other.")
    return sorted(factors)


_LEAST_IMAGES = 20

# Arguments that `evaluate` and `report` share.
Source = Annotated[
    str,
    typer.Argument(
        metavar="IMAGES",
        help="A folder with one subfolder per class (or with folders train and test, or train and val, that "
        "have these), an .npz archive with x_train, y_train, x_test, y_test or X, y, or 'digits' for "
        "scikit-learn's digits, if there is no path of this name.",
    ),
]
Classifier = Annotated[
    str, typer.Option(help=f"One of {', '.join(CLASSIFIERS)}.", callback=choice_of(CLASSIFIERS))
]
Denoisers = Annotated[
    list[str],
    typer.Option(
        "--denoiser",
        help=f"One of {', '.join(DENOISERS)}. Repeat the option for several; the report shows images of "
        "the first.",
        callback=choice_of(DENOISERS),
    ),
]
Noise = Annotated[
    str,
    typer.Option(
        help=f"One of {', '.join(noise_names())}.",
        callback=check_noise,
    ),
]
Factors = Annotated[
    list[str] | None,
    typer.Option(
        "--noise-factor",
        metavar="NUMBER,...",
        help="Noise strength to test at, or several, such as 0.2,0.4. For gaussian this is the standard "
        "deviation (by default 0.2 and 0.4), for blurs it is in pixels.",
        callback=_check_factors,
    ),
]
Training = Annotated[
    str,
    typer.Option(
        help="blind: train once, for all levels up to the largest. matched: train for each level.",
        callback=choice_of(("blind", "matched")),
    ),
]
Repeats = Annotated[int, typer.Option(min=1, help="Number of repeats, each with other seeds.")]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Epochs of the U-Net, instead of its default.")
]
MaxTrain = Annotated[
    int, typer.Option(min=_LEAST_IMAGES, help="Largest number of training images.")
]
MaxTest = Annotated[int, typer.Option(min=_LEAST_IMAGES, help="Largest number of test images.")]


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
    value_range: ValueRange = None,
    csv: Annotated[
        Path | None, typer.Option(help="Where to save the full table.", dir_okay=False)
    ] = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
):
    """Check whether denoising improves classification of noisy images.

    Compares denoisers with the classifier without a denoiser, with noise augmentation and after PCA, all
    for the same noise. Prints what was read, a table and its conclusions. Files that cannot be read, or
    differ from the others in dtype or channels, are listed and left out, and the exit code is 1.
    """
    if csv is not None:
        check_new(csv, overwrite)
    study = _study(
        source,
        max_train,
        max_test,
        value_range,
        seed,
        quiet or as_json,
        silent=as_json,
        classifier=classifier,
        denoisers=denoisers,
        noise=noise,
        noise_factors=noise_factors,
        train=train,
        n_repeats=repeats,
        epochs=epochs,
        corruptions=False,
    )
    frame = study.comparison.frame
    if as_json:
        print(frame.to_json(orient="records"), flush=True)
    else:
        print(study.comparison.summary(), flush=True)
    place = csv
    if csv is not None:
        place = saved(csv, functools.partial(_write_csv, frame))
        if not as_json:
            print(f"\nTable: {place}")
    _exit(study.images, is_saved=place == csv)


def _write_csv(frame, path):
    with written_whole(path) as new:
        frame.to_csv(new, index=False)


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
    value_range: ValueRange = None,
    corruptions: Annotated[
        bool, typer.Option(help="Test with every other kind of noise as well.")
    ] = True,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    quiet: Quiet = False,
):
    """Write the results of `evaluate`, with images and curves, to one HTML page.

    The page works offline. It ends with the command that reproduces it. Files that cannot be read, or
    differ from the others in dtype or channels, are listed and left out, and the exit code is 1.
    """
    check_new(output, overwrite)
    study = _study(
        source,
        max_train,
        max_test,
        value_range,
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
    print("\n".join(study.comparison.summary().sentences), flush=True)
    call = _joined(["skdenoise", *sys.argv[1:]])
    title = f"Does denoising help? {Path(source).name}, {noise} noise"
    place = saved(output, functools.partial(write_report, study, call=call, title=title))
    print(f"Report: {place}")
    _exit(study.images, is_saved=place == output)


def _joined(arguments):
    """Return a command line as typed into a shell of this system."""
    return subprocess.list2cmdline(arguments) if os.name == "nt" else shlex.join(arguments)


def _study(source, max_train, max_test, value_range, seed, quiet, *, silent=False, **options):
    """Load the images, say what was read unless `silent`, and run the study."""
    images = _images(source, max_train, max_test, value_range, seed)
    for factor in options["noise_factors"] or ():
        try:
            add_noise(images.X_test[:1], options["noise"], factor, value_range=(0, 1))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--noise-factor") from error
    if not silent:
        print(_head(source, images), flush=True)
    import_keras_in_silence()
    with warnings.catch_warnings():
        # Said above, by `add_noise`, once and of what was typed.
        warnings.filterwarnings("ignore", "noise_factor=.* is in units of the value range")
        try:
            return run_study(images, random_state=seed, verbose=0 if quiet else 1, **options)
        except TooFewToHoldOutError as error:
            raise typer.BadParameter(
                f"{error.finding} Give more images of each class, or a larger --max-train.",
                param_hint="IMAGES",
            ) from error


def _images(source, max_train, max_test, value_range, seed):
    """Return enough images for a study, and list the files that are left out."""
    try:
        images = load_labelled_images(
            source, max_train=max_train, max_test=max_test, value_range=value_range, seed=seed
        )
    except (ValueError, OSError) as error:
        raise typer.BadParameter(in_options(error), param_hint="IMAGES") from error
    for reason in images.left_out:
        say(f"left out: {reason}")
    n_train, n_test = len(images.X_train), len(images.X_test)
    if min(n_train, n_test) < _LEAST_IMAGES:
        raise typer.BadParameter(
            f"{n_train} training images and {n_test} test images are too few for a result; give at "
            f"least {_LEAST_IMAGES} of each.",
            param_hint="IMAGES",
        )
    return images


def _head(source, images):
    """Return what was read, in words."""
    name = source if Path(source).exists() else "digits of scikit-learn"
    lines = [f"{name}: {images.found}", *(f"note: {note}" for note in images.notes)]
    if images.left_out:
        lines.append(f"{len(images.left_out)} file(s) left out")
    lines.append(
        f"using {len(images.X_train)} training images and {len(images.X_test)} test images\n"
    )
    return "\n".join(lines)


def _exit(images, *, is_saved):
    """End with exit code 1 if files were left out, or a result is not where it should be."""
    if images.left_out or not is_saved:
        raise typer.Exit(1)
