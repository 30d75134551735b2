"""Augmentation: training patches at random places of an image, flipped and turned at random."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from skdenoise.typing import Images


class View(NamedTuple):
    """A patch of an image, flipped and rotated.

    Parameters
    ----------
    top, left : int
        Position of the patch.
    turns : int
        Number of rotations by 90 degrees, anticlockwise.
    flipped : bool
        Whether the patch is mirrored left to right, before it is rotated.
    """

    top: int = 0
    left: int = 0
    turns: int = 0
    flipped: bool = False


def draw_view(
    shape: Sequence[int],
    size: tuple[int, int],
    augment: bool,
    rng: np.random.Generator,
    *,
    quarter_turns: bool = True,
) -> View:
    """Draw a random view of an image.

    Parameters
    ----------
    shape : (height, width, ...)
        Shape of the image.
    size : (height, width)
        Size of the patch.
    augment : bool
        Whether to flip and rotate patches at random. Patches that are not square are rotated by 180
        degrees.
    rng : numpy.random.Generator
        Source of randomness.
    quarter_turns : bool
        Whether square patches are rotated by 90 degrees too, so that rows become columns.
    """
    top, left = (
        int(rng.integers(full - part + 1)) for full, part in zip(shape, size, strict=False)
    )
    if not augment:
        return View(top, left)
    is_square = size[0] == size[1]
    turns = int(rng.integers(4)) if is_square and quarter_turns else 2 * int(rng.integers(2))
    return View(top, left, turns, bool(rng.integers(2)))


def cut(
    images: Any, indices: Iterable[int], views: Iterable[View], size: tuple[int, int]
) -> Images:
    """Return views of the images at `indices` as one array (n, height, width, channels).

    Of images that are read from a store, one at a time is in memory.
    """
    return np.stack(
        [_cut(images[index], view, size) for index, view in zip(indices, views, strict=True)]
    )


def _cut(image, view, size):
    patch = image[view.top : view.top + size[0], view.left : view.left + size[1]]
    if view.flipped:
        patch = patch[:, ::-1]
    return np.rot90(patch, view.turns).copy()  # a view would keep the whole image
