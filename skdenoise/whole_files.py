"""Whole files: what is written appears under its name when it is complete, or not at all."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


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
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {path.parent}.")
    handle, name = tempfile.mkstemp(path.suffix, f".{path.stem}-", path.parent)
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
