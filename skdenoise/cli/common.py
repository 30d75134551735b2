"""Options and checks that the commands share."""

import difflib
import json
import math
import os
import re
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skdenoise.io.safety import try_to_write
from skdenoise.noise.by_name import catalogue_name

Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Overwrite existing files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, without progress.")]
INTERRUPTED = 130
# More than any model file, table or report takes.
_ROOM = 2**24
# Patterns of Python parameters named in messages, and the options that set them.
_OPTIONS = {
    r"stabilize=CameraNoise\(shot=(\S+), read=(\S+), gamma=1\), or the result of fit_noise_model": (
        r"--noise-model \1:\2, or --noise-model together"
    ),
    r"UNetDenoiser\.from_pretrained\([\"'](\S+)[\"']\)": r"\1",
    "noise=[\"']camera_pipeline[\"']": "--noise camera_pipeline",
    r"CorrelatedGaussianNoise, whose correlation estimate_noise\([^()]*\) measures": "--noise correlated_gaussian",
    r"(?<![.\w])fit\(noisy, clean=clean\)": "--clean",
    "colour='separate'": "--separate-channels",
    r"value_range=\(low, high\)": "--value-range LOW:HIGH",
    r"value_range=\((\S+), (\S+)\)": r"--value-range \1:\2",
    "stabilize='estimate'": "--stabilize",
    "stabilize=None": "no --stabilize",
    "noise_factor='estimate'": "--noise-factor estimate",
    r"supervision=['\"](\w+)['\"]": r"--supervision \1",
    r"\bvalue_range\b": "--value-range",
    r"\bnoise_factor\b": "--noise-factor",
    r"\bpatch_size\b": "--patch-size",
}


def print_json(found):
    """Print a result for other programs; numbers that JSON does not have, infinite or NaN, as null."""
    print(json.dumps(_for_json(found), allow_nan=False))


def _for_json(found):
    if isinstance(found, dict):
        return {key: _for_json(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_for_json(value) for value in found]
    if isinstance(found, float | np.floating):
        return float(found) if math.isfinite(found) else None
    return found


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
    """Check, before the work, that the folder of a file exists and has room for a result."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise typer.BadParameter(f"The folder of {path} does not exist.")
    check_room(folder)


def check_room(folder):
    """Check that there is room for results in a folder, or in the closest one above it that exists."""
    try:
        try_to_write(folder, _ROOM)
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be written to: {reason_of(error)}.") from error


def saved(path, write):
    """Write a finished result; if that fails, write it into a temporary folder, and say so.

    Parameters
    ----------
    path : Path
        The file that was asked for.
    write : callable
        ``write(path)`` writes the result.

    Returns
    -------
    Path
        Where it is.

    Raises
    ------
    typer.Exit
        If it could not be written anywhere.
    """
    try:
        write(path)
        return path
    except OSError as error:
        say(f"{path} cannot be written: {reason_of(error)}.")
    other = Path(tempfile.mkdtemp(prefix="skdenoise-")) / path.name
    try:
        write(other)
    except OSError as error:
        say(f"{other} cannot be written either: {reason_of(error)}. The result is lost.")
        raise typer.Exit(1) from error
    say(f"The result is in {other}.")
    return other


def reason_of(error):
    """Return why a file could not be written, in words."""
    return error.strerror or str(error)


def in_options(message):
    """Return the text of an error or a warning, with options of the command line for parameters of Python."""
    text = str(message)
    for parameter, option in _OPTIONS.items():
        text = re.sub(parameter, option, text)
    return text


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


def say_warning(message, path=None):
    """Print a warning as a line, in terms of the options, with the file that it is about."""
    text = " ".join(in_options(message).split())
    named = path is None or str(path) in text
    say(f"warning: {text if named else f'{path}: {text}'}")


def say(text):
    """Print a line to standard error; standard output is for results."""
    print(text, file=sys.stderr, flush=True)
