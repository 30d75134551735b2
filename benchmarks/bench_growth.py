"""How time and memory grow with the number of images and with their size.

The number: a default fit and a transform of 1,000 to 1,000,000 images of 28x28 (uint8). The size: a fit
of 30 steps of 16 images (of 4, from 256x256 on), and a transform of four million pixels, for images of
8x8 to 512x512. Each in a process of its own, after a fit and a batch to compile. `MiB` is the peak over
what the process held after the imports, with the images. ``draw_growth.py`` makes
``docs/images/growth.png`` of what was saved.
"""

import numpy as np
import pytest
from _memory import Peak

NUMBERS = (1_000, 10_000, 100_000, 1_000_000)
SIZES = (8, 16, 28, 64, 128, 256, 512)
STEPS, PIXELS = 30, 2**22


@pytest.mark.parametrize("n_images", NUMBERS)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_number(benchmark, new_process, quick, method, n_images):
    n_images = 100 if quick else n_images
    benchmark.group = f"number, {method}"
    benchmark.extra_info |= {"images": n_images, "size": 28}
    params = {"epochs": 1} if quick else {}
    _measure(benchmark, new_process(), (method, n_images, 28, params))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_size(benchmark, new_process, quick, method, size):
    size, pixels = (8, 2**14) if quick else (size, PIXELS)
    batch_size = 16 if size < 256 else 4
    n_images = STEPS * batch_size if method == "fit" else max(1, pixels // size**2)
    benchmark.group = f"size, {method}"
    benchmark.extra_info |= {"images": n_images, "size": size}
    params = {"epochs": 1, "batch_size": batch_size}
    _measure(benchmark, new_process(), (method, n_images, size, params))


def _measure(benchmark, call, case):
    call(_prepare, *case)
    benchmark.pedantic(call, (_run, case[0]))
    benchmark.extra_info["MiB"] = call(_stop)


def _prepare(method, n_images, size, params):
    """Make the images, compile, and keep what is to be measured."""
    global _images, _denoiser, _peak
    import keras  # noqa: F401 (counted among the imports)

    from skdenoise import UNetDenoiser

    _peak = Peak().__enter__()
    _images = np.random.default_rng(0).integers(0, 256, (n_images, size, size), dtype=np.uint8)
    _denoiser = UNetDenoiser(random_state=0, **params)
    # One batch of the size that the measured fit has: compiles.
    few = _images[: params.get("batch_size", 16)]
    _denoiser.set_params(epochs=1).fit(few).set_params(epochs=params.get("epochs"))
    if method == "transform":
        _denoiser.transform(_images[: max(1, 256 * 784 // size**2)])


def _run(method):
    getattr(_denoiser, method)(_images)


def _stop():
    _peak.__exit__()
    return _peak.growth
