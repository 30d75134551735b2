"""Noise that is coarser than a pixel, removed at several scales."""

import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise import UNetDenoiser, add_noise, load
from skdenoise.images.pixels import UNIT
from skdenoise.inference.multiscale import MultiScale
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
        np.testing.assert_allclose(np.int16(denoised), again, atol=1)
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
