"""Labels: what a helper network learns to predict from denoised images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import type_of_target

# As in scikit-learn's semi-supervised estimators.
UNLABELLED = -1

# An image with noise of this root mean square, in units of the value range, counts half as much as a clean
# one. Chosen on validation images of MNIST: with equal weights, accuracy under strong noise suffered and the
# PSNR fell by twice as much.
_HALF_WEIGHT_NOISE = 0.1
# The same for a fixed classifier, which does not learn to ignore the noise. On validation images of MNIST with noise of
# 0.4 (means of two seeds), this gave logistic regression 0.5 points more than 0.1, a forest 0.3, kNN 0.2, an MLP 0.1 and
# an SVC nothing, and cost 0.4 to 0.8 dB. With 1, kNN and an MLP had less again.
HALF_WEIGHT_NOISE_OF_FIXED = 0.4


def as_labels(y):
    """Return labels as an array, in which -1 among text stays a number."""
    array = np.asarray(y)
    if array.dtype.kind == "U" and not hasattr(y, "dtype"):
        as_given = np.asarray(y, dtype=object)
        return array if all(isinstance(label, str) for label in as_given.flat) else as_given
    return array


def is_labelled(y):
    """Return which images have a class: those whose class is not -1.

    If there is just one other class, -1 is a class too.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Classes: numbers, text or any objects.

    Raises
    ------
    ValueError
        If -1 is text, which NumPy makes of it in an array of text, among two or more other classes.
    """
    everything = np.ones(len(y), dtype=bool)
    if y.dtype.kind in "UO" and np.any(y == str(UNLABELLED)) and len(set(y.tolist())) > 2:
        raise ValueError(
            'y has the class "-1", which is text and so does not mark images without a label. Give an array of objects, '
            "y.astype(object), before -1 is put into it; or, if it is a class, another name for it."
        )
    if y.dtype.kind in "USb":
        return everything
    labelled = np.asarray(y != UNLABELLED)
    is_binary = not labelled.all() and len(classes_of(y[labelled])) == 1
    return everything if is_binary else labelled


def classes_of(labels):
    """Return the different classes of labelled images, sorted.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Classes: numbers, text or any objects.

    Raises
    ------
    ValueError
        If they cannot be sorted, because their types differ.
    """
    try:
        return np.unique(labels)
    except TypeError as error:
        types = ", ".join(sorted({type(label).__name__ for label in labels}))
        raise ValueError(
            f"y has classes of several types, which cannot be sorted: {types}. Give classes of one type, "
            "numbers or text; -1 marks images without a label."
        ) from error


@dataclass(frozen=True)
class Classes:
    """One column of labels that are classes: a target is 1 for its class and 0 for the others.

    Attributes
    ----------
    classes : ndarray
        The classes, sorted.
    source : str
        What they are the classes of.
    """

    classes: np.ndarray
    source: str = "first fit"

    @property
    def width(self) -> int:
        """The number of columns of the targets."""
        return len(self.classes)

    def encode(self, column):
        """Return targets of shape (n, n_classes), and the weight of each image: 0 without a label."""
        labelled = np.ones(len(column), dtype=bool)
        if column.dtype.kind not in "USb" and UNLABELLED not in self.classes.tolist():
            labelled = np.asarray(column != UNLABELLED)
        unknown = set(column[labelled].tolist()) - set(self.classes.tolist())
        if unknown:
            raise ValueError(
                f"y has the classes {_in_order(unknown)}, which the {self.source} does not have: it has "
                f"{self.classes.tolist()}. Mark images of other classes with -1, or start anew with a "
                f"{self.source} that has all classes."
            )
        targets = np.zeros((len(column), self.width), np.float32)
        places = np.searchsorted(self.classes, column[labelled])
        targets[np.flatnonzero(labelled), places] = 1
        return targets, labelled


@dataclass(frozen=True)
class Numbers:
    """One column of labels that are numbers: a target is the standardized number.

    Attributes
    ----------
    mean, scale : float
        Mean and standard deviation of the first fit.
    """

    mean: float
    scale: float
    width = 1

    def encode(self, column):
        """Return targets of shape (n, 1), and the weight of each image, which is 1."""
        targets = ((column.astype(np.float64) - self.mean) / self.scale)[:, np.newaxis]
        return targets.astype(np.float32), np.ones(len(column), dtype=bool)


@dataclass(frozen=True)
class Labels:
    """The labels of the images of a fit, as targets of a helper network.

    Attributes
    ----------
    targets : ndarray of shape (n, n_targets), float32
        The targets of all columns, side by side.
    weights : ndarray of shape (n,), float32
        1 for images whose labels are all known, else 0.
    columns : tuple of Classes or Numbers
        How each column of the labels is encoded.
    half_weight_noise : float
        The root mean square of noise, in units of the value range, with which the labels of an image count half.
    """

    targets: np.ndarray
    weights: np.ndarray
    columns: tuple
    half_weight_noise: float = _HALF_WEIGHT_NOISE

    @property
    def layout(self):
        """What describes the targets: for each column, whether it holds classes, and its width."""
        return tuple((isinstance(column, Classes), column.width) for column in self.columns)

    def add_to(self, batch, indices):
        """Return a batch of noisy and clean images, and perhaps weights, with the labels added.

        Returns
        -------
        noisy : ndarray
            The input of a network with a helper.
        targets : tuple of ndarray
            Clean images, and the targets of the helper.
        weights : tuple of ndarray
            Of each. Labels of very noisy images count less.
        """
        noisy, clean, *given = batch
        weights = given[0] if given else np.ones((len(noisy), 1, 1), np.float32)
        noise = np.sqrt(np.mean((noisy - clean) ** 2, axis=(1, 2, 3)))
        label_weights = (
            self.weights[indices] * self.half_weight_noise / (self.half_weight_noise + noise)
        )
        return noisy, (clean, self.targets[indices]), (weights, label_weights)


@dataclass(frozen=True)
class TrainedHelper:
    """What a helper has learned, to continue from.

    Attributes
    ----------
    columns : tuple of Classes or Numbers
        How the labels were encoded.
    weights : list of ndarray
        Its weights.
    classifier : object or None
        The classifier that it imitates, if it does.
    """

    columns: tuple
    weights: list
    classifier: Any = None


def encode_labels(y: Any, n_images: int, columns=None) -> Labels:
    """Return the labels of a fit.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, n_outputs)
        Classes, of which -1 is that of images without a label; or numbers.
    n_images : int
        Number of images.
    columns : tuple or None
        How the columns were encoded in an earlier fit, which is continued.

    Raises
    ------
    ValueError
        If `y` is missing, does not fit the images, is not finite, has fewer than two classes or classes
        of several types, has classes that the earlier fit did not have, or if no image has all labels.
    """
    if y is None:
        raise ValueError(
            "label_weight is greater than 0 or a classifier is given, but fit got no y. Give the labels of "
            "the images, or set label_weight=0."
        )
    y = as_labels(y)
    if y.ndim not in (1, 2) or len(y) != n_images:
        raise ValueError(
            f"y has shape {y.shape}; expected labels of {n_images} images, ({n_images},) or "
            f"({n_images}, n_outputs)."
        )
    assert_all_finite(y, input_name="y")
    values = y[:, np.newaxis] if y.ndim == 1 else y
    is_first = columns is None
    if is_first:
        columns = tuple(_describe(column) for column in values.T)
    if len(columns) != values.shape[1]:
        raise ValueError(
            f"y has {values.shape[1]} column(s), but the first fit had {len(columns)}."
        )
    encoded = [how.encode(column) for how, column in zip(columns, values.T, strict=True)]
    targets = np.concatenate([targets for targets, _ in encoded], axis=1)
    known = np.all([labelled for _, labelled in encoded], axis=0)
    if is_first and not known.any():
        raise ValueError(
            f"no image has labels in all {len(columns)} columns of y, so that nothing can be learned from them. "
            "Leave out columns with few labels, or set label_weight=0 to ignore y."
        )
    return Labels(targets, known.astype(np.float32), columns)


def _in_order(labels):
    """Return labels sorted, also if they are of several types."""
    return sorted(labels, key=lambda label: (type(label).__name__, label))


def _describe(column):
    labelled = column[is_labelled(column)]
    classes = classes_of(labelled)
    # With -1 as the only number among text, scikit-learn could not determine the type of the target.
    if type_of_target(labelled if column.dtype.kind == "O" else column).startswith("continuous"):
        return Numbers(float(column.mean()), float(column.std()) or 1.0)
    if len(classes) < 2:
        raise ValueError(
            f"y has {len(classes)} class(es) with a label, {classes.tolist()}; a helper that learns from "
            "labels needs at least two. -1 marks images without a label. Set label_weight=0 to ignore y."
        )
    return Classes(classes)
