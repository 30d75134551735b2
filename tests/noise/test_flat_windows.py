"""The noise in the flat windows of an image."""

import numpy as np
import pytest

from skdenoise import CorrelatedGaussianNoise, GaussianNoise
from skdenoise.noise.flat_windows import noise_of_flat_windows

GREY = np.full((1, 256, 256, 3), 0.5, np.float32)
RAMP = np.linspace(0.2, 0.8, 256, dtype=np.float32)[np.newaxis, np.newaxis, :, np.newaxis]


def measured(clean, noise):
    return noise_of_flat_windows(noise(clean, np.random.default_rng(0))[0])


@pytest.mark.parametrize("sigma", [0.01, 0.1])
@pytest.mark.parametrize("correlation", [0.3, 0.7])
def test_strength_and_correlation_are_found(sigma, correlation):
    found = measured(GREY, CorrelatedGaussianNoise(sigma, correlation))
    # A little too low: what looks like a slope is taken for one.
    assert np.sqrt(found.variance) == pytest.approx(sigma, rel=0.15)
    assert found.correlation == pytest.approx(correlation, abs=0.1)
    assert abs(found.distant_correlation) < 0.1


def test_independent_noise_is_not_correlated():
    found = measured(GREY, GaussianNoise(0.1))
    assert np.sqrt(found.variance) == pytest.approx(0.1, rel=0.05)
    assert abs(found.correlation) < 0.05


def test_a_slope_is_not_noise():
    found = measured(np.repeat(RAMP, 256, axis=1), GaussianNoise(0.02))
    assert np.sqrt(found.variance) == pytest.approx(0.02, rel=0.05)


def test_objects_are_passed_over():
    crowded = GREY.copy()
    crowded[:, 20:240:40, 20:240] = 0.9
    found = measured(crowded, GaussianNoise(0.02))
    assert np.sqrt(found.variance) == pytest.approx(0.02, rel=0.1)


def test_a_flat_image_has_no_noise():
    found = noise_of_flat_windows(GREY[0])
    assert found.variance == 0
    assert np.isnan(found.correlation)


@pytest.mark.parametrize("image", [GREY[0, :32, :32], np.zeros((256, 256, 1), np.float32)])
def test_too_few_windows_that_are_not_clipped_are_not_measured(image):
    assert np.isnan(noise_of_flat_windows(image)).all()
