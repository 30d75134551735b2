"""Pairs of noisy and clean images to learn from."""

import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise import GaussianNoise, add_noise
from skdenoise.images.pixels import PixelFormat
from skdenoise.supervision.pairs import Pairs


def test_clip_limits_the_noise_that_is_trained_on(digits):
    X = digits[0][:64].reshape(-1, 8, 8, 1)
    for values, clip, clipped in [
        (X, None, False),
        (X, True, True),
        ((X * 255).astype(np.uint8), None, True),
    ]:
        pixels = PixelFormat(values.dtype, (0.0, 1.0 if values.dtype.kind == "f" else 255.0))
        pairs = Pairs(values, pixels, None, pixels, GaussianNoise(), clip, 4)
        noisy, _ = pairs.batch(np.arange(64), np.random.default_rng(0))
        assert (noisy.min() >= 0 and noisy.max() <= 1) == clipped


def test_training_noise_is_that_of_add_noise_for_uint8():
    images = np.random.default_rng(0).integers(0, 256, (400, 8, 8, 1), dtype=np.uint8)
    pixels = PixelFormat(images.dtype, (0.0, 255.0))
    pairs = Pairs(images, pixels, None, pixels, GaussianNoise(0.4), None, 4)
    noisy, _ = pairs.batch(np.arange(400), np.random.default_rng(0))
    stored = noisy * 255
    np.testing.assert_allclose(stored, np.rint(stored), atol=1e-4)
    expected = add_noise(images, noise_factor=0.4, random_state=0)
    for white in (0, 255):
        assert np.mean(np.rint(stored) == white) == pytest.approx(
            np.mean(expected == white), rel=0.03
        )


def test_value_range_comes_from_the_clean_images(digits):
    X = digits[0][:200]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    assert quick_denoiser().fit(noisy, clean=X).value_range_ == (0, 1)


def test_clean_images_in_another_range_are_warned_of(digits):
    noisy = np.round(255 * digits[0][:100]).astype(np.uint8)
    with pytest.warns(UserWarning, match="reach from 0 to 1, but the value range is"):
        denoiser = quick_denoiser().fit(noisy, clean=noisy / 255)
    with pytest.warns(UserWarning, match="reach from 0 to 1, but the value range is"):
        denoiser.score(noisy, clean=noisy / 255)
