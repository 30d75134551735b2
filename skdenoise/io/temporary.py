"""Temporary files: their names, and the removal of those that killed processes left."""

import functools
import hashlib
import os
import platform
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".skdenoise-"
_NAME = re.compile(r"\.skdenoise-(?P<host>[0-9a-f]{12})-(?P<process>\d+)-[0-9a-f]{16}(\..*)?", re.S)
# A folder is searched for leftovers as often as takes at most this share of the time.
_SHARE_OF_TIME = 0.01

# The files that this process writes now, and when folders may be searched again.
_in_use: set[Path] = set()
_next_search: dict[Path, float] = {}


@contextmanager
def temporary_file(folder: Path, suffix: str = "") -> Iterator[Path]:
    """Make an empty file with a hidden name in a folder, and remove it at the end.

    Files that killed processes left in the folder are removed first.

    Parameters
    ----------
    folder : Path
        The folder, which must exist.
    suffix : str
        The extension of the file.

    Yields
    ------
    Path
        The file. Renaming it keeps it.
    """
    _remove_leftovers(folder)
    file = folder / f"{_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(8)}{suffix}"
    _in_use.add(file)
    try:
        file.touch(exist_ok=False)
        yield file
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        _in_use.discard(file)


def is_temporary(file: str | Path) -> bool:
    """Return whether a file has the name of a temporary one."""
    return Path(file).name.startswith(_PREFIX)


def _remove_leftovers(folder):
    """Remove the temporary files of processes of this host that no longer run."""
    _host()  # found out once, which takes longer than a search
    start = time.monotonic()
    if start < _next_search.get(folder, start):
        return
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if is_temporary(entry.name) and _is_leftover(Path(entry.path)):
                os.unlink(entry.path)
    now = time.monotonic()
    _next_search[folder] = now + (now - start) / _SHARE_OF_TIME


def _is_leftover(file):
    """Return whether the process that wrote a file has certainly ended."""
    name = _NAME.fullmatch(file.name)
    if name is None or name["host"] != _host():
        return False
    process = int(name["process"])
    return file not in _in_use if process == os.getpid() else not _runs(process)


def _runs(process):
    if os.name == "nt":
        return True  # in doubt: on Windows, os.kill would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # of another user
    return True


@functools.cache
def _host():
    """Return what distinguishes the processes of this host, or container, from those of others.

    Process ids are compared within it, so that it is a new one after a reboot.
    """
    known = [platform.node(), f"{uuid.getnode():x}"]
    with suppress(OSError):
        known.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with suppress(OSError):
        known.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.blake2b("\n".join(known).encode(), digest_size=6).hexdigest()
