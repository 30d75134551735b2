"""TensorFlow's warnings about retracing, which count all networks as one function."""

import threading

import keras
import numpy as np
import pytest
from conftest import quick_denoiser

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="only TensorFlow warns of retracing"
)

SIZES = range(8, 16)


@pytest.fixture
def warned(caplog):
    """Return the retracing warnings so far. TensorFlow gives at most two for one function."""
    import tensorflow as tf

    tf.get_logger().addHandler(caplog.handler)
    yield lambda: [text for text in caplog.messages if "retracing" in text]
    tf.get_logger().removeHandler(caplog.handler)


def images(size):
    return np.random.default_rng(0).random((20, size, size)).astype(np.float32)


def own_network(input_shape):
    convolution = keras.layers.Conv2D(1, 3, padding="same")
    return keras.Sequential([keras.layers.Input(input_shape), convolution])


def traced_by_the_user():
    """Trace a new function in each call, five times and more."""
    import tensorflow as tf

    def function(number):
        return number + 1

    for _ in SIZES:
        tf.function(function)(1)


def test_a_search_over_networks_does_not_warn(warned):
    for n_filters in SIZES:
        quick_denoiser(filters=(2, n_filters)).fit(images(8)).transform(images(8))
    assert warned() == []


def test_many_sizes_do_not_warn(warned):
    built_in = quick_denoiser(filters=(2, 3)).fit(images(8))
    own = quick_denoiser(network=own_network, filters=None).fit(images(8))
    for size in SIZES:
        built_in.transform(images(size))
        own.transform(images(size))
    assert built_in.model_
    for size in SIZES:
        built_in.transform(images(size))
    assert warned() == []


def test_a_function_that_the_user_traces_in_another_thread_still_warns(warned):
    thread = threading.Thread(target=traced_by_the_user)

    class InAnotherThread(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            thread.start()
            thread.join()

    quick_denoiser(filters=(2, 3), callbacks=[InAnotherThread()]).fit(images(8))
    assert warned() != []
