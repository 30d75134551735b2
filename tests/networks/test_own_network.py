"""Networks of the user's own."""

import keras
import numpy as np
import pytest
from conftest import quick_denoiser


def linear_network(input_shape):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(1, 3, padding="same")])


def seeded_network(input_shape, filters, seed, dtype):
    initializer = keras.initializers.GlorotUniform(seed=seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(
                filters[0], 3, padding="same", kernel_initializer=initializer, dtype=dtype
            ),
            layers.Conv2D(input_shape[-1], 1, activation="sigmoid", dtype="float32"),
        ]
    )


def dense_network(input_shape):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )


def test_own_network_gets_the_arguments_that_it_asks_for(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser(network=seeded_network, filters=(6,)).fit(X)
    assert denoiser.model_.layers[0].filters == 6
    assert quick_denoiser(network=linear_network, filters=None).fit(X).transform(X).shape == X.shape


def test_own_convolutional_network_takes_other_sizes_and_a_dense_one_says_why_not(digits):
    images = digits[0][:200].reshape(-1, 8, 8)
    larger = np.ones((2, 12, 10))
    convolutional = quick_denoiser(network=linear_network, filters=None).fit(images)
    assert convolutional.transform(larger).shape == larger.shape
    dense = quick_denoiser(network=dense_network, filters=None).fit(images)
    with pytest.raises(ValueError, match="cannot take images of size"):
        dense.transform(larger)


def test_a_function_builds_a_new_network_in_each_call(digits):
    network = linear_network((8, 8, 1))
    own = {"network": lambda input_shape: network, "filters": None}
    quick_denoiser(**own).fit(digits[0][:100])
    with pytest.raises(ValueError, match="Build a new one in each call"):
        quick_denoiser(**own).fit(digits[0][:100])
