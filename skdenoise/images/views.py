"""Patches: parts of images at random places, which may be flipped and turned."""

from typing import NamedTuple

import numpy as np


class View(NamedTuple):
    """What is seen of an image.

    Parameters
    ----------
    top, left : int
        Of the patch.
    turns : int
        Quarter turns, anticlockwise.
    flipped : bool
        Whether left and right are exchanged before.
    """

    top: int = 0
    left: int = 0
    turns: int = 0
    flipped: bool = False


def draw_view(shape, size, augment, rng) -> View:
    """Draw a view of an image.

    Parameters
    ----------
    shape : (height, width, ...)
        Of the image.
    size : (height, width)
        Of the patch.
    augment : bool
        Whether it may be flipped and turned, by half a turn where the patch is no square.
    rng : numpy.random.Generator
        Draws it.
    """
    top, left = (
        int(rng.integers(full - part + 1)) for full, part in zip(shape, size, strict=False)
    )
    if not augment:
        return View(top, left)
    turns = int(rng.integers(4)) if size[0] == size[1] else 2 * int(rng.integers(2))
    return View(top, left, turns, bool(rng.integers(2)))


def cut(images, indices, views, size):
    """Return the views of some images as one array (n, height, width, channels)."""
    return np.stack(
        [_cut(images[index], view, size) for index, view in zip(indices, views, strict=True)]
    )


def _cut(image, view, size):
    patch = image[view.top : view.top + size[0], view.left : view.left + size[1]]
    if view.flipped:
        patch = patch[:, ::-1]
    return np.rot90(patch, view.turns)
