"""Intervals and p-values: what they promise holds on simulated data."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from skdenoise.evaluation.bootstrap import bootstrap_interval, bootstrap_means, interval
from skdenoise.evaluation.significance import (
    bonferroni,
    bonferroni_level,
    difference_interval,
    p_value,
    standard_error,
)


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
    monkeypatch.setattr("skdenoise.evaluation.bootstrap._INDICES_AT_A_TIME", 50)
    values = np.arange(20.0)[:, np.newaxis]
    resampled = bootstrap_means(values, 301, np.random.default_rng(0))
    assert resampled.shape == (301, 1)
    assert resampled.mean() == pytest.approx(values.mean(), abs=0.3)


def test_p_values_are_rarely_small_where_there_is_no_difference():
    rng = np.random.default_rng(0)
    p_values = []
    for _ in range(300):
        right = rng.random((300, 2)) < 0.8
        resampled = bootstrap_means(right, 300, rng)
        error = standard_error(resampled[:, 0] - resampled[:, 1], 300)
        p_values.append(p_value(right[:, 0].mean() - right[:, 1].mean(), error))
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.08


@pytest.mark.parametrize("n_other", [3, 4, 5, 6, 8])
def test_few_images_that_differ_prove_about_as_little_as_in_mcnemars_exact_test(n_other):
    values = np.zeros((500, 1))
    values[:n_other] = 1
    error = standard_error(bootstrap_means(values, 4000, np.random.default_rng(0)), 500)
    exact = binomtest(n_other, n_other).pvalue
    assert exact * 0.85 < p_value(n_other / 500, error) < exact + 0.06


def test_no_image_that_differs_proves_no_more_than_the_rule_of_three():
    error = standard_error(np.zeros(100), 200)
    _, high = difference_interval(0.0, error, level=0.9)
    assert high == pytest.approx(1 - 0.05 ** (1 / 200), rel=0.1)
    assert p_value(0.0, error) == 1


@pytest.mark.parametrize(("n_images", "loss"), [(200, 0.01), (1000, 0.005), (300, 0.1)])
def test_bound_of_a_loss_holds_as_often_as_it_says(n_images, loss):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        lost = (rng.random((n_images, 1)) < loss).astype(float)
        error = standard_error(bootstrap_means(lost, 200, rng), n_images)
        held.append(difference_interval(lost.mean(), error, level=0.9)[1] >= loss)
    assert np.mean(held) > 0.92


def test_bonferroni_multiplies_p_values_by_their_number():
    np.testing.assert_allclose(bonferroni([0.01, 0.02, 0.5]), [0.03, 0.06, 1])


@pytest.mark.parametrize("n", [1, 4])
def test_corrected_intervals_and_p_values_agree(n):
    for difference in (-3, -2.5, -1.5, 0, 1.9, 2.1, 2.6):
        low, high = difference_interval(difference, 1, level=bonferroni_level(0.95, n))
        corrected = bonferroni([p_value(difference, 1)] * n)[0]
        assert (corrected < 0.05) == (low > 0 or high < 0)


def test_samples_that_cannot_be_scored_are_left_out():
    def score(chosen):
        if chosen[0] == 0:
            raise ValueError("a class is missing")
        return np.nan if chosen[0] == 1 else 0.5

    ends = bootstrap_interval(score, 10, confidence_level=0.9, n_resamples=50, seed=0)
    assert ends == (0.5, 0.5)
    with pytest.warns(UserWarning, match="Only 0 of 50 resamples"):
        unknown = bootstrap_interval(
            lambda chosen: np.nan, 10, confidence_level=0.9, n_resamples=50, seed=0
        )
    assert np.isnan(unknown).all()
