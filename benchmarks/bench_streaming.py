"""Training from disk and from memory: MNIST in an array, a memmap, Zarr and Dask.

One epoch of 10,000 images. Of each store a quarter is kept in memory, 2 MiB, so that it is read as one
that is larger than memory: with the usual 256 MiB it would be read once. Compare the fastest rounds
(`min`): others on the machine disturb single fits by half of their time.
"""

import dask.array
import numpy as np
import pytest
import zarr

from skdenoise import UNetDenoiser
from skdenoise.images import stored


@pytest.fixture(scope="module")
def images(mnist, quick):
    return (255 * mnist[0][: 640 if quick else 10_000]).astype(np.uint8)


@pytest.mark.benchmark(group="one epoch")
@pytest.mark.parametrize("store", ["array", "memmap", "zarr", "dask"])
def test_fit(benchmark, images, tmp_path, monkeypatch, store):
    length = len(images) // 20
    monkeypatch.setattr(stored, "_BYTES_KEPT", images.nbytes // 4)
    monkeypatch.setattr(stored, "_BYTES_READ", length * images[0].nbytes)
    denoiser = UNetDenoiser(noise_factor=0.4, epochs=1, random_state=0)
    X = _stored(images, store, tmp_path, length)
    benchmark.pedantic(denoiser.fit, (X,), rounds=5, warmup_rounds=1)


def _stored(images, store, folder, length):
    """Return the same images in a store, in chunks of `length` images."""
    if store == "array":
        return images
    if store == "memmap":
        np.save(folder / "images.npy", images)
        return np.load(folder / "images.npy", mmap_mode="r")
    path = str(folder / "images.zarr")
    array = zarr.create_array(path, data=images, chunks=(length, *images.shape[1:]))
    return array if store == "zarr" else dask.array.from_zarr(path)
