"""Noise that the device draws: that of the host, in the networks that it is drawn for."""

import importlib.util
import json
from unittest import mock

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from test_package import run_python

from skdenoise import GaussianNoise, add_noise
from skdenoise.images.layout import pad_to_multiple
from skdenoise.images.pixels import PixelFormat
from skdenoise.training import device_noise


@pytest.fixture
def accelerator(monkeypatch):
    """Take the processor for an accelerator."""
    monkeypatch.setattr(device_noise, "has_accelerator", lambda: True)


def layer_for(images, noise_factor=0.3, clip=None, value_range=(0.0, 1.0)):
    """Return a layer that draws noise on images, and how they are stored."""
    pixels = PixelFormat(images.dtype, value_range)
    size = images.shape[1:3]
    padded = [side + -side % 4 for side in size]
    layer = device_noise.DeviceNoise(device_noise.Storage.of(pixels, clip, size, padded))
    layer.start_fit(GaussianNoise(noise_factor))
    layer.start_epoch(0, 0)
    return layer, pixels


@pytest.mark.parametrize(
    ("dtype", "value_range"),
    [
        (np.float32, (0.0, 1.0)),
        (np.float64, (-3.0, 5.0)),
        (np.uint8, (0.0, 255.0)),
        (np.uint8, (16.0, 235.0)),
        (np.int16, (0.0, 1023.0)),
        (np.uint16, (0.0, 65535.0)),
        (bool, (0.0, 1.0)),
    ],
)
@pytest.mark.parametrize("clip", [None, True, False])
def test_the_device_stores_and_pads_noisy_images_as_the_host_does(dtype, value_range, clip):
    unit = np.random.default_rng(0).normal(0.5, 0.7, (5, 1, 14, 2)).astype(np.float32)
    layer, pixels = layer_for(unit.astype(dtype), clip=clip, value_range=value_range)
    expected = pad_to_multiple(pixels.stored(unit, clip), 4)
    np.testing.assert_allclose(layer.stored(unit), expected, atol=1e-6)


def test_the_device_draws_from_the_distribution_of_the_host():
    images = np.full((200, 16, 16, 1), 0.8, np.float32)
    layer, _ = layer_for(images)
    found = np.asarray(layer(images, training=True))
    expected = add_noise(images, noise_factor=0.3, random_state=0)
    percentiles = (1, 10, 50, 90, 99)
    assert np.percentile(found, percentiles) == pytest.approx(
        np.percentile(expected, percentiles), abs=0.02
    )
    assert found.std(axis=0).min() > 0  # nothing is drawn once for all images
    np.testing.assert_array_equal(layer(images), images)  # validation brings noise of its own


def test_the_device_draws_a_strength_for_each_image():
    images = np.zeros((2000, 16, 16, 1), np.float32)
    layer, _ = layer_for(images, noise_factor=(0.1, 0.5))
    strengths = np.asarray(layer(images, training=True)).std(axis=(1, 2, 3))
    assert np.percentile(strengths, (1, 25, 50, 75, 99)) == pytest.approx(
        (0.1, 0.2, 0.3, 0.4, 0.5), abs=0.05
    )


def test_what_decides_nothing_compiles_nothing_anew():
    floats, sizes = PixelFormat(np.dtype(np.float32), (0.0, 15.9)), ((8, 8), (8, 8))
    same = device_noise.Storage.of(PixelFormat(np.dtype(np.float64), (0.0, 16.0)), None, *sizes)
    assert device_noise.Storage.of(floats, False, (12, 12), (12, 12)) == same
    assert device_noise.Storage.of(floats, True, *sizes) != same
    assert device_noise.Storage.of(floats, None, (7, 8), (8, 8)) != same


def test_a_fit_with_noise_of_the_device_learns_as_one_with_noise_of_the_host(digits, monkeypatch):
    X, _ = digits
    X = X[:, :56]  # 7x8 pixels, which are padded
    settings = {"image_shape": (7, 8), "epochs": 8, "batch_size": 32, "validation_split": 0.1}
    host = quick_denoiser(**settings).fit(X)
    monkeypatch.setattr(device_noise, "has_accelerator", lambda: True)
    found = quick_denoiser(**settings).fit(X)
    assert found.history_["loss"] != host.history_["loss"]
    for name in ("loss", "val_loss"):
        assert found.history_[name] == pytest.approx(host.history_[name], abs=0.01)
    assert found.score(X) == pytest.approx(host.score(X), abs=0.3)


def test_noise_of_the_device_follows_from_the_seed(digits, accelerator):
    X, _ = digits

    def fit(**params):
        denoiser = quick_denoiser(epochs=2, noise_factor=0.3, **params).fit(X[:300])
        return denoiser.partial_fit(X[:300])

    first = fit(random_state=0)
    other = fit(random_state=1)
    again = fit(random_state=0)
    assert first.history_ == again.history_ != other.history_
    np.testing.assert_array_equal(first.transform(X[:9]), again.transform(X[:9]))
    assert first.history_["loss"][1] != first.history_["loss"][2]


def test_callbacks_other_noise_and_networks_of_the_user_have_noise_of_the_host(
    digits, accelerator, tmp_path
):
    X, _ = digits

    class Saves(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.save(tmp_path / "network.keras")

    def network(input_shape):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(inputs))

    for params in ({"callbacks": [Saves()]}, {"noise": "speckle"}, {"network": network}):
        denoiser = quick_denoiser(filters=None if "network" in params else (8, 16), **params)
        with mock.patch.object(device_noise.DeviceNoise, "call", side_effect=AssertionError):
            denoiser.fit(X[:100])
    assert (tmp_path / "network.keras").exists()


PROGRAM = """
import sys; sys.path.insert(0, "tests")
import json
from conftest import quick_denoiser
from sklearn.datasets import load_digits
from skdenoise.training import device_noise
X = load_digits().data / 16
def fit():
    return quick_denoiser(epochs=4, batch_size=32, validation_split=0.1).fit(X[:600])
host = fit()
device_noise.has_accelerator = lambda: True
first, again = fit(), fit()
print(json.dumps([host.history_, first.history_, again.history_]))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_of_keras_draw_noise_on_the_device(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    host, first, again = json.loads(run_python(PROGRAM, KERAS_BACKEND=backend).splitlines()[-1])
    assert first == again != host
    for name in ("loss", "val_loss"):
        assert first[name] == pytest.approx(host[name], abs=0.02)
