"""Training on patches of images."""

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_sample_images

from skdenoise import (
    GaussianNoise,
    UNetDenoiser,
    add_noise,
    psnr,
)
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList
from skdenoise.supervision.pairs import Pairs
from skdenoise.training.batches import TrainingBatches
from skdenoise.training.plan import resolve_patch_size


@pytest.fixture(scope="module")
def photographs():
    """Two colour photographs and parts of them, all of different sizes."""
    first, second = load_sample_images().images
    return [first[:90, :120], second[:70, :111], first[100:201, 200:264], second[150:230, 300:400]]


@pytest.mark.parametrize(("patch_size", "expected"), [((8, 8), 6), (None, 2)])
def test_few_images_give_several_patches_a_step(patch_size, expected):
    images = np.random.default_rng(0).random((2, 30, 40, 1), dtype=np.float32)
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    pairs = Pairs(images, pixels, None, pixels, GaussianNoise(0.1), None, 1, patch_size)
    batches = TrainingBatches(pairs, np.arange(2), batch_size=6, seed=0, first_epoch=0)
    _, clean = batches[0]
    assert len(batches) == 1
    assert len({image.tobytes() for image in clean}) == len(clean) == expected


def test_training_on_patches_removes_noise_from_whole_photographs():
    photographs = np.stack(load_sample_images().images)[..., 1]
    denoiser = UNetDenoiser(
        noise_factor=0.2,
        patch_size=32,
        augment=True,
        filters=(16, 32),
        epochs=10,
        batch_size=4,
        random_state=0,
    ).fit(np.repeat(photographs[:, :300], 40, axis=0))
    clean = photographs[:, 300:]
    noisy = add_noise(clean, noise_factor=0.2, random_state=1)
    denoised = denoiser.transform(noisy)
    before, after = (psnr(clean, images, data_range=255).mean() for images in (noisy, denoised))
    assert after > before + 4


@pytest.mark.parametrize("size", [0, -3, 2.5, (4, 4, 4), "8"])
def test_patch_sizes_that_are_none(digits, size):
    with pytest.raises(ValueError, match="patch_size="):
        quick_denoiser(patch_size=size).fit(digits[0][:50])


def test_patches_larger_than_an_image(digits, photographs):
    with pytest.raises(ValueError, match="larger than an image of 8x8"):
        quick_denoiser(patch_size=9).fit(digits[0][:50])
    with pytest.raises(ValueError, match="larger than an image of 70x111"):
        quick_denoiser(patch_size=80).fit(photographs)


def test_a_small_image_that_makes_all_patches_small_is_warned_of(photographs):
    icon = photographs[0][:5, :6]
    message = r"5x5 pixels, since X\[4\] has only 5x6.*Leave small images out, or give patch_size=5"
    with pytest.warns(UserWarning, match=message):
        size = resolve_patch_size(None, ImageList([*photographs, icon]))
    assert size == (5, 5)
    assert resolve_patch_size(5, ImageList([*photographs, icon])) == (5, 5)
    assert resolve_patch_size(None, ImageList(photographs)) == (64, 64)
    icons = [photographs[0][: 5 + i, :6] for i in range(6)]
    assert resolve_patch_size(None, ImageList([*photographs, *icons])) == (5, 5)
