"""Ragged images: lists of images that may differ in size."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skdenoise.images.kinds import check_palette
from skdenoise.images.layout import check_values
from skdenoise.typing import Images

# The sample that the value range is checked on: as many pixels as a photograph.
_FEW_IMAGES, _FEW_PIXELS = 32, 2**15


def is_image_list(X: Any) -> bool:
    """Return whether `X` is a list of images of different sizes, or reads its images one by one.

    The images may be arrays, pictures of Pillow or nested lists. If all have the same shape, they are an
    array-like, and not an image list.
    """
    if hasattr(X, "read_shapes"):
        return True
    if not isinstance(X, list | tuple):
        return False
    if all(isinstance(item, np.ndarray) for item in X):
        return len({image.shape for image in X}) > 1
    try:
        np.asarray(X)
    except ValueError:
        return True
    return False


class ImageList(Sequence[Images]):
    """Images of any sizes, with the same dtype and number of channels.

    Parameters
    ----------
    images : sequence of array-like of shape (height, width) or (height, width, channels)
        Images in memory, which may be pictures of Pillow or nested lists, or a sequence that reads an
        image on access and has a method ``read_shapes``, such as `ImageFolder`.
    name : str
        The name of the list in error messages.

    Attributes
    ----------
    shapes : list of tuple
        Shapes of the images as given.
    dtype : numpy.dtype
        Dtype of all images.
    channels : int
        Number of channels of all images.

    Raises
    ------
    ValueError
        If an item is not an image, or differs from the first in dtype or channels.
    """

    def __init__(self, images: Sequence[Images], name: str = "X") -> None:
        self.name = name
        if not len(images):
            raise ValueError(f"{name} is an empty list; expected at least one image.")
        if hasattr(images, "read_shapes"):
            self._images = images
            self.shapes = images.read_shapes()
        else:
            images = [_as_array(image, f"{name}[{index}]") for index, image in enumerate(images)]
            self._images = images
            self.shapes = [image.shape for image in images]
        self.dtype = self._checked(0).dtype
        self.channels = _channels(self.shapes[0])
        for index, shape in enumerate(self.shapes):
            self._check_shape(index, shape)
        if not hasattr(images, "read_shapes"):
            for index in range(len(images)):
                self._check_dtype(index, self._checked(index))

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Images:  # type: ignore[override] # no slices
        """Return an image as (height, width, channels)."""
        image = np.asarray(self._images[index])
        self._check_dtype(index, image)
        return image.reshape(*image.shape[:2], self.channels)

    def changed(self, change: Callable[[int, Images], Images]) -> "ImageList":
        """Return a list of ``change(index, image)``, each computed on access."""
        return _Changed(self, change)

    def as_given(self) -> list[Images]:
        """Return the images in memory, in their original shapes."""
        return [image.reshape(shape) for image, shape in zip(self, self.shapes, strict=True)]

    def check_same_sizes(self, others: "ImageList") -> None:
        """Raise an error if the images of another list differ in number, size or channels."""
        if len(self) != len(others):
            raise ValueError(
                f"{self.name} has {len(self)} image(s), but {others.name} has {len(others)}."
            )
        for index, (shape, other) in enumerate(zip(self.shapes, others.shapes, strict=True)):
            if shape[:2] != other[:2] or self.channels != others.channels:
                raise ValueError(
                    f"{self.called(index)} has shape {shape}, but {others.called(index)} has {other}; "
                    "expected the same image."
                )

    def few(self) -> Images:
        """Return a sample of pixels, of shape (n, channels), from up to 32 evenly spaced images."""
        chosen = np.unique(np.linspace(0, len(self) - 1, _FEW_IMAGES, dtype=int))
        return np.concatenate([_few_pixels(self[index]) for index in chosen])

    def min(self) -> Any:
        """Return the smallest value of all images."""
        return min(image.min() for image in self)

    def max(self) -> Any:
        """Return the largest value of all images."""
        return max(image.max() for image in self)

    def _checked(self, index):
        image = self._images[index]
        if image.ndim not in (2, 3) or 0 in image.shape:
            raise ValueError(
                f"{self.called(index)} has shape {image.shape}; expected (height, width) or (height, "
                "width, channels)."
            )
        return check_values(image, f"{self.name}[{index}]")

    def _check_shape(self, index, shape):
        if _channels(shape) != self.channels:
            raise ValueError(
                f"{self.called(index)} has {_channels(shape)} channel(s), {self.called(0)} has "
                f"{self.channels}; all images must have the same number."
            )

    def _check_dtype(self, index, image):
        if image.dtype != self.dtype:
            raise ValueError(
                f"{self.called(index)} has dtype {image.dtype}, {self.called(0)} has {self.dtype}; "
                "all images must have the same dtype."
            )

    def called(self, index: int) -> str:
        """Return the name of an image in messages: its path, if it has one."""
        path = getattr(self._images, "paths", None)
        return f"{self.name}[{index}]" if path is None else str(path[index])


class _Changed(ImageList):
    def __init__(self, images, change):
        self.shapes, self.dtype, self.channels = images.shapes, images.dtype, images.channels
        self._images = images
        self._change = change

    def __getitem__(self, index):
        return self._change(index, self._images[index])


def _as_array(image, name):
    if isinstance(image, np.ndarray):
        return image
    check_palette(image, name)
    try:
        return np.asarray(image)
    except ValueError as error:
        raise ValueError(
            f"{name} is a {type(image).__name__} whose rows differ in length; expected an image of shape "
            "(height, width) or (height, width, channels)."
        ) from error


def _channels(shape):
    return shape[2] if len(shape) == 3 else 1


def _few_pixels(image):
    """Return about `_FEW_PIXELS` pixels of an image (height, width, channels), on a grid."""
    step = math.ceil(math.sqrt(image[..., 0].size / _FEW_PIXELS))
    return image[::step, ::step].reshape(-1, image.shape[2])
