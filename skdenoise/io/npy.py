"""NumPy files: read ``.npy`` and ``.npz``, after a check of their headers."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from skdenoise.io.safety import (
    array_bytes,
    check_bytes,
    check_pixels,
    errors_name,
    python_file,
    written_whole,
)
from skdenoise.typing import Images

# NumPy refuses headers of more than 10,000 characters by default.
_HEADER_BYTES = 2**14


def mapped_image(path: str | Path) -> Images:
    """Return the only image in an ``.npy`` file as a memmap, which is read when its pixels are used.

    Raises
    ------
    ValueError
        If it holds no image or several, or has too many pixels.
    """
    array = mapped_images(path)
    if is_image(array.shape):
        return array
    if len(array) > 1:
        raise ValueError(
            f"{path} holds {len(array)} images, an array of shape {array.shape}; expected one. Save each image "
            "as a file."
        )
    return array[0]


def is_image(shape: tuple[int, ...]) -> bool:
    """Return whether an array of images is one image, and not a stack of them.

    The last of three axes are channels if there are at most four, or far fewer than pixels a side. Any
    other array of three axes is a stack of grey images, as in an ``.npz`` archive.
    """
    return len(shape) == 2 or (
        len(shape) == 3 and (shape[2] <= 4 or 4 * shape[2] <= min(shape[:2]))
    )


def mapped_images(path: str | Path) -> Images:
    """Return the image or the stack of images in an ``.npy`` file as a memmap.

    Raises
    ------
    ValueError
        If it is neither, or has too many pixels.
    """
    # Raises an error if the file is shorter than its header states.
    array = np.lib.format.open_memmap(path, mode="r")
    plain = array.ndim == 2 and 0 not in array.shape and array.dtype.kind in "biuf"
    if not plain and not is_stack(array.shape, array.dtype):
        raise ValueError(
            f"{path} holds an array of shape {array.shape}, {array.dtype}; expected an image, (height, "
            "width) or (height, width, channels), or a stack of these, of numbers."
        )
    check_pixels(path, *array.shape[:2] if is_image(array.shape) else array.shape[1:3])
    check_bytes(path, array.nbytes)
    return array


def native(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of an array in the byte order of this machine."""
    return np.array(array, array.dtype.newbyteorder("="))


def write_array(path: str | Path, array: Images) -> None:
    """Write an ``.npy`` file. After an error, no partial file is left."""
    # NumPy would add .npy to a name such as A.NPY.
    with written_whole(path) as new, python_file(new) as file:
        np.save(file, array)


def read_archive(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` archive by their names.

    Raises
    ------
    ValueError
        As `opened_archive`.
    """
    with opened_archive(path) as archive:
        return {name: read_member(archive, name) for name in archive.files}


@contextmanager
def opened_archive(path: str | Path) -> Iterator[NpzFile]:
    """Open an ``.npz`` archive, after a check of its headers. Each array is read on access.

    Raises
    ------
    ValueError
        If it is not an archive of arrays, or `check_archive` refuses it.
    """
    with errors_name(path, "is not a readable .npz archive"):
        check_archive(path)
        # NumPy does not close a damaged file that it opened itself.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            yield archive


def read_member(archive: NpzFile, name: str) -> NDArray[Any]:
    """Return an array of an opened archive.

    Raises
    ------
    ValueError
        If it holds Python objects, which could run code when they are read.
    """
    with archive.zip.open(
        f"{name}.npy" if f"{name}.npy" in archive.zip.namelist() else name
    ) as file:
        _, dtype = _header(file)
    if dtype.hasobject:
        raise ValueError(
            f"the array {name} holds Python objects ({dtype}), which could run code when they are read; "
            f"expected numbers or text. Save it as one of these, for example {name}.astype(str)."
        )
    return archive[name]


def check_archive(path: str | Path) -> None:
    """Check the headers of an ``.npz`` archive, before reading fills the memory.

    A few compressed bytes can be gigabytes of zeros.

    Raises
    ------
    ValueError
        If the arrays have more bytes than `MAX_BYTES`, an image in a stack has more pixels than
        `MAX_PIXELS`, or an array is shorter than its header states.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_bytes(path, sum(member.file_size for member in members))
        for member in members:
            try:
                with archive.open(member) as file:
                    shape, dtype = _header(file)
            except ValueError as error:
                raise ValueError(
                    f"{path} holds {member.filename}, which is not an array: {error}"
                ) from error
            if is_stack(shape, dtype):
                check_pixels(path, *shape[1:3])
            # The size of pickled objects is not that of the array.
            if not dtype.hasobject and array_bytes(shape, dtype) > member.file_size:
                raise ValueError(
                    f"{path} is damaged: {member.filename} is shorter than its header states."
                )


def is_stack(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Return whether an array is a stack of images: numbers (n, height, width[, channels])."""
    return len(shape) in (3, 4) and 0 not in shape and dtype.kind in "biuf"


def _header(file):
    """Return the shape and dtype of an array from the header of its file."""
    start = io.BytesIO(file.read(_HEADER_BYTES))
    version = np.lib.format.read_magic(start)
    # Version 3 differs from version 2 only in the encoding of field names.
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(start)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(start)
    return shape, dtype
