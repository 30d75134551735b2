"""NumPy files, ``.npy`` and ``.npz``, whose headers are checked before their arrays are read."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from skdenoise.io.safety import array_bytes, check_bytes, check_pixels, errors_name

# NumPy takes no header of an array longer than 10,000 characters, unless told that it is safe.
_HEADER_BYTES = 2**14


def mapped_image(path):
    """Return the image in an ``.npy`` file, which is read from there when its pixels are used.

    Raises
    ------
    ValueError
        Where it is no image, or one of more pixels than are read.
    """
    # Fails for a header that promises more than the file holds.
    array = np.lib.format.open_memmap(path, mode="r")
    if array.ndim not in (2, 3) or 0 in array.shape or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{path} holds an array of shape {array.shape}, {array.dtype}; expected one image, (height, "
            "width) or (height, width, channels), of numbers."
        )
    check_pixels(path, *array.shape[:2])
    check_bytes(path, array.nbytes)
    return array


def read_archive(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` archive by their names.

    Raises
    ------
    ValueError
        As `opened_archive`.
    """
    with opened_archive(path) as archive:
        return {name: archive[name] for name in archive.files}


@contextmanager
def opened_archive(path: str | Path) -> Iterator[NpzFile]:
    """Open an ``.npz`` archive whose arrays are read one at a time, after a look at their headers.

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


def check_archive(path):
    """Look at the headers of an ``.npz`` archive, before zeros that take a few bytes fill the memory.

    Raises
    ------
    ValueError
        Where the arrays have more bytes than are read from a file, an image in a stack has more
        pixels, or an array is shorter than its header says.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_bytes(path, sum(member.file_size for member in members))
        for member in members:
            try:
                with archive.open(member) as file:
                    shape, dtype = _header(file)
            except ValueError as error:
                raise ValueError(f"{path} holds {member.filename}, no array: {error}") from error
            if is_stack(shape, dtype):
                check_pixels(path, *shape[1:3])
            if array_bytes(shape, dtype) > member.file_size:
                raise ValueError(f"{path} is damaged: {member.filename} is shorter than it says.")


def is_stack(shape, dtype):
    """Tell whether an array is a stack of images: (n, height, width) or with channels, of numbers."""
    return len(shape) in (3, 4) and 0 not in shape and dtype.kind in "biuf"


def _header(file):
    """Return the shape and dtype of an array from the beginning of its file."""
    start = io.BytesIO(file.read(_HEADER_BYTES))
    version = np.lib.format.read_magic(start)
    # Version 3 differs from 2 in nothing but the encoding of the names of fields.
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(start)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(start)
    return shape, dtype
