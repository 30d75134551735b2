"""Labelled images: read images and their classes from an archive or from a folder per class."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdenoise.images.layout import check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range
from skdenoise.io.image_files import ENDINGS, read_image
from skdenoise.io.npy import opened_archive
from skdenoise.typing import UnitImages


@dataclass(frozen=True)
class LabelledImages:
    """Images and their classes, for training and for testing.

    Parameters
    ----------
    X_train, X_test : ndarray of shape (n, height, width) or (n, height, width, channels)
        Images as float32: 0 is black and 1 is white.
    y_train, y_test : ndarray of shape (n,)
        Classes of the images.
    """

    X_train: UnitImages
    y_train: NDArray[Any]
    X_test: UnitImages
    y_test: NDArray[Any]


def load_labelled_images(
    source: str | Path,
    *,
    test_share: float = 0.25,
    max_train: int | None = None,
    max_test: int | None = None,
    seed: int = 0,
) -> LabelledImages:
    """Load images and their classes.

    Parameters
    ----------
    source : str or Path
        ``"digits"``, the digits that ship with scikit-learn; or an ``.npz`` archive with the arrays
        ``x_train, y_train, x_test, y_test``, or ``X, y``; or a folder with one subfolder per class,
        or with the folders ``train`` and ``test`` that have such subfolders. Files and folders
        whose names begin with a dot are ignored. All images must have the same size. Flat rows are
        read as square grey images. The value range is inferred from the training images, as in
        ``fit``.
    test_share : float, default=0.25
        Share of the images that are used for testing, if the source does not separate them.
    max_train, max_test : int, default=None
        Maximum number of images. If there are more, draws a stratified sample. If None, uses all.
    seed : int, default=0
        Seed of the split and of the samples.

    Returns
    -------
    LabelledImages

    Raises
    ------
    FileNotFoundError
        If the archive or folder does not exist.
    ValueError
        If the archive or folder does not have one of these forms, images differ in size, or a file
        is not an image.
    """
    if str(source) == "digits":
        X, y = load_digits(return_X_y=True)
        parts = (X.reshape(-1, 8, 8) / 16, y)
    elif Path(source).is_dir():
        parts = _from_folder(Path(source))
    elif Path(source).is_file():
        parts = _from_archive(Path(source))
    else:
        raise FileNotFoundError(
            f"{source} does not exist; expected 'digits', an .npz archive, or a folder with one "
            "subfolder of images per class."
        )
    if len(parts) == 2:
        X, y = parts
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=test_share, stratify=y, random_state=seed
        )
        parts = (X_train, y_train, X_test, y_test)
    X_train, y_train, X_test, y_test = parts
    X_train, X_test = _as_unit(_as_images(X_train), _as_images(X_test))
    X_train, y_train = _at_most(max_train, X_train, y_train, seed)
    X_test, y_test = _at_most(max_test, X_test, y_test, seed)
    return LabelledImages(X_train, y_train, X_test, y_test)


def _from_archive(path):
    with opened_archive(path) as archive:
        for names in (("x_train", "y_train", "x_test", "y_test"), ("X", "y")):
            if set(names) <= set(archive.files):
                return tuple(_classes_or_images(archive[name]) for name in names)
        raise ValueError(
            f"{path} holds the arrays {sorted(archive.files)}; expected x_train, y_train, x_test and "
            "y_test, or X and y."
        )


def _classes_or_images(array):
    """Return a column of classes, as in CIFAR-10, as one dimension. Other arrays are unchanged."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _from_folder(path):
    if (path / "train").is_dir() and (path / "test").is_dir():
        X_train, y_train = _images_by_class(path / "train")
        X_test, y_test = _images_by_class(path / "test")
        if X_train.shape[1:] != X_test.shape[1:]:
            raise ValueError(
                f"Images in {path / 'train'} are {_size(X_train[0])}, but in {path / 'test'} they "
                f"are {_size(X_test[0])}; all must have one size."
            )
        return X_train, y_train, X_test, y_test
    return _images_by_class(path)


def _images_by_class(path):
    files = [
        file
        for folder in sorted(path.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in ENDINGS and not file.name.startswith(".")
    ]
    classes = np.array([file.parent.name for file in files])
    if len(set(classes)) < 2:
        raise ValueError(
            f"{path} has {len(set(classes))} folders with images ({', '.join(ENDINGS)}); expected "
            "one folder per class, and at least two classes."
        )
    images = [read_image(file) for file in files]
    for file, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise ValueError(
                f"{file} is {_size(image)}, but {files[0]} is {_size(images[0])}; all images must "
                "have one size and the same channels. Resize or convert them first."
            )
    return np.stack(images), classes


def _size(image):
    height, width, *channels = image.shape
    return f"{width}x{height} with {channels[0] if channels else 1} channels"


def _at_most(limit, X, y, seed):
    """Return a sample of at most `limit` images with about the same shares of the classes."""
    if limit is None or limit >= len(X):
        return X, y
    classes = np.unique(y, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(len(X))
    rank = np.empty(len(X))
    for label in np.unique(classes):
        of_class = order[classes[order] == label]
        rank[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    chosen = np.sort(order[np.argsort(rank[order], kind="stable")[:limit]])
    return X[chosen], y[chosen]


def _as_images(X):
    """Return flat rows as square grey images."""
    if X.ndim != 2:
        return check_images(X)
    side = math.isqrt(X.shape[1])
    if side**2 != X.shape[1]:
        raise ValueError(
            f"The rows have {X.shape[1]} values, which is not a square number; give images of "
            "shape (n, height, width) or (n, height, width, channels)."
        )
    return X.reshape(-1, side, side)


def _as_unit(X_train, X_test):
    """Return images in units of the value range of the training images."""
    if X_train.shape[1:] != X_test.shape[1:] or X_train.dtype != X_test.dtype:
        raise ValueError(
            f"The training images are {X_train.dtype} of shape {X_train.shape[1:]}, the test "
            f"images {X_test.dtype} of shape {X_test.shape[1:]}; expected the same dtype and "
            "shape."
        )
    pixels = PixelFormat(X_train.dtype, check_value_range(None, X_train))
    return pixels.to_unit(X_train), pixels.to_unit(X_test)
