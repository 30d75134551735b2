"""Denoising from one Zarr store into another on Dask, with one worker and with two, of one thread each.

40,000 noisy images of MNIST in float32, in chunks of 1,000 (3 MiB), on clusters of one and of two
processes, in turns; the same copied from store to store without denoising. What else a model of the
cost needs is measured besides: the denoiser alone on one chunk in memory, in one worker and in two at
once, which share what their cores share, and tasks that do nothing. Its prediction is the time to denoise
a chunk so, and to copy it by one worker, times chunks over workers.
"""

import tempfile
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import dask.array as da
import numpy as np
import zarr
from _data import load_mnist
from _record import interleaved, seconds
from distributed import Client, LocalCluster, wait

from skdenoise import UNetDenoiser, add_noise, map_images

COLUMNS = [
    "what",
    "workers",
    "seconds",
    "predicted seconds",
    "images a second",
    "ratio",
    "meaning of the ratio",
]


def measure(quick):
    """Return the rows of the table."""
    X = load_mnist(stand_in=quick)[0].astype(np.float32).reshape(-1, 28, 28)
    n_images, length, repeats = (600, 100, 1) if quick else (40_000, 1000, 3)
    denoiser = UNetDenoiser(noise_factor=0.4, epochs=1, random_state=0).fit(X[:3000])
    noisy = add_noise(X[:n_images], noise_factor=0.4, random_state=1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clients = {workers: stack.enter_context(_cluster(workers)) for workers in (1, 2)}
        first = seconds(clients[1].submit(denoiser.transform, noisy[:1]).result)
        nothing = _seconds_of_a_task(clients[1], 100 if quick else 3000)
        in_memory = {
            workers: _seconds_of_a_chunk(client, denoiser, noisy[:length], 3 * repeats)
            for workers, client in clients.items()
        }
        source = zarr.create_array(folder / "noisy.zarr", data=noisy, chunks=(length, 28, 28))
        methods = {"denoised": denoiser.transform, "copied": None}
        work = {
            (name, workers): partial(_through, client, method, source, folder / f"{name}{workers}")
            for workers, client in clients.items()
            for name, method in methods.items()
        }
        walls = {key: np.median(wall) for key, wall in interleaved(work, repeats).items()}
    chunks = n_images // length
    copied = walls["copied", 1] / chunks
    rows = [
        {"what": "the first image, with TensorFlow's start", "workers": 1, "seconds": first},
        {
            "what": "a task that does nothing",
            "workers": 1,
            "seconds": nothing,
            "ratio": nothing / in_memory[1],
            "meaning of the ratio": "to denoising a chunk",
        },
        _row("a chunk copied, Zarr to Zarr", 1, copied, length),
        _row("a chunk denoised in memory", 1, in_memory[1], length),
        _row("two chunks denoised in memory", 2, in_memory[2], 2 * length, 2 * in_memory[1]),
    ]
    for name in methods:
        for workers in clients:
            row = _row(
                f"{n_images:,} images {name}, Zarr to Zarr",
                workers,
                walls[name, workers],
                n_images,
                walls[name, 1],
            )
            of_a_chunk = copied + (in_memory[workers] if name == "denoised" else 0)
            rows.append(row | {"predicted seconds": of_a_chunk * chunks / workers})
    return rows


def _row(what, workers, took, n_images, one_worker=None):
    row = {"what": what, "workers": workers, "seconds": took, "images a second": n_images / took}
    if workers > 1:
        row["ratio"] = one_worker / took
        row["meaning of the ratio"] = "speed over that of one worker"
    return row


@contextmanager
def _cluster(workers):
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _through(client, method, source, target):
    """Read images from a store, denoise them where there is a `method`, and write them to another."""
    images = da.from_zarr(source)
    images = images if method is None else map_images(method, images)
    client.compute(images.to_zarr(target, overwrite=True, compute=False), sync=True)


def _seconds_of_a_chunk(client, denoiser, chunk, repeats):
    """Return the time that denoising takes in a worker once it is warm, all workers at once."""
    address_of_each = client.scheduler_info()["workers"]
    walls = [
        client.submit(_median_seconds, denoiser, chunk, repeats, workers=[address], pure=False)
        for address in address_of_each
    ]
    return float(np.mean(client.gather(walls)))


def _median_seconds(denoiser, chunk, repeats):
    return float(np.median(interleaved({"": partial(denoiser.transform, chunk)}, repeats)[""]))


def _seconds_of_a_task(client, n_tasks):
    """Return the time that client, scheduler and worker take for a task of one number."""
    blocks = da.zeros(n_tasks, chunks=1)
    with client.as_current():
        return seconds(lambda: wait(client.persist(blocks))) / n_tasks
