"""Image files: read and write images, and folders of images."""

import copy
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, overload

import numpy as np
from PIL import Image

from skdenoise.images.layout import check_values
from skdenoise.io.file_names import (
    ENDINGS,
    TIFF,
    check_ending,
    image_paths,
    images_left_out,
)
from skdenoise.io.kept import Kept
from skdenoise.io.npy import mapped_image, native, write_array
from skdenoise.io.pillow import picture_header, read_picture
from skdenoise.io.safety import errors_name, python_file, written_whole
from skdenoise.io.stacks import n_images_in, opened_stack
from skdenoise.io.tiff import is_tiff, read_tiff, tiff_header, write_tiff
from skdenoise.typing import Images
from skdenoise.user_warnings import warn_user

_QUALITY = 95
_N_COLOURS = 3
# The dtypes that a format stores, for a number of channels, where they are not uint8 and bool.
_STORABLE = {
    (".png", 1): ("uint8", "bool", "uint16"),
    (".pbm", 1): ("bool",),
    (".pbm", 3): (),
    (".pgm", 1): ("uint8", "uint16"),
    (".pgm", 3): (),
    (".ppm", 1): ("uint8", "uint16"),
    (".ppm", 3): ("uint8",),
    (".pnm", 1): ("uint8", "bool", "uint16"),
    (".pnm", 3): ("uint8",),
}


def read_image(path: str | Path) -> Images:
    """Read an image file.

    Parameters
    ----------
    path : str or Path
        A PNG, JPEG, BMP, WebP, PBM, PGM, PPM or TIFF file, or an array in an ``.npy`` file.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, channels)
        The pixels in their stored dtype, upright. Colours are RGB.

    Raises
    ------
    ValueError
        If the file is not an image, is truncated, has more than one page, is transparent in places,
        cannot be read without loss of bits, or has more than 179 million pixels. A JPEG of a phone
        may hold several pictures; the first is read.
    """
    path = Path(path)
    with errors_name(path, "cannot be read as an image"):
        if path.suffix.lower() == ".npy":
            return native(mapped_image(path))
        return read_tiff(path) if is_tiff(path) else read_picture(path)


def read_shape(path: str | Path) -> tuple[int, ...]:
    """Return the shape of the image in a file, or of its pages. Only the header is read."""
    path = Path(path)
    if n_images_in(path) > 1:
        with errors_name(path, "cannot be read as an image"):
            return opened_stack(path).page_shape
    return read_header(path)[0]


def read_header(path: str | Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and dtype of the image that `read_image` returns. Only the header is read.

    Raises
    ------
    ValueError
        As `read_image`, except for faults that only the pixels show.
    """
    path = Path(path)
    with errors_name(path, "cannot be read as an image"):
        if path.suffix.lower() == ".npy":
            array = mapped_image(path)
            return array.shape, array.dtype.newbyteorder("=")
        return tiff_header(path) if is_tiff(path) else picture_header(path)


def write_image(path: str | Path, image: Images, kept: Kept | None = None) -> None:
    """Write an image file. After an error, no partial file is left.

    Parameters
    ----------
    path : str or Path
        The file. Its extension decides the format. An existing file is overwritten.
    image : ndarray of shape (height, width) or (height, width, channels)
        PNG stores uint8, bool and grey uint16. JPEG, BMP and WebP store uint8 and bool. PPM stores
        uint8 and grey uint16, PGM the grey ones of these, PBM bool. TIFF and ``.npy`` store all
        dtypes.
    kept : Kept, default=None
        What is kept of another file, see `kept_of`. JPEG has a quality of 95, lossy WebP too.

    Raises
    ------
    ValueError
        If the format cannot store the image.
    """
    path = Path(path)
    check_storable(path, image)
    ending = path.suffix.lower()
    if ending == ".npy":
        write_array(path, image)
        return
    image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    with written_whole(path) as new:
        _write(new, ending, image, kept or Kept())


def check_storable(path: str | Path, image: Images) -> None:
    """Raise a ValueError if the format of a path cannot store such an image."""
    check_ending(path)
    ending = Path(path).suffix.lower()
    colours = image.shape[2] if image.ndim == 3 else 1
    is_colour_of_bits = image.dtype == bool and colours > 1
    if ending == ".npy" or (ending in TIFF and not is_colour_of_bits):
        return
    allowed = _STORABLE.get((ending, colours), ("uint8", "bool"))
    if image.dtype.name not in allowed or colours not in (1, 3) or is_colour_of_bits:
        others = ".npy" if is_colour_of_bits else ".tif or .npy"
        raise ValueError(
            f"{path}: {ending} files cannot store images of {image.dtype.name} with {colours} "
            f"channel(s); write {others}."
        )


class ImageFolder(Sequence[Images]):
    """The images in a folder and its subfolders, each read on access.

    Behaves as a list of images for ``fit``, ``transform`` and ``score``. The images need not fit in
    memory. They are read-only arrays: change a copy. A slice is an `ImageFolder` too.

    Parameters
    ----------
    path : str or Path
        The folder. Its PNG, JPEG, BMP, WebP, PBM, PGM, PPM, TIFF and ``.npy`` files are used, in
        alphabetical order. Each page of a TIFF file, and each image of a stack in an ``.npy`` file,
        is an image. Files and folders whose names begin with a dot are ignored. A warning counts
        image files of other formats.
    colour : bool, default=None
        Whether to convert all images to RGB (True) or to grey levels (False; luma of ITU-R BT.601,
        as in Pillow). If None, images are not converted.
    cache : int, default=512
        Size of the cache in MiB. It keeps the last used images in memory.

    Attributes
    ----------
    paths : list of Path
        The file of each image.
    pages : list of int
        Which page of its file each image is, from 0.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, or has no images.

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

    def __init__(self, path: str | Path, colour: bool | None = None, cache: int = 512) -> None:
        path = Path(path)
        if not path.is_dir():
            raise FileNotFoundError(f"{path} is not a folder.")
        files = image_paths(path)
        if not files:
            raise FileNotFoundError(
                f"{path} has no images: expected files with the endings {', '.join(ENDINGS)}."
            )
        if left_out := images_left_out(path):
            warn_user(f"Left out {left_out}")
        self._n_pages = {file: n_images_in(file) for file in files}
        self._stacks = {}
        found = [(file, page) for file in files for page in range(self._n_pages[file])]
        self.paths: list[Path] = [file for file, _ in found]
        self.pages: list[int] = [page for _, page in found]
        self.colour = colour
        self.cache = cache
        self._images = _LastUsed(cache * 2**20)
        self._shapes = {}

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Images: ...

    @overload
    def __getitem__(self, index: slice) -> "ImageFolder": ...

    def __getitem__(self, index: int | slice) -> "Images | ImageFolder":
        if isinstance(index, slice):
            return self.subset(range(len(self))[index])
        path = self.paths[index]
        image = self._images.get((path, self.pages[index]), self._read)
        if image.shape != self._shapes.get(path, image.shape):
            raise ValueError(
                f"{path} holds an image of shape {image.shape}, but had the shape "
                f"{self._shapes[path]} before. If files have changed, make a new ImageFolder."
            )
        return image

    def _read(self, path_and_page):
        path, page = path_and_page
        is_one = self._n_pages[path] == 1
        image = read_image(path) if is_one else self._stack(path)[page]
        what = str(path) if is_one else f"{path}, page {page},"
        image = check_values(_in_colour(image, self.colour, what), what)
        image.flags.writeable = False  # it may be kept for the next access
        return image

    def _stack(self, path):
        """Return the stack in a file, whose pages are checked once."""
        if path not in self._stacks:
            self._stacks[path] = opened_stack(path)
        return self._stacks[path]

    def __repr__(self) -> str:
        folder = os.path.commonpath([path.parent for path in self.paths])
        return f"<ImageFolder of {len(self)} images in {folder}>"

    def subset(self, indices: Iterable[int]) -> "ImageFolder":
        """Return a folder of some of the images.

        Parameters
        ----------
        indices : iterable of int
            Which images; they may be repeated.

        Returns
        -------
        ImageFolder
            Reads these images alone.
        """
        part = copy.copy(self)
        indices = list(indices)
        part.paths = [self.paths[index] for index in indices]
        part.pages = [self.pages[index] for index in indices]
        return part

    def read_shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of all images. Only the headers of the files are read.

        From then on, an image that has another shape when it is read raises a ValueError.

        Returns
        -------
        list of tuple of int
            (height, width) or (height, width, channels) of each image.
        """
        known = {
            path: read_shape(path) if self._n_pages[path] == 1 else self._stack(path).page_shape
            for path in dict.fromkeys(self.paths)
        }
        shapes = [known[path] for path in self.paths]
        if self.colour is not None:
            for path, shape in known.items():
                _check_colours(shape, path)
            shapes = [(*shape[:2], 3) if self.colour else shape[:2] for shape in shapes]
        self._shapes.update(zip(self.paths, shapes, strict=True))
        return shapes


class _LastUsed:
    """A cache of the last used images, as many as fit. Several threads may use it.

    Pickle makes an empty copy, so that other processes read the images themselves.
    """

    def __init__(self, n_bytes):
        self._n_bytes = n_bytes
        self._n_bytes_kept = 0
        self._kept = OrderedDict()
        self._lock = Lock()

    def __reduce__(self):
        return type(self), (self._n_bytes,)

    def get(self, key, read):
        """Return the image of a key: from the cache, or from ``read(key)``."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        image = read(key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = image
                self._n_bytes_kept += image.nbytes
            while self._n_bytes_kept > self._n_bytes:
                self._n_bytes_kept -= self._kept.popitem(last=False)[1].nbytes
        return image


def _in_colour(image, colour, what):
    """Return an image as RGB or grey levels, or unchanged if `colour` is None."""
    if colour is not None and image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if colour is None:
        return image
    _check_colours(image.shape, what)
    if colour == (image.ndim == 3):
        return image
    if colour:
        return np.stack([image] * _N_COLOURS, axis=-1)
    grey = image @ np.array([0.299, 0.587, 0.114])
    return (np.rint(grey) if image.dtype.kind in "iub" else grey).astype(image.dtype)


def _check_colours(shape, what):
    if len(shape) == 3 and shape[2] not in (1, _N_COLOURS):
        raise ValueError(
            f"{what} has {shape[2]} channels; expected grey or RGB. Give colour=None, which leaves all channels as "
            "they are."
        )


def _write_pnm(path, image, maxval):
    """Write grey levels as PGM, or colours as PPM, scaled back to a maxval that Pillow does not write."""
    kind = "P6" if image.ndim == 3 else "P5"
    height, width = image.shape[:2]
    stored = np.rint(image * (maxval / np.iinfo(image.dtype).max))
    with python_file(path) as file:
        file.write(f"{kind}\n{width} {height}\n{maxval}\n".encode())
        file.write(stored.astype("u1" if maxval < 256 else ">u2").tobytes())


def _write(path, ending, image, kept):
    channels = image.shape[2] if image.ndim == 3 else 1
    if ending in TIFF:
        kind = "rgb" if image.ndim == 3 else "minisblack"
        write_tiff(path, image, photometric=kind, **kept.for_tiff(channels, image.dtype))
        return
    format_ = Image.registered_extensions()[ending]
    options = {"quality": _QUALITY} if format_ in ("JPEG", "WEBP") else {}
    options |= kept.for_pillow(format_, channels)
    maxval = options.pop("maxval", None)
    if maxval is not None and image.dtype == (np.uint8 if maxval < 256 else np.uint16):
        _write_pnm(path, image, maxval)
        return
    is_mask = image.dtype == bool and format_ in ("JPEG", "WEBP")
    stored = image.astype(np.uint8) * 255 if is_mask else image
    if format_ == "PPM" and stored.dtype == np.uint16:
        stored = stored.astype(np.int32)  # the mode that Pillow writes as 16 bits
    with python_file(path) as file:
        Image.fromarray(stored).save(file, format_, **options)
