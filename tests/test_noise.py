import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_sample_images
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skdenoise import (
    GaussianNoise,
    NoiseAugmenter,
    NoiseResampler,
    PoissonNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
    add_noise,
    noise_names,
)
from skdenoise.noise.resolution import resolve_noise

GREY = np.full((200, 16, 16, 1), 0.5, np.float32)
MODELS = [GaussianNoise(0.2), SaltAndPepperNoise(0.2), PoissonNoise(50), SpeckleNoise(0.2)]


def draw(model, images=GREY, seed=0):
    return model(images, np.random.default_rng(seed))


def test_gaussian_noise_has_the_given_standard_deviation_and_no_mean():
    noise = draw(GaussianNoise(0.3)) - GREY
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.005)


def test_speckle_noise_is_proportional_to_the_value():
    for value in (0.25, 1.0):
        images = np.full_like(GREY, value)
        assert (draw(SpeckleNoise(0.2), images) - images).std() == pytest.approx(
            0.2 * value, rel=0.02
        )


def test_poisson_noise_has_the_variance_of_a_count():
    noisy = draw(PoissonNoise(50))
    assert noisy.var() == pytest.approx(0.5 / 50, rel=0.03)
    assert noisy.mean() == pytest.approx(0.5, rel=0.01)


def test_salt_and_pepper_replaces_the_given_share_half_white_half_black():
    noisy = draw(SaltAndPepperNoise(0.2))
    assert np.mean(noisy == 1) == pytest.approx(0.1, rel=0.05)
    assert np.mean(noisy == 0) == pytest.approx(0.1, rel=0.05)
    assert np.mean(noisy == 0.5) == pytest.approx(0.8, rel=0.02)


def test_salt_and_pepper_hits_each_channel_by_itself():
    noisy = draw(SaltAndPepperNoise(0.5), np.full((20, 8, 8, 3), 0.5, np.float32))
    assert not np.array_equal(noisy[..., 0], noisy[..., 1])


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_models_are_seeded_keep_their_input_and_give_float32(model):
    before = GREY.copy()
    first, again, other = draw(model), draw(model), draw(model, seed=1)
    np.testing.assert_array_equal(GREY, before)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.float32
    assert first.shape == GREY.shape


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_models_can_be_cloned_and_pickled(model):
    for copied in (clone(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(draw(copied), draw(model))


@pytest.mark.parametrize("name", ["gaussian", "poisson", "salt_and_pepper", "speckle"])
def test_factor_zero_is_the_identity(name):
    np.testing.assert_array_equal(add_noise(GREY, name, 0, random_state=0), GREY)


@pytest.mark.parametrize("name", ["gaussian", "poisson", "salt_and_pepper", "speckle"])
def test_a_range_is_drawn_once_per_image(name):
    images = np.full((300, 12, 12), 0.5)
    spread = (add_noise(images, name, (0, 0.5), random_state=0) - images).std(axis=(1, 2))
    assert spread.min() < 0.1 * spread.max()
    # Strengths are spread over the range, not gathered at an end of it.
    assert np.mean(spread < np.median(spread) / 2) > 0.1


def test_poisson_factor_is_the_standard_deviation_at_white():
    white = np.ones((100, 16, 16))
    noisy = add_noise(white, "poisson", 0.2, random_state=0)
    assert noisy.std() == pytest.approx(0.2, rel=0.03)


def test_names_of_imagenet_c_are_aliases():
    for alias, name in [("shot_noise", "poisson"), ("impulse_noise", "salt_and_pepper")]:
        np.testing.assert_array_equal(
            add_noise(GREY, alias, 0.1, random_state=0), add_noise(GREY, name, 0.1, random_state=0)
        )
    assert "shot_noise" not in noise_names()


def test_none_is_the_default_strength():
    assert resolve_noise("gaussian").sigma == 0.4


def test_layouts_are_noised_alike():
    images = np.random.default_rng(0).random((5, 6, 6))
    expected = add_noise(images, random_state=0)
    flat = add_noise(images.reshape(5, 36), random_state=0)
    nhwc = add_noise(images[..., np.newaxis], random_state=0)
    np.testing.assert_array_equal(flat.reshape(5, 6, 6), expected)
    np.testing.assert_array_equal(nhwc[..., 0], expected)


def test_uint8_photographs_stay_uint8_and_are_clipped():
    photographs = np.stack(load_sample_images().images)[:, ::8, ::8]
    noisy = add_noise(photographs, noise_factor=0.3, random_state=0)
    assert noisy.dtype == np.uint8
    assert noisy.min() == 0
    assert noisy.max() == 255


def test_noise_is_in_units_of_the_value_range():
    images = np.full((100, 8, 8), 8.0)
    noisy = add_noise(images, noise_factor=0.5, value_range=(0, 16), random_state=0)
    assert (noisy - images).std() == pytest.approx(8, rel=0.05)


def test_many_images_are_noised_as_few_are():
    images = np.full((1500, 4, 4), 0.5)
    np.testing.assert_array_equal(
        add_noise(images, random_state=0)[:100], add_noise(images[:1024], random_state=0)[:100]
    )


def test_any_callable_is_a_noise_model():
    def darken(images, rng):
        return images / 2

    np.testing.assert_allclose(add_noise(GREY, darken), GREY / 2)


def test_augmenter_adds_noise_in_fit_transform_alone(digits):
    X, _ = digits
    augmenter = NoiseAugmenter(noise_factor=0.3, random_state=0)
    noisy = augmenter.fit_transform(X)
    assert (noisy - X).std() == pytest.approx(0.3, rel=0.02)
    np.testing.assert_array_equal(augmenter.transform(X), X)


def test_augmenter_and_add_noise_never_share_a_draw(digits):
    X, _ = digits
    one = NoiseAugmenter(noise_factor=0.3, random_state=0).fit_transform(X) - X
    other = add_noise(X, noise_factor=0.3, random_state=0) - X
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02


def test_augmenter_keeps_column_names_for_tables(digits):
    X, _ = digits
    table = pd.DataFrame(X).rename(columns=lambda i: f"pixel{i}")
    noisy = NoiseAugmenter(random_state=0).set_output(transform="pandas").fit_transform(table)
    assert list(noisy.columns) == list(table.columns)


@pytest.mark.parametrize("keep_original", [True, False])
def test_resampler_multiplies_images_and_labels(digits, keep_original):
    X, y = digits
    resampler = NoiseResampler(3, keep_original, noise_factor=0.2, random_state=0)
    X_more, y_more = resampler.fit_resample(X, y)
    assert len(X_more) == len(y_more) == (3 + keep_original) * len(X)
    np.testing.assert_array_equal(y_more[: len(y)], y)
    copies = X_more[-3 * len(X) :].reshape(3, *X.shape)
    assert not np.array_equal(copies[0], copies[1])
    assert (copies - X).std() == pytest.approx(0.2, rel=0.02)
    if keep_original:
        np.testing.assert_array_equal(X_more[: len(X)], X)


def test_resampler_works_in_the_pipeline_of_imbalanced_learn(digits):
    from imblearn.pipeline import make_pipeline as make_resampling_pipeline

    X, y = digits
    table = pd.DataFrame(X).rename(columns=lambda i: f"pixel{i}")
    tree = DecisionTreeClassifier(random_state=0)
    resampler = NoiseResampler(3, noise_factor=0.3, random_state=0)
    noisy = table + add_noise(X, noise_factor=0.3, random_state=1) - X
    pipeline = make_resampling_pipeline(resampler, tree).fit(table[:1200], y[:1200])
    alone = make_pipeline(clone(tree)).fit(table[:1200], y[:1200])
    assert pipeline.score(noisy[1200:], y[1200:]) > alone.score(noisy[1200:], y[1200:])
    assert not hasattr(resampler, "transform")
