"""Class labels: check the labels of an archive."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdenoise.io.class_folders import listed

_FORM = "expected one class per image, as integers or text of shape (n,), or one-hot rows"


def check_class_labels(y: NDArray[Any], n_images: int, name: str) -> NDArray[Any]:
    """Return labels as one class per image.

    Parameters
    ----------
    y : ndarray of shape (n,), (n, 1) or (n, n_classes)
        Integers, whole floats, booleans or text; or one-hot rows, each with a single 1.
    n_images : int
        The number of images.
    name : str
        The name of the array in error messages.

    Returns
    -------
    ndarray of shape (n,)
        The classes. Those of one-hot rows are the columns of the 1, whole floats become integers.

    Raises
    ------
    ValueError
        If there is not one class per image.
    """
    if y.ndim not in (1, 2) or y.dtype.kind not in "biufUS":
        raise ValueError(f"{name} has shape {y.shape}, {y.dtype}; {_FORM}.")
    if len(y) != n_images:
        raise ValueError(f"{name} has {len(y)} labels for {n_images} images; {_FORM}.")
    y = _from_one_hot(y, name) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
    if y.dtype.kind == "S":  # scikit-learn takes text, but not bytes
        return np.char.decode(y, "utf-8")
    return _whole(y, name) if y.dtype.kind == "f" else y


def check_known_classes(y_train: NDArray[Any], y_test: NDArray[Any]) -> None:
    """Raise an error if a class to test on is not among those to train on, or there is only one."""
    known = np.unique(y_train)
    if len(known) < 2:
        raise ValueError(
            f"All training images are of the class {known[0]!s}; expected at least two classes."
        )
    unknown = sorted(set(y_test.tolist()) - set(y_train.tolist()))
    if unknown:
        raise ValueError(
            f"The test images have classes that the training images lack: {listed(map(str, unknown))}. The "
            f"training images have {listed(map(str, known))}. Give the classes the same names in both."
        )


def _from_one_hot(y, name):
    if y.dtype.kind in "US" or not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
        raise ValueError(
            f"{name} has shape {y.shape}, but its rows are not one-hot, a single 1 and otherwise 0; {_FORM}."
        )
    return y.argmax(axis=1)


def _whole(y, name):
    """Return floats that are classes as integers."""
    wrong = y[~np.isfinite(y) | (y != np.rint(y))]
    if len(wrong):
        raise ValueError(
            f"{name} has {len(wrong)} values that are not classes, such as {wrong[0]}; {_FORM}. Leave out "
            "images without a class, and put numbers into classes first."
        )
    return y.astype(np.int64)
