"""Training: the default denoiser, and the original recipe in a plain Keras script, on MNIST.

The first group has one epoch of each, with nothing left to compile. Then whole fits, with their PSNR
on the test images (noise 0.4, not clipped), and fits in new processes, imports included.
"""

import _original
import pytest
from _record import mean_psnr
from sklearn.datasets import load_digits

from skdenoise import UNetDenoiser, add_noise


@pytest.mark.benchmark(group="one epoch")
def test_default_network(benchmark, mnist, quick):
    images = mnist[0][: 64 if quick else 4096]
    denoiser = UNetDenoiser(noise_factor=0.4, epochs=1, random_state=0)
    benchmark.extra_info["images"] = len(images)
    benchmark.pedantic(denoiser.fit, (images,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one epoch")
def test_original_recipe(benchmark, mnist, quick):
    images = mnist[0][: 64 if quick else 1024, ..., None]
    model = _original.build()
    benchmark.extra_info["images"] = len(images)
    given = {"seed": 0, "validation_split": 0}
    benchmark.pedantic(_original.fit, (model, images), given, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one step")
def test_repeated_fit(benchmark, mnist):
    denoiser = UNetDenoiser(epochs=1, random_state=0)
    benchmark.pedantic(denoiser.fit, (mnist[0][:16],), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="whole fit")
@pytest.mark.parametrize(
    ("n_images", "params"),
    [
        (10_000, {}),
        (10_000, {"init": "random"}),
        (54_000, {}),
        (54_000, {"epochs": 5, "batch_size": 32}),
    ],
    ids=[
        "10,000 images",
        "10,000 images, from random weights",
        "54,000 images",
        "54,000 images, epochs=5, batch_size=32",
    ],
)
def test_fit(benchmark, mnist, quick, n_images, params):
    X, X_test = mnist
    denoiser = UNetDenoiser(noise_factor=0.4, random_state=0, **params)
    if quick:
        n_images, X_test = 32, X_test[:20]
        denoiser.set_params(epochs=1)
    benchmark.pedantic(denoiser.fit, (X[:n_images],))
    noisy = add_noise(X_test, noise_factor=0.4, random_state=1)
    benchmark.extra_info["PSNR (dB)"] = mean_psnr(X_test, denoiser.transform(noisy))


@pytest.mark.benchmark(group="load_digits in a new process")
@pytest.mark.parametrize("threads", ["all", "one"])
def test_digits(benchmark, new_process, quick, threads):
    variables = {"TF_NUM_INTRAOP_THREADS": "1"} if threads == "one" else {}
    benchmark.pedantic(lambda: new_process(**variables)(_fit_digits, quick), rounds=3)


def _fit_digits(quick):
    UNetDenoiser(epochs=1 if quick else None, random_state=0).fit(load_digits().images / 16)
