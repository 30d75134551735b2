"""Noise that the device draws: that of the host, in the networks that it is drawn for."""

import importlib.util
import json

import numpy as np
import pytest
from conftest import quick_denoiser
from test_package import run_python

from skdenoise import UNetDenoiser, add_noise, distribution


@pytest.fixture
def accelerator(monkeypatch):
    """Take the processor for an accelerator."""
    monkeypatch.setattr(distribution, "has_accelerator", lambda: True)


def drawn(images, noise_factor, clip=None):
    """Return what a device makes of images in training, in units of the value range."""
    from skdenoise.device_noise import DeviceNoise, Storage
    from skdenoise.images import PixelFormat
    from skdenoise.noise.resolution import resolve_noise

    pixels = PixelFormat(images.dtype, (0.0, 255.0) if images.dtype == np.uint8 else (0.0, 1.0))
    height, width = images.shape[1:3]
    padded = height + -height % 4, width + -width % 4
    layer = DeviceNoise(Storage(pixels, clip, (height, width), padded))
    layer.start_fit(resolve_noise("gaussian", noise_factor))
    layer.start_epoch(0, 0)
    unit = pixels.to_unit(images)
    np.testing.assert_array_equal(layer(unit), unit)  # validation brings noise of its own
    return np.asarray(layer(unit, training=True))


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("clip", [None, True, False])
def test_the_device_draws_from_the_distribution_of_the_host(dtype, clip):
    images = np.full((200, 16, 16, 1), 0.8, np.float32)
    if dtype is np.uint8:
        images = (255 * images).astype(np.uint8)
    value_range = (0, 255) if dtype is np.uint8 else (0, 1)
    scale = value_range[1]
    expected = add_noise(
        images, noise_factor=0.3, random_state=0, clip=clip, value_range=value_range
    )
    expected, found = expected / scale, drawn(images, 0.3, clip)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.005)
    percentiles = (1, 10, 50, 80, 90, 99)
    assert np.percentile(found, percentiles) == pytest.approx(
        np.percentile(expected, percentiles), abs=0.02
    )
    if dtype is np.uint8:
        np.testing.assert_allclose(found * 255, np.rint(found * 255), atol=1e-3)
    assert found.std(axis=0).min() > 0  # nothing is drawn once for all images


def test_the_device_draws_a_strength_for_each_image():
    strengths = drawn(np.zeros((2000, 16, 16, 1), np.float32), (0.1, 0.5)).std(axis=(1, 2, 3))
    assert np.percentile(strengths, (1, 25, 50, 75, 99)) == pytest.approx(
        (0.1, 0.2, 0.3, 0.4, 0.5), abs=0.05
    )


def test_the_device_pads_noisy_images_as_the_host_does():
    found = drawn(np.zeros((2, 1, 14, 1), np.float32), 0.3)
    host = np.pad(found[:, :1, :14], ((0, 0), (0, 3), (0, 2), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(found, host)


def test_a_fit_with_noise_of_the_device_learns_as_one_with_noise_of_the_host(digits, monkeypatch):
    X, _ = digits
    X = X[:, :56]  # 7x8 pixels, which are padded
    settings = {"image_shape": (7, 8), "epochs": 8, "batch_size": 32, "validation_split": 0.1}
    host = quick_denoiser(**settings).fit(X)
    monkeypatch.setattr(distribution, "has_accelerator", lambda: True)
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


def test_callbacks_and_other_noise_are_served_as_on_the_host(digits, accelerator):
    X, _ = digits
    denoiser = quick_denoiser(noise="salt_and_pepper", early_stopping=2).fit(X[:300])
    gaussian = quick_denoiser(early_stopping=2).fit(X[:300])
    assert set(gaussian.history_) == set(denoiser.history_) == {"loss", "val_loss"}
    assert len(gaussian.model_.weights) == len(denoiser.model_.weights)


PROGRAM = """
import sys; sys.path.insert(0, "tests")
import json
from conftest import quick_denoiser
from sklearn.datasets import load_digits
from skdenoise import distribution
X = load_digits().data / 16
def fit():
    return quick_denoiser(epochs=4, batch_size=32, validation_split=0.1).fit(X[:600])
host = fit()
distribution.has_accelerator = lambda: True
first, again = fit(), fit()
print(json.dumps([host.history_, first.history_, again.history_]))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_draw_noise_on_the_device(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    host, first, again = json.loads(run_python(PROGRAM, KERAS_BACKEND=backend).splitlines()[-1])
    assert first == again != host
    for name in ("loss", "val_loss"):
        assert first[name] == pytest.approx(host[name], abs=0.02)


def test_a_network_of_the_user_is_given_noise_of_the_device(digits, accelerator):
    import keras

    def network(input_shape):
        inputs = keras.Input(input_shape)
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
        return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(x))

    X, _ = digits
    denoiser = UNetDenoiser(network=network, loss="mse", epochs=5, random_state=0)
    assert denoiser.fit(X[:400]).history_["loss"][-1] < denoiser.history_["loss"][0]
