"""Candidates: labelled images to choose from, of which only the chosen ones are read."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdenoise.images.layout import check_values
from skdenoise.images.value_range import check_value_range
from skdenoise.io.image_files import read_image
from skdenoise.io.kinds import naming
from skdenoise.typing import Images, ValueRange


class ArrayCandidates:
    """Labelled images in memory.

    Parameters
    ----------
    X : ndarray of shape (n, height, width) or (n, height, width, channels)
        The images.
    y : ndarray of shape (n,)
        Their classes.
    """

    left_out: Sequence[str] = ()

    def __init__(self, X: Images, y: NDArray[Any]) -> None:
        self.X = X
        self.y = y

    def subset(self, indices: NDArray[np.intp]) -> "ArrayCandidates":
        """Return some of the candidates."""
        return ArrayCandidates(self.X[indices], self.y[indices])

    def sample(self, limit: int | None, seed: int) -> tuple[Images, NDArray[Any]]:
        """Return at most `limit` images and their classes, with about the same shares of the classes."""
        chosen = np.sort(_sampling_order(self.y, limit, seed)[:limit])
        return self.X[chosen], self.y[chosen]

    def value_range(self, sample: Images) -> ValueRange:
        """Return the pixel values of black and white: those of all candidates."""
        return check_value_range(None, self.X)


class FileCandidates:
    """Labelled image files of the same size, dtype and channels.

    Parameters
    ----------
    paths : list of Path
        The files.
    y : ndarray of shape (n,)
        Their classes.

    Attributes
    ----------
    left_out : list of str
        The files of the sample that could not be read, and why.
    """

    def __init__(self, paths: Sequence[Path], y: NDArray[Any]) -> None:
        self.paths = paths
        self.y = y
        self.left_out: list[str] = []

    def subset(self, indices: NDArray[np.intp]) -> "FileCandidates":
        """Return some of the candidates."""
        return FileCandidates([self.paths[index] for index in indices], self.y[indices])

    def sample(self, limit: int | None, seed: int) -> tuple[Images, NDArray[Any]]:
        """Read at most `limit` images, with about the same shares of the classes.

        A file that cannot be read is left out, and the next one of the sample takes its place.
        """
        images, failed = {}, {}
        for index in _sampling_order(self.y, limit, seed):
            if len(images) == limit:
                break
            path = self.paths[index]
            try:
                images[index] = check_values(read_image(path), str(path))
            except Exception as error:  # a reader may raise anything on a damaged file
                failed[index] = naming(path, error)
        check_no_class_is_lost(
            ((self.y[index], reason) for index, reason in failed.items()),
            (self.y[index] for index in images),
        )
        self.left_out = list(failed.values())
        chosen = sorted(images)
        return np.stack([images.pop(index) for index in chosen]), self.y[chosen]

    def value_range(self, sample: Images) -> ValueRange:
        """Return the pixel values of black and white: those of the sample."""
        return check_value_range(None, sample)


def check_no_class_is_lost(left_out: Iterable[tuple[Any, str]], remaining: Iterable[Any]) -> None:
    """Raise an error if no image of a class remains.

    Parameters
    ----------
    left_out : iterable of (class, reason)
        The class of each image that is left out, and why it is.
    remaining : iterable
        The classes of the other images.
    """
    remaining = set(remaining)
    for label, reason in left_out:
        if label not in remaining:
            raise ValueError(
                f"No image of the class {label} is left: {reason}. Convert the files of all classes to the same "
                "dtype and channels, or remove the class."
            )


def _sampling_order(y, limit, seed):
    """Return all indices, so that the first ones have about the same shares of the classes as `y`."""
    if limit is None or limit >= len(y):
        return np.arange(len(y))
    classes = np.unique(y, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(len(y))
    rank = np.empty(len(y))
    for label in np.unique(classes):
        of_class = order[classes[order] == label]
        rank[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    return order[np.argsort(rank[order], kind="stable")]
