"""Layout: rows and arrays of images as batches of NHWC images, checked and padded."""

import math
from numbers import Integral

import numpy as np
from sklearn.utils import check_array

from skdenoise.user_warnings import warn_user

# Floats beyond it are refused: squares of differences would come near the largest float32, 3e38.
_LARGEST = 1e15

# From this side on, what can only be meant as colour images is not read as something else in silence.
_LEAST_COLOUR_SIDE = 8


def check_images(X, *, name="X"):
    """Check an array of images or flat rows, without an estimator that would remember its width.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Numbers or booleans, all finite.
    name : str
        What the error messages call it.

    Returns
    -------
    ndarray
        The same values; the same array where `X` is one already.
    """
    if is_flat(X, name):
        return check_magnitude(check_array(X, input_name=name), name)
    X = check_values(X, name)
    if X.ndim not in (3, 4):
        raise ValueError(
            f"{name} has {X.ndim} dimensions, shape {X.shape}; expected images (n, height, width) "
            "or (n, height, width, channels), or flat rows (n, n_features)."
        )
    if 0 in X.shape:
        raise ValueError(f"{name} has shape {X.shape}: its images have no pixels.")
    if X.ndim == 4 and X.shape[1] in (1, 3, 4) and X.shape[3] > 4:
        warn_user(
            f"{name} of shape {X.shape} is read as {X.shape[3]} channels, the last axis. If its "
            "channels come first, give np.moveaxis(X, 1, -1).",
        )
    if X.ndim == 3 and X.shape[2] in (3, 4) and min(X.shape[:2]) >= _LEAST_COLOUR_SIDE:
        warn_user(
            f"{name} of shape {X.shape} is read as {X.shape[0]} grey images of {X.shape[1]}x"
            f"{X.shape[2]} pixels. If it is one colour image, give it a leading axis, X[np.newaxis].",
        )
    return X


def check_values(X, name):
    """Return an array of any number of axes whose values are finite, and not too large."""
    return check_magnitude(check_array(X, allow_nd=True, ensure_2d=False, input_name=name), name)


def check_magnitude(X, name="X"):
    """Return images, unless their values are so large that float32 cannot compute with them."""
    if X.dtype.kind == "f" and X.size:
        largest = max(abs(float(X.min())), abs(float(X.max())))
        if largest > _LARGEST:
            raise ValueError(
                f"{name} has values up to {largest:.2g}, beyond {_LARGEST:.0e}: float32, in which "
                "images are computed with, could not hold their squares. Scale them."
            )
    return X


def is_flat(X, name="X") -> bool:
    """Tell whether `X` is a table of flat rows (or, at 0 or 1 dimensions, a failed one)."""
    if not hasattr(X, "ndim"):
        try:
            X = np.asarray(X)
        except ValueError as error:
            raise ValueError(
                f"{name} is a sequence whose items differ in shape. Expected one array: images of one "
                "size."
            ) from error
    return X.ndim <= 2


def infer_image_shape(n_features: int) -> tuple[int, int, int]:
    """Return the image shape of flat rows that come without one.

    A square grey image where the number of features is a perfect square, else a strip of height 1.

    Examples
    --------
    >>> infer_image_shape(784)
    (28, 28, 1)
    >>> infer_image_shape(10)
    (1, 10, 1)
    """
    side = math.isqrt(n_features)
    return (side, side, 1) if side * side == n_features else (1, n_features, 1)


def check_image_shape(image_shape, X) -> tuple[int, int, int]:
    """Return (height, width, channels) of the images in `X`, and check what the user said of it.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int, or None
        (height, width) or (height, width, channels), as the user gave it.
    X : ndarray
        Checked flat rows or images.

    Raises
    ------
    ValueError
        Where `image_shape` is no shape, or not the shape of the images in `X`.
    """
    if image_shape is None:
        if X.ndim == 2:
            _warn_of_colour_rows(X.shape[1])
            return infer_image_shape(X.shape[1])
        return _nhwc_shape(X)[1:]
    shape = tuple(image_shape) if np.iterable(image_shape) else (image_shape,)
    if len(shape) not in (2, 3) or not all(isinstance(s, Integral) and s > 0 for s in shape):
        raise ValueError(
            f"image_shape={image_shape!r} is not (height, width) or (height, width, channels), "
            "each a positive integer."
        )
    shape = tuple(int(s) for s in shape) if len(shape) == 3 else (int(shape[0]), int(shape[1]), 1)
    if X.ndim == 2 and math.prod(shape) != X.shape[1]:
        raise ValueError(
            f"image_shape={image_shape!r} has {math.prod(shape)} values, but each row of X has "
            f"{X.shape[1]}. Give the height, width and channels that the rows were flattened from."
        )
    if X.ndim > 2 and shape != _nhwc_shape(X)[1:]:
        raise ValueError(
            f"image_shape={image_shape!r} is not the shape of the images in X, which is "
            f"{X.shape[1:]}. Images need no image_shape; leave it at None."
        )
    return shape


def _warn_of_colour_rows(n_features):
    side = math.isqrt(n_features // 3)
    if n_features == 3 * side * side and side >= _LEAST_COLOUR_SIDE:
        warn_user(
            f"Rows of {n_features} values are read as strips of one pixel's height. If they are colour "
            f"images, give image_shape=({side}, {side}, 3).",
        )


def as_nhwc(X, image_shape):
    """View flat rows or images as (n, height, width, channels)."""
    return X.reshape(-1, *(image_shape if X.ndim == 2 else _nhwc_shape(X)[1:]))


def like_table(rows, X):
    """Return flat rows as a table with the columns of `X`, where that is one of pandas or Polars.

    One of pandas keeps its index too, as long as it has a row for each row.
    """
    if hasattr(X, "iloc"):
        index = X.index if len(rows) == len(X) else None
        return type(X)(rows, columns=list(X.columns), index=index)
    if type(X).__module__.startswith("polars"):
        return type(X)(rows, schema=list(X.columns))
    return rows


def pad_to_multiple(images, multiple: int):
    """Pad height and width of NHWC images by reflection, below and to the right, to a multiple.

    Undone by ``padded[:, :height, :width]``.
    """
    bottom, right = (-images.shape[1] % multiple, -images.shape[2] % multiple)
    if not bottom and not right:
        return images
    return np.pad(images, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="reflect")


def _nhwc_shape(X):
    return X.shape if X.ndim == 4 else (*X.shape, 1)
