"""Stabilizing: counting noise, removed by denoisers of Gaussian noise."""

import numpy as np
import pytest
from conftest import changed, quick_denoiser

from skdenoise import (
    CameraNoise,
    FilterDenoiser,
    PoissonNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    denoise_images,
    fit_noise_model,
    load,
    psnr,
    to_onnx,
)

NOISE = CameraNoise(shot=0.05, read=1e-4, gamma=1)


@pytest.fixture(scope="module")
def clean(photographs):
    return photographs[1:, 20:180, 300:460] / np.float32(255)


@pytest.fixture(scope="module")
def noisy(clean):
    return add_noise(clean, NOISE, random_state=0)


@pytest.fixture(scope="module")
def photo_gray():
    return UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))


def filter_fitted_on(images, **params):
    return FilterDenoiser("nl_means", value_range=(0, 1), **params).fit(images)


def mean_psnr(clean, images):
    return psnr(clean, images, data_range=1).mean()


@pytest.mark.parametrize("stabilize", [NOISE, "estimate"], ids=["known", "estimate"])
@pytest.mark.parametrize("kind", ["network", "filter"])
def test_counting_noise_is_removed_better(photo_gray, clean, noisy, kind, stabilize):
    denoiser = photo_gray if kind == "network" else filter_fitted_on(clean)
    direct = mean_psnr(clean, denoiser.transform(noisy))
    stabilized = mean_psnr(clean, changed(denoiser, stabilize=stabilize).transform(noisy))
    assert stabilized > direct + 0.5


def test_pixels_without_photons_are_not_taken_for_clipped_noise(photo_gray, clean):
    """As opponent colours of few photons, where noise clipped at black would be shifted back."""
    noisy = add_noise(clean, PoissonNoise(10), random_state=0)
    opponent, separate = (
        mean_psnr(clean, changed(photo_gray, stabilize="estimate", colour=colour).transform(noisy))
        for colour in ("opponent", "separate")
    )
    assert opponent > separate


def test_the_result_of_fit_noise_model_is_taken(photo_gray, clean, noisy):
    found = fit_noise_model(noisy, clean)
    known = changed(photo_gray, stabilize=NOISE).transform(noisy)
    fitted = changed(photo_gray, stabilize=found).transform(noisy)
    assert mean_psnr(known, fitted) > 45


def test_the_noise_of_each_image_is_measured_by_itself(photo_gray, clean, noisy):
    weaker = add_noise(clean[:1], PoissonNoise(1000), random_state=0)
    denoiser = changed(photo_gray, stabilize="estimate")
    together = denoiser.transform(np.concatenate([noisy, weaker]))
    np.testing.assert_allclose(together[-1:], denoiser.transform(weaker), atol=1e-5)


def test_integers_keep_their_range_and_dtype(photo_gray, noisy):
    stored = np.rint(np.clip(noisy, 0, 1) * 4095).astype(np.uint16)
    denoiser = changed(photo_gray, stabilize="estimate")
    denoised = denoise_images(denoiser, stored, value_range=(0, 4095))
    assert denoised.dtype == np.uint16
    assert mean_psnr(denoised / 4095, denoiser.transform(stored / np.float32(4095))) > 45


def test_lists_of_images_of_several_sizes_are_taken(photo_gray, noisy):
    denoiser = changed(photo_gray, stabilize="estimate")
    parts = [noisy[0], noisy[0, :120]]
    for denoised, part in zip(denoiser.transform(parts), parts, strict=True):
        np.testing.assert_allclose(denoised, denoiser.transform(part[None])[0], atol=1e-5)


def test_strength_blends_with_the_image_as_it_was(clean, noisy):
    full = filter_fitted_on(clean, stabilize=NOISE)
    half = changed(full, strength=0.5).transform(noisy)
    np.testing.assert_allclose(half, (noisy + full.transform(noisy)) / 2, atol=1e-5)


def test_a_subspace_of_small_images_takes_known_noise(digits):
    X, noise = digits[0], PoissonNoise(20)
    denoiser = SubspaceDenoiser(noise_factor=0.15, random_state=0, stabilize=noise).fit(X[:1000])
    noisy = add_noise(X[1000:], noise, random_state=0)
    before, after = (
        psnr(X[1000:], rows, data_range=1).mean() for rows in (noisy, denoiser.transform(noisy))
    )
    assert after > before + 0.3


def test_a_model_file_keeps_it(tmp_path, clean, noisy):
    denoiser = filter_fitted_on(clean, stabilize=NOISE)
    denoiser.save(tmp_path / "filter.skdenoise")
    again = load(tmp_path / "filter.skdenoise")
    assert repr(again.stabilize) == repr(NOISE)
    np.testing.assert_array_equal(again.transform(noisy), denoiser.transform(noisy))


def test_a_black_image_is_given_the_noise_of_the_others(photo_gray, noisy):
    denoiser = changed(photo_gray, stabilize="estimate")
    black = np.zeros_like(noisy)
    denoised = denoiser.transform(np.concatenate([noisy, black]))
    np.testing.assert_allclose(denoised[:1], denoiser.transform(noisy), atol=1e-5)
    assert abs(denoised[1]).max() < 0.01


def test_images_too_small_to_measure_ask_for_the_noise(digits):
    denoiser = filter_fitted_on(digits[0], stabilize="estimate")
    with pytest.raises(
        ValueError, match=r"stabilize='estimate' could not.*give it: stabilize=CameraNoise"
    ):
        denoiser.transform(digits[0][:5])


def test_other_values_are_refused(clean):
    with pytest.raises(ValueError, match="stabilize='poisson' is not noise whose variance"):
        filter_fitted_on(clean, stabilize="poisson").transform(clean)


def test_a_network_for_other_noise_refuses_it(digits):
    with pytest.raises(ValueError, match="trained for Gaussian noise"):
        quick_denoiser(noise="poisson", stabilize="estimate").fit(digits[0][:64])
    with pytest.raises(ValueError, match="trained for Gaussian noise"):
        UNetDenoiser.from_pretrained("photo-real", stabilize="estimate")


def test_a_network_that_learned_from_pairs_refuses_it(digits):
    X = digits[0][:64]
    denoiser = quick_denoiser().fit(add_noise(X, "salt_and_pepper", 0.1, random_state=0), clean=X)
    with pytest.raises(ValueError, match="trained for Gaussian noise"):
        changed(denoiser, stabilize="estimate").transform(X)


def test_a_graph_of_onnx_cannot_hold_it(photo_gray):
    pytest.importorskip("onnx")
    with pytest.raises(ValueError, match="stabilize=None"):
        to_onnx(changed(photo_gray, stabilize="estimate"), np.zeros((1, 16, 16), np.float32))


def test_black_images_are_given_the_noise_of_all_others(monkeypatch):
    photons = np.random.default_rng(0).poisson(40, (4, 96, 96)) / 100
    photons[2:] = 0
    denoiser = FilterDenoiser("gaussian", stabilize="estimate", value_range=(0, 1)).fit(photons)
    expected = denoiser.transform(photons)
    monkeypatch.setattr("skdenoise.images.pixels._IMAGES_PER_CHUNK", 2)
    np.testing.assert_array_equal(denoiser.transform(photons), expected)
