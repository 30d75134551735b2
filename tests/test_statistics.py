"""Intervals and p-values: what they promise holds on simulated data."""

import numpy as np
import pytest
from scipy.stats import binom

from skdenoise.resampling import bootstrap_means, interval
from skdenoise.statistics import holm, p_value


def test_bootstrap_interval_of_a_proportion_is_that_of_the_binomial():
    hits = np.zeros((400, 1))
    hits[:300] = 1
    low, high = interval(bootstrap_means(hits, 4000, np.random.default_rng(0)))
    expected = binom.ppf([0.025, 0.975], 400, 0.75) / 400
    np.testing.assert_allclose([low[0], high[0]], expected, atol=0.006)


def test_columns_share_the_resamples_so_that_pairs_stay_together():
    rng = np.random.default_rng(0)
    first = rng.random(500) < 0.7
    resampled = bootstrap_means(np.column_stack([first, first]), 500, rng)
    np.testing.assert_array_equal(resampled[:, 0], resampled[:, 1])


def test_resamples_drawn_in_parts_are_means_of_images_too(monkeypatch):
    monkeypatch.setattr("skdenoise.resampling._INDICES_AT_A_TIME", 50)
    values = np.arange(20.0)[:, np.newaxis]
    resampled = bootstrap_means(values, 301, np.random.default_rng(0))
    assert resampled.shape == (301, 1)
    assert resampled.mean() == pytest.approx(values.mean(), abs=0.3)


def test_p_values_are_uniform_where_there_is_no_difference():
    rng = np.random.default_rng(0)
    p_values = []
    for _ in range(300):
        right = rng.random((300, 2)) < 0.8
        resampled = bootstrap_means(right, 300, rng)
        difference = right[:, 0].mean() - right[:, 1].mean()
        p_values.append(p_value(difference, resampled[:, 0] - resampled[:, 1]))
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.09


def test_p_value_of_equal_outcomes_is_one():
    assert p_value(0.0, np.zeros(100)) == 1


def test_holm_steps_down_and_leaves_out_what_is_no_test():
    adjusted = holm([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(adjusted, [0.03, np.nan, 0.06, 0.06])
    assert holm([0.9, 0.8]).max() == 1
