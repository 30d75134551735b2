"""Kinds: refuse what does not hold pixels, in the words of this package."""

from typing import Any

import numpy as np
from PIL import Image
from scipy.sparse import issparse

_KINDS = {
    "M": "dates",
    "m": "time differences",
    "S": "bytes",
    "U": "strings",
    "V": "records",
}


def check_kind(X: Any, name: str = "X") -> None:
    """Raise an error for sparse matrices, masked values, a single picture, and what are no numbers.

    Parameters
    ----------
    X : array-like or list
        Images of any layout.
    name : str
        The name of the images in error messages.

    Raises
    ------
    TypeError
        If `X` is sparse, or an object that cannot be converted to numbers.
    ValueError
        If `X` has masked values, or values of another kind than numbers and booleans.
    """
    if issparse(X):
        raise TypeError(
            f"{name} is a sparse matrix of shape {X.shape}; expected a dense array. Give {name}.toarray()."
        )
    if isinstance(X, Image.Image):
        raise ValueError(
            f"{name} is one picture of Pillow; expected several images. Give a list, [{name}], or an array of "
            "shape (n, height, width) or (n, height, width, channels)."
        )
    in_list = isinstance(X, list | tuple)
    for index, item in enumerate(X if in_list else (X,)):
        called = f"{name}[{index}]" if in_list else name
        _check_masked(item, called)
        check_palette(item, called)
    _check_dtype(X, name)


def check_palette(item: Any, name: str) -> None:
    """Raise an error for a picture of Pillow whose pixels are indices into a palette."""
    if isinstance(item, Image.Image) and item.mode in ("P", "PA"):
        raise ValueError(
            f"{name} is a picture of Pillow in mode {item.mode!r}, whose pixels are indices into a palette. "
            "Convert it, for example with picture.convert('RGB')."
        )


def _check_masked(item, name):
    if np.ma.is_masked(item):
        raise ValueError(
            f"{name} has {np.ma.count_masked(item)} masked value(s), whose mask would be lost. Fill them first, for "
            f"example with {name}.filled(value)."
        )


def _check_dtype(X, name):
    dtype = getattr(X, "dtype", None)
    if not isinstance(dtype, np.dtype):
        return
    if dtype.kind == "c":
        # Tools of scikit-learn look for the first words.
        raise ValueError(
            f"Complex data not supported: {name} has dtype {dtype}; expected real numbers or booleans. Give "
            f"np.abs({name}) or {name}.real."
        )
    if dtype.kind == "O":
        _check_objects(X, name)
    elif dtype.kind not in "biuf":
        what = _KINDS[dtype.kind] if dtype.type.__module__ == "numpy" else "another type"
        raise ValueError(
            f"{name} has dtype {dtype} ({what}); expected booleans, integers, or floats of 16, 32 or 64 bits. "
            f"Convert it, for example with {name}.astype(np.float32)."
        )


def _check_objects(X, name):
    try:
        np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name} is an array of objects that are not all numbers ({error}). Expected an array of numbers "
            f"or booleans, such as {name}.astype(np.float32); images of several sizes go into a list."
        ) from error
