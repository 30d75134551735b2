"""Kinds of images: which of many files can be used together."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_Header = tuple[tuple[int, ...], np.dtype[Any]]


def of_usual_kind(
    paths: Sequence[Path], header: Callable[[int], _Header]
) -> tuple[list[int], dict[int, str]]:
    """Find the images that can be read and have the dtype and channels of most images.

    Parameters
    ----------
    paths : sequence of Path
        The file of each image.
    header : callable
        Returns the shape and dtype of an image, given its index. It may raise any error.

    Returns
    -------
    usable : list of int
        The indices of these images.
    left_out : dict of int to str
        Why each of the other images is left out, by its index.
    """
    kinds, left_out = {}, {}
    for index, path in enumerate(paths):
        try:
            shape, dtype = header(index)
            kinds[index] = described_kind(shape, dtype)
        except Exception as error:  # a reader may raise anything on a damaged file
            left_out[index] = naming(path, error)
    [(usual, _)] = Counter(kinds.values()).most_common(1) or [(None, 0)]
    others = {index: kind for index, kind in kinds.items() if kind != usual}
    left_out |= {
        index: f"{paths[index]} is {kind}; most images are {usual}"
        for index, kind in others.items()
    }
    return [index for index in kinds if index not in others], left_out


def described_kind(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Return the channels and dtype of an image in words.

    Examples
    --------
    >>> import numpy as np
    >>> described_kind((5, 6), np.dtype("uint8"))
    'grey uint8'
    >>> described_kind((5, 6, 3), np.dtype("uint16"))
    'uint16 with 3 channels'
    """
    return f"{dtype.name} with {shape[2]} channels" if shape[2:] else f"grey {dtype.name}"


def naming(path: Path, error: Exception) -> str:
    """Return the message of an error, with the file that caused it."""
    return str(error) if str(path) in str(error) else f"{path}: {error}"
