"""Image files: reading, writing, and folders of them."""

import copy
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
import tifffile
from PIL import Image

from skdenoise.images.layout import check_values
from skdenoise.io.npy import mapped_image
from skdenoise.io.pillow import picture_shape, read_picture
from skdenoise.io.safety import errors_name, written_whole
from skdenoise.io.tiff import is_tiff, read_tiff, tiff_shape

_TIFF = (".tif", ".tiff")
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", *_TIFF, ".npy")
_JPEG_QUALITY = 95


def read_image(path):
    """Read an image file.

    Parameters
    ----------
    path : str or Path
        A PNG, JPEG, BMP, WebP or TIFF file, or an array in an ``.npy`` file.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, channels)
        Pixels as they are stored, upright, colours as RGB.

    Raises
    ------
    ValueError
        Where the file is no image, is cut short, has more than one page (of the pictures in a JPEG of
        a phone, the first is read), is transparent in places, cannot be read without loss of bits, or
        has more than 179 million pixels.
    """
    path = Path(path)
    with errors_name(path, "cannot be read as an image"):
        if path.suffix.lower() == ".npy":
            return np.array(mapped_image(path))
        return read_tiff(path) if is_tiff(path) else read_picture(path)


def read_shape(path):
    """Return the shape of the image in a file, from what stands at its beginning."""
    path = Path(path)
    with errors_name(path, "cannot be read as an image"):
        if path.suffix.lower() == ".npy":
            return mapped_image(path).shape
        return tiff_shape(path) if is_tiff(path) else picture_shape(path)


def write_image(path, image):
    """Write an image file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Its ending decides the format. An existing file is replaced.
    image : ndarray of shape (height, width) or (height, width, channels)
        PNG holds uint8, bool and grey uint16, JPEG, BMP and WebP uint8 and bool; TIFF and ``.npy``
        hold all dtypes.

    Raises
    ------
    ValueError
        Where the format cannot hold such an image.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"{path} has none of the endings {', '.join(ENDINGS)}.")
    image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if ending not in (*_TIFF, ".npy"):
        _check_storable(path, ending, image)
    with written_whole(path) as new:
        _write(new, ending, image)


class ImageFolder(Sequence):
    """The images in a folder and the folders in it, read when they are asked for.

    A list of images for ``fit``, ``transform`` and ``score`` that need not fit in memory.

    Parameters
    ----------
    path : str or Path
        The folder. PNG, JPEG, BMP, WebP, TIFF and ``.npy`` files count, in alphabetical order; files
        and folders whose names begin with a dot do not.
    colour : bool, default=None
        Whether images are given as RGB or as grey levels (luma of ITU-R BT.601, as Pillow has it), where
        they are stored as the other; ``None`` gives them as they are.
    cache : int, default=512
        Images are kept in memory, the last used ones, as long as they take up no more MiB than this.

    Attributes
    ----------
    paths : list of Path
        Of the files.

    Raises
    ------
    FileNotFoundError
        Where there is no such folder, or no image in it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from skdenoise import ImageFolder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (30, 20)).save(Path(folder) / "black.png")
    ...     images = ImageFolder(folder)
    ...     len(images), images[0].shape
    (1, (20, 30))
    """

    def __init__(self, path, colour=None, cache=512):
        path = Path(path)
        if not path.is_dir():
            raise FileNotFoundError(f"{path} is no folder.")
        self.paths = image_paths(path)
        if not self.paths:
            raise FileNotFoundError(f"{path} has no images: no files in {', '.join(ENDINGS)}.")
        self.colour = colour
        self.cache = cache
        self._images = _LastUsed(cache * 2**20)
        self._shapes = {}

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        path = self.paths[index]
        image = self._images.get(path, self._read)
        if image.shape != self._shapes.get(path, image.shape):
            raise ValueError(
                f"{path} holds an image of shape {image.shape}, but had one of {self._shapes[path]} "
                "before; make a new ImageFolder of files that have changed."
            )
        return image

    def _read(self, path):
        return check_values(_in_colour(read_image(path), self.colour), str(path))

    def __repr__(self):
        folder = os.path.commonpath([path.parent for path in self.paths])
        return f"<ImageFolder of {len(self)} images in {folder}>"

    def subset(self, indices):
        """Return a folder of some of the images, as many times as their indices are given."""
        part = copy.copy(self)
        part.paths = [self.paths[index] for index in indices]
        return part

    def read_shapes(self):
        """Return the shapes of all images, without reading more of each file than its beginning.

        Images are held to them from then on: one of another shape is a ValueError.
        """
        shapes = [read_shape(path) for path in self.paths]
        if self.colour is not None:
            shapes = [(*shape[:2], 3) if self.colour else shape[:2] for shape in shapes]
        self._shapes.update(zip(self.paths, shapes, strict=True))
        return shapes


class _LastUsed:
    """The images that were used last, as many as fit; to be used by several threads.

    A copy by pickle is empty, so that a process which is given a folder reads its images itself.
    """

    def __init__(self, n_bytes):
        self._n_bytes = n_bytes
        self._n_bytes_kept = 0
        self._kept = OrderedDict()
        self._lock = Lock()

    def __reduce__(self):
        return type(self), (self._n_bytes,)

    def get(self, path, read):
        """Return the image of a file, which is read by a function of its path where it is not kept."""
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)
                return self._kept[path]
        image = read(path)
        with self._lock:
            if path not in self._kept:
                self._kept[path] = image
                self._n_bytes_kept += image.nbytes
            while self._n_bytes_kept > self._n_bytes:
                self._n_bytes_kept -= self._kept.popitem(last=False)[1].nbytes
        return image


def _in_colour(image, colour):
    """Return an image as RGB or as grey levels, as asked for."""
    if colour is None or colour == (image.ndim == 3):
        return image
    if colour:
        return np.stack([image] * 3, axis=-1)
    grey = image[..., :3] @ np.array([0.299, 0.587, 0.114])
    return (np.rint(grey) if image.dtype.kind in "iub" else grey).astype(image.dtype)


def image_paths(folder, endings=ENDINGS):
    """Return the files with these endings in a folder and the folders in it, in alphabetical order."""
    folder = Path(folder)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _check_storable(path, ending, image):
    colours = image.shape[2] if image.ndim == 3 else 1
    allowed = ("uint8", "bool")
    if ending == ".png" and colours == 1:
        allowed += ("uint16",)
    if image.dtype.name not in allowed or colours not in (1, 3):
        raise ValueError(
            f"{path}: {ending} holds no images of {image.dtype.name} with {colours} channel(s) here; "
            "write .tif or .npy."
        )


def _write(path, ending, image):
    if ending == ".npy":
        with open(path, "wb") as file:  # NumPy would add an ending to a name such as A.NPY
            np.save(file, image)
    elif ending in _TIFF:
        tifffile.imwrite(path, image, photometric="rgb" if image.ndim == 3 else "minisblack")
    else:
        options = {"quality": _JPEG_QUALITY} if ending in (".jpg", ".jpeg", ".webp") else {}
        stored = image.astype(np.uint8) * 255 if image.dtype == bool else image
        Image.fromarray(stored).save(path, **options)
