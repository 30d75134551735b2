"""The option ``--noise-model``: the noise that ``--stabilize`` makes equally strong everywhere."""

import math
from collections.abc import Iterable

import numpy as np
import typer

from skdenoise.cli.common import in_options
from skdenoise.noise.camera import CameraNoise
from skdenoise.noise.fitting import fit_noise_model
from skdenoise.typing import Images, ValueRange

TOGETHER = "together"
# `fit_noise_model` uses no more values, and few images show how much their noise differs.
_MOST_VALUES, _MOST_IMAGES = 2**23, 64
_HINT = "--noise-model"


def check_noise_model(text: str | None) -> CameraNoise | str | None:
    """Return a noise model given as SHOT:READ, or the word that it is to be measured."""
    if text is None or text == TOGETHER:
        return text
    try:
        shot, read = (float(part) for part in text.split(":"))
    except ValueError:
        shot = read = math.nan
    if not (0 <= shot < math.inf and 0 <= read < math.inf and shot + read > 0):
        raise typer.BadParameter(
            f"{text!r} is neither SHOT:READ, two numbers of at least 0 such as 0.01:0.0002, nor {TOGETHER}."
        )
    return CameraNoise(shot=shot, read=read, gamma=1)


def measured_together(files: Iterable[tuple[Images, ValueRange]]) -> tuple[CameraNoise, int]:
    """Measure the noise of images of one sensor, and return its model and the number of images used.

    Parameters
    ----------
    files : iterable of (ndarray of shape (n, height, width) or (n, height, width, channels), (low, high))
        The images of each file, and their values of black and white. No more are read than are used.

    Raises
    ------
    typer.BadParameter
        If there are none, if they differ in dtype, channels or value range, or if their noise cannot be
        measured.
    """
    stacks, found = [], None
    for images, value_range in files:
        kind = (images.dtype.name, images.shape[3:], tuple(value_range))
        if found not in (None, kind):
            raise typer.BadParameter(
                f"The images differ in dtype, channels or value range: {_described(found)} and {_described(kind)}. "
                "Denoise each kind by itself, or set --value-range.",
                param_hint=_HINT,
            )
        found = kind
        stacks.append(images[:: math.ceil(len(images) / _MOST_IMAGES)])
        if sum(map(np.size, stacks)) >= _MOST_VALUES or sum(map(len, stacks)) >= _MOST_IMAGES:
            break
    if not stacks:
        raise typer.BadParameter("No image could be read to measure its noise.", param_hint=_HINT)
    height, width = (min(images.shape[axis] for images in stacks) for axis in (1, 2))
    together = np.concatenate([images[:, :height, :width] for images in stacks])[:_MOST_IMAGES]
    try:
        return fit_noise_model(together, value_range=found[2]), len(together)
    except ValueError as error:
        reason = in_options(error).replace("or clean=", "or the noise as SHOT:READ")
        raise typer.BadParameter(reason, param_hint=_HINT) from error


def _described(kind):
    dtype, channels, (low, high) = kind
    return f"{dtype} with {channels[0] if channels else 1} channel(s) from {low:g} to {high:g}"
