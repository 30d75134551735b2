"""Speed of the noise models on 1,024 images of MNIST, and of training with noise and without.

Each model at its default strength, and with a strength drawn per image (OMP_NUM_THREADS=1 gives the rates
of one core, which docs/noise.md has). While the network trains, the batches of the next steps are made,
so that noise costs less than its own time there.
"""

import numpy as np
import pytest

from skdenoise import GaussianNoise, UNetDenoiser, noise_names
from skdenoise.noise.from_parameters import resolve_noise


@pytest.mark.parametrize("strength", [None, (0, 0.5)], ids=["default", "drawn"])
@pytest.mark.parametrize("name", noise_names())
def test_model(benchmark, mnist, name, strength):
    benchmark.group = name
    images, model = mnist[0][:1024, ..., None], resolve_noise(name, strength)
    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(lambda seed: model(images, np.random.default_rng(seed)), args=(0,), rounds=3)


@pytest.mark.benchmark(group="training, batches of 32")
@pytest.mark.parametrize("noise", [None, "gaussian", "jpeg_compression", "camera_pipeline"])
def test_training(benchmark, mnist, quick, noise):
    images = mnist[0][: 64 if quick else 6400]
    noise = noise or GaussianNoise(0)
    denoiser = UNetDenoiser(noise, batch_size=32, epochs=1, random_state=0)
    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(denoiser.fit, (images,), rounds=3, warmup_rounds=1)
