"""Patches, and the orientations in which they are shown."""

import weakref

import numpy as np
import pytest

from skdenoise.images.pixels import PixelFormat
from skdenoise.supervision.augmentation import View, cut, draw_view
from skdenoise.supervision.pairs import Pairs


def test_patches_are_drawn_from_everywhere_in_an_image():
    image = np.arange(12 * 20.0).reshape(12, 20, 1)
    rng = np.random.default_rng(0)
    views = [draw_view(image.shape, (4, 8), False, rng) for _ in range(2000)]
    seen = cut([image], [0] * 2000, views, (4, 8))
    assert seen.shape == (2000, 4, 8, 1)
    assert np.array_equal(np.unique(seen), image.ravel())
    assert {view.top for view in views} == set(range(9))


def test_augmentation_draws_all_eight_orientations_of_a_square():
    image = np.arange(9).reshape(1, 3, 3, 1)
    rng = np.random.default_rng(0)
    views = [draw_view((3, 3, 1), (3, 3), True, rng) for _ in range(200)]
    assert len({patch.tobytes() for patch in cut(image, [0] * 200, views, (3, 3))}) == 8
    views = [draw_view((3, 2, 1), (3, 2), True, rng) for _ in range(200)]
    assert {view.turns for view in views} == {0, 2}


class Read:
    """Images that are read one by one; notes how many are in memory."""

    def __init__(self):
        self.in_memory, self.most = 0, 0

    def __getitem__(self, index):
        image = np.zeros((50, 40, 1))
        self.in_memory += 1
        self.most = max(self.most, self.in_memory)
        weakref.finalize(image, self.forget)
        return image

    def forget(self):
        self.in_memory -= 1


@pytest.mark.parametrize("view", [View(3, 5), View(0, 0, turns=1), View(3, 5, 2, flipped=True)])
def test_of_large_images_only_the_patches_stay_in_memory(view):
    images = Read()
    cut(images, range(9), [view] * 9, (40, 30))
    assert images.most <= 2


def test_noisy_and_clean_patches_show_the_same_place():
    images = np.random.default_rng(0).random((3, 30, 40, 1), dtype=np.float32)
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    pairs = Pairs(images, pixels, images / 2, pixels, None, None, 1, (8, 8), True)
    noisy, clean = pairs.batch(np.array([0, 2, 1, 1]), np.random.default_rng(1))
    assert clean.shape == (4, 8, 8, 1)
    np.testing.assert_allclose(noisy, clean / 2)
    assert View(*draw_view((8, 8), (8, 8), False, np.random.default_rng(0))) == View()
