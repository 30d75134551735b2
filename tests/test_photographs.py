"""Photographs: the preset, and what it learns from few of them."""

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.base import clone

from skdenoise import PoissonNoise, UNetDenoiser, add_noise, load
from skdenoise.images.pixels import UNIT
from skdenoise.inference.multiscale import MultiScale
from skdenoise.metrics import psnr

SMALL = {"filters": (8, 16), "random_state": 0}


@pytest.fixture(scope="module")
def photographs(photographs):
    """The same at half the resolution, (2, 214, 320, 3), floats in 0..1."""
    return photographs[:, ::2, ::2].astype(np.float32) / 255


@pytest.fixture(scope="module")
def fitted(photographs):
    """A small denoiser of grey photographs."""
    denoiser = UNetDenoiser.for_photographs(epochs=60, **SMALL)
    return denoiser.fit(np.concatenate([photographs[..., 1]] * 8))


def gain(denoiser, clean, noise_factor):
    """Return by how many dB the PSNR of noisy images rises."""
    noisy = add_noise(clean, noise_factor=noise_factor, random_state=1)
    return np.mean(
        psnr(clean, denoiser.transform(noisy), data_range=1) - psnr(clean, noisy, data_range=1)
    )


def test_a_preset_is_parameters_alone():
    denoiser = UNetDenoiser.for_photographs(patch_size=48, random_state=3)
    assert clone(denoiser).get_params() == denoiser.get_params()
    changed = {"network", "noise_factor", "patch_size", "augment", "random_state"}
    usual = UNetDenoiser().get_params()
    assert {
        name for name, value in denoiser.get_params().items() if value != usual[name]
    } == changed
    assert denoiser.patch_size == 48


def test_a_noise_model_keeps_its_own_strength(photographs):
    denoiser = UNetDenoiser.for_photographs(PoissonNoise(50), epochs=1, **SMALL)
    assert denoiser.fit(photographs).noise_.photons == 50


def test_noise_is_removed_from_photographs(fitted, photographs):
    assert gain(fitted, photographs[..., 0], 0.15) > 2.5


def test_noise_stronger_than_any_that_was_trained_on_is_removed(fitted, photographs):
    assert gain(fitted, photographs[..., 0], 0.4) > 2.5


def test_the_mean_absolute_error_is_for_targets_that_are_known_to_be_clean(photographs):
    noisy = add_noise(photographs, noise_factor=0.1, clip=True, random_state=0)
    denoiser = UNetDenoiser.for_photographs(epochs=1, **SMALL)
    assert denoiser.fit(photographs)._loss == "mae"
    assert denoiser.fit(noisy, clean=photographs)._loss == "mse"
    assert denoiser.set_params(supervision="self").fit(noisy)._loss == "mse"


@pytest.mark.parametrize(("noise_factor", "least"), [(0.06, 3.3), (0.1, 6), (0.2, 10), (0.4, 13.5)])
def test_the_denoiser_that_comes_with_the_package_is_good(photographs, noise_factor, least):
    denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    assert gain(denoiser, photographs[..., 0], noise_factor) > least


def test_the_denoiser_that_comes_with_the_package_takes_any_range_and_dtype(photographs):
    clean = photographs[..., 1]
    noisy = add_noise(clean, noise_factor=0.1, clip=True, random_state=0)
    expected = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1)).transform(noisy)
    as_bytes = UNetDenoiser.from_pretrained("photo-gray")
    denoised = as_bytes.transform(np.rint(255 * noisy).astype(np.uint8))
    np.testing.assert_allclose(denoised / 255, np.clip(expected, 0, 1), atol=0.01)


def test_training_goes_on_from_the_weights_that_come_with_the_package(photographs):
    params = {"warm_start": True, "epochs": 1, "learning_rate": 1e-5, "random_state": 0}
    denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1), **params)
    again = denoiser.fit(photographs[..., 0])
    assert again.history_["loss"][-1] < 0.07
    assert gain(again, photographs[..., 0], 0.1) > 6


def test_a_pretrained_denoiser_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"'photo-color'.* there is 'photo-gray'"):
        UNetDenoiser.from_pretrained("photo-color")
    with pytest.raises(ValueError, match=r"value_range=None.*\(0, 255\) for uint8"):
        UNetDenoiser.from_pretrained("photo-gray", value_range=None)


@pytest.fixture(scope="module")
def ensemble():
    return UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1), inference="self_ensemble")


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_self_ensemble_knows_no_orientation(ensemble, photographs, turns):
    noisy = add_noise(photographs[..., 1], noise_factor=0.1, random_state=1)
    view = np.rot90(noisy[..., ::-1], turns, axes=(1, 2))
    expected = np.rot90(ensemble.transform(noisy)[..., ::-1], turns, axes=(1, 2))
    np.testing.assert_allclose(ensemble.transform(view), expected, atol=1e-5)


def test_a_self_ensemble_is_better_than_one_pass(ensemble, photographs):
    once = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    clean = photographs[..., 1]
    assert gain(ensemble, clean, 0.1) > gain(once, clean, 0.1) + 0.03


@pytest.mark.parametrize("patch_size", [(16, 64), (31, 32)])
def test_a_self_ensemble_turns_by_halves_what_was_learned_from_strips(photographs, patch_size):
    params = {"epochs": 20, "patch_size": patch_size, "inference": "self_ensemble", **SMALL}
    denoiser = UNetDenoiser.for_photographs(**params).fit(photographs)
    noisy = add_noise(photographs, noise_factor=0.1, random_state=1)
    denoised = denoiser.transform(noisy)
    upside_down = np.rot90(denoiser.transform(np.rot90(noisy, 2, axes=(1, 2))), 2, axes=(1, 2))
    np.testing.assert_allclose(upside_down, denoised, atol=1e-4)
    turned = np.rot90(denoiser.transform(np.rot90(noisy, 1, axes=(1, 2))), -1, axes=(1, 2))
    assert abs(turned - denoised).max() > 1e-3


def test_a_self_ensemble_takes_lists_and_integers(ensemble, photographs):
    images = [np.rint(255 * photographs[0, :50, :40, 1]).astype(np.uint8)]
    denoiser = UNetDenoiser.from_pretrained("photo-gray", inference="self_ensemble")
    (denoised,) = denoiser.transform(images)
    assert denoised.dtype == np.uint8
    unit = ensemble.transform(images[0][np.newaxis] / np.float32(255))[0]
    np.testing.assert_array_equal(denoised, np.rint(255 * np.clip(unit, 0, 1)))


def test_a_model_file_keeps_by_which_turns_a_self_ensemble_goes(photographs, tmp_path):
    params = {"epochs": 1, "patch_size": (31, 32), "inference": "self_ensemble", **SMALL}
    denoiser = UNetDenoiser.for_photographs(**params).fit(photographs)
    denoiser.save(tmp_path / "strips")
    again = load(tmp_path / "strips").transform(photographs)
    np.testing.assert_array_equal(again, denoiser.transform(photographs))


def test_parameters_of_a_pretrained_denoiser_count():
    exact = UNetDenoiser.from_pretrained("photo-gray", precision="float32")
    assert exact._network.precision == "float32"
    with pytest.raises(ValueError, match="'j_invariant' hides pixels"):
        UNetDenoiser.from_pretrained("photo-gray", inference="j_invariant")


def test_a_self_ensemble_is_refused_where_orientation_was_not_learned(digits):
    X, _ = digits
    with pytest.raises(ValueError, match="Fit with augment=True"):
        quick_denoiser(inference="self_ensemble").fit(X[:50])
    with pytest.raises(ValueError, match="Fit with augment=True"):
        quick_denoiser().fit(X[:50]).set_params(inference="self_ensemble").transform(X[:50])


@pytest.mark.parametrize("size", [(64, 64), (65, 130), (33, 47)])
def test_what_is_denoised_by_nothing_is_the_same_at_all_scales(photographs, size):
    images = 0.1 + 0.8 * photographs[:, : size[0], : size[1]]
    unchanged = MultiScale(3).wrap(lambda noisy, pixels: noisy.copy(), None)
    same = unchanged(images, UNIT)
    np.testing.assert_allclose(same, images, atol=1e-5)


def test_strong_noise_is_removed_better_at_two_scales(photographs):
    once = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    twice = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1), inference="multiscale")
    clean = photographs[..., 1]
    assert gain(twice, clean, 0.4) > gain(once, clean, 0.4) + 0.05
    assert gain(twice, clean, 0.1) > gain(once, clean, 0.1) - 0.05
    noisy = add_noise(clean, noise_factor=0.4, clip=True, random_state=1)
    with pytest.warns(UserWarning, match=r"black or white.* leave MultiScale out"):
        twice.transform(noisy)


def test_scales_take_colours_lists_and_integers_of_any_size(photographs, tmp_path):
    images = [np.rint(20 + 200 * image[:71, :90]).astype(np.uint8) for image in photographs]
    images[1] = images[1][:40, :33]
    denoiser = UNetDenoiser.for_photographs(
        epochs=2, inference=MultiScale(3), patch_size=32, **SMALL
    ).fit(images)
    denoiser.save(tmp_path / "scales")
    for denoised, again, image in zip(
        denoiser.transform(images), load(tmp_path / "scales").transform(images), images, strict=True
    ):
        assert denoised.dtype == np.uint8
        assert denoised.shape == image.shape
        np.testing.assert_array_equal(denoised, again)
    at_one = denoiser.set_params(inference=None).transform(images)
    assert (at_one[0] != denoiser.set_params(inference="multiscale").transform(images)[0]).any()


def test_images_too_small_to_be_halved_are_denoised_at_their_own_scale(digits):
    X, _ = digits
    denoiser = quick_denoiser().fit(X[:50])
    expected = denoiser.transform(X[:50])
    np.testing.assert_array_equal(
        denoiser.set_params(inference="multiscale").transform(X[:50]), expected
    )


@pytest.mark.parametrize("n_scales", [0, -1, 1.5, "2", True, None])
def test_a_number_of_scales_that_is_none_is_refused(digits, n_scales):
    with pytest.raises(ValueError, match=r"n_scales=.* an integer >= 1"):
        quick_denoiser(inference=MultiScale(n_scales)).fit(digits[0][:50])


def test_scales_are_refused_where_pixels_are_hidden(digits):
    with pytest.raises(ValueError, match="JInvariant hides from each other"):
        quick_denoiser(supervision="self", inference=["j_invariant", "multiscale"]).fit(
            digits[0][:50]
        )
