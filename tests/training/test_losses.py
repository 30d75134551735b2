"""Losses."""

import functools

import keras
import numpy as np
import pytest
from conftest import quick_denoiser

HUBER = keras.losses.huber


@pytest.mark.parametrize(
    "loss", ["mse", "mae", functools.partial(HUBER, delta=0.1), keras.losses.LogCosh()]
)
def test_loss_is_what_keras_takes(digits, loss):
    denoiser = quick_denoiser(loss=loss).fit(digits[0][:100])
    assert np.isfinite(denoiser.history_["loss"]).all()


def test_losses_that_differ_in_a_parameter_are_not_taken_for_each_other(digits):
    losses = [
        quick_denoiser(loss=functools.partial(HUBER, delta=delta))
        .fit(digits[0][:100])
        .history_["loss"][0]
        for delta in (0.001, 1.0)
    ]
    assert losses[1] > 10 * losses[0]


@pytest.mark.parametrize("loss", [keras.losses.Huber(0.1), keras.losses.CosineSimilarity(axis=1)])
def test_a_loss_whose_copies_forget_what_it_was_given_is_refused(digits, loss):
    with pytest.raises(ValueError, match=r"forget (delta|axis).*functools\.partial"):
        quick_denoiser(loss=loss).fit(digits[0][:100])


@pytest.mark.parametrize(
    ("loss", "linear"),
    [
        ("mse", True),
        ("mae", True),
        (keras.losses.MeanSquaredError(), True),
        (keras.losses.LogCosh(), True),
        ("binary_crossentropy", False),
        (None, False),
    ],
)
def test_no_sigmoid_can_saturate_under_errors_of_pixels(digits, loss, linear):
    """With one, MNIST fits ended with black images for one seed in two."""
    denoiser = quick_denoiser(loss=loss).fit(digits[0][:200])
    assert isinstance(denoiser.model_.layers[-1], keras.layers.Activation) != linear


def test_the_original_network_keeps_its_sigmoid_under_any_loss(digits):
    denoiser = quick_denoiser(network="classic", filters=(4, 4, 4), loss="mse")
    assert denoiser.fit(digits[0][:100]).model_.layers[-1].activation.__name__ == "sigmoid"
