"""Whether many threads and asyncio tasks that share a denoiser get the results that one thread gets.

Writes experiments/results/concurrent_calls.md, a table of docs/guide/servers.md.

Eight threads, or sixteen tasks of `asyncio.to_thread`, call `transform` of one denoiser at the same time,
each with images of its own. The calls of a round start together, and the first round compiles. Half of the
callers have images of another size, so that networks are lent, and built, in all orders.
"""

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import keras
import numpy as np
from _data import load_mnist
from _record import main

from skdenoise import UNetDenoiser, add_noise

COLUMNS = ["denoiser", "callers", "calls", "different", "largest difference"]
THREADS, TASKS = 8, 16


def own_network(input_shape, seed):
    """Return a user's own network, which is built for each size."""
    kernel = keras.initializers.GlorotUniform(seed)
    convolution = keras.layers.Conv2D(1, 5, padding="same", kernel_initializer=kernel)
    return keras.Sequential([keras.layers.Input(input_shape), convolution])


def with_its_model(denoiser):
    """Return a denoiser whose ``model_`` was accessed, and is used from then on."""
    assert denoiser.model_
    return denoiser


KINDS = {
    "UNetDenoiser": ({}, lambda denoiser: denoiser),
    "with `model_` in use": ({}, with_its_model),
    "with several passes": ({"inference": "multiscale"}, lambda denoiser: denoiser),
    "own network": ({"network": own_network}, lambda denoiser: denoiser),
}


def measure(quick):
    """Return the rows of the table."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    X, X_test = (images.reshape(-1, 28, 28) for images in (X, X_test))
    n_images, epochs, rounds = (64, 1, 2) if quick else (1000, 2, 20)
    work = _work(X_test, 4 if quick else 16)
    rows = []
    for name, (params, prepared) in KINDS.items():
        denoiser = UNetDenoiser(epochs=epochs, precision="float32", random_state=0, **params)
        denoiser.fit(X[:n_images])
        expected = [denoiser.transform(images) for images in work]
        for callers, run in [(f"{THREADS} threads", _in_threads), (f"{TASKS} tasks", _in_tasks)]:
            # A copy starts without what the calls before have built.
            copied = prepared(pickle.loads(pickle.dumps(denoiser)))
            results = [run(copied.transform, work) for _ in range(rounds)]
            rows.append({"denoiser": name, "callers": callers, **_compared(results, expected)})
    return rows


def _work(images, n_images):
    """Return the images of each caller. Every other caller's are of another size, from 20x20 on."""
    noisy = add_noise(images[: TASKS * n_images], noise_factor=0.4, random_state=0)
    parts = np.split(noisy, TASKS)
    return [
        part[:, : 20 + caller // 2, : 20 + caller // 2] if caller % 2 else part
        for caller, part in enumerate(parts)
    ]


def _in_threads(transform, work):
    start = Barrier(THREADS)

    def call(images):
        start.wait()
        return transform(images)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, work[:THREADS]))


def _in_tasks(transform, work):
    async def calls():
        return await asyncio.gather(*(asyncio.to_thread(transform, images) for images in work))

    return asyncio.run(calls())


def _compared(rounds, expected):
    differences = [
        float(np.abs(result - alone).max())
        for results in rounds
        for result, alone in zip(results, expected, strict=False)  # fewer threads than tasks
    ]
    return {
        "calls": len(differences),
        "different": sum(difference > 0 for difference in differences),
        "largest difference": f"{max(differences):.1e}",
    }


if __name__ == "__main__":
    main(__file__)
