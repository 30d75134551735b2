import warnings

import numpy as np
import pytest
from conftest import quick_denoiser
from skimage.data import cell, hubble_deep_field

from skdenoise import (
    CameraNoise,
    Compose,
    GaussianBlur,
    GaussianNoise,
    JPEGCompression,
    PoissonNoise,
    add_noise,
    fit_noise_model,
)

RAMPS = np.tile(np.linspace(0, 1, 128), (10, 64, 1))
WHITE = [GaussianNoise(0.02), GaussianNoise(0.1), CameraNoise(0.01, 0.001, gamma=1)]
CORRELATED = [
    CameraNoise(1e-3, mosaic=True),
    Compose([GaussianNoise(0.05), JPEGCompression(50)]),
    Compose([GaussianNoise(0.1), GaussianBlur(0.7)]),
]


def noised(images, model):
    return add_noise(images, model, random_state=0)


def sigma_at_grey(model):
    return np.sqrt(model.read + model.shot / 2)


@pytest.mark.parametrize(("shot", "read"), [(0.01, 0.001), (0.001, 0.001), (0.04, 0.01)])
def test_pairs_tell_shot_and_read(shot, read):
    model = fit_noise_model(noised(RAMPS, CameraNoise(shot, read, gamma=1)), RAMPS)
    assert model.shot == pytest.approx(shot, rel=0.05)
    assert model.read == pytest.approx(read, rel=0.05)
    assert model.gamma == 1


def test_gaussian_noise_is_all_read(photographs):
    model = fit_noise_model(noised(photographs, GaussianNoise(0.1)), photographs)
    assert model.read == pytest.approx(0.01, rel=0.05)
    assert model.shot < 1e-3


def test_poisson_noise_is_all_shot(photographs):
    model = fit_noise_model(noised(photographs, PoissonNoise(100)), photographs)
    assert model.shot == pytest.approx(0.01, rel=0.05)
    assert model.read < 1e-4


@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_clipped_integers_tell_the_noise_that_was_clipped(digits, sigma):
    X = np.rint(digits[0] * 255).astype(np.uint8)
    model = fit_noise_model(noised(X, GaussianNoise(sigma)), X)
    assert sigma_at_grey(model) == pytest.approx(sigma, rel=0.05)


def test_rounding_is_not_taken_for_noise():
    clean = np.rint(RAMPS * 255) / 255
    noisy = noised(clean, GaussianNoise(0.05)) * 16
    model = fit_noise_model(np.rint(noisy).astype(int), clean * 16, value_range=(0, 16))
    assert sigma_at_grey(model) == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("model", WHITE, ids=str)
def test_noisy_photographs_alone_tell_the_noise(photographs, model):
    grey = np.full((1, 512, 512, 1), 0.5, np.float32)
    sigma = model(grey, np.random.default_rng(0)).std()
    found = fit_noise_model(noised(photographs, model))
    assert sigma_at_grey(found) == pytest.approx(sigma, rel=0.1)


def test_small_clipped_images_alone_tell_the_noise(mnist):
    X = np.rint(mnist[0] * 255).astype(np.uint8)
    assert fit_noise_model(noised(X, GaussianNoise(0.1))).read == pytest.approx(0.01, rel=0.1)


def test_layouts_and_value_ranges_are_measured_alike():
    noisy = noised(RAMPS, CameraNoise(0.01, 0.001, gamma=1))
    expected = fit_noise_model(noisy, RAMPS).get_params()
    flat, flat_clean = noisy.reshape(10, -1), RAMPS.reshape(10, -1)
    others = [
        fit_noise_model(flat, flat_clean, image_shape=(64, 128)),
        fit_noise_model(noisy[..., np.newaxis], RAMPS[..., np.newaxis]),
        fit_noise_model(noisy * 100, RAMPS * 100, value_range=(0, 100)),
    ]
    for model in others:
        assert model.get_params() == pytest.approx(expected, rel=1e-2)


def test_one_intensity_alone_is_all_read():
    clean = np.full((4, 20, 20), 0.5)
    model = fit_noise_model(noised(clean, GaussianNoise(0.1)), clean)
    assert model.shot == 0
    assert model.read == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("images", [RAMPS, np.full((4, 32, 32), 0.5)], ids=["ramps", "constant"])
def test_equal_pairs_have_no_noise(images):
    model = fit_noise_model(images, images)
    assert (model.shot, model.read) == (0, 0)


@pytest.mark.parametrize("model", CORRELATED, ids=str)
@pytest.mark.parametrize("paired", [True, False])
def test_correlated_noise_is_reported(photographs, model, paired):
    noisy = noised(photographs, model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit_noise_model(noisy, photographs if paired else None)
    assert "correlated between neighbouring pixels" in str(caught[0].message)
    assert caught[0].filename == __file__


# Warnings are errors in these tests.
@pytest.mark.parametrize("model", [*WHITE, PoissonNoise(30), GaussianNoise(0.4)], ids=str)
@pytest.mark.parametrize("paired", [True, False])
def test_white_noise_is_not_called_correlated(photographs, model, paired):
    fit_noise_model(noised(photographs, model), photographs if paired else None)


def test_pairs_that_differ_in_brightness_are_reported():
    brighter = noised(RAMPS, GaussianNoise(0.1)) + 0.1
    with pytest.warns(UserWarning, match="not zero on average"):
        model = fit_noise_model(brighter, RAMPS)
    assert sigma_at_grey(model) == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(
    ("noisy", "clean", "match"),
    [
        (RAMPS, RAMPS[:5], r"shape \(10, 64, 128\), but clean has shape \(5, 64, 128\)"),
        (RAMPS * 1.1, None, r"beyond 0..1.*value_range"),
        (RAMPS * np.nan, RAMPS, "NaN"),
        (RAMPS[:1, :4, :4], RAMPS[:1, :4, :4], "16 values; expected at least 100"),
        (RAMPS[:, :10, :10], None, "10 x 10 pixels.*give clean="),
        (RAMPS[:1, :16, :16], None, "4 windows.*at least 50"),
        (np.zeros((9, 32, 32)), None, "0 windows.*clean="),
        (np.ones((9, 32, 32)), np.zeros((9, 32, 32)), "black or white"),
    ],
)
def test_what_cannot_be_measured_raises(noisy, clean, match):
    with pytest.raises(ValueError, match=match):
        fit_noise_model(noisy, clean)


def test_the_model_trains_a_denoiser(digits):
    X, _ = digits
    noisy = noised(X, CameraNoise(0.01, 0.001, gamma=1))
    denoiser = quick_denoiser(noise=fit_noise_model(noisy, X)).fit(X[:64])
    assert denoiser.transform(noisy[:4]).shape == (4, 64)


def test_integers_may_be_compared_with_an_average_of_exposures():
    ramps = np.tile(np.linspace(30, 200, 64), (20, 64, 1))
    camera = CameraNoise(shot=0.01, read=0.001, gamma=1)
    noisy = np.rint(add_noise(ramps, camera, value_range=(0, 255), random_state=0))
    model = fit_noise_model(np.clip(noisy, 0, 255).astype(np.uint8), ramps)
    assert model.shot == pytest.approx(0.01, rel=0.1)
    assert model.read == pytest.approx(0.001, rel=0.2)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("photons", [5, 20, 100])
def test_dark_pixels_without_photons_are_not_taken_for_clipped(photons, dtype):
    """The galaxies are bright dots on a background of 0.05, where many pixels have no photon."""
    clean = hubble_deep_field()[np.newaxis, 40:296, 380:636, 1] / 255
    noisy = noised(clean, PoissonNoise(photons)).clip(0, 1)
    if dtype == np.uint8:
        noisy = np.rint(255 * noisy).astype(np.uint8)
    assert (noisy == 0).mean() > 0.02
    model = fit_noise_model(noisy)
    in_the_dark = model.read + 0.05 * model.shot
    assert in_the_dark == pytest.approx(0.05 / photons, rel=0.6)
    assert model.shot == pytest.approx(1 / photons, rel=0.5)


@pytest.mark.parametrize("sigma", [0.05, 0.2])
def test_clipped_noise_is_not_taken_for_counts(sigma):
    dark = cell()[np.newaxis] // 3
    noisy = noised(dark, GaussianNoise(sigma))
    assert (noisy == 0).mean() > 0.03
    model = fit_noise_model(noisy)
    light = dark.mean() / 255
    assert model.read + light * model.shot == pytest.approx(sigma**2, rel=0.1)
    assert light * model.shot < 0.15 * model.read


@pytest.mark.parametrize("with_clean", [True, False])
def test_images_that_were_stretched_one_by_one_are_noticed(photographs, with_clean):
    """The contrast of each image is stretched to its own 1st and 99th percentile."""
    parts = np.concatenate([photographs[:, 100:420, start : start + 320] for start in (0, 320)])
    clean = parts[..., 1] / np.float32(255) * np.float32([0.3, 0.5, 0.8, 1])[:, None, None]
    noisy = noised(clean, CameraNoise(0.01, 1e-4, gamma=1))
    limits = np.percentile(noisy, (1, 99), axis=(1, 2), keepdims=True)
    stretched = [(images - limits[0]) / (limits[1] - limits[0]) for images in (noisy, clean)]
    own = (noisy, clean) if with_clean else (noisy,)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_noise_model(*own, value_range=(0, 1))
    with pytest.warns(UserWarning, match="differs between images"):
        fit_noise_model(*(stretched if with_clean else stretched[:1]), value_range=(0, 1))


@pytest.mark.parametrize("noise", [CameraNoise(0.01, 1e-3, gamma=1), GaussianNoise(0.2)])
def test_small_pairs_that_were_stretched_one_by_one_are_noticed(photographs, noise):
    """The noise of so few pixels differs by chance as well, by a factor of up to 1.8."""
    tiles = photographs[0, :192, :640, 1].reshape(12, 16, 40, 16).swapaxes(1, 2).reshape(-1, 16, 16)
    clean = 0.2 + 0.5 * tiles[::5] / np.float32(255)
    noisy = noised(clean, noise)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_noise_model(noisy, clean, value_range=(0, 1))
    factors = np.random.default_rng(0).uniform(0.5, 1, (len(clean), 1, 1)).astype(np.float32)
    with pytest.warns(UserWarning, match="differs between images"):
        fit_noise_model(factors * noisy, factors * clean, value_range=(0, 1))


def test_the_offset_of_a_camera_is_noticed():
    """Microscopes add about 100 to all values, so that read noise is not cut off."""
    noise, clean = PoissonNoise(20), cell()[np.newaxis] / 255
    counts = noise(clean[..., np.newaxis].astype(np.float32), np.random.default_rng(0))[..., 0]
    stored = np.rint(100 + 200 * counts).astype(np.uint16)
    with pytest.warns(
        UserWarning, match=r"vanish at a pixel value of about [\d.]+, but black is 0"
    ):
        fit_noise_model(stored)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fit_noise_model(stored, value_range=(100, 300))
    assert model.shot == pytest.approx(1 / 20, rel=0.1)
