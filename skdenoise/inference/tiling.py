"""Tiling: cut an image that is too large to be denoised at once into overlapping tiles."""

import math
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


def tiles(height, width, side, margin, multiple):
    """Cut an image into overlapping tiles of one size, as few and as small as can be.

    Parameters
    ----------
    height, width : int
        Size of the image, a multiple of `multiple`.
    side : int
        Largest height and width of a tile, a multiple of `multiple`.
    margin : int
        How far from its edge the output of a tile may depend on pixels outside the tile; a multiple of
        `multiple`.
    multiple : int
        What the network requires height and width to be a multiple of.

    Yields
    ------
    Tile
    """
    for rows in _spans(height, side, margin, multiple):
        for columns in _spans(width, side, margin, multiple):
            yield Tile(*zip(rows, columns, strict=True))


def _spans(length, side, margin, multiple):
    """Yield (seen, kept, place) of each tile along an axis."""
    side = min(side, length)
    # Neighbours overlap by two margins, so that the kept parts join without a gap.
    n_tiles = 1 + math.ceil((length - side) / (side - 2 * margin)) if side < length else 1
    # So many tiles share the length: with a larger side, the last two would overlap by more.
    side = math.ceil((length + (n_tiles - 1) * 2 * margin) / n_tiles)
    side += -side % multiple
    starts = [number * (side - 2 * margin) for number in range(n_tiles - 1)] + [length - side]
    for start in starts:
        # At the edge of the image nothing lies outside, so the margin is kept too.
        first = margin if start else 0
        last = side if start + side == length else side - margin
        yield (
            slice(start, start + side),
            slice(first, last),
            slice(start + first, start + last),
        )
