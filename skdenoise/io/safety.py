"""Safety of files: no partial files, limits on what is read, and errors that name the file."""

import errno
import io
import math
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from skdenoise.errors import ForkError
from skdenoise.io.temporary import is_temporary, temporary_file

# Pillow's limit for decompression bombs: small files that fill the memory when they are read.
MAX_PIXELS = 178_956_970
MAX_BYTES = 8 * 2**30

# Errors of writing a file that the next file would meet as well.
_LASTING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_OF_PERMISSION = {errno.EACCES, errno.EPERM}
# Of a trial file, this much is written. The free space is compared with the rest.
_TRIAL_BYTES = 2**20


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Write to a temporary file in the same folder, and rename it at the end.

    Temporary files of processes that were killed are removed from the folder.

    Parameters
    ----------
    path : str or Path
        The file to write. An existing file is overwritten.

    Yields
    ------
    Path
        The temporary file, with the same extension. It is removed after an exception.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the file cannot be written. The error names it.
    """
    path = Path(path).resolve()  # of a link, its target
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: the folder {path.parent} does not exist."
        )
    try:
        with temporary_file(path.parent, path.suffix) as new:
            _take_mode(new, path)
            try:
                yield new
            except OSError as error:
                if error.errno is None:
                    check_complete(new)
                raise
            new.replace(path)
    except OSError as error:
        if error.filename is None or is_temporary(error.filename):
            raise _of_file(path, error) from error
        raise


def _take_mode(new, path):
    """Give a new file the permissions of the one that it will replace, so that a private one stays private."""
    if os.name == "nt" or not path.exists():
        return
    with suppress(OSError):  # some file systems have no permissions
        new.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)


def python_file(path: str | Path) -> BinaryIO:
    """Open a new file that is written by Python alone.

    NumPy and Pillow write to the number of a file without it, and do not notice when a disk is full.
    """
    return _PythonFile(io.FileIO(path, "w+"))


class _PythonFile(io.BufferedRandom):
    def fileno(self):
        raise io.UnsupportedOperation("fileno")


def _of_file(path, error):
    """Return an error of writing as one that names the file."""
    if error.errno is None:
        return OSError(f"{path} cannot be written: {error}")
    return OSError(error.errno, os.strerror(error.errno), str(path))


def check_complete(new: Path, n_bytes: float = math.inf) -> None:
    """Raise an OSError if a file that was just written has fewer bytes, and there is no room for more.

    Encoders that write without Python leave the end of a file out if there is no room for it. They raise an
    error without the reason, or none.
    """
    n_missing = n_bytes - new.stat().st_size
    if n_missing <= 0:
        return
    with open(new, "ab") as file:
        file.write(b"\0")
    if n_missing < math.inf:
        _check_free_space(new.parent, n_missing, new)


def try_to_write(folder: Path, n_bytes: int = 1) -> None:
    """Raise an OSError if a file cannot be written to a folder.

    A file is written and removed, because permissions alone do not say it: a file system may be read-only or
    full.

    Parameters
    ----------
    folder : Path
        The folder. If it does not exist, the closest one above it that does.
    n_bytes : int
        Size of the file that there must be room for.
    """
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    try:
        with temporary_file(folder) as trial, open(trial, "wb") as file:
            file.truncate(n_bytes)  # fails beyond the largest size that a file may have
            file.write(bytes(min(n_bytes, _TRIAL_BYTES)))
    except OSError as error:
        raise _of_file(folder, error) from error
    _check_free_space(folder, n_bytes, folder)


def _check_free_space(folder, n_bytes, path):
    """Raise an OSError that names a path if a folder has less free space, where its file system states that."""
    space = shutil.disk_usage(folder)
    if space.total and space.free < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def is_lasting(error: Exception, folder: Path) -> bool:
    """Return whether the next file in the folder could not be written either, after this error."""
    if not isinstance(error, OSError) or error.errno not in _LASTING | _OF_PERMISSION:
        return False
    if error.errno in _LASTING:
        return True
    try:
        try_to_write(folder)
    except OSError:
        return True
    return False


@contextmanager
def errors_name(path: str | Path, what: str) -> Iterator[None]:
    """Turn any error of a reader into a ValueError that names the file.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What is wrong with the file, such as "cannot be read as an image".
    """
    try:
        yield
    except (MemoryError, ForkError):  # not the fault of the file
        raise
    except Exception as error:
        # Readers raise all kinds of errors for damaged files.
        if type(error) is ValueError and str(error).startswith(f"{path} "):
            raise
        raise ValueError(f"{path} {what}: {error}") from error


def check_pixels(path: str | Path, height: int, width: int) -> None:
    """Raise a ValueError that names the file if an image in it has too many pixels."""
    if height * width > MAX_PIXELS:
        raise ValueError(
            f"{path} holds an image of {width}x{height} pixels; at most {MAX_PIXELS / 1e6:.0f} "
            "megapixels are read. Cut it into parts."
        )


def check_bytes(path: str | Path, n_bytes: int) -> None:
    """Raise a ValueError that names the file if it would take too much memory."""
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"{path} holds {n_bytes / 2**30:.3g} GiB; at most {MAX_BYTES / 2**30:.0f} GiB are read from "
            "a file. Split it into several."
        )


def array_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return the size of an array in bytes."""
    return math.prod(shape) * dtype.itemsize
