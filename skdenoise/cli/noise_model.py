"""The option ``--noise-model``: the noise that ``--stabilize`` makes equally strong everywhere."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import typer

from skdenoise.cli.common import in_options
from skdenoise.denoisers.stabilizing import check_stabilize
from skdenoise.images.layout import as_nhwc
from skdenoise.images.value_range import value_range_is_certain
from skdenoise.noise.camera import CameraNoise
from skdenoise.noise.fitting import TooFewFlatRegionsError, fit_noise_model
from skdenoise.typing import Images, ValueRange

TOGETHER = "together"
# So many images show how much their noise differs, and so many values are all that `fit_noise_model` uses.
MOST_IMAGES, _MOST_VALUES = 64, 2**23
# Images of several sizes are cut into squares of so many pixels, and smaller ones are left out.
_SIDE = 32
_LEAST_SIDE = 16
_HINT = "--noise-model"
_GIVE_IT = "Give more images, or the noise as SHOT:READ."


def check_noise_model(text: str | None) -> CameraNoise | str | None:
    """Return a noise model given as SHOT:READ, or the word that it is to be measured."""
    if text is None or text == TOGETHER:
        return text
    try:
        shot, read = (float(part) for part in text.split(":"))
        model = CameraNoise(shot=shot, read=read, gamma=1)
        check_stabilize(model)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is neither SHOT:READ, two numbers of at least 0 such as 0.01:0.0002, nor {TOGETHER}."
        ) from error
    return model


def check_certain(images: Images, value_range: ValueRange | None) -> None:
    """Raise ValueError if it is not certain in which units a noise model would be for images."""
    if value_range is None and not value_range_is_certain(images):
        raise ValueError(
            f"--noise-model is in units of the value range, which is not certain for {images.dtype}. Give "
            "--value-range LOW:HIGH."
        )


def measured_together(
    files: Iterable[tuple[Path, Images, ValueRange]], n_files: int
) -> tuple[CameraNoise, int]:
    """Measure the noise of images of one sensor.

    Parameters
    ----------
    files : iterable of (Path, ndarray of shape (n, height, width) or (n, height, width, channels), (low, high))
        The images of each file, and their values of black and white.
    n_files : int
        The number of files, at most `MOST_IMAGES`. At least one must be there.

    Returns
    -------
    model : CameraNoise
        The noise model.
    n_images : int
        The number of images that it was measured on.

    Raises
    ------
    typer.BadParameter
        If they differ in dtype, channels or value range, or if their noise cannot be measured.
    """
    n_pages, n_values = max(1, MOST_IMAGES // n_files), _MOST_VALUES // n_files
    stacks, first = [], None
    for path, images, value_range in files:
        nhwc = as_nhwc(images, images.shape[1:])
        kind = (nhwc.dtype.name, nhwc.shape[3], tuple(value_range))
        first = first or (path, kind)
        if kind != first[1]:
            raise typer.BadParameter(
                f"the images differ: {_described(*first)} and {_described(path, kind)}. Denoise them separately, or "
                "set --value-range.",
                param_hint=_HINT,
            )
        few = nhwc[:: math.ceil(len(nhwc) / n_pages)]
        stacks.append(_middle(few, n_values // len(few)))
    n_images = sum(map(len, stacks))
    if len({images.shape[1:] for images in stacks}) > 1:
        n_images = sum(len(images) for images in stacks if min(images.shape[1:3]) >= _SIDE)
        stacks = [_squares(images) for images in stacks]
    together = np.concatenate(stacks)
    if not together.size or min(together.shape[1:3]) < _LEAST_SIDE:
        raise typer.BadParameter(
            f"the images are too small to measure their noise: the least side is {_LEAST_SIDE} pixels, and "
            f"{_SIDE} for images of several sizes. {_GIVE_IT}",
            param_hint=_HINT,
        )
    try:
        model = fit_noise_model(together, value_range=first[1][2])
    except TooFewFlatRegionsError as error:
        raise typer.BadParameter(f"{error.__cause__} {_GIVE_IT}", param_hint=_HINT) from error
    except ValueError as error:
        raise typer.BadParameter(f"{in_options(error)} {_GIVE_IT}", param_hint=_HINT) from error
    return model, n_images


def _middle(images, n_values):
    """Return the middle of each image, of at most so many values."""
    height, width, channels = images.shape[1:]
    share = min(1, math.sqrt(n_values / (height * width * channels)))
    top, left = (round(side * (1 - share) / 2) for side in (height, width))
    return images[:, top : height - top, left : width - left]


def _squares(images):
    """Return the squares that images can be cut into."""
    n, height, width, channels = images.shape
    rows, columns = height // _SIDE, width // _SIDE
    cut = images[:, : rows * _SIDE, : columns * _SIDE]
    cut = cut.reshape(n, rows, _SIDE, columns, _SIDE, channels).swapaxes(2, 3)
    return cut.reshape(-1, _SIDE, _SIDE, channels)


def _described(path, kind):
    dtype, n_channels, (low, high) = kind
    return f"{path} ({dtype}, {n_channels} channel(s), {low:g} to {high:g})"
