"""The variance-stabilizing transform, and its unbiased inverse."""

import numpy as np
import pytest

from skdenoise import CameraNoise, GaussianNoise, PoissonNoise
from skdenoise.noise.anscombe import AnscombeTransform, transform_for

INTENSITIES = np.linspace(0, 1, 9, dtype=np.float32)


def noised(shot, read, n=200_000):
    """Return n noisy values of each intensity: counts of photons with read-out noise."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(np.repeat(INTENSITIES[:, None], n, axis=1) / shot) * shot
    return (counts + np.sqrt(read) * rng.standard_normal(counts.shape)).astype(np.float32)


@pytest.mark.parametrize(
    ("shot", "read", "lowest"), [(0.02, 0, 1), (0.05, 1e-3, 1), (0.05, 0.05, 0), (1e-6, 0.01, 0)]
)
def test_noise_is_equally_strong_at_every_intensity(shot, read, lowest):
    transform = AnscombeTransform(shot, read)
    spread = transform.forward(noised(shot, read)).std(axis=1)
    np.testing.assert_allclose(spread[lowest:], transform.sigma, rtol=0.03)


@pytest.mark.parametrize(
    ("shot", "read"), [(0.02, 0), (0.2, 0), (1, 0), (0.05, 1e-3), (0.05, 0.05), (1e-6, 0.01)]
)
def test_the_mean_of_transformed_values_is_inverted_without_bias(shot, read):
    transform = AnscombeTransform(shot, read)
    means = transform.forward(noised(shot, read)).mean(axis=1)
    # Standard errors of a mean, and the error of the closed form, 0.6 % of a photon.
    atol = 4 * np.sqrt((shot + read) / 200_000) + 0.006 * shot
    np.testing.assert_allclose(transform.inverse(means), INTENSITIES, atol=atol)


def test_black_and_white_stay_where_they_are():
    transform = AnscombeTransform(0.01, 1e-4)
    np.testing.assert_allclose(transform.forward(np.float32([0, 1])), [0, 1], atol=1e-6)


def test_values_far_below_black_stay_finite():
    transform = AnscombeTransform(0.01, 1e-4)
    far = np.float32([-10, -0.1])
    assert np.isfinite(transform.forward(far)).all()
    np.testing.assert_allclose(transform.inverse(far), -1e-4 / 0.01, atol=1e-6)


def test_without_shot_noise_nothing_is_changed():
    transform = AnscombeTransform(0, 0.01)
    assert transform.sigma == 0.1
    np.testing.assert_array_equal(transform.inverse(transform.forward(INTENSITIES)), INTENSITIES)


def test_a_poisson_model_is_camera_noise_without_read_noise():
    assert transform_for(PoissonNoise(50)) == transform_for(CameraNoise(1 / 50, 0, gamma=1))


@pytest.mark.parametrize(
    "noise",
    [
        "poisson",
        0.1,
        GaussianNoise(0.1),
        PoissonNoise((10, 100)),
        CameraNoise(0.01, 0),  # with a gamma
        CameraNoise(0.01, gamma=1),  # read noise is drawn
        CameraNoise((0.01, 0.02), 0, gamma=1),
        CameraNoise(0.01, 0, gamma=1, mosaic=True),
        CameraNoise(-1, 0, gamma=1),
        CameraNoise(0.01, np.nan, gamma=1),
        CameraNoise(0.01, 1e300, gamma=1),
        PoissonNoise(1e-320),
    ],
    ids=repr,
)
def test_other_noise_is_refused(noise):
    with pytest.raises(ValueError, match="fit_noise_model"):
        transform_for(noise)
