"""The contents of the files of the command ``denoise``: images, stacks and archives, read and written."""

import functools

import numpy as np

from skdenoise.cli.common import reason_of
from skdenoise.io.file_names import TIFF, check_ending
from skdenoise.io.image_files import check_storable, read_image, write_image
from skdenoise.io.kept import kept_of
from skdenoise.io.npy import is_stack, read_archive
from skdenoise.io.safety import is_lasting, written_whole
from skdenoise.io.stacks import (
    check_stack_ending,
    is_imagej_image,
    is_stack_file,
    opened_stack,
    write_stack,
)


class CannotWriteError(Exception):
    """A result cannot be written, and the next ones cannot either."""


def read_file(path, output):
    """Return the images of a file, and a function that writes such images to the output."""
    check_ending(output)
    if is_stack_file(path) or (output.suffix.lower() in TIFF and is_imagej_image(path)):
        stack = opened_stack(path)
        check_stack_ending(output, len(stack))
        return stack.read(), lambda path, images: write_stack(path, images, stack.layout)
    image = read_image(path)
    check_storable(output, image)
    kept = kept_of(path)
    return image[np.newaxis], lambda path, images: write_image(path, images[0], kept)


def write_archive(path, arrays):
    """Write arrays by name."""
    with written_whole(path) as new, open(new, "wb") as file:
        np.savez_compressed(file, **arrays)


def read_archive_stacks(path):
    """Return the arrays of an archive by name, and the names of its stacks of images, the largest one last.

    Bits beside other images are masks, and no images.
    """
    arrays = read_archive(path)
    for name in {"file", "allow_pickle"} & arrays.keys():
        raise ValueError(f"{path} has an array called {name!r}, a name that NumPy cannot write.")
    stacks = [name for name, array in arrays.items() if is_stack(array.shape, array.dtype)]
    if not stacks:
        raise ValueError(
            f"{path} has no array of images of shape (n, height, width) or (n, height, width, channels)."
        )
    images = [name for name in stacks if arrays[name].dtype != bool] or stacks
    return arrays, sorted(images, key=lambda name: arrays[name].size)


def writer_of_end(write_images, path, result, images):
    """Return a function that writes an end of intervals: as the result is written, or in a format that loses nothing."""
    if path.suffix == result.suffix:
        return functools.partial(write_images, images=images)
    return lambda path: write_image(path, images[0])


def write_result(write, path):
    """Write a result with a function, into a folder that is made if need be.

    Raises
    ------
    CannotWriteError
        If it cannot be written for a reason that holds for other results as well, such as a full disk.
    OSError
        If it cannot be written for another reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    except OSError as error:
        if is_lasting(error, path.parent):
            raise CannotWriteError(
                f"stopped: {path} cannot be written: {reason_of(error)}."
            ) from error
        raise
