"""Tiling: cut an image that is too large to be denoised at once into overlapping tiles."""

from typing import NamedTuple


class Tile(NamedTuple):
    """A part of an image.

    Parameters
    ----------
    seen : (slice, slice)
        Rows and columns of the image that the network sees.
    kept : (slice, slice)
        Rows and columns of its output that do not depend on pixels outside the tile.
    place : (slice, slice)
        Where the kept part belongs in the image.
    """

    seen: tuple
    kept: tuple
    place: tuple


def tiles(height, width, side, margin):
    """Cut an image into overlapping tiles of one size.

    Parameters
    ----------
    height, width : int
        Size of the image, a multiple of what the network requires.
    side : int
        Side of a tile, at most that of the image; a multiple of what the network requires.
    margin : int
        How far from its edge the output of a tile may depend on pixels outside the tile; a multiple of
        what the network requires.

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
    # Neighbours overlap by two margins, so that the kept parts join without a gap.
    step = side - 2 * margin
    starts = [0] if side == length else [*range(0, length - side, step), length - side]
    for start in starts:
        # At the edge of the image nothing lies outside, so the margin is kept too.
        first = margin if start else 0
        last = side if start + side == length else side - margin
        yield (
            slice(start, start + side),
            slice(first, last),
            slice(start + first, start + last),
        )
