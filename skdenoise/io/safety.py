"""Safety of files: no partial files, limits on what is read, and errors that name the file."""

import functools
import hashlib
import math
import os
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from skdenoise.errors import ForkError

# Pillow's limit for decompression bombs: small files that fill the memory when they are read.
MAX_PIXELS = 178_956_970
MAX_BYTES = 8 * 2**30

# Temporary files are called .skdenoise-HOST-PROCESS-RANDOM, so that others can tell whose they are.
_PREFIX = ".skdenoise-"
_HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
# The process of a younger file may run in a container with processes of its own.
_ORPHAN_SECONDS = 60


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
    """
    path = Path(path).resolve()  # of a link, its target
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: the folder {path.parent} does not exist."
        )
    _remove_orphans(path.parent)
    new = path.with_name(f"{_PREFIX}{_HOST}-{os.getpid()}-{secrets.token_hex(8)}{path.suffix}")
    new.touch(exist_ok=False)
    try:
        yield new
        new.replace(path)
    except BaseException:
        new.unlink()
        raise


@functools.cache
def _remove_orphans(folder):
    """Remove temporary files of processes of this host that no longer run, once for each folder."""
    for path in folder.glob(f"{_PREFIX}{_HOST}-*"):
        with suppress(OSError, ValueError):
            process = int(path.name.removeprefix(f"{_PREFIX}{_HOST}-").split("-")[0])
            age = time.time() - path.stat().st_mtime
            if age > _ORPHAN_SECONDS and not _runs(process):
                path.unlink()


def _runs(process):
    """Return whether a process runs, as far as can be known."""
    if os.name == "nt":  # where os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to someone else
        return True
    return True


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
        if type(error) is ValueError and str(path) in str(error):
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
