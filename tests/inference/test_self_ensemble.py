"""The mean of what is seen turned and mirrored."""

import numpy as np
import pytest
from conftest import changed, quick_denoiser

from skdenoise import UNetDenoiser, add_noise, load
from skdenoise.metrics import psnr

SMALL = {"filters": (8, 16), "random_state": 0}


@pytest.fixture(scope="module")
def photographs(photographs):
    """The same at half the resolution, (2, 214, 320, 3), floats in 0..1."""
    return photographs[:, ::2, ::2].astype(np.float32) / 255


def gain(denoiser, clean, noise_factor):
    """Return by how many dB the PSNR of noisy images rises."""
    noisy = add_noise(clean, noise_factor=noise_factor, random_state=1)
    return np.mean(
        psnr(clean, denoiser.transform(noisy), data_range=1) - psnr(clean, noisy, data_range=1)
    )


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
    params["precision"] = "float32"  # as a loaded denoiser computes
    denoiser = UNetDenoiser.for_photographs(**params).fit(photographs)
    denoiser.save(tmp_path / "strips")
    again = load(tmp_path / "strips")
    np.testing.assert_allclose(
        again.transform(photographs), denoiser.transform(photographs), atol=1e-6
    )
    once = changed(again, inference=None)
    turned = [
        np.rot90(once.transform(np.rot90(photographs, turns, axes=(1, 2))), -turns, axes=(1, 2))
        for turns in range(4)
    ]
    # All turns would give another result.
    assert np.abs(np.mean(turned, axis=0) - again.transform(photographs)).max() > 1e-5


def test_a_self_ensemble_is_refused_where_orientation_was_not_learned(digits):
    X, _ = digits
    with pytest.raises(ValueError, match="Fit with augment=True"):
        quick_denoiser(inference="self_ensemble").fit(X[:50])
    with pytest.raises(ValueError, match="Fit with augment=True"):
        quick_denoiser().fit(X[:50]).set_params(inference="self_ensemble").transform(X[:50])
