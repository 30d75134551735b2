"""Clipped noise shifts the mean of dark and bright values, which can be undone."""

import numpy as np
import pytest

from skdenoise.noise.clipping import mean_of_clipped, without_shift

VALUES = np.linspace(0, 1, 11)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, np.inf), (-np.inf, 1)])
@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.5])
def test_the_mean_of_clipped_values_is_that_of_many_draws(sigma, low, high):
    draws = VALUES + sigma * np.random.default_rng(0).normal(size=(40_000, 1))
    means = mean_of_clipped(VALUES, sigma, black=low == 0, white=high == 1)
    np.testing.assert_allclose(means, np.clip(draws, low, high).mean(axis=0), atol=0.01)


@pytest.mark.parametrize("ends", [{}, {"black": False}, {"white": False}])
@pytest.mark.parametrize("sigma", [0.001, 0.05, 0.2, 0.5])
def test_the_shift_is_undone(sigma, ends):
    means = mean_of_clipped(VALUES, sigma, **ends)
    np.testing.assert_allclose(without_shift(means, sigma, **ends), VALUES, atol=1e-3)


def test_where_nothing_is_clipped_values_go_on_beyond_black_and_white():
    means = np.array([1.5, 2, 3])
    np.testing.assert_allclose(without_shift(means, 0.2, white=False), means, atol=1e-3)
    np.testing.assert_allclose(without_shift(1 - means, 0.2, black=False), 1 - means, atol=1e-3)


def test_means_beyond_those_of_black_and_white_are_black_and_white():
    means = np.array([-0.2, 0, 0.01, 0.99, 1, 1.2])
    np.testing.assert_array_equal(without_shift(means, 0.2), [0, 0, 0, 1, 1, 1])
