"""Strength: how much of the noise is removed, a parameter of every denoiser."""

from contextlib import nullcontext

import numpy as np
import pytest
from conftest import changed, quick_denoiser
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdenoise import (
    FilterDenoiser,
    PoissonNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    load,
)

DENOISERS = [
    quick_denoiser(noise_factor=0.3),
    FilterDenoiser("gaussian", noise_factor=0.3, random_state=0),
    SubspaceDenoiser(20, noise_factor=0.3, random_state=0),
]


@pytest.fixture(scope="module", params=DENOISERS, ids=lambda denoiser: type(denoiser).__name__)
def fitted(request, digits):
    return clone(request.param).fit(digits[0][:300])


@pytest.mark.parametrize("strength", [0.25, 0.9])
def test_the_output_is_a_blend_of_input_and_denoised(fitted, digits, strength):
    noisy = add_noise(digits[0][:50], noise_factor=0.3, random_state=1)
    blended = changed(fitted, strength=strength).transform(noisy)
    expected = (1 - strength) * noisy + strength * fitted.transform(noisy)
    np.testing.assert_allclose(blended, expected, atol=1e-6)


def test_at_0_the_input_is_returned_to_the_last_bit(fitted, digits):
    noisy = add_noise(digits[0][:50], noise_factor=0.3, random_state=1)
    returned = changed(fitted, strength=0).transform(noisy)
    np.testing.assert_array_equal(returned, noisy)
    assert not np.shares_memory(returned, noisy)


def test_integers_are_rounded_once(digits):
    X = np.round(digits[0][:300] * 7).astype(np.uint8)  # coarse: rounding twice would show
    denoiser = SubspaceDenoiser(20, value_range=(0, 7), random_state=0).fit(X)
    exact = X + 0.5 * (denoiser.transform(X.astype(np.float32)) - X)
    half = changed(denoiser, strength=0.5).transform(X)
    np.testing.assert_array_equal(half, np.rint(np.clip(exact, 0, 7)).astype(np.uint8))


def test_floats_are_clipped_after_blending(digits):
    noisy = add_noise(digits[0][:50], noise_factor=0.5, random_state=1)
    denoiser = FilterDenoiser("gaussian", clip=True, strength=0.5).fit(digits[0][:300])
    unclipped = clone(denoiser).set_params(clip=False).fit(digits[0][:300]).transform(noisy)
    assert unclipped.min() < 0
    np.testing.assert_allclose(denoiser.transform(noisy), unclipped.clip(0, 1), atol=1e-6)


def test_what_a_classifier_is_fitted_on_is_blended_as_well(digits):
    X = digits[0][:300]
    full, half = (
        SubspaceDenoiser(20, noise_factor=0.3, strength=strength, random_state=0).fit_transform(X)
        for strength in (1, 0.5)
    )
    noisy = SubspaceDenoiser(20, noise_factor=0.3, strength=0, random_state=0).fit_transform(X)
    np.testing.assert_allclose(half, (noisy + full) / 2, atol=1e-6)


def test_lists_are_blended(digits):
    images = [digits[0][0].reshape(8, 8), np.tile(digits[0][1].reshape(8, 8), (2, 1))]
    denoiser = FilterDenoiser("gaussian").fit(images)
    for image, full, half in zip(
        images,
        denoiser.transform(images),
        changed(denoiser, strength=0.5).transform(images),
        strict=True,
    ):
        np.testing.assert_allclose(half, (image + full) / 2, atol=1e-6)


def test_a_search_finds_the_strength_of_a_filter_that_removes_too_much(digits):
    denoiser = FilterDenoiser("gaussian", sigma_spatial=0.7, noise_factor=0.2, random_state=0)
    search = GridSearchCV(denoiser, {"strength": [0, 0.4, 1]}, cv=2).fit(digits[0][:300])
    assert search.best_params_ == {"strength": 0.4}


def test_it_is_saved(fitted, digits, tmp_path):
    half = changed(fitted, strength=0.5)
    half.save(tmp_path / "half.skdenoise")
    loaded = load(tmp_path / "half.skdenoise")
    assert loaded.strength == 0.5
    np.testing.assert_allclose(
        loaded.transform(digits[0][:5]), half.transform(digits[0][:5]), atol=2e-6
    )


def test_a_packaged_denoiser_takes_it(photographs):
    noisy = add_noise(photographs[:1, :64, :64, 1], noise_factor=0.1, random_state=0)
    full = UNetDenoiser.from_pretrained("photo-gray", precision="float32").transform(noisy)
    half = UNetDenoiser.from_pretrained("photo-gray", precision="float32", strength=0.5)
    blend = (noisy.astype(float) + full) / 2
    assert np.abs(half.transform(noisy) - blend).max() <= 1  # `full` has been rounded


@pytest.mark.parametrize("strength", [-0.1, 1.1, np.nan, "half", None])
def test_other_strengths_are_refused(fitted, digits, strength):
    with pytest.raises(ValueError, match=r"strength=.* is not a number from 0 to 1"):
        clone(fitted).set_params(strength=strength).fit(digits[0][:300])
    with pytest.raises(ValueError, match=r"strength=.* is not a number from 0 to 1"):
        changed(fitted, strength=strength).transform(digits[0][:5])


def test_a_strength_changes_nothing_in_how_the_noise_is_measured():
    # Coarse integers: their rounding would count as noise.
    light = np.tile(np.repeat(np.linspace(0.2, 0.8, 8), 16), (4, 128, 1))
    noisy = add_noise(light, PoissonNoise(200), random_state=0)
    noisy = np.rint(12 * noisy).clip(0, 255).astype(np.uint8)
    params = {"stabilize": "estimate", "value_range": (0, 12), "colour": "separate"}
    whole = FilterDenoiser("wiener", sigma=0.05, **params).fit(noisy)
    blended = changed(whole, strength=1 - 1e-6).transform(noisy)
    np.testing.assert_array_equal(blended, whole.transform(noisy))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_integers_beyond_the_range_come_no_further_out_and_are_not_cut(dtype):
    rng = np.random.default_rng(0)
    clean = np.full((2, 24, 24), 100.0)
    clean[:, 4:12, 4:12] = 6000  # a highlight beyond white, 4095
    noisy = np.rint(clean + rng.normal(0, 30, clean.shape)).astype(dtype)
    denoiser = FilterDenoiser("gaussian", sigma=0.6, value_range=(100, 4095), random_state=0)
    with pytest.warns(UserWarning, match="11% of the values are far outside"):
        denoiser.fit(noisy)
    as_floats = changed(denoiser)
    for strength in (0, 0.01, 0.5, 1):
        for each in (denoiser, as_floats):
            each.set_params(strength=strength)
        with pytest.warns(UserWarning, match="far outside") if strength else nullcontext():
            denoised = denoiser.transform(noisy)
        assert denoised.dtype == dtype
        free = as_floats.transform(noisy.astype(np.float32))
        low, high = np.minimum(noisy, 100), np.maximum(noisy, 4095)
        np.testing.assert_allclose(denoised, np.clip(free, low, high), atol=1)
    assert denoised.max() > 5500
    # A range that is asked for is kept.
    limited = changed(denoiser, clip=True)
    with pytest.warns(UserWarning, match="far outside"):
        assert limited.transform(noisy).max() == 4095


def test_noise_leaves_integers_beyond_the_range_as_transform_does():
    images = np.full((8, 8, 8), 1000, np.uint16)
    images[:, 2:4, 2:4] = 3000
    noise = {"noise_factor": 0.1, "value_range": (0, 2000)}
    np.testing.assert_array_equal(add_noise(images, noise_factor=0, value_range=(0, 2000)), images)
    noisy = add_noise(images, random_state=0, **noise)
    assert 2900 < noisy.max() <= 3000
    denoiser = FilterDenoiser("gaussian", sigma=0.3, random_state=0, **noise)
    with pytest.warns(UserWarning, match="far outside"):
        fitted = denoiser.fit_transform(images)
    with pytest.warns(UserWarning, match="far outside"):
        assert abs(int(fitted.max()) - int(denoiser.transform(images).max())) < 300
    with pytest.warns(UserWarning, match="far outside"):
        unet = quick_denoiser(loss="mse", **noise).fit(images)
    assert unet.history_["loss"][-1] < 1
