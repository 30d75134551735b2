"""Fits that go on from earlier ones, and those that do not."""

import pickle

import keras
import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise import UNetDenoiser


def test_partial_fit_learns_at_a_lower_rate_than_the_peak_of_a_fit(digits):
    denoiser = UNetDenoiser(filters=(4,), random_state=0).partial_fit(digits[0][:20])
    _, state = denoiser._optimizer_state
    state = [float(v) for v in state if np.ndim(v) == 0]
    assert pytest.approx(2e-3) in state


def test_partial_fit_goes_on_learning(digits):
    X = digits[0]
    denoiser = quick_denoiser(learning_rate=2e-3, batch_size=32)
    denoiser.partial_fit(X[:600])
    first = denoiser.score(X[1200:])
    for _ in range(5):
        denoiser.partial_fit(X[600:1200])
    assert denoiser.n_iter_ == 6
    assert len(denoiser.history_["loss"]) == 6
    assert denoiser.score(X[1200:]) > first + 0.5


def test_partial_fit_keeps_the_value_range_of_the_first_call(digits):
    X = digits[0]
    denoiser = quick_denoiser().partial_fit(X[:100] * 16)
    denoiser.partial_fit(X[100:200] * 14)
    assert denoiser.value_range_ == (0, 16)


def test_partial_fit_goes_on_after_pickling_as_without_it(digits):
    X = digits[0][:200]
    one = quick_denoiser().partial_fit(X)
    other = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(
        one.partial_fit(X).transform(X), other.partial_fit(X).transform(X)
    )


def test_partial_fit_with_another_optimizer_starts_that_anew(digits):
    X = digits[0][:100]
    denoiser = quick_denoiser(optimizer=keras.optimizers.SGD(0.1)).partial_fit(X)
    before = denoiser.model_.get_weights()
    denoiser.set_params(optimizer=keras.optimizers.SGD(0.0)).partial_fit(X)
    for weight, same in zip(before, denoiser.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
    denoiser.set_params(optimizer="adamw").partial_fit(X)
    assert denoiser.n_iter_ == 3


def test_warm_start_goes_on_from_the_last_fit(digits):
    X = digits[0][:600]
    cold = quick_denoiser(epochs=3).fit(X)
    warm = quick_denoiser(epochs=3, warm_start=True).fit(X).fit(X)
    assert warm.n_iter_ == 6
    assert warm.history_["loss"][3] < cold.history_["loss"][0]


def test_a_warm_start_keeps_the_filters_of_the_last_fit(digits):
    images = np.kron(digits[0][:64].reshape(-1, 8, 8), np.ones((4, 4)))
    denoiser = UNetDenoiser(epochs=1, random_state=0).fit(images)
    before = [weight.shape for weight in denoiser.model_.get_weights()]
    for patch_size in (16, None):  # another network is the default for patches of 16x16
        denoiser.set_params(warm_start=True, patch_size=patch_size).fit(images)
        assert [weight.shape for weight in denoiser.model_.get_weights()] == before
    assert denoiser.n_iter_ == 3


def test_losses_of_several_fits_stand_at_their_epochs(digits):
    denoiser = quick_denoiser(epochs=2, warm_start=True).fit(digits[0][:100])
    denoiser.set_params(validation_split=0.5).fit(digits[0][:100])
    denoiser.set_params(validation_split=0.0).fit(digits[0][:100])
    computed = np.isfinite(denoiser.history_["val_loss"])
    np.testing.assert_array_equal(computed, [False, False, True, True, False, False])
    assert np.isfinite(denoiser.history_["loss"]).all()


def test_fit_without_warm_start_starts_anew(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser().fit(X)
    history = denoiser.history_
    assert denoiser.fit(X).history_ == history
