"""Clipped noise shifts the mean of dark and bright values, which can be undone."""

import numpy as np
import pytest

from skdenoise.noise.clipping import mean_of_clipped, without_shift

VALUES = np.linspace(0, 1, 11)


@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.5])
def test_the_mean_of_clipped_values_is_that_of_many_draws(sigma):
    draws = VALUES + sigma * np.random.default_rng(0).normal(size=(40_000, 1))
    np.testing.assert_allclose(
        mean_of_clipped(VALUES, sigma), np.clip(draws, 0, 1).mean(axis=0), atol=0.01
    )


@pytest.mark.parametrize("sigma", [0.001, 0.05, 0.2, 0.5])
def test_the_shift_is_undone(sigma):
    np.testing.assert_allclose(
        without_shift(mean_of_clipped(VALUES, sigma), sigma), VALUES, atol=1e-3
    )


def test_means_beyond_those_of_black_and_white_are_black_and_white():
    means = np.array([-0.2, 0, 0.01, 0.99, 1, 1.2])
    np.testing.assert_array_equal(without_shift(means, 0.2), [0, 0, 0, 1, 1, 1])
