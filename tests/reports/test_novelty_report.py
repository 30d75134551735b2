"""The novelty report: which other noise would be noticed."""

import numpy as np
import pytest

from skdenoise import SubspaceDenoiser, noise_names
from skdenoise.reports.novelty import SEVERITIES, USUAL, novelty_report

SHAPE = (8, 8, 1)


@pytest.fixture(scope="module")
def denoiser(digits):
    return SubspaceDenoiser(noise_factor=0.2, value_range=(0, 1), random_state=0).fit(
        digits[0][:800]
    )


def test_each_kind_of_noise_has_a_share_of_reported_images(denoiser, digits):
    report = novelty_report(denoiser, digits[0][800:1100], image_shape=SHAPE)
    assert list(report.shares.index) == [USUAL, *noise_names()]
    assert list(report.shares.columns) == list(SEVERITIES)
    assert report.shares.to_numpy().min() >= 0
    assert report.shares.loc[USUAL].nunique() == 1
    assert report.shares.loc[USUAL, 1] < 0.15
    assert report.shares.loc["contrast", 5] > 0.9
    assert all(len(images) == 150 for images in report.plotted.values())


def test_the_same_seed_gives_the_same_shares(denoiser, digits):
    first, second = (
        novelty_report(denoiser, digits[0][800:900], image_shape=SHAPE) for _ in range(2)
    )
    np.testing.assert_array_equal(first.shares, second.shares)


def test_nothing_is_told_of_few_images_or_unknown_noise(denoiser, digits):
    assert novelty_report(denoiser, digits[0][800:850], image_shape=SHAPE) is None
    X = digits[0][:200].reshape(-1, 8, 8)
    unaware = SubspaceDenoiser().fit(X, clean=X)
    assert unaware.noise_ is None
    assert novelty_report(unaware, digits[0][800:1000], image_shape=SHAPE) is None
