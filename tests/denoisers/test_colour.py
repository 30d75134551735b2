"""Colour: images with channels, denoised after a fit on grey images, by every denoiser."""

import numpy as np
import pytest
from conftest import changed, quick_denoiser
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdenoise import FilterDenoiser, SubspaceDenoiser, UNetDenoiser, add_noise, load, psnr
from skdenoise.seeding import Stream

DENOISERS = {
    "compact": quick_denoiser(noise_factor=(0, 0.3)),
    "bias_free": quick_denoiser(network="bias_free", noise_factor=(0, 0.3)),
    "wavelet": FilterDenoiser("wavelet", noise_factor=0.1, random_state=0),
    "subspace": SubspaceDenoiser(20, noise_factor=0.1, random_state=0),
}


@pytest.fixture(scope="module")
def patches(photographs):
    """Patches of photographs in colour, (520, 16, 16, 3), floats in 0..1."""
    parts = photographs[:, :416, :640].reshape(2, 26, 16, 40, 16, 3).swapaxes(2, 3)
    return (parts.reshape(-1, 16, 16, 3)[::4] / 255).astype(np.float32)


@pytest.fixture(scope="module")
def noisy(patches):
    return add_noise(patches[:60], noise_factor=0.1, random_state=1)


@pytest.fixture(scope="module", params=DENOISERS)
def fitted(request, patches):
    """A denoiser of grey images."""
    return clone(DENOISERS[request.param]).fit(patches[60:].mean(axis=3))


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_shape_and_dtype_are_preserved(fitted, noisy, dtype):
    in_range = np.clip(noisy, 0, 1)
    X = (np.rint(255 * in_range) / (1 if dtype == "uint8" else 255)).astype(dtype)
    denoiser = changed(fitted, value_range=(0, 255)) if dtype == "uint8" else fitted
    if dtype == "uint8":
        denoiser.value_range_ = (0.0, 255.0)
    denoised = denoiser.transform(X)
    assert (denoised.shape, denoised.dtype) == (X.shape, X.dtype)
    white = 255 if dtype == "uint8" else 1
    expected = fitted.transform((X / white).astype(np.float32)) * white
    np.testing.assert_allclose(np.clip(denoised, 0, white), np.clip(expected, 0, white), atol=1)


def test_a_grey_image_in_colour_stays_grey(noisy):
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    grey = np.repeat(noisy[:2, ..., :1], 3, axis=3)
    denoised = denoiser.transform(grey)
    assert np.ptp(denoised, axis=3).max() < 0.04


@pytest.mark.parametrize(
    ("denoiser", "least"),
    [
        (FilterDenoiser("nl_means", value_range=(0, 255)), 1.3),
        (FilterDenoiser("wavelet", value_range=(0, 255)), 0.5),
        (UNetDenoiser.from_pretrained("photo-gray"), 1.2),
    ],
)
def test_opponent_colours_are_better_than_separate_channels(photographs, denoiser, least):
    clean = photographs[:1, 100:228, 200:328]
    noisy = add_noise(clean, noise_factor=25 / 255, random_state=0)
    if isinstance(denoiser, FilterDenoiser):
        denoiser.fit(clean[..., 1])
    opponent, separate = (
        psnr(clean, changed(denoiser, colour=colour).transform(noisy), data_range=255)[0]
        for colour in ("opponent", "separate")
    )
    assert opponent > separate + least


@pytest.mark.parametrize(
    ("denoiser", "way"),
    [
        (FilterDenoiser("wavelet"), "opponent"),
        (FilterDenoiser("wavelet", noise="poisson"), "separate"),
        (FilterDenoiser("median"), "separate"),
        (SubspaceDenoiser(noise="salt_and_pepper", random_state=0), "separate"),
    ],
)
def test_only_gaussian_noise_is_denoised_in_opponent_colours(patches, noisy, denoiser, way):
    denoiser.fit(patches[60:].mean(axis=3))
    np.testing.assert_array_equal(
        denoiser.transform(noisy), changed(denoiser, colour=way).transform(noisy)
    )
    other = {"opponent": "separate", "separate": "opponent"}[way]
    assert (denoiser.transform(noisy) != changed(denoiser, colour=other).transform(noisy)).any()


def test_the_shift_by_clipped_noise_is_undone(photographs):
    clean = photographs[1:, -128:, -128:]  # leaves in the dark
    noisy = add_noise(clean, noise_factor=0.2, random_state=0)
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    opponent, separate = (
        changed(denoiser, colour=colour).transform(noisy) for colour in ("opponent", "separate")
    )
    dark = (clean < 40).all(axis=3)
    assert noisy[dark].mean() > clean[dark].mean() + 8
    assert opponent[dark].mean() == pytest.approx(clean[dark].mean(), abs=3)
    better, worse = (psnr(clean, X, data_range=255)[0] for X in (opponent, separate))
    assert better > worse + 0.5
    floats = denoiser.transform((noisy / 255).astype(np.float32))
    np.testing.assert_allclose(np.clip(255 * floats, 0, 255), opponent, atol=0.6)


@pytest.mark.parametrize("end", ["white", "black"])
def test_values_beyond_the_end_that_is_not_clipped_stay(photographs, end):
    bright = 1.6 * photographs[1:, 100:228, 100:228] / 255
    noisy = np.maximum(add_noise(bright, noise_factor=0.1, value_range=(0, 1), random_state=0), 0)
    if end == "black":
        bright, noisy = 1 - bright, 1 - noisy
    denoised = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1)).transform(noisy)
    before, after = (psnr(bright, X, data_range=1)[0] for X in (noisy, denoised))
    assert after > before + 8
    beyond = {"white": denoised > 1.3, "black": denoised < -0.3}[end]
    assert beyond.mean() > 0.01


def test_black_and_white_of_a_clean_image_stay(photographs):
    image = np.where(photographs[:1, :128, :128] > 100, 255, 0).astype(np.uint8)
    filtered = FilterDenoiser("nl_means").fit(image[..., 0]).transform(image)
    np.testing.assert_array_equal(filtered, image)


@pytest.mark.parametrize("n_channels", [2, 3, 5])
def test_separate_channels_are_grey_images(fitted, noisy, n_channels):
    X = np.concatenate([noisy, noisy], axis=3)[..., :n_channels]
    denoised = changed(fitted, colour="separate").transform(X)
    for channel in range(n_channels):
        expected = fitted.transform(X[..., channel])
        np.testing.assert_allclose(denoised[..., channel], expected, atol=1e-6)


def test_the_images_of_a_list_are_denoised_as_in_an_array(noisy):
    denoiser = FilterDenoiser("gaussian").fit(noisy.mean(axis=3))
    images = [noisy[0], noisy[1, :12]]
    for denoised, image in zip(denoiser.transform(images), images, strict=True):
        np.testing.assert_array_equal(denoised, denoiser.transform(image[np.newaxis])[0])


def test_strength_blends_colours(fitted, noisy):
    np.testing.assert_array_equal(changed(fitted, strength=0).transform(noisy), noisy)
    half = changed(fitted, strength=0.5).transform(noisy)
    np.testing.assert_allclose(half, (noisy + fitted.transform(noisy)) / 2, atol=1e-5)


def test_the_score_is_that_of_colours_under_noise(fitted, patches):
    denoised = fitted.transform(fitted._noisy(patches[:60], Stream.SCORE))
    expected = psnr(patches[:60], np.clip(denoised, 0, 1), data_range=1).mean()
    assert fitted.score(patches[:60]) == pytest.approx(expected)


def test_colour_is_saved_and_searched(patches, tmp_path):
    denoiser = FilterDenoiser("wavelet", colour="separate").fit(patches.mean(axis=3))
    denoiser.save(tmp_path / "wavelet")
    assert load(tmp_path / "wavelet").colour == "separate"
    search = GridSearchCV(denoiser, {"colour": ["opponent", "separate"]}, cv=2)
    assert search.fit(patches.mean(axis=3)).best_params_["colour"] in {"opponent", "separate"}


@pytest.mark.parametrize("n_channels", [2, 4])
def test_channels_that_are_not_colours_are_refused_unless_they_are_separate(
    fitted, noisy, n_channels
):
    X = np.concatenate([noisy, noisy], axis=3)[..., :n_channels]
    with pytest.raises(ValueError, match=rf"{n_channels} channels.*1 or 3.*colour='separate'"):
        fitted.transform(X)


def test_training_goes_on_with_grey_images_only(patches):
    denoiser = quick_denoiser().partial_fit(patches[..., 0])
    with pytest.raises(ValueError, match=r"3 channels to learn from.*fitted on 1"):
        denoiser.partial_fit(patches)
    itself = quick_denoiser(supervision="self").fit(patches[..., 0])
    with pytest.raises(ValueError, match="3 channels to learn from"):
        itself.score(patches)


def test_a_denoiser_of_colours_takes_colours_only(patches):
    denoiser = FilterDenoiser("gaussian", colour="separate").fit(patches)
    with pytest.raises(ValueError, match=r"1 channels.*was fitted on 3"):
        denoiser.transform(patches[..., 0])


@pytest.mark.parametrize("colour", ["rgb", None, True, np.array(["auto", "separate"])])
def test_an_unknown_colour_is_refused(fitted, noisy, colour):
    with pytest.raises(ValueError, match=r"colour=.* is not one of auto, opponent, separate"):
        clone(fitted).set_params(colour=colour).fit(noisy.mean(axis=3))
    with pytest.raises(ValueError, match="is not one of"):
        changed(fitted, colour=colour).transform(noisy)
