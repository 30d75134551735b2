"""Opponent colours are three orthogonal axes, and lose nothing."""

import numpy as np
import pytest

from skdenoise.images.opponent import (
    ORTHONORMAL,
    WITHIN_RANGE,
    join_channels,
    split_channels,
)

AXES = pytest.mark.parametrize("axes", [ORTHONORMAL, WITHIN_RANGE], ids=["orthonormal", "in range"])


@pytest.fixture(scope="module")
def colours():
    return np.random.default_rng(0).random((4, 5, 6, 3)).astype(np.float32)


@AXES
def test_colours_come_back(axes, colours):
    np.testing.assert_allclose(axes.join(axes.split(colours)), colours, atol=1e-6)


@AXES
def test_the_images_of_a_channel_follow_each_other(axes, colours):
    split = axes.split(colours)
    assert split.shape == (12, 5, 6, 1)
    of_second = axes.split(colours[1:2])
    np.testing.assert_array_equal(split[1::4], of_second)


@AXES
def test_a_grey_image_has_differences_in_the_middle(axes):
    grey = np.full((1, 2, 2, 3), 0.3, np.float32)
    _, *differences = axes.split(grey)
    np.testing.assert_allclose(differences, 0.5, atol=1e-6)
    np.testing.assert_array_equal(axes.join(axes.split(grey)), grey)


def test_white_noise_stays_as_strong_in_orthonormal_axes():
    noise = np.random.default_rng(0).normal(0, 0.2, (1, 300, 300, 3)).astype(np.float32)
    channels = ORTHONORMAL.split(noise)
    np.testing.assert_allclose(channels.std(axis=(1, 2, 3)), 0.2, rtol=0.02)
    uncorrelated = np.corrcoef(channels.reshape(3, -1)) - np.eye(3)
    assert np.abs(uncorrelated).max() < 0.02


def test_colours_within_the_range_stay_within_it():
    corners = np.array([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], np.float32)
    channels = WITHIN_RANGE.split(corners.reshape(1, 1, 8, 3))
    for channel in channels:
        assert (channel.min(), channel.max()) == (0, 1)


def test_channels_come_back(colours):
    split = split_channels(colours)
    np.testing.assert_array_equal(split[4:8, ..., 0], colours[..., 1])
    np.testing.assert_array_equal(join_channels(split, 3), colours)
