"""One picture: distinguish an image without its leading axis from a table of flat rows."""

import math

import numpy as np

from skdenoise.typing import Images

# Smaller arrays, and arrays of which one side is more than 4 times the other, are not judged.
_LEAST_SIDE, _MOST_ELONGATED = 16, 4
# Neighbouring rows of a picture, and its neighbouring columns, differ less than any two of them do: mean
# squares are 0.01 to 0.5 of that in photographs, and 0.5 to 0.92 with noise up to twice as strong as their
# contrast. Rows of different images, and columns of unrelated features, are at 1, except for chance.
_LESS, _CHANCE = 0.08, 5
# So many rows from the middle are looked at, and so many columns or two rows of flat square images.
_ROWS, _COLUMNS = 256, 512


def looks_like_one_picture(rows: Images) -> bool:
    """Return whether a 2-D array is more likely one picture than a table of flat images.

    In a picture, neighbouring rows are alike, and so are neighbouring columns. In a table of flat
    images, neighbouring rows are different images. If these are sorted or frames of a film, neighbouring
    rows are alike, too; but then columns that are one image row apart are alike as well, as in no picture.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        Numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_digits, load_sample_image
    >>> looks_like_one_picture(load_sample_image("china.jpg")[..., 1])
    True
    >>> looks_like_one_picture(load_digits().data[:64])
    False
    """
    n_rows, n_columns = rows.shape
    short, long = sorted(rows.shape)
    if short < _LEAST_SIDE or long > _MOST_ELONGATED * short:
        return False
    side = math.isqrt(n_columns)
    middle = rows[_middle(n_rows, _ROWS), _middle(n_columns, max(_COLUMNS, 2 * side))]
    middle = middle.astype(np.float64)
    alike = 1 - max(_LESS, _CHANCE / math.sqrt(middle.size))
    if not (_unlike(middle) < alike and _unlike(middle.T) < alike):
        return False
    are_square = side * side == n_columns
    return not are_square or bool(_unlike(middle.T, side // 2) < 2 * _unlike(middle.T, side))


def _middle(length, most):
    start = max(0, (length - most) // 2)
    return slice(start, start + most)


def _unlike(rows, distance=1):
    """Return how much rows at a distance differ, relative to any two rows; NaN if all are equal."""
    spread = 2 * rows.var(axis=0).mean()
    difference = np.mean((rows[distance:] - rows[:-distance]) ** 2)
    return float(difference / spread) if spread else math.nan
