"""Options and checks that the commands share."""

import difflib
import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from skdenoise.noise.by_name import catalogue_name

Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Overwrite existing files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, without progress.")]
INTERRUPTED = 130


def check_noise(name):
    """Return the canonical name of a noise model; for an unknown name, list the known ones."""
    try:
        return catalogue_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def choice_of(names):
    """Return a function that checks that an option is one of these names."""

    def check(value):
        for name in value if isinstance(value, list) else [value]:
            if name not in names:
                close = difflib.get_close_matches(name, names, n=1)
                meant = f" Did you mean {close[0]}?" if close else ""
                raise typer.BadParameter(f"{name!r} is not one of {', '.join(names)}.{meant}")
        return value

    return check


def check_folder(path):
    """Check, before the work, that the folder of a file exists and can be written to."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise typer.BadParameter(f"The folder of {path} does not exist.")
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"{folder} cannot be written to.")


def check_range(text):
    """Return a range given as LOW:HIGH as a pair of numbers."""
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        low, high = 0.0, 0.0
    if not low < high:
        raise typer.BadParameter(
            f"{text!r} is not a range LOW:HIGH with LOW below HIGH, such as 0:255."
        )
    return low, high


ValueRange = Annotated[
    str | None,
    typer.Option(
        metavar="LOW:HIGH",
        help="Pixel values of black and white, e.g. 0:1. By default they follow from the dtype.",
        callback=check_range,
    ),
]


def import_keras_in_silence():
    """Import Keras without the messages that TensorFlow prints before its log level takes effect."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import_module("keras")
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def check_new(path, overwrite):
    """Check, before the work, that a file can be written, and does not exist unless `overwrite`."""
    check_folder(path)
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; give a file name.")
    if path.exists() and not overwrite:
        raise typer.BadParameter(f"{path} exists. Give another name, or use --overwrite.")


def say(text):
    """Print a line to standard error; standard output is for results."""
    print(text, file=sys.stderr, flush=True)
