"""Model files: a description in JSON and arrays, without any code.

A file is a zip archive with ``model.json`` and, for each array, a NumPy file ``NAME.npy``. Reading it runs
nothing that is in it. What the description means is up to the denoisers.
"""

import json
import math
import zipfile

import numpy as np

from skdenoise.io.safety import errors_name, written_whole

FORMAT, VERSION = "skdenoise model", 1
_DESCRIPTION, _ENDING = "model.json", ".npy"
_MOST_DESCRIPTION_BYTES = 2**24
_MOST_ARRAY_BYTES = 2**31
_MOST_ARRAYS = 1000
_DTYPES = ("float32", "float64")


def write_model(path, description, arrays):
    """Write a model file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file. An existing one is replaced.
    description : dict
        What JSON can hold.
    arrays : dict of str to ndarray
        Arrays of float32 or float64, by name.

    Raises
    ------
    ValueError
        If an array has values that are not finite, which could not be read.
    """
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{path} was not written: {name} has values that are not finite.")
    text = json.dumps({"format": FORMAT, "version": VERSION, **description}, indent=1)
    with (
        written_whole(path) as new,
        zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(_DESCRIPTION, text)
        for name, array in arrays.items():
            with archive.open(f"{name}{_ENDING}", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)


def read_model(path, build):
    """Read a model file.

    Parameters
    ----------
    path : str or Path
        The file.
    build : callable
        ``build(description, arrays)`` returns what the file describes.

    Returns
    -------
    object
        What `build` has returned.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a model file, is damaged, is of a newer version, or holds more than 2 GiB; or
        if `build` cannot make anything of it. The message names the file.
    """
    with (
        open(path, "rb") as file,
        errors_name(path, "is not a readable skdenoise model file"),
        zipfile.ZipFile(file) as archive,
    ):
        description = _read_description(archive)
        return build(description, _read_arrays(archive))


def _read_description(archive):
    if archive.getinfo(_DESCRIPTION).file_size > _MOST_DESCRIPTION_BYTES:
        raise ValueError(f"{_DESCRIPTION} is larger than {_MOST_DESCRIPTION_BYTES} bytes.")
    description = json.loads(archive.read(_DESCRIPTION))
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ValueError(f"it does not say that it is a {FORMAT}.")
    version = description.get("version")
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"version {version!r} is not a version.")
    if version > VERSION:
        raise ValueError(
            f"it has version {version}, but this skdenoise knows versions up to {VERSION}: upgrade "
            "skdenoise."
        )
    return description


def _read_arrays(archive):
    names = archive.namelist()
    twice = len(set(names)) != len(names)
    names = [name for name in names if name != _DESCRIPTION]
    foreign = [name for name in names if not name.endswith(_ENDING)]
    if foreign or twice or len(names) > _MOST_ARRAYS:
        raise ValueError(
            f"it has more in it than {_DESCRIPTION} and up to {_MOST_ARRAYS} arrays, each once: "
            f"{foreign[:3] or names[:3]}."
        )
    total = sum(archive.getinfo(name).file_size for name in names)
    if total > _MOST_ARRAY_BYTES:
        raise ValueError(f"its arrays take up {total} bytes; the limit is {_MOST_ARRAY_BYTES}.")
    return {name.removesuffix(_ENDING): _read_array(archive, name) for name in names}


def _read_array(archive, name):
    with archive.open(name) as entry:
        version = np.lib.format.read_magic(entry)
        if version != (1, 0):
            raise ValueError(f"{name} is an array of version {version}, not (1, 0).")
        shape, _, dtype = np.lib.format.read_array_header_1_0(entry)
    n_bytes = dtype.itemsize * math.prod(shape)
    if dtype.name not in _DTYPES or n_bytes > archive.getinfo(name).file_size:
        raise ValueError(f"{name} is an array of {dtype}, shape {shape}, that is not all there.")
    with archive.open(name) as entry:
        array = np.lib.format.read_array(entry, allow_pickle=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has values that are not finite.")
    return array
