"""Memory of fits and transforms on many images and on a large one, each in a process of its own.

1,000,000 images of 28x28 pixels, uint8, in an ``np.memmap``, and a colour photograph of 12 megapixels,
which is denoised in tiles. `MiB` is the peak over what the process held after the imports, without
what is mapped from the file.
"""

from functools import partial

import numpy as np
import pytest
from _memory import Peak

CASES = ("fit", "transform_in_parts", "transform", "photograph", "photo_gray")


@pytest.fixture(scope="module")
def path(tmp_path_factory, quick):
    """Return the path of the images."""
    path = tmp_path_factory.mktemp("memory") / "images.npy"
    n_images = 500 if quick else 1_000_000
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (n_images, 28, 28))
    rng = np.random.default_rng(0)
    for start in range(0, n_images, 10_000):
        part = images[start : start + 10_000]
        part[:] = rng.integers(0, 256, part.shape, dtype=np.uint8)
    images.flush()
    return str(path)


@pytest.mark.benchmark(group="memory")
@pytest.mark.parametrize("case", CASES)
def test_memory(benchmark, new_process, path, quick, case):
    call = new_process()
    call(_prepare, case, path, quick)
    benchmark.extra_info["MiB"] = benchmark.pedantic(call, (_run,))


def _prepare(case, path, quick):
    """Keep the function to measure."""
    global _function
    prepare = _on_a_photograph if case in ("photograph", "photo_gray") else _on_a_memmap
    _function = prepare(case, path, quick)


def _run():
    with Peak() as peak:
        _function()
    return peak.growth


def _on_a_photograph(case, path, quick):
    from skdenoise import UNetDenoiser

    height, width = (300, 400) if quick else (3000, 4000)
    image = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    if case == "photo_gray":
        return partial(_each_colour, UNetDenoiser.from_pretrained("photo-gray"), image)
    denoiser = UNetDenoiser(patch_size=32, epochs=2, random_state=0).fit(image[:, :64, :64])
    return partial(denoiser.transform, image)


def _on_a_memmap(case, path, quick):
    from skdenoise import UNetDenoiser

    images = np.load(path, mmap_mode="r")
    if case == "fit":
        return partial(UNetDenoiser(epochs=1 if quick else None, random_state=0).fit, images)
    denoiser = UNetDenoiser(epochs=1, random_state=0).fit(images[:320])
    if case == "transform":
        return partial(denoiser.transform, images)
    return partial(_in_parts, denoiser, images, f"{path}.out.npy")


def _each_colour(denoiser, image):
    for colour in range(image.shape[-1]):
        denoiser.transform(image[..., colour])


def _in_parts(denoiser, images, path):
    """Denoise a tenth of the images into another memmap."""
    clean = np.lib.format.open_memmap(path, "w+", images.dtype, images.shape)
    for begin in range(0, len(images) // 10, 10_000):
        clean[begin : begin + 10_000] = denoiser.transform(images[begin : begin + 10_000])
