"""How many images a second an accelerator trains on and denoises, and how near that is to its bound.

    KERAS_BACKEND=jax python benchmarks/run.py accelerator

Random images of 28x28 pixels, Gaussian noise, one epoch of `fit` and one `transform`, after one of each
to compile. The share is that of the rate of a large matrix multiplication in the same precision, in the
same run; a training step counts three times the multiply-adds of the forward pass. Fits come with noise
drawn by the host and by the device, which is what an accelerator does by itself.
"""

from unittest import mock

import numpy as np
from _record import seconds
from transform import multiply_adds, rate_of_multiplication

from skdenoise import UNetDenoiser
from skdenoise.backend.precision import resolve_precision
from skdenoise.training import device_noise

COLUMNS = ["what", "images", "batch size", "images a second", "share of the bound (%)"]


def measure(quick):
    """Return the rows of the table."""
    numbers, batch_sizes, side = (10**5, 10**6), (64, 512, 4096), 8192
    if quick:
        numbers, batch_sizes, side = (256,), (64,), 256
    bound = rate_of_multiplication(side)
    rows = [{"what": f"bound: {bound:,.0f} GFLOP/s, {resolve_precision('auto')}"}]
    rng = np.random.default_rng(0)
    for n_images in numbers:
        images = rng.integers(0, 256, (n_images, 28, 28, 1), dtype=np.uint8)
        for batch_size in batch_sizes:
            denoiser = UNetDenoiser(epochs=1, batch_size=batch_size, random_state=0)
            for drawn_by in ("host", "device"):
                with mock.patch.object(
                    device_noise, "has_accelerator", lambda drawn_by=drawn_by: drawn_by == "device"
                ):
                    # With a last batch like that of all images, so that nothing is left to compile.
                    denoiser.fit(images[: 8 * batch_size + n_images % batch_size])
                    wall = seconds(denoiser.fit, images)
                rows.append(_row(f"fit, noise of the {drawn_by}", n_images, wall, bound, denoiser))
        denoiser.transform(images[:256])
        wall = seconds(denoiser.transform, images)
        rows.append(_row("transform", n_images, wall, bound, denoiser, passes=1))
    return rows


def _row(what, n_images, wall, bound, denoiser, passes=3):
    rate = 2e-9 * passes * multiply_adds(denoiser.model_, 28) * n_images / wall
    return {
        "what": what,
        "images": n_images,
        "batch size": denoiser.batch_size if passes == 3 else None,
        "images a second": n_images / wall,
        "share of the bound (%)": 100 * rate / bound,
    }
