"""Training from disk against training from memory: MNIST in a memmap, in Zarr and in Dask.

One epoch of 10,000 images, in turn. Of each store a quarter is kept in memory, 2 MiB, so that it is read
as one that is larger than memory: with the usual 256 MiB it would be read once.
"""

import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import patch

import dask.array
import numpy as np
import zarr
from _data import load_mnist
from _record import interleaved

from skdenoise import UNetDenoiser, stored_images

COLUMNS = ["what", "seconds", "images a second", "ratio", "meaning of the ratio"]


def measure(quick):
    """Return the rows of the table."""
    X = load_mnist(as_uint8=not quick, stand_in=quick)[0]
    n_images, length, repeats = (640, 50, 1) if quick else (10_000, 500, 5)
    images = (X if not quick else np.uint8(X * 255)).reshape(-1, 28, 28)[:n_images]
    denoiser = UNetDenoiser(noise_factor=0.4, epochs=1, random_state=0)
    kept, read = images.nbytes // 4, length * 28 * 28
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.multiple(stored_images, _BYTES_KEPT=kept, _BYTES_READ=read),
    ):
        fits = {
            name: partial(denoiser.fit, stored)
            for name, stored in _stores(images, Path(folder), length).items()
        }
        times = interleaved(fits, repeats)
    return [
        {
            "what": name,
            "seconds": float(np.median(wall)),
            "images a second": n_images / float(np.median(wall)),
            "ratio": float(np.median(times["array in memory"] / wall)),
            "meaning of the ratio": "speed over that of the array in memory, median of pairs",
        }
        for name, wall in times.items()
    ]


def _stores(images, folder, length):
    """Return the same images in memory and in stores, in chunks of `length` images."""
    mapped = np.lib.format.open_memmap(folder / "images.npy", "w+", images.dtype, images.shape)
    mapped[:] = images
    chunks = (length, *images.shape[1:])
    path = str(folder / "images.zarr")
    stored = zarr.open_array(path, mode="w", shape=images.shape, chunks=chunks, dtype=images.dtype)
    stored[:] = images
    return {
        "array in memory": images,
        "memmap": mapped,
        f"Zarr, chunks of {length} images, compressed": stored,
        "Dask, of that Zarr array": dask.array.from_zarr(path),
    }
