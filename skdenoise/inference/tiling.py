"""Tiles: parts of an image that is too large to be denoised at once."""

from typing import NamedTuple


class Tile(NamedTuple):
    """A part of an image.

    Parameters
    ----------
    seen : (slice, slice)
        Rows and columns that the network is given.
    kept : (slice, slice)
        Those of its output that do not depend on what lies outside.
    place : (slice, slice)
        Where these belong in the image.
    """

    seen: tuple
    kept: tuple
    place: tuple


def tiles(height, width, side, margin):
    """Cut an image into overlapping tiles of one size.

    Parameters
    ----------
    height, width : int
        Of the image, multiples of what the network needs.
    side : int
        Height and width of a tile, where the image has as many; such a multiple as well.
    margin : int
        How far inside a tile the output may depend on what lies outside; such a multiple as well.

    Yields
    ------
    Tile
    """
    for rows in _spans(height, side, margin):
        for columns in _spans(width, side, margin):
            yield Tile(*zip(rows, columns, strict=True))


def _spans(length, side, margin):
    """Yield (seen, kept, place) of each tile along an axis."""
    side = min(side, length)
    step = side - 2 * margin
    starts = [0] if side == length else [*range(0, length - side, step), length - side]
    for start in starts:
        first = margin if start else 0
        last = side if start + side == length else side - margin
        yield (
            slice(start, start + side),
            slice(first, last),
            slice(start + first, start + last),
        )
