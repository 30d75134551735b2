"""Estimating noise: near the truth where it is known, and what a denoiser makes of it."""

import copy

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_sample_image

from skdenoise import (
    CameraPipeline,
    CorrelatedGaussianNoise,
    GaussianNoise,
    ImageFolder,
    UNetDenoiser,
    add_noise,
    estimate_noise,
    load,
)
from skdenoise.images.pixels import UNIT, PixelFormat
from skdenoise.io.image_files import write_image
from skdenoise.noise.estimation import noise_of_image

IMAGES = np.ones((3, 8, 8))


def noised(images, noise_factor, **params):
    return add_noise(images, noise_factor=noise_factor, random_state=0, **params)


@pytest.mark.parametrize(
    ("correlation", "found", "strength"),
    [
        (0.3, 0.25, 0.060),
        (0.5, 0.43, 0.035),
        (0.55, 0.47, 0.093),
        (0.7, 0.62, 0.088),
        (0.9, 0.82, 0.070),
        (0.95, 0.86, 0.001),
    ],
)
def test_the_table_of_correlated_noise_is_true(correlation, found, strength):
    noise = CorrelatedGaussianNoise(0.1, correlation)
    noisy = add_noise(np.full((4, 256, 256), 0.5), noise, random_state=0)
    sigmas, correlations = estimate_noise(noisy, return_correlation=True)
    assert sigmas.mean() == pytest.approx(strength, abs=0.004)
    assert correlations.mean() == pytest.approx(found, abs=0.02)


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.4])
def test_the_noise_of_photographs_is_found_to_a_tenth_clipped_or_not(photographs, sigma, clip):
    noisy = noised(photographs / 255, sigma, clip=clip)
    found = estimate_noise(noisy, value_range=(0, 1))
    np.testing.assert_allclose(found, sigma, rtol=0.1)


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_the_noise_of_digits_on_black_is_found_on_average(mnist, sigma, clip):
    noisy = noised(mnist[0][:100], sigma, clip=clip)
    found = estimate_noise(noisy, value_range=(0, 1))
    assert np.mean(found) == pytest.approx(sigma, rel=0.15)
    assert np.std(found) < 0.15 * sigma


@pytest.mark.parametrize("sigma", [0.1, 0.4, 1])
def test_the_range_of_floats_is_found_below_strong_noise(photographs, mnist, sigma):
    for images in (photographs / 255, mnist[0][:50]):
        found = estimate_noise(noised(images, sigma))
        assert np.mean(found) == pytest.approx(sigma, rel=0.15)
        of_list = estimate_noise(list(noised(images, sigma))[:50])
        np.testing.assert_allclose(of_list, found, rtol=1e-6)


def test_a_range_that_is_a_guess_is_said_to_be_one(photographs):
    noisy = noised(photographs / 127.5 - 1, 0.1)
    with pytest.warns(UserWarning, match=r"black and white are not known.*Give value_range="):
        guessed = estimate_noise(noisy)
    assert (guessed < estimate_noise(noisy, value_range=(-1, 1))).all()


def test_clean_digits_have_no_noise(mnist):
    assert np.median(estimate_noise(mnist[0][:50])) == 0


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("uint16", 4095), ("float32", 1)])
def test_the_estimate_is_in_units_of_the_value_range(photographs, dtype, white):
    images = np.rint(photographs[:1] / 255 * white) if white > 1 else photographs[:1] / 255
    noisy = noised(images.astype(dtype), 0.1, value_range=(0, white))
    assert estimate_noise(noisy, value_range=(0, white))[0] == pytest.approx(0.1, rel=0.1)


def test_rounding_to_integers_is_no_noise():
    ramp = np.tile(np.arange(64, dtype=np.uint8), (1, 64, 1))
    assert estimate_noise(ramp)[0] == 0


def test_rounding_is_not_counted_as_noise():
    ramp = np.tile(np.linspace(0.3, 0.7, 256), (8, 256, 1))
    noisy = np.rint(20 * noised(ramp, 0.02)).astype(np.uint8)  # a step of 0.05
    found = estimate_noise(noisy, value_range=(0, 20))
    np.testing.assert_allclose(found, 0.02, rtol=0.1)  # with the rounding: 0.025


def test_rows_lists_and_folders_read_as_arrays_do(photographs, tmp_path):
    grey = noised(photographs[..., 0], 0.1)
    expected = estimate_noise(grey)
    rows = estimate_noise(grey.reshape(2, -1), image_shape=grey.shape[1:])
    np.testing.assert_array_equal(rows, expected)
    several = [grey[0], grey[1, :200]]
    assert estimate_noise(several)[0] == expected[0]
    for name, image in zip("ab", grey, strict=True):
        write_image(tmp_path / f"{name}.png", image)
    np.testing.assert_array_equal(estimate_noise(ImageFolder(tmp_path)), expected)


def test_an_image_of_which_most_is_clipped_has_no_estimate():
    rng = np.random.default_rng(0)
    image = np.where(rng.random((1, 10, 10)) < 0.8, 0, rng.random((1, 10, 10)))
    assert np.isnan(estimate_noise(image)[0])


@pytest.mark.parametrize("sigma", [0.05, 0.1])
@pytest.mark.parametrize("clip", [False, True])
def test_correlated_noise_is_found_to_a_fifth(sigma, clip):
    flower = load_sample_image("flower.jpg")[None] / 255  # little texture
    noise = CorrelatedGaussianNoise(sigma, correlation=0.7)
    noisy = add_noise(flower, noise, random_state=0, clip=clip)
    found, correlation = estimate_noise(noisy, value_range=(0, 1), return_correlation=True)
    assert found[0] == pytest.approx(sigma, rel=0.2)
    assert correlation[0] == pytest.approx(0.6, abs=0.1)


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.4])
def test_white_noise_is_not_taken_for_correlated(photographs, sigma):
    noisy = noised(photographs / 255, sigma)
    found, correlation = estimate_noise(noisy, value_range=(0, 1), return_correlation=True)
    np.testing.assert_allclose(found, sigma, rtol=0.25)
    assert np.all(correlation < 0.3)


def test_the_noise_of_camera_pictures_is_found_to_a_half(photographs):
    clean = photographs / np.float32(255)
    noisy = add_noise(clean, CameraPipeline(shot=0.005, quality=90), random_state=0)
    strength = (noisy - clean).std(axis=(1, 2, 3))
    np.testing.assert_allclose(estimate_noise(noisy), strength, rtol=0.5)


def test_small_images_do_not_tell_the_correlation(mnist):
    sigma, correlation = estimate_noise(mnist[0][:3], return_correlation=True)
    assert sigma.shape == correlation.shape == (3,)
    assert np.isnan(correlation).all()


def test_a_flat_image_has_no_noise():
    sigma, correlation = estimate_noise(np.full((1, 100, 100), 0.5), return_correlation=True)
    assert sigma == 0
    assert np.isnan(correlation)


SIGNALS = 0.5 + 0.4 * np.sin(np.linspace(0, 20, 256) + np.arange(20)[:, np.newaxis])


@pytest.mark.parametrize("height", [1, 2, 3, 4])
@pytest.mark.parametrize("sigma", [0, 0.02, 0.2])
@pytest.mark.parametrize("clip", [False, True])
def test_the_noise_of_strips_and_signals_is_found(height, sigma, clip):
    strips = np.repeat(SIGNALS[:, np.newaxis], height, axis=1)
    for images in (strips[..., np.newaxis], strips.swapaxes(1, 2)[..., np.newaxis]):
        noisy = noised(images, sigma, clip=clip)
        found = estimate_noise(noisy, value_range=(0, 1))
        assert found.mean() == pytest.approx(sigma, rel=0.05, abs=0.002)
    rows = noised(SIGNALS, sigma)
    one_by_one = estimate_noise(rows, image_shape=(1, 256), value_range=(0, 1))
    assert one_by_one.mean() == pytest.approx(sigma, rel=0.05, abs=0.002)


@pytest.mark.parametrize("shape", [(5, 5), (7, 9), (3, 20), (1, 25), (2, 60), (15, 15)])
def test_the_noise_of_small_images_is_found_on_average(shape):
    grey = np.full((400, *shape), 0.5)
    found = estimate_noise(noised(grey, 0.1), value_range=(0, 1))
    assert found.mean() == pytest.approx(0.1, rel=0.12)  # the median of few is larger on average


def in_a_round_field(images, radius, background):
    side = np.linspace(-1, 1, images.shape[1])
    is_seen = np.add.outer(side**2, side**2) < radius**2
    return np.where(is_seen, images, background)


@pytest.mark.parametrize(
    "radius", [0.97, 0.86, 0.74, 0.5, 0.25]
)  # 26, 42, 57, 80 and 95 % of one value
@pytest.mark.parametrize("background", [0, 0.2, 1])
@pytest.mark.parametrize("dtype", ["float", "clipped float", "uint8"])
def test_one_value_around_a_field_of_view_does_not_count(photographs, radius, background, dtype):
    clean = photographs[:, :256, :256, 1] / 255
    noisy = noised(clean, 0.1, clip=dtype != "float")
    images = in_a_round_field(noisy, radius, background)
    images = np.uint8(np.rint(255 * images)) if dtype == "uint8" else images
    found = estimate_noise(images, value_range=None if dtype == "uint8" else (0, 1))
    np.testing.assert_allclose(found, 0.1, rtol=0.25)


def test_drawings_have_no_noise():
    drawing = np.zeros((1, 200, 200))
    for i in range(10):
        drawing[0, 15 * i : 15 * i + 40, 10 * i : 10 * i + 60] = i / 10
    assert estimate_noise(drawing, value_range=(0, 1))[0] == 0


def test_weak_noise_that_is_rounded_is_found(photographs):
    ramp = np.tile(np.linspace(0.4, 0.5, 256), (2, 256, 1))
    for levels in (0.5, 1, 2):
        noisy = np.uint8(np.rint(255 * noised(ramp, levels / 255)))
        np.testing.assert_allclose(255 * estimate_noise(noisy), levels, atol=0.15)


def test_images_too_small_to_tell_are_refused():
    with pytest.raises(ValueError, match="1x10 pixels"):
        estimate_noise(np.random.default_rng(0).random((3, 10)))


# In a denoiser


@pytest.fixture(scope="module")
def estimating(digits, photographs):
    """A denoiser for the noise that two noisy photographs have, fitted on other images."""
    clean = photographs[:, ::2, ::2, 0]
    noisy = noised(load_sample_image("china.jpg")[None, ..., 1], 0.15)
    params = {"noise_factor": "estimate", "patch_size": 32}
    return quick_denoiser(**params).fit(clean, noisy=noisy)


def test_a_denoiser_trains_for_the_noise_that_is_found(estimating):
    low, high = estimating.noise_.sigma
    assert low == high == pytest.approx(0.15, rel=0.1)


def test_partial_fit_goes_on_with_what_was_found(estimating, photographs):
    found = estimating.noise_
    assert copy.deepcopy(estimating).partial_fit(photographs[..., 0]).noise_.sigma == found.sigma


def test_partial_fit_asks_for_noisy_images_where_pairs_came_between(estimating, photographs):
    clean = photographs[..., 0]
    pairs = copy.deepcopy(estimating).partial_fit(noised(clean, 0.1), clean=clean)
    with pytest.raises(ValueError, match="needs noisy images"):
        pairs.partial_fit(clean)


def test_what_was_found_is_kept_in_a_model_file(estimating, photographs, tmp_path):
    estimating.save(tmp_path / "model.skdenoise")
    again = load(tmp_path / "model.skdenoise")
    assert again.noise_.sigma == estimating.noise_.sigma
    assert again.noise_factor == "estimate"
    score = estimating.score(photographs[..., 0])
    assert again.score(photographs[..., 0]) == pytest.approx(score, abs=1e-4)


def test_of_noisy_images_of_various_strengths_a_range_is_found(mnist):
    clean = mnist[0][:200]
    noisy = noised(clean, (0.1, 0.5))
    denoiser = quick_denoiser(noise_factor="estimate").fit(clean, noisy=noisy)
    np.testing.assert_allclose(denoiser.noise_.sigma, (0.12, 0.48), atol=0.05)


def test_recorrupted_images_tell_their_own_noise(mnist):
    noisy = noised(mnist[0][:200], 0.4).reshape(-1, 28, 28)
    params = {"supervision": "recorrupted", "value_range": (0, 1)}
    denoiser = quick_denoiser(noise_factor="estimate", **params).fit(noisy)
    assert denoiser._known_noise.sigma == pytest.approx(0.4, rel=0.1)
    assert np.isfinite(denoiser.score(noisy))


def test_noisy_images_reach_the_denoiser_through_a_pipeline(digits):
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    X, y = digits
    denoiser = quick_denoiser(noise_factor="estimate", filters=(4,))
    pipeline = make_pipeline(denoiser, SVC())
    pipeline.fit(X[:100], y[:100], unetdenoiser__noisy=noised(X[100:200], 0.4))
    assert pipeline[0].noise_.sigma[1] > 0.3


@pytest.mark.parametrize(
    ("params", "given", "message"),
    [
        ({"noise_factor": "estimate"}, {}, "needs noisy images"),
        ({"noise_factor": 0.4}, {"noisy": IMAGES}, "Leave noisy out"),
        ({"noise_factor": "estimate", "noise": "poisson"}, {"noisy": IMAGES}, "camera"),
        ({"noise_factor": "guess"}, {}, "guess"),
        ({"noise_factor": "estimate", "noise": GaussianNoise()}, {"noisy": IMAGES}, "its own"),
    ],
)
def test_what_cannot_be_estimated_is_refused(digits, params, given, message):
    with pytest.raises(ValueError, match=message):
        UNetDenoiser(**params).fit(digits[0][:20], **given)


def test_noisy_images_in_another_range_than_the_clean_ones_are_warned_of(digits):
    X = digits[0][:100]
    noisy = (noised(X, 0.2) * 255).clip(0, 255).astype(np.uint8)
    with pytest.warns(UserWarning, match="Scale them as the images were scaled in fit"):
        quick_denoiser(noise_factor="estimate").fit(X, noisy=noisy)


def test_correlated_noise_that_training_would_not_know_is_noticed(photographs):
    clean = photographs[:, ::2, ::2, 0] / 255
    noisy = add_noise(clean, CorrelatedGaussianNoise(0.1, 0.7), random_state=0)
    with pytest.warns(UserWarning, match="correlated between neighbouring pixels"):
        quick_denoiser(noise_factor="estimate", patch_size=32).fit(clean, noisy=noisy)


def test_rounding_is_taken_off_after_conversion_too():
    pixels = PixelFormat(np.dtype(np.uint8), (0.0, 20.0))
    image = np.random.default_rng(0).normal(10, 1, (64, 64, 1)).round().astype(np.uint8)
    sigma, _ = noise_of_image(image, pixels)
    assert sigma == noise_of_image(pixels.to_unit(image), pixels.in_unit)[0]
    assert sigma < noise_of_image(pixels.to_unit(image), UNIT)[0]
