"""Large images are denoised tile by tile."""

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_sample_images

from skdenoise.inference.tiling import tiles
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.measured import margin as measured_margin


@pytest.fixture(scope="module")
def photographs():
    """Two colour photographs and parts of them, all of different sizes."""
    first, second = load_sample_images().images
    return [first[:90, :120], second[:70, :111], first[100:201, 200:264], second[150:230, 300:400]]


@pytest.fixture(scope="module")
def fitted(photographs):
    return quick_denoiser(noise_factor=0.1, patch_size=32, epochs=3, batch_size=2).fit(photographs)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (8, 200), (100, 60), (128, 132)])
def test_tiles_cover_an_image_once_or_more_and_are_aligned(height, width):
    covered = np.zeros((height, width), int)
    for tile in tiles(height, width, side=32, margin=8, multiple=4):
        assert all(part.start % 4 == 0 for part in tile.seen)
        for seen, kept, place in zip(*tile, strict=True):
            assert seen.start + kept.start == place.start
            assert kept.stop - kept.start == place.stop - place.start
        covered[tile.place] += 1
    assert covered.min() >= 1


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (1500, 2000), (916, 4000)])
def test_tiles_see_little_more_than_the_image(height, width):
    parts = list(tiles(height, width, side=912, margin=32, multiple=4))
    sides = {tuple(part.stop - part.start for part in tile.seen) for tile in parts}
    ((rows, columns),) = sides
    assert max(rows, columns) <= 912
    assert len(parts) * rows * columns < 1.25 * height * width


@pytest.mark.parametrize(
    ("network", "filters"),
    [("compact", (4, 8)), ("compact", (4, 4, 4)), ("classic", (4, 4)), ("bias_free", (4, 4))],
)
def test_output_depends_on_nothing_beyond_the_margin(network, filters):
    architecture = check_architecture(network, filters, 1)
    margin = measured_margin(architecture)
    model = architecture.build((None, None), "float32", seed=0)
    rng = np.random.default_rng(0)
    # Some networks start as the identity, and depend on nothing beyond the pixel.
    model.set_weights([weight + rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    image = rng.random((1, 4 * margin, 4 * margin, 1), dtype=np.float32)
    other = image.copy()
    other[:, : 2 * margin] = rng.random((1, 2 * margin, 4 * margin, 1))
    difference = np.abs(model.predict_on_batch(image) - model.predict_on_batch(other))
    assert difference[:, 2 * margin :].max() > 0
    assert difference[:, 3 * margin :].max() < 1e-6


@pytest.mark.parametrize("shape", [(90, 101, 3), (64, 300, 3), (161, 77, 3)])
def test_tiles_give_what_the_whole_image_gives(fitted, monkeypatch, shape):
    image = np.random.default_rng(0).random((2, *shape))
    image *= 255
    whole = fitted.transform(image)
    monkeypatch.setattr("skdenoise.inference.trained._MEMORY", 0)
    tiled = fitted.transform(image)
    assert np.abs(tiled - whole).max() < 255 * 1e-5
