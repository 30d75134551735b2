"""Training on two devices, virtual ones of the processor, each backend in a process of its own."""

import importlib.util
import json

import pytest
from test_package import run_python

pytestmark = pytest.mark.several

PROGRAM = """
import sys; sys.path.insert(0, "tests")
import json
import keras
from conftest import quick_denoiser
from sklearn.datasets import load_digits

if keras.backend.backend() == "jax":
    two_devices = keras.distribution.DataParallel().scope
else:
    import tensorflow as tf
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        processor, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    two_devices = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope

class Devices(keras.callbacks.Callback):
    found = []
    def on_train_begin(self, logs=None):
        weights = self.model.trainable_variables[0].value
        if keras.backend.backend() == "jax":
            self.found.append(len(weights.sharding.device_set))
        else:
            self.found.append(self.model.distribute_strategy.num_replicas_in_sync)

X = load_digits().images / 16
def fit(n_images, batch_size):
    return quick_denoiser(
        filters=(4,),
        epochs=4,
        batch_size=batch_size,
        validation_split=0.2,
        callbacks=[Devices()],
        optimizer="adam",
    ).fit(X[:n_images])

# 256 images to train on, or 255, and 64 held out.
one = fit(320, 32)
odd = fit(319, 32)
with two_devices():
    two = fit(320, 32)
    filled_up = fit(319, 31)
    inside = two.transform(X[:3])
again = fit(320, 32)
error = None
if keras.backend.backend() != "jax":
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0"]))
    try:
        fit(320, 32)
    except RuntimeError as raised:
        error = str(raised)
    keras.distribution.set_distribution(None)
print(json.dumps({
    "devices": Devices.found,
    "one": one.history_, "two": two.history_, "again": again.history_,
    "odd": odd.history_, "filled_up": filled_up.history_,
    "difference": float(abs(two.transform(X) - one.transform(X)).mean()),
    "inside": float(abs(inside - two.transform(X[:3])).max()),
    "error": error,
}))
"""


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def outcome(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    found = json.loads(
        run_python(
            PROGRAM,
            KERAS_BACKEND=request.param,
            XLA_FLAGS="--xla_force_host_platform_device_count=2",
        ).splitlines()[-1]
    )
    return {"backend": request.param, **found}


def assert_same_curves(found, expected, tolerance):
    for name in ("loss", "val_loss"):
        assert found[name] == pytest.approx(expected[name], abs=tolerance)


def test_two_devices_learn_as_one_does(outcome):
    assert outcome["devices"] == [1, 1, 2, 2, 1]
    assert_same_curves(outcome["two"], outcome["one"], 1e-3)
    assert outcome["difference"] < 1e-2


def test_batches_that_do_not_divide_are_filled_up(outcome):
    # Batches of 31 become batches of 32, and the last one, of 31, is given an image more.
    assert_same_curves(outcome["filled_up"], outcome["odd"], 5e-3)


def test_one_device_learns_the_same_again_outside_of_the_scope(outcome):
    assert outcome["again"] == outcome["one"]
    assert outcome["inside"] < 1e-3


@pytest.mark.parametrize("outcome", ["tensorflow"], indirect=True, scope="module")
def test_a_distribution_that_the_backend_would_ignore_is_an_error(outcome):
    assert "KERAS_BACKEND=jax" in outcome["error"]
