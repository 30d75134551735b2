"""A part of each kind, added from outside: one object and one registration."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from keras import layers

from skdenoise import UNetDenoiser, add_noise, load, metrics, noisy_scorer, psnr
from skdenoise.denoisers import pretrained
from skdenoise.images.pixels import UNIT, PixelFormat
from skdenoise.inference.base import InferenceStep
from skdenoise.inference.by_name import INFERENCE_STEPS
from skdenoise.inference.trained import TrainedNetwork
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.base import Network
from skdenoise.networks.by_name import NETWORKS
from skdenoise.networks.initial_weights import initial_weights
from skdenoise.networks.layers import seeds
from skdenoise.networks.measured import least_weights, margin
from skdenoise.networks.recipes import Recipe
from skdenoise.noise import CatalogueModel, by_name
from skdenoise.noise.model import severity_table
from skdenoise.supervision.base import Supervision
from skdenoise.supervision.by_name import SUPERVISIONS
from skdenoise.supervision.pairs import Pairs


def slim(input_shape, filters=(8, 8), dtype="float32", linear=False, seed=0):
    """Return a network of separable and dilated convolutions, which predicts the noise."""
    draws = (keras.initializers.GlorotUniform(seed=seed) for seed in seeds(seed))
    inputs = x = keras.Input(input_shape)
    for n in filters:
        x = layers.SeparableConv2D(
            n,
            3,
            padding="same",
            dilation_rate=2,
            activation="relu",
            depthwise_initializer=next(draws),
            pointwise_initializer=next(draws),
            dtype=dtype,
        )(x)
    x = layers.Conv2D(
        input_shape[-1], 3, padding="same", kernel_initializer=next(draws), dtype="float32"
    )(x)
    return keras.Model(inputs, layers.Add(dtype="float32")([inputs, x]))


SLIM = Network(
    own_build=slim,
    filters=(8, 8),
    recipe=Recipe(2e-3, 1e-3, 0.05, batch_size=16, validation_split=0.0, loss="mae", steps=40),
    halvings=lambda filters: 0,
    is_bounded=False,
)


@pytest.fixture
def slim_network(monkeypatch):
    monkeypatch.setitem(NETWORKS, "slim", SLIM)


@pytest.mark.usefixtures("slim_network")
class TestNetwork:
    def test_it_is_trained_by_its_recipe_saved_and_loaded(self, digits, tmp_path):
        X, _ = digits
        denoiser = UNetDenoiser(network="slim", noise_factor=0.2, random_state=0).fit(X[:160])
        assert denoiser.n_iter_ == 2  # 40 steps, in epochs of 20
        denoiser.save(tmp_path / "slim.skdenoise")
        again = load(tmp_path / "slim.skdenoise")
        np.testing.assert_array_equal(again.transform(X[:5]), denoiser.transform(X[:5]))

    def test_a_seed_decides_all_its_weights(self):
        architecture = check_architecture("slim", None, channels=1)
        first, same, other = (
            architecture.build(None, "float32", seed).get_weights() for seed in (1, 1, 2)
        )
        for a, b, c in zip(first, same, other, strict=True):
            np.testing.assert_array_equal(a, b)
            assert not np.array_equal(a, c) or not a.any()  # biases start at zero

    def test_its_initial_weights_are_drawn_anew_without_building_it_again(self):
        architecture = check_architecture("slim", None, channels=1)
        first, other = (architecture.build(None, "float32", seed) for seed in (1, 2))
        drawn = initial_weights(first, 1, 2)
        for a, b in zip(drawn, other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_how_far_a_pixel_reaches_is_measured(self):
        # Twice a 3x3 kernel dilated by 2, then a 3x3 kernel.
        assert margin(check_architecture("slim", None, channels=1)) == 2 + 2 + 1

    def test_tiles_of_it_show_no_seams(self, monkeypatch):
        image = np.random.default_rng(0).random((1, 90, 110, 1), dtype=np.float32)
        architecture = check_architecture("slim", None, channels=1)
        weights = architecture.build(None, "float32", 0).get_weights()
        network = TrainedNetwork(architecture, (90, 110), "float32", weights)
        whole = network.denoise(image, UNIT)
        monkeypatch.setattr("skdenoise.inference.trained._MEMORY", 200_000)
        assert network._tile_side() < 90
        np.testing.assert_allclose(network.denoise(image, UNIT), whole, atol=1e-5)

    def test_a_file_that_claims_a_larger_network_is_refused_before_that_is_built(self):
        architecture = check_architecture("slim", (10**6, 8), channels=1)
        assert 8 * 10**6 < least_weights(architecture) < 3 * 10**7


@pytest.mark.parametrize("name", ["classic", "compact", "bias_free"])
@pytest.mark.parametrize("filters", [(300, 3), (2, 260, 4)])
def test_least_weights_are_no_more_than_the_built_network_has(name, filters):
    architecture = check_architecture(name, filters, channels=2)
    n_weights = architecture.build(None, "float32", 0).count_params()
    assert n_weights / 4 < least_weights(architecture) <= n_weights


def test_a_pixel_that_reaches_all_others_has_no_margin(monkeypatch):
    def with_mean(input_shape, filters, dtype, linear, seed):
        inputs = keras.Input(input_shape)
        mean = layers.GlobalAveragePooling2D(keepdims=True)(inputs)
        return keras.Model(inputs, layers.Subtract()([inputs, mean]))

    monkeypatch.setitem(NETWORKS, "mean", replace(SLIM, own_build=with_mean, filters=(1,)))
    assert margin(check_architecture("mean", None, channels=1)) is None


class Halves(Supervision):
    """Learn to predict an image from itself at half its contrast."""

    name = "halves"
    uses_noise = False

    class pairs(Pairs):  # noqa: N801 (it takes the place of an attribute)
        def batch(self, indices, rng):
            images = self.clean_pixels.to_unit(self.clean[indices])
            return images / 2, images

    def psnr(self, network, images, noise):
        errors = network.denoise(images / 2, UNIT) - images
        return -10 * np.log10(np.mean(errors**2, axis=(1, 2, 3)))


def test_a_way_to_learn(digits, monkeypatch):
    X, _ = digits
    params = {"epochs": 20, "learning_rate": 1e-2}
    by_object = quick_denoiser(supervision=Halves(), **params).fit(X[:600])
    monkeypatch.setitem(SUPERVISIONS, "halves", Halves())
    by_name = quick_denoiser(supervision="halves", **params).fit(X[:600])
    np.testing.assert_array_equal(by_name.transform(X[:5]), by_object.transform(X[:5]))
    assert by_name.noise_ is None
    assert by_name.score(X[600:700]) > 14  # an image at half its contrast has 12.3 dB


class Brighter(InferenceStep):
    """Add a constant to what it wraps."""

    def __init__(self, by=0.25):
        self.by = by

    def wrap(self, denoise, network):
        def brighter(images, pixels, clip=None):
            return denoise(images, pixels, clip) + np.float32(self.by)

        return brighter


def test_an_inference_step(trained, digits, monkeypatch):
    monkeypatch.setitem(INFERENCE_STEPS, "brighter", Brighter)
    X = digits[0][:5]
    plain = trained.transform(X)
    denoiser = quick_denoiser().fit(digits[0][:64])
    plain = denoiser.transform(X)
    np.testing.assert_allclose(
        denoiser.set_params(inference="brighter").transform(X), plain + 0.25, atol=1e-6
    )
    twice = denoiser.set_params(inference=[Brighter(0.1), "brighter"])
    np.testing.assert_allclose(twice.transform(X), plain + 0.35, atol=1e-6)
    assert twice.set_params(inference=Brighter()).set_params(inference__by=0.5).inference.by == 0.5


class Dimmed(CatalogueModel):
    """Make images darker."""

    severities = severity_table("share", ours=(0.9, 0.8, 0.7, 0.6, 0.5))

    def __init__(self, share=0.5):
        self.share = share

    def __call__(self, images, rng):
        return images * np.float32(self.share)

    @classmethod
    def from_factor(cls, noise_factor):
        return cls(1 - noise_factor)


def test_a_noise_model(monkeypatch):
    monkeypatch.setitem(by_name._MODELS, "dimmed", Dimmed)
    X = np.full((2, 8, 8), 0.5)
    assert (add_noise(X, "dimmed", 0.2) == np.float32(0.4)).all()
    assert (add_noise(X, "dimmed", severity=5) == 0.25).all()


def test_a_metric(trained, digits, monkeypatch):
    def worst(clean, denoised, *, data_range, image_shape=None):
        return np.abs(clean - denoised).reshape(len(clean), -1).max(axis=1) / data_range

    monkeypatch.setitem(metrics.METRICS, "worst", worst)
    X = digits[0][1200:1210]
    assert 0 < noisy_scorer("worst", noise_factor=0.4)(trained, X) < 1.5


def test_a_packaged_weight(trained, digits, tmp_path, monkeypatch):
    card = pretrained.ModelCard("digits", "letters", "UCI", "CC BY 4.0", "12 epochs", {})
    trained.save(tmp_path / "digits.skdenoise")
    monkeypatch.setitem(pretrained.MODEL_CARDS, "digits", card)
    monkeypatch.setattr(pretrained, "__file__", str(tmp_path / "__init__.py"))
    X = digits[0][1200:1210]
    denoiser = UNetDenoiser.from_pretrained("digits", value_range=(0, 1))
    np.testing.assert_allclose(denoiser.transform(X), trained.transform(X), atol=2e-6)
    assert psnr(X, denoiser.transform(X), data_range=1).mean() > 15
    assert PixelFormat(X.dtype, denoiser.value_range_).value_range == (0, 1)
