"""Files: written whole or not at all, read up to a limit, and errors of reading that name them."""

import math
import secrets
from contextlib import contextmanager
from pathlib import Path

# What Pillow takes for a decompression bomb: a small file that fills the memory when it is read.
MAX_PIXELS = 178_956_970
MAX_BYTES = 8 * 2**30


@contextmanager
def written_whole(path):
    """Lend a file of another name in the same folder, and give it the right one in the end.

    Parameters
    ----------
    path : str or Path
        Where the file is to be; one that is there already is replaced.

    Yields
    ------
    Path
        Where to write, with the same ending. After an exception it is removed.

    Raises
    ------
    FileNotFoundError
        Where the folder does not exist.
    """
    path = Path(path).resolve()  # of a link, the file that it leads to
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {path.parent}.")
    new = path.with_name(f".skdenoise-{secrets.token_hex(8)}{path.suffix}")
    new.touch(exist_ok=False)
    try:
        yield new
        new.replace(path)
    except BaseException:
        new.unlink()
        raise


@contextmanager
def errors_name(path, what):
    """Turn whatever a reader raises for a broken file into a ValueError that names it.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What is wrong with it, such as "cannot be read as an image".
    """
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        # Broken files make readers fail in every way there is.
        if type(error) is ValueError and str(path) in str(error):
            raise
        raise ValueError(f"{path} {what}: {error}") from error


def check_pixels(path, height, width):
    """Raise a ValueError that names the file where an image in it has more pixels than are read."""
    if height * width > MAX_PIXELS:
        raise ValueError(
            f"{path} holds an image of {width}x{height} pixels; at most {MAX_PIXELS / 1e6:.0f} "
            "megapixels are read. Cut it into parts."
        )


def check_bytes(path, n_bytes):
    """Raise a ValueError that names the file where it would fill more memory than is read at once."""
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"{path} holds {n_bytes / 2**30:.3g} GiB; at most {MAX_BYTES / 2**30:.0f} GiB are read from "
            "a file. Split it into several."
        )


def array_bytes(shape, dtype):
    """Return how many bytes an array takes."""
    return math.prod(shape) * dtype.itemsize
