"""Training and denoising on an accelerator, for several sizes of batches.

    KERAS_BACKEND=jax pytest benchmarks/bench_accelerator.py

Random images of 28x28 pixels. Without an accelerator, only the quick mode runs.
"""

import keras
import numpy as np
import pytest

from skdenoise import UNetDenoiser


@pytest.fixture(scope="module")
def images(quick):
    if not quick and not keras.distribution.list_devices("gpu"):
        pytest.skip("no accelerator")
    n_images = 256 if quick else 100_000
    return np.random.default_rng(0).integers(0, 256, (n_images, 28, 28, 1), dtype=np.uint8)


@pytest.mark.benchmark(group="one epoch")
@pytest.mark.parametrize("batch_size", [64, 512, 4096])
def test_fit(benchmark, images, batch_size):
    denoiser = UNetDenoiser(epochs=1, batch_size=batch_size, random_state=0)
    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(denoiser.fit, (images,), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="transform")
def test_transform(benchmark, images):
    denoiser = UNetDenoiser(epochs=1, batch_size=64, random_state=0).fit(images[:256])
    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(denoiser.transform, (images,), rounds=3, warmup_rounds=1)
