"""Layout: check flat rows and arrays of images, and convert them to NHWC."""

import math
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array

from skdenoise.images.kinds import check_kind
from skdenoise.images.one_picture import looks_like_one_picture
from skdenoise.images.pixels import LARGEST
from skdenoise.typing import Images, ImageShape
from skdenoise.user_warnings import warn_user

# Smaller images raise no warning if they look like colour images in another layout.
_LEAST_COLOUR_SIDE = 8

# Images of this height or less may be in another layout, with so many channels before height and width.
_MOST_FIRST_CHANNELS = 16


def check_images(X: ArrayLike, *, name: str = "X") -> Images:
    """Check an array of images or flat rows that is not given to an estimator.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Finite numbers, or booleans.
    name : str
        The name of the array in error messages.

    Returns
    -------
    ndarray
        The same values. The same array, if `X` is an array already.
    """
    if is_flat(X, name):
        return check_magnitude(check_array(without_nullable(X), input_name=name), name)
    X = check_values(X, name)
    if X.ndim not in (3, 4):
        raise ValueError(
            f"{name} has {X.ndim} dimensions, shape {X.shape}; expected images (n, height, width) "
            "or (n, height, width, channels), or flat rows (n, n_features)."
        )
    if 0 in X.shape:
        raise ValueError(
            f"{name} has shape {X.shape}: its images have no pixels. Expected at least one pixel."
        )
    _warn_of_other_layouts(X, name)
    return X


def _warn_of_other_layouts(X, name):
    """Warn of images that are probably not (n, height, width) or (n, height, width, channels)."""
    if X.ndim == 4 and _has_channels_first(X.shape):
        warn_user(
            f"{name} of shape {X.shape} is read as {X.shape[3]} channels, the last axis. If the "
            "channels are the second axis, give np.moveaxis(X, 1, -1).",
        )
    if X.ndim != 3:
        return
    if X.shape[2] in (3, 4) and min(X.shape[:2]) >= _LEAST_COLOUR_SIDE:
        warn_user(
            f"{name} of shape {X.shape} is read as {X.shape[0]} grey images of {X.shape[1]}x"
            f"{X.shape[2]} pixels. If it is one colour image, give it a leading axis, X[np.newaxis].",
        )
    elif X.shape[2] == 1 and looks_like_one_picture(X[..., 0]):
        _warn_of_one_grey_image(X, name)


def warn_of_one_image_with_channel(X: Images) -> None:
    """Warn that `X` of shape (n, height, 1) is probably one image, unless `check_images` has warned."""
    if not looks_like_one_picture(X[..., 0]):
        _warn_of_one_grey_image(X, "X")


def _warn_of_one_grey_image(X, name):
    warn_user(
        f"{name} of shape {X.shape} is read as {X.shape[0]} grey images of {X.shape[1]}x1 pixels. If it is "
        "one grey image, give it a leading axis, X[np.newaxis].",
    )


def _has_channels_first(shape):
    """Return whether images (n, height, width, channels) look like (n, channels, height, width)."""
    _, second, third, last = shape
    if last <= 4:
        return False
    # Few images are so much flatter than wide, and have so many channels.
    return second <= 4 or (second <= _MOST_FIRST_CHANNELS and 2 * second <= min(third, last))


def check_values(X: ArrayLike, name: str) -> Images:
    """Return an array with any number of axes. Its values must be finite and not too large."""
    check_kind(X, name)
    return check_magnitude(check_array(X, allow_nd=True, ensure_2d=False, input_name=name), name)


def check_magnitude(X: Images, name: str = "X") -> Images:
    """Return images. Raise an error if their values are too large to compute with float32."""
    if X.dtype.kind == "f" and X.size:
        largest = max(abs(float(X.min())), abs(float(X.max())))
        if largest > LARGEST:
            raise ValueError(
                f"{name} has values up to {largest:.2g}; expected at most {LARGEST:.0e}, so that "
                "their squares fit in float32. Scale them."
            )
    return X


def is_flat(X: ArrayLike, name: str = "X") -> bool:
    """Return whether `X` is to be checked as flat rows: it has 2 dimensions.

    Raises
    ------
    TypeError, ValueError
        If `X` is no array of pixels at all, or has fewer dimensions.
    """
    check_kind(X, name)
    if not hasattr(X, "ndim"):
        try:
            X = np.asarray(X)
        except ValueError as error:
            raise ValueError(
                f"{name} is a sequence whose items differ in shape. Expected one array of images "
                "of the same size."
            ) from error
        check_kind(X, name)
    if X.ndim < 2:
        # Tools of scikit-learn look for "Reshape your data".
        raise ValueError(
            f"{name} has {X.ndim} dimension(s), shape {X.shape}; expected images (n, height, width) or (n, "
            "height, width, channels), or flat rows (n, n_features). Reshape your data: for a single image, "
            f"give {name}.reshape(1, height, width), or {name}.reshape(1, -1) as a flat row."
        )
    return X.ndim == 2


def infer_image_shape(n_features: int) -> tuple[int, int, int]:
    """Return the default image shape of flat rows.

    A square grey image for a perfect square of features, otherwise a strip of height 1.

    Examples
    --------
    >>> infer_image_shape(784)
    (28, 28, 1)
    >>> infer_image_shape(10)
    (1, 10, 1)
    """
    side = math.isqrt(n_features)
    return (side, side, 1) if side * side == n_features else (1, n_features, 1)


def check_image_shape(image_shape: ImageShape | None, X: Images) -> tuple[int, int, int]:
    """Return (height, width, channels) of the images in `X`, after a check of `image_shape`.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int, or None
        (height, width) or (height, width, channels). If None, inferred from `X`.
    X : ndarray
        Checked flat rows or images.

    Raises
    ------
    ValueError
        If `image_shape` is not a valid shape, or not the shape of the images in `X`.
    """
    if image_shape is None:
        if X.ndim == 2:
            _warn_of_colour_rows(X.shape[1])
            shape = infer_image_shape(X.shape[1])
            _warn_of_one_picture(X, shape)
            return shape
        return _nhwc_shape(X)[1:]
    shape = check_shape_of_rows(image_shape)
    if X.ndim == 2 and math.prod(shape) != X.shape[1]:
        raise ValueError(
            f"image_shape={image_shape!r} has {math.prod(shape)} values, but each row of X has "
            f"{X.shape[1]}. Give the height, width and channels that the rows were flattened from."
        )
    if X.ndim > 2 and shape != _nhwc_shape(X)[1:]:
        raise ValueError(
            f"image_shape={image_shape!r} is not the shape of the images in X, which is "
            f"{X.shape[1:]}. Leave image_shape at None for image arrays."
        )
    return shape


def check_shape_of_rows(image_shape: ImageShape) -> tuple[int, int, int]:
    """Return (height, width, channels), after a check of `image_shape` alone.

    Raises
    ------
    ValueError
        If `image_shape` is not (height, width) or (height, width, channels).
    """
    shape = tuple(image_shape) if np.iterable(image_shape) else (image_shape,)
    if len(shape) not in (2, 3) or not all(isinstance(s, Integral) and s > 0 for s in shape):
        raise ValueError(
            f"image_shape={image_shape!r} is not (height, width) or (height, width, channels), "
            "each a positive integer."
        )
    return tuple(int(s) for s in shape) if len(shape) == 3 else (int(shape[0]), int(shape[1]), 1)


def _warn_of_colour_rows(n_features):
    side = math.isqrt(n_features // 3)
    if n_features == 3 * side * side and side >= _LEAST_COLOUR_SIDE:
        warn_user(
            f"Rows of {n_features} values are read as strips with a height of one pixel. If they "
            f"are colour images, give image_shape=({side}, {side}, 3).",
        )


def _warn_of_one_picture(X, image_shape):
    if looks_like_one_picture(X):
        height, width, _ = image_shape
        warn_user(
            f"An array of shape {X.shape} is read as {X.shape[0]} flat images of {height}x{width} pixels, "
            "but it looks like one picture: its neighbouring rows are alike, and so are its columns. If it "
            "is one image, give it a leading axis, X[np.newaxis]. If its rows are images or signals, give "
            f"image_shape=({height}, {width}).",
        )


def as_nhwc(X: Images, image_shape: ImageShape | None) -> Images:
    """Return a view of flat rows or images as (n, height, width, channels)."""
    return X.reshape(-1, *(image_shape if X.ndim == 2 else _nhwc_shape(X)[1:]))


def like_table(rows: Images, X: Any) -> Any:
    """Return flat rows as a table with the columns of `X`, if `X` is a pandas or Polars table.

    A pandas table also keeps the index of `X`, if there are as many rows.
    """
    if hasattr(X, "iloc"):
        index = X.index if len(rows) == len(X) else None
        return type(X)(rows, columns=list(X.columns), index=index)
    if type(X).__module__.startswith("polars"):
        # Polars takes the rows of a square array for columns otherwise.
        return type(X)(rows, schema=list(X.columns), orient="row")
    return rows


def without_nullable(X: Any) -> Any:
    """Return a pandas table of nullable or Arrow columns with those of NumPy.

    scikit-learn makes float64 of them, so that integers would lose their value range. Columns with missing
    values stay, for scikit-learn to refuse.
    """
    dtypes = getattr(X, "dtypes", None)
    if not hasattr(X, "isna") or not any(hasattr(each, "numpy_dtype") for each in dtypes):
        return X
    plain = [getattr(each, "numpy_dtype", each) for each in dtypes]
    if any(each.kind not in "iubf" for each in plain) or X.isna().any(axis=None):
        return X
    return X.astype(np.result_type(*plain))


def column_names(X: Any) -> list[str] | None:
    """Return the names of the columns of a table; None for all else, and for names that are not text."""
    columns = getattr(X, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return list(columns)


def check_columns(X: Any, names: Any, *, name: str = "X", of: str = "in fit") -> None:
    """Raise ValueError if the columns of a table are not those of another, in their order; `names` may be None."""
    given = column_names(X)
    if given is None or names is None or given == list(names):
        return
    found = f"{len(given)} columns for {len(names)}"
    if set(given) == set(names):
        found = "the same in another order"
    elif others := sorted(set(given) - set(names)):
        found = f"{len(others)} other(s), such as {others[0]!r}"
    raise ValueError(
        f"The columns of {name} must be those {of}, in the same order, since each is a pixel. Got {found}."
    )


def named_table(rows: Images, estimator: Any) -> Any:
    """Return flat rows as a pandas table, if an estimator was fitted on a table, with the names that it knows."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or rows.ndim != 2:
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=names)


def pad_to_multiple(images: Images, multiple: int) -> Images:
    """Pad NHWC images at the bottom and right, by reflection, to a multiple of height and width.

    ``padded[:, :height, :width]`` undoes it.
    """
    bottom, right = (-images.shape[1] % multiple, -images.shape[2] % multiple)
    if not bottom and not right:
        return images
    return np.pad(images, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="reflect")


def _nhwc_shape(X):
    return X.shape if X.ndim == 4 else (*X.shape, 1)
