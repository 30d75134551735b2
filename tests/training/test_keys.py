"""Keys: only what plain values describe in full is kept for reuse."""

import functools
import sys

import keras
import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise.networks.architecture import check_architecture
from skdenoise.training.keys import training_key

HUBER = keras.losses.huber


class MeanOfTwo(keras.losses.Loss):
    """A loss that is made of others."""

    def __init__(self, delta):
        super().__init__()
        self.delta = delta
        self.parts = [keras.losses.Huber(delta), keras.losses.MeanSquaredError()]

    def call(self, y_true, y_pred):
        return sum(part(y_true, y_pred) for part in self.parts) / 2

    def get_config(self):
        return {"delta": self.delta}


def linear_network(input_shape):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(1, 3, padding="same")])


def key_of(loss="mse", optimizer=None, network="compact", helper=None):
    architecture = check_architecture(network, None, channels=1)
    return training_key(
        architecture, "float32", loss, (optimizer, (("beta_2", 0.98),), 0.05), helper
    )


@pytest.mark.parametrize("make", [keras.losses.Huber, lambda d: functools.partial(HUBER, delta=d)])
def test_a_loss_of_keras_is_known_again_by_its_parts(make):
    assert key_of(loss=make(0.1)) == key_of(loss=make(0.1)) is not None
    assert key_of(loss=make(0.1)) != key_of(loss=make(0.2))


@pytest.mark.parametrize("optimizer", [None, "sgd", keras.optimizers.Adam(0.1)])
def test_an_optimizer_of_keras_is_known_again(optimizer):
    again = (
        optimizer if optimizer is None or isinstance(optimizer, str) else keras.optimizers.Adam(0.1)
    )
    assert key_of(optimizer=optimizer) == key_of(optimizer=again) is not None
    assert key_of(optimizer=optimizer) != key_of(optimizer=keras.optimizers.Adam(0.2))


def test_a_helper_is_known_again_but_not_a_classifier_of_the_user():
    def of(is_fixed, classifier=None):
        return key_of(helper=((8, 8), ((True, 10),), is_fixed, classifier, 1.0))

    assert of(True) == of(True) is not None
    assert of(True) != of(False)
    assert of(True, classifier=lambda images: images) is None


class OwnSGD(keras.optimizers.SGD):
    """An optimizer of the user's own."""


@pytest.mark.parametrize(
    "own",
    [
        {"loss": MeanOfTwo(0.1)},
        {"loss": lambda y_true, y_pred: y_pred - y_true},
        {"optimizer": OwnSGD(0.1)},
        {"network": linear_network},
    ],
)
def test_what_the_user_has_written_is_not_kept_for_reuse(own):
    assert key_of(**own) is None


ACTIVATION = "relu"


def network_with_a_global(input_shape, seed):
    inputs = keras.Input(input_shape)
    draw = keras.initializers.GlorotUniform(seed=seed)
    layer = {"padding": "same", "kernel_initializer": draw}
    x = keras.layers.Conv2D(4, 3, activation=ACTIVATION, **layer)(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(1, 3, **layer)(x))


def test_a_network_function_whose_global_has_changed_gives_another_denoiser(digits, monkeypatch):
    X = digits[0][:100]
    denoiser = quick_denoiser(network=network_with_a_global, filters=None, loss="mse")
    with_relu = denoiser.fit(X).transform(X)
    monkeypatch.setattr(sys.modules[__name__], "ACTIVATION", "tanh")
    assert np.abs(denoiser.transform(X) - with_relu).max() == 0  # as it was trained
    assert np.abs(denoiser.fit(X).transform(X) - with_relu).max() > 1e-3
    monkeypatch.setattr(sys.modules[__name__], "ACTIVATION", "relu")
    np.testing.assert_array_equal(denoiser.fit(X).transform(X), with_relu)
