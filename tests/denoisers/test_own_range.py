"""Images whose dtype or range is not that of the denoiser are denoised in their own range."""

import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise import SubspaceDenoiser, add_noise, denoise_images
from skdenoise.images.value_range import range_of_images


@pytest.fixture(scope="module")
def images(digits):
    return digits[0][:200].reshape(-1, 8, 8)


@pytest.fixture(scope="module")
def of_bytes(images):
    X = np.round(images * 255).astype(np.uint8)
    return SubspaceDenoiser(20, random_state=0).fit(X)


def test_images_in_the_range_of_the_denoiser_are_transformed(images, of_bytes):
    X = np.round(images * 255).astype(np.uint8)
    np.testing.assert_array_equal(denoise_images(of_bytes, X), of_bytes.transform(X))


@pytest.mark.parametrize(
    ("dtype", "white"), [("float32", 1), ("float64", 1), ("uint16", 65535), ("uint16", 1023)]
)
def test_other_dtypes_have_ranges_of_their_own(images, of_bytes, dtype, white):
    X = (images * white).astype(dtype)
    denoised = denoise_images(of_bytes, X)
    assert (denoised.dtype, denoised.shape) == (X.dtype, X.shape)
    expected = of_bytes.transform((images * 255).astype("float32")) / 255
    expected = expected if white == 1 else expected.clip(0, 1)
    np.testing.assert_allclose(denoised / white, expected, atol=2 / 1023)


def test_the_range_may_be_given(images, of_bytes):
    X = images * 2 - 1
    with pytest.raises(ValueError, match=r"floats from -1 to 1.*value_range=\(0, 1\)"):
        denoise_images(of_bytes, X)
    denoised = denoise_images(of_bytes, X, value_range=(-1, 1))
    expected = of_bytes.transform((images * 255).astype("float32")) / 255
    np.testing.assert_allclose((denoised + 1) / 2, expected, atol=1e-5)


def test_flat_rows_are_taken(digits):
    denoiser = SubspaceDenoiser(20, random_state=0).fit(digits[0][:200] * 255)
    denoised = denoise_images(denoiser, digits[0][:10])
    expected = denoiser.transform(digits[0][:10] * 255) / 255
    np.testing.assert_allclose(denoised, expected, atol=1e-5)


def test_colours_are_denoised_by_a_denoiser_of_grey_images(images, of_bytes):
    colours = np.stack([images, images / 2, images / 4], axis=-1)
    expected = of_bytes.transform((colours * 255).astype("float32")) / 255
    np.testing.assert_allclose(denoise_images(of_bytes, colours), expected, atol=1e-5)


def test_grey_images_are_refused_by_a_denoiser_of_colours(images):
    colours = SubspaceDenoiser(20, random_state=0).fit(np.stack([images] * 3, axis=-1))
    with pytest.raises(ValueError, match=r"Got images with 1 channels.* was fitted on 3"):
        denoise_images(colours, images)


def test_floats_may_be_a_little_outside_of_their_range(images, of_bytes):
    noisy = images + np.random.default_rng(0).normal(0, 0.2, images.shape)
    np.testing.assert_array_equal(
        denoise_images(of_bytes, noisy), denoise_images(of_bytes, noisy, value_range=(0, 1))
    )


def test_dark_frames_of_16_bits_have_the_range_of_the_denoiser(digits):
    X = np.round(digits[0][:100] * 4095).astype(np.uint16).reshape(-1, 8, 8)
    denoiser = quick_denoiser(value_range=(0, 4095)).fit(X)
    dark = X[:2] // 32
    assert dark.max() < 256
    np.testing.assert_array_equal(denoise_images(denoiser, dark), denoiser.transform(dark))


@pytest.mark.parametrize("sigma", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("usual", [None, (0, 255)])
def test_floats_of_0_to_1_are_known_under_strong_noise(sigma, usual):
    page = np.ones((1, 128, 256))
    page[:, 10:120:6, 8:250] = 0
    noisy = add_noise(page, noise_factor=sigma, random_state=0)
    assert range_of_images(noisy, usual) == (0, 1)
    if sigma < 0.2:  # means of 5 pixels of a row keep more noise
        assert range_of_images(noisy.reshape(1, -1), usual) == (0, 1)
    assert range_of_images(255 * noisy, usual) == (0, 255)


@pytest.mark.parametrize("sigma", [2, 10])
def test_a_black_image_of_0_to_255_is_not_one_of_0_to_1(sigma):
    noisy = np.random.default_rng(0).normal(0, sigma, (1, 128, 128))
    assert range_of_images(noisy, None) == (0, 255)
