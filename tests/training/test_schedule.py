"""The learning rate."""

import keras
import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise.training.schedule import Schedule


def test_schedule_warms_up_and_falls_to_zero():
    schedule = Schedule(0.1)
    optimizer = keras.optimizers.SGD(learning_rate=schedule)
    schedule.bind(optimizer)
    schedule.peak.assign(2.0)
    schedule.steps.assign(100)
    rates = [float(keras.ops.convert_to_numpy(schedule(step))) for step in range(100)]
    assert np.argmax(rates) == pytest.approx(9, abs=1)
    assert max(rates) == pytest.approx(2, rel=0.01)
    assert rates[0] == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(0, abs=1e-3)
    assert rates[54] == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(
    "params", [{"network": "classic"}, {"optimizer": keras.optimizers.Adam(1e-3)}]
)
def test_callbacks_set_a_learning_rate_that_is_a_number(digits, params):
    falling = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 1 else 0.0)
    denoiser = quick_denoiser(epochs=3, callbacks=[falling], validation_split=0.5, **params)
    losses = denoiser.fit(digits[0][:100]).history_["val_loss"]
    assert losses[1] == losses[2] == losses[0]
    plain = quick_denoiser(epochs=2, validation_split=0.5, **params).fit(digits[0][:100])
    assert plain.history_["val_loss"][1] < plain.history_["val_loss"][0]


@pytest.mark.parametrize("optimizer", [None, "sgd"])
def test_callbacks_that_would_set_a_scheduled_learning_rate_are_refused(digits, optimizer):
    callbacks = [keras.callbacks.ReduceLROnPlateau()]
    with pytest.raises(ValueError, match=r"ReduceLROnPlateau.*schedule.*Adam\(1e-3\)"):
        quick_denoiser(callbacks=callbacks, optimizer=optimizer).fit(digits[0][:100])


def test_a_fit_of_one_step_learns(digits):
    X = digits[0][:64]
    slow, quick = (
        quick_denoiser(epochs=1, learning_rate=rate).fit(X).transform(X[:4])
        for rate in (1e-9, 5e-3)
    )
    assert not np.allclose(slow, quick, atol=1e-3)
