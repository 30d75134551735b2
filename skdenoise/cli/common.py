"""What the commands share."""

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from skdenoise.noise.catalogue import catalogue_name

Seed = Annotated[int, typer.Option(min=0, help="Seed of everything that is random.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and no progress.")]
INTERRUPTED = 130


def check_noise(name):
    """Return the name by which the catalogue knows a noise model, or say which there are."""
    try:
        return catalogue_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def choice_of(names):
    """Return a check that an option is one of these names."""

    def check(value):
        for name in value if isinstance(value, list) else [value]:
            if name not in names:
                raise typer.BadParameter(f"{name!r} is none of {', '.join(names)}.")
        return value

    return check


def check_folder(path):
    """Refuse, before the work, a file whose folder does not exist or may not be written to."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise typer.BadParameter(f"The folder of {path} does not exist.")
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"{folder} may not be written to.")


def check_range(text):
    """Return a range, given as LOW:HIGH, as a pair of numbers."""
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        low, high = 0.0, 0.0
    if not low < high:
        raise typer.BadParameter(f"{text!r} is no range from low to high, such as 0:255.")
    return low, high


ValueRange = Annotated[
    str | None,
    typer.Option(
        metavar="LOW:HIGH",
        help="What is black and what is white in the files, where their dtypes do not say so.",
        callback=check_range,
    ),
]


def import_keras_in_silence():
    """Import Keras without the greetings that TensorFlow writes before its log level counts."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import_module("keras")
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def check_new(path, overwrite):
    """Refuse, before the work, to replace a file that nobody said may be replaced."""
    check_folder(path)
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; give the name of a file.")
    if path.exists() and not overwrite:
        raise typer.BadParameter(f"{path} exists. Give another name, or --overwrite.")


def say(text):
    """Print a line for the reader, beside what a command prints for programs."""
    print(text, file=sys.stderr, flush=True)
