"""Networks in ONNX Runtime, without Keras."""

import os
import subprocess
import sys

import numpy as np
import pytest

from skdenoise import UNetDenoiser
from skdenoise.images.pixels import UNIT
from skdenoise.inference import onnx_runtime
from skdenoise.inference.trained import TrainedNetwork
from skdenoise.networks.architecture import check_architecture


@pytest.mark.parametrize("name", ["compact", "bias_free", "classic"])
@pytest.mark.parametrize("filters", [(4,), (4, 8, 6)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("linear", [False, True])
def test_a_network_computes_what_it_computes_in_keras(name, filters, channels, linear):
    architecture = check_architecture(name, filters, channels, linear)
    rng = np.random.default_rng(0)
    shapes = architecture.graph.weight_shapes
    weights = [rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes]
    networks = [
        TrainedNetwork(architecture, (16, 24), "float32", weights, prefers_onnx_runtime=prefers)
        for prefers in (True, False)
    ]
    images = rng.normal(0.5, 0.5, (3, 15, 22, channels)).astype(np.float32)
    ours, theirs = (network.denoise(images, UNIT) for network in networks)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert [weight.shape for weight in networks[1].model.get_weights()] == shapes


ALONE = """
import sys
import numpy as np
from skdenoise import UNetDenoiser
passes = {"photo-gray": "self_ensemble", "photo-real": "self_ensemble", "text": None}
for name, inference in passes.items():
    images = np.random.default_rng(0).integers(0, 256, (2, 30, 41, 3), np.uint8)
    denoiser = UNetDenoiser.from_pretrained(name, inference=inference)
    assert denoiser.transform(images).shape == images.shape
    denoiser._repr_html_()  # as a notebook shows it
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
"""


def test_a_packaged_denoiser_imports_no_keras():
    subprocess.run([sys.executable, "-c", ALONE], check=True)


def test_a_network_that_was_given_away_computes_in_keras():
    images = np.random.default_rng(0).random((1, 16, 16, 1), dtype=np.float32)
    params = {"value_range": (0, 1), "precision": "float32"}
    denoiser = UNetDenoiser.from_pretrained("photo-gray", **params)
    before = denoiser.transform(images)
    np.testing.assert_allclose(denoiser.transform(images), before)
    assert "model_" not in dir(denoiser)
    model = denoiser.model_
    assert "model_" in dir(denoiser)
    np.testing.assert_allclose(denoiser.transform(images), before, atol=1e-5)
    model.set_weights([0 * weight for weight in model.get_weights()])
    np.testing.assert_allclose(denoiser.transform(images), images)  # the predicted noise is zero


def test_tiles_give_what_the_whole_image_gives(monkeypatch):
    image = np.random.default_rng(0).random((1, 150, 170, 1), dtype=np.float32)
    denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    whole = denoiser.transform(image)
    monkeypatch.setattr("skdenoise.inference.trained._MEMORY", 2**22)
    assert denoiser._network._tile_side() < 150
    np.testing.assert_allclose(denoiser.transform(image), whole, atol=1e-5)


def test_without_keras_a_fit_says_what_is_missing(monkeypatch):
    monkeypatch.setattr("skdenoise.extras.find_spec", lambda name: None)
    with pytest.raises(
        ModuleNotFoundError, match=r"A fit needs Keras and TensorFlow, .* pip install"
    ):
        UNetDenoiser().fit(np.zeros((4, 8, 8)))


def test_with_a_gpu_it_is_left_to_keras(monkeypatch, tmp_path):
    assert onnx_runtime.is_preferable.__wrapped__()
    monkeypatch.setattr(onnx_runtime, "_GPU_DEVICES", (os.fspath(tmp_path),))
    assert not onnx_runtime.is_preferable.__wrapped__()
