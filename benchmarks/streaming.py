"""Training from disk against training from memory: MNIST in a memmap, in Zarr and in Dask.

One epoch of 10,000 images, in turn. Of each store a quarter is kept in memory, 2 MiB, so that it is read
as one that is larger than memory: with the usual 256 MiB it would be read once. What others do on the
machine disturbs single fits by half of their time, so the fastest fit of each counts, and the time of
the processor, which waits for nobody, stands beside it.
"""

import tempfile
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

import dask.array
import numpy as np
import zarr
from _data import load_mnist
from _record import interleaved

from skdenoise import UNetDenoiser
from skdenoise.images import stored as stored_images

COLUMNS = [
    "what",
    "seconds",
    "processor seconds",
    "images a second",
    "ratio",
    "meaning of the ratio",
]


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
        stores = _stores(images, Path(folder), length)
        spent = {name: [] for name in stores}
        fits = {
            name: partial(_fit, denoiser, stored, spent[name]) for name, stored in stores.items()
        }
        times = interleaved(fits, repeats)
    fastest = {name: float(wall.min()) for name, wall in times.items()}
    return [
        {
            "what": name,
            "seconds": took,
            "processor seconds": min(spent[name]),
            "images a second": n_images / took,
            "ratio": fastest["array in memory"] / took,
            "meaning of the ratio": "speed over that of the array in memory, fastest fits",
        }
        for name, took in fastest.items()
    ]


def _fit(denoiser, images, spent):
    start = time.process_time()
    denoiser.fit(images)
    spent.append(time.process_time() - start)


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
