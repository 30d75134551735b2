"""`transform`, beside the original network, a bare loop of compiled calls and one matrix product.

All in float32, on images of 28x28 pixels.
"""

import pickle
import time

import _original
import keras
import numpy as np
import pytest

from skdenoise import UNetDenoiser

SIDE = 1024


@pytest.fixture(scope="module")
def images(quick):
    n_images = 500 if quick else 10_000
    return np.random.default_rng(0).random((n_images, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def denoiser(images):
    return UNetDenoiser(epochs=1, precision="float32", random_state=0).fit(images[:320])


@pytest.fixture(scope="module")
def model(denoiser):
    # Of a copy: a denoiser whose model_ was asked for applies that, not a compiled network in store.
    return pickle.loads(pickle.dumps(denoiser)).model_


@pytest.mark.benchmark(group="many images")
def test_transform(benchmark, denoiser, images):
    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(denoiser.transform, (images,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="many images")
def test_loop_of_compiled_calls(benchmark, model, images):
    def loop():
        for start in range(0, len(images), 256):
            model.predict_on_batch(images[start : start + 256])

    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(loop, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="many images")
def test_original_network(benchmark, images):
    few = images[: len(images) // 10]
    original = _original.build()
    benchmark.extra_info["images"] = len(few)
    benchmark.pedantic(original.predict, (few,), {"verbose": 0}, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one image")
def test_transform_of_one(benchmark, denoiser, images):
    benchmark(denoiser.transform, images[:1])


@pytest.mark.benchmark(group="one image")
def test_compiled_call(benchmark, model, images):
    benchmark(model.predict_on_batch, images[:1])


@pytest.mark.benchmark(group="the machine: product of 1024x1024 matrices")
def test_matrix_product(benchmark):
    square = keras.random.uniform((SIDE, SIDE), seed=0)
    benchmark(lambda: keras.ops.convert_to_numpy(keras.ops.matmul(square, square)))
    if benchmark.stats:
        benchmark.extra_info["GFLOP/s"] = 2e-9 * SIDE**3 / benchmark.stats["median"]


@pytest.mark.benchmark(group="first calls")
def test_first_call_of_a_process(benchmark, new_process, denoiser):
    """Time from the loaded denoiser on; then a second call, and calls on new sizes."""
    file = pickle.dumps(denoiser)

    def load():
        call = new_process()
        call(_load, file)
        return (call,), {}

    seconds = benchmark.pedantic(lambda call: call(_transform, (28, 28, 64, 33)), setup=load)
    names = ("first (s)", "second (s)", "64x64 (s)", "33x33 (s)")
    benchmark.extra_info |= dict(zip(names, seconds, strict=True))


def _load(file):
    global _loaded
    _loaded = pickle.loads(file)


def _transform(sides):
    seconds = []
    for side in sides:
        start = time.perf_counter()
        _loaded.transform(np.zeros((8, side, side, 1), np.float32))
        seconds.append(time.perf_counter() - start)
    return seconds
