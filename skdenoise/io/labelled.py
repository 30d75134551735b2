"""Labelled images: read images and their classes from an archive or from a folder per class."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdenoise.images.layout import check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range
from skdenoise.io.candidates import ArrayCandidates, FileCandidates, check_no_class_is_lost
from skdenoise.io.class_folders import find_class_folders, listed
from skdenoise.io.class_labels import check_class_labels, check_known_classes
from skdenoise.io.file_names import images_left_out
from skdenoise.io.image_files import read_header
from skdenoise.io.kinds import described_kind, of_usual_kind
from skdenoise.io.npy import opened_archive, read_member
from skdenoise.typing import UnitImages, ValueRange


@dataclass(frozen=True)
class LabelledImages:
    """Images and their classes, for training and for testing.

    Parameters
    ----------
    X_train, X_test : ndarray of shape (n, height, width) or (n, height, width, channels)
        Images as float32: 0 is black and 1 is white.
    y_train, y_test : ndarray of shape (n,)
        Classes of the images.
    found : str
        What the source holds, and how it was split, in words.
    notes : list of str
        What is unusual about the source or the sample, in words.
    left_out : list of str
        Files that were not used, and why.
    """

    X_train: UnitImages
    y_train: NDArray[Any]
    X_test: UnitImages
    y_test: NDArray[Any]
    found: str = ""
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def load_labelled_images(
    source: str | Path,
    *,
    test_share: float = 0.25,
    max_train: int | None = None,
    max_test: int | None = None,
    value_range: ValueRange | None = None,
    seed: int = 0,
) -> LabelledImages:
    """Load images and their classes.

    Parameters
    ----------
    source : str or Path
        A folder with one subfolder per class, or with folders for training (``train``) and for
        testing (``test`` or ``val``) that have such subfolders; or an ``.npz`` archive with the
        arrays ``x_train, y_train, x_test, y_test``, or ``X, y``; or, if there is no such path,
        ``"digits"``, the digits that ship with scikit-learn. Files and folders whose names begin
        with a dot are ignored. All images must have the same size. Files that cannot be read, or
        differ from most others in dtype or channels, are left out. Flat rows are read as square grey
        images.
    test_share : float, default=0.25
        Share of the images that are used for testing, if the source does not separate them.
    max_train, max_test : int, default=None
        Maximum number of images. If there are more, draws a stratified sample, and reads only these
        files. If None, uses all.
    value_range : (float, float), default=None
        Pixel values of black and white. If None, inferred from the training images, as in ``fit``;
        for image files, from those that are used.
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
        If the archive or folder does not have one of these forms, images differ in size, a class
        loses all its images, or the labels are not classes.
    """
    parts, notes, left_out = _found(source)
    is_split = len(parts) == 2
    train, test = parts if is_split else _split(*parts, test_share, seed)
    X_train, y_train = train.sample(max_train, seed)
    X_test, y_test = test.sample(max_test, seed)
    if value_range is None:
        value_range = train.value_range(X_train)
    else:
        value_range = check_value_range(value_range, X_train)
    pixels = PixelFormat(X_train.dtype, value_range)
    classes = np.unique(parts[0].y)
    n_images = sum(len(part.y) for part in parts)
    split = "separate images" if is_split else f"a random {100 * test_share:g} %"
    found = f"{n_images} images of {len(classes)} classes, {_kind(X_train[0])}; {split} for testing"
    notes += _lacking(classes, y_train, "training") + _lacking(classes, y_test, "test")
    left_out += [*train.left_out, *test.left_out]
    X_train, X_test = pixels.to_unit(X_train), pixels.to_unit(X_test)
    return LabelledImages(X_train, y_train, X_test, y_test, found, notes, left_out)


def _found(source):
    """Return the candidates of one part, or of training and test, and notes, and what is left out."""
    path = Path(source)
    if path.is_dir():
        return _from_folder(path)
    if path.is_file():
        return _from_archive(path), [], []
    if str(source) == "digits":
        X, y = load_digits(return_X_y=True)
        return [ArrayCandidates(X.reshape(-1, 8, 8) / 16, y)], [], []
    raise FileNotFoundError(
        f"{source} does not exist; expected 'digits', an .npz archive, or a folder with one "
        "subfolder of images per class."
    )


def _from_archive(path):
    with opened_archive(path) as archive:
        for names in ((("x_train", "y_train"), ("x_test", "y_test")), (("X", "y"),)):
            if {name for pair in names for name in pair} <= set(archive.files):
                parts = [_from_arrays(archive, *pair) for pair in names]
                _check_alike(parts[0], parts[-1])
                return parts
        raise ValueError(
            f"{path} holds the arrays {sorted(archive.files)}; expected x_train, y_train, x_test and "
            "y_test, or X and y."
        )


def _from_arrays(archive, name_of_X, name_of_y):
    y = read_member(archive, name_of_y)
    X = _as_images(read_member(archive, name_of_X), name_of_X)
    return ArrayCandidates(X, check_class_labels(y, len(X), name_of_y))


def _as_images(X, name):
    """Return flat rows as square grey images."""
    X = check_images(X, name=name)
    if X.ndim != 2:
        return X
    side = math.isqrt(X.shape[1])
    if side**2 != X.shape[1]:
        raise ValueError(
            f"The rows of {name} have {X.shape[1]} values, which is not a square number; give images of "
            "shape (n, height, width) or (n, height, width, channels)."
        )
    return X.reshape(-1, side, side)


def _check_alike(train, test):
    """Check that training and test images have the same dtype and shape, and no unknown classes."""
    if train.X.shape[1:] != test.X.shape[1:] or train.X.dtype != test.X.dtype:
        raise ValueError(
            f"The training images are {train.X.dtype} of shape {train.X.shape[1:]}, the test images "
            f"{test.X.dtype} of shape {test.X.shape[1:]}; expected the same dtype and shape."
        )
    check_known_classes(train.y, test.y)


def _from_folder(path):
    folders = find_class_folders(path)
    parts = [
        [file for files in by_class.values() for file in files]
        for by_class in (folders.train, folders.test)
        if by_class is not None
    ]
    left_out = _unusable([file for files in parts for file in files])
    candidates = [_from_files(files, left_out) for files in parts]
    others = images_left_out(path)
    notes = [*folders.notes, *([f"left out: {others}"] if others else [])]
    return candidates, notes, list(left_out.values())


def _from_files(files, left_out):
    usable = [file for file in files if file not in left_out]
    classes = [file.parent.name for file in usable]
    lost = ((file.parent.name, left_out[file]) for file in files if file in left_out)
    check_no_class_is_lost(lost, classes)
    return FileCandidates(usable, np.array(classes))


def _unusable(files):
    """Return why files are left out. The others must have one size."""
    shapes = {}

    def header(index):
        shapes[index], dtype = read_header(files[index])
        return shapes[index], dtype

    usable, left_out = of_usual_kind(files, header)
    for index in usable:
        if shapes[index] != shapes[usable[0]]:
            raise ValueError(
                f"{files[index]} is {_size(shapes[index])}, but {files[usable[0]]} is "
                f"{_size(shapes[usable[0]])}; all images must have one size. Resize or crop them first."
            )
    return {files[index]: reason for index, reason in left_out.items()}


def _split(candidates, test_share, seed):
    """Return candidates for training and for testing, with the same shares of the classes."""
    y = candidates.y
    classes, counts = np.unique(y, return_counts=True)
    n_test = math.ceil(test_share * len(y))
    if counts.min() < 2 or min(n_test, len(y) - n_test) < len(classes):
        raise ValueError(
            f"{len(y)} images of {len(classes)} classes cannot be split into training and test images: the "
            f"class {classes[counts.argmin()]} has {counts.min()}. Give more images of each class, or leave "
            "out rare classes."
        )
    indices = train_test_split(
        np.arange(len(y)), test_size=test_share, stratify=y, random_state=seed
    )
    return [candidates.subset(part) for part in indices]


def _lacking(classes, y, part):
    missing = [str(label) for label in classes if label not in y]
    return [f"no {part} images of these classes: {listed(missing)}"] if missing else []


def _kind(image):
    return f"{_size(image.shape)}, {described_kind(image.shape, image.dtype)}"


def _size(shape):
    return f"{shape[1]}x{shape[0]} pixels"
