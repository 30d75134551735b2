"""Denoising from one Zarr store into another on Dask, with one worker and with two, of one thread each.

40,000 noisy images of MNIST in float32, in chunks of 1,000 (3 MiB), and the same copied from store to
store without denoising. What else a model of the cost needs: the denoiser alone on a chunk in memory, in
one worker and in both at once, which share what their cores share; and a task that does nothing. The model
predicts the time to denoise a chunk so, plus that to copy it by one worker, times chunks over workers.
"""

from contextlib import contextmanager

import dask.array as da
import pytest
import zarr
from distributed import Client, LocalCluster, wait

from skdenoise import UNetDenoiser, add_noise, map_images

WORKERS = pytest.mark.parametrize("workers", [1, 2])


@pytest.fixture(scope="module")
def noisy(mnist, quick):
    images = mnist[0][: 600 if quick else 40_000]
    return add_noise(images, noise_factor=0.4, random_state=1)


@pytest.fixture(scope="module")
def length(quick):
    """Return the number of images in a chunk."""
    return 100 if quick else 1000


@pytest.fixture(scope="module")
def denoiser(mnist):
    return UNetDenoiser(noise_factor=0.4, epochs=1, random_state=0).fit(mnist[0][:3000])


@pytest.mark.benchmark(group="Zarr to Zarr")
@pytest.mark.parametrize("what", ["denoised", "copied"])
@WORKERS
def test_stores(benchmark, noisy, length, denoiser, tmp_path, what, workers):
    path = tmp_path / "noisy.zarr"
    source = zarr.create_array(path, data=noisy, chunks=(length, 28, 28))

    def through(client):
        images = da.from_zarr(source)
        images = map_images(denoiser.transform, images) if what == "denoised" else images
        target = tmp_path / "target.zarr"
        client.compute(images.to_zarr(target, overwrite=True, compute=False), sync=True)

    benchmark.extra_info["images"] = len(noisy)
    with _cluster(workers) as client:
        benchmark.pedantic(through, (client,), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="a chunk in memory, in each worker at once")
@WORKERS
def test_chunk(benchmark, noisy, length, denoiser, workers):
    def denoise(client):
        chunks = [
            client.submit(denoiser.transform, noisy[:length], workers=[address], pure=False)
            for address in client.scheduler_info()["workers"]
        ]
        wait(chunks)

    benchmark.extra_info["images"] = workers * length
    with _cluster(workers) as client:
        benchmark.pedantic(denoise, (client,), rounds=9, warmup_rounds=1)


@pytest.mark.benchmark(group="tasks that do nothing")
def test_tasks(benchmark, quick):
    blocks = da.zeros(100 if quick else 3000, chunks=1)
    benchmark.extra_info["tasks"] = len(blocks)
    with _cluster(1) as client:
        benchmark.pedantic(lambda: wait(client.persist(blocks)), rounds=3)


@contextmanager
def _cluster(workers):
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client
