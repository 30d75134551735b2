"""Denoisers of photographs: the preset, and the weights that come with the package."""

import pickle
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from sklearn.base import clone
from sklearn.datasets import load_sample_images
from sklearn.frozen import FrozenEstimator
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skdenoise import (
    CameraPipeline,
    GaussianNoise,
    JPEGCompression,
    MotionBlur,
    PoissonNoise,
    UNetDenoiser,
    add_noise,
    load,
)
from skdenoise.denoisers.pretrained import MODEL_CARDS, pretrained_path
from skdenoise.metrics import psnr

DARK_ROOM = CameraPipeline(shot=1.2e-2, blur=0.7, quality=90)
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


def test_the_noise_is_subtracted_whatever_the_loss(photographs):
    denoiser = UNetDenoiser.for_photographs(epochs=1, loss="mse", **SMALL).fit(photographs)
    assert not denoiser._network.architecture.linear


@pytest.mark.parametrize(("noise_factor", "least"), [(0.06, 3.3), (0.1, 6), (0.2, 10), (0.4, 13.5)])
def test_the_denoiser_that_comes_with_the_package_is_good(photographs, noise_factor, least):
    denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    assert gain(denoiser, photographs[..., 0], noise_factor) > least


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("float32", 255), ("uint16", 65535)])
def test_the_denoiser_that_comes_with_the_package_takes_any_range_and_dtype(
    photographs, dtype, white
):
    noisy = add_noise(photographs, noise_factor=0.1, clip=True, random_state=0)
    denoiser = UNetDenoiser.from_pretrained("photo-gray", precision="float32")
    assert denoiser.value_range_ is None
    expected = denoiser.transform(noisy)
    denoised = denoiser.transform(np.rint(white * noisy).astype(dtype))
    assert denoised.dtype == dtype
    np.testing.assert_allclose(
        np.clip(denoised / white, 0, 1), np.clip(expected, 0, 1), atol=2 / 255
    )


def test_floats_with_noise_outside_of_their_range_are_taken_as_such(photographs):
    noisy = add_noise(photographs, noise_factor=0.2, random_state=0)
    denoised = UNetDenoiser.from_pretrained("photo-gray").transform(noisy)
    expected = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1)).transform(noisy)
    np.testing.assert_array_equal(denoised, expected)


def test_the_images_of_a_list_have_one_range(photographs):
    bright, dark = 255 * photographs[0, :32, :40, 0], np.full((24, 24), 0.9, np.float32)
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    given = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 255))
    for denoised, expected in zip(
        denoiser.transform([bright, dark]), given.transform([bright, dark]), strict=True
    ):
        np.testing.assert_array_equal(denoised, expected)


def test_floats_of_an_unlikely_range_are_refused(photographs):
    with pytest.raises(ValueError, match=r"floats from -1 to .*value_range=\(0, 1\)"):
        UNetDenoiser.from_pretrained("photo-gray").transform(2 * photographs - 1)


def test_a_pretrained_denoiser_takes_rows_of_a_shape(photographs, tmp_path):
    images = photographs[:2, :24, :32, 0]
    rows = images.reshape(2, -1)
    denoiser = UNetDenoiser.from_pretrained("photo-gray", image_shape=(24, 32))
    denoised = denoiser.transform(rows)
    np.testing.assert_array_equal(denoised.reshape(2, 24, 32), denoiser.transform(images))
    denoiser.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").transform(rows), denoised)
    pipeline = make_pipeline(FrozenEstimator(denoiser), KNeighborsClassifier(1)).fit(rows, [0, 1])
    assert pipeline.score(rows, [0, 1]) == 1
    with pytest.raises(ValueError, match=r"flat rows need their shape, X\.reshape"):
        UNetDenoiser.from_pretrained("photo-gray").transform(rows)
    with pytest.raises(ValueError, match="Give other images as arrays"):
        UNetDenoiser.from_pretrained("photo-gray", image_shape=(16, 16, 3))
    with pytest.raises(ValueError, match="each a positive integer"):
        UNetDenoiser.from_pretrained("photo-gray", image_shape=24)


def test_floats_far_beyond_255_are_refused(photographs):
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    noisy = add_noise(1020 * photographs, noise_factor=0.08, value_range=(0, 1020), random_state=0)
    with pytest.raises(
        ValueError, match="too little or too much for the value range of the denoiser"
    ):
        denoiser.transform(noisy)


def test_a_denoiser_without_a_range_is_scored_saved_and_pickled(photographs, tmp_path):
    denoiser = UNetDenoiser.from_pretrained("photo-gray", noise_factor=0.1)
    assert denoiser.score(photographs) > 25
    assert denoiser.score(np.rint(255 * photographs).astype(np.uint8)) > 23  # noise is clipped
    denoiser.save(tmp_path / "denoiser")
    for again in (load(tmp_path / "denoiser"), pickle.loads(pickle.dumps(denoiser))):
        assert again.value_range_ is None
        np.testing.assert_array_equal(again.transform(photographs), denoiser.transform(photographs))


def test_a_denoiser_without_a_range_scores_hidden_pixels(photographs):
    denoiser, given = (
        UNetDenoiser.from_pretrained("photo-gray", supervision="self", **params)
        for params in ({}, {"value_range": (0, 1)})
    )
    grey = photographs[..., 1]
    assert denoiser.score(grey) == given.score(grey)


def test_training_goes_on_from_the_weights_that_come_with_the_package(photographs):
    params = {"warm_start": True, "epochs": 1, "learning_rate": 1e-5, "random_state": 0}
    denoiser = UNetDenoiser.from_pretrained("photo-gray", **params)
    again = denoiser.fit(photographs[..., 0])
    assert again.value_range_ == (0, 1)
    assert again.history_["loss"][-1] < 0.07
    assert gain(again, photographs[..., 0], 0.1) > 6


@pytest.fixture(scope="module")
def camera_pictures():
    """Parts of two photographs, clean and with the noise of a camera, uint8."""
    temple, flower = load_sample_images().images
    clean = np.stack([temple[20:212, 200:392], flower[:192, 400:592]])
    return clean, add_noise(clean, DARK_ROOM, random_state=0)


def gains(name, clean, noisy):
    denoised = UNetDenoiser.from_pretrained(name).transform(noisy)
    return psnr(clean, denoised, data_range=255) - psnr(clean, noisy, data_range=255)


def test_the_noise_of_cameras_is_removed_by_the_denoiser_for_it(camera_pictures):
    assert np.all(gains("photo-real", *camera_pictures) > 1.5)
    assert np.all(gains("photo-gray", *camera_pictures) < 0.5)


def test_the_noise_of_cameras_is_removed_from_grey_pictures(camera_pictures):
    clean = camera_pictures[0][..., 1]
    noisy = add_noise(clean, DARK_ROOM, random_state=0)
    assert np.all(gains("photo-real", clean, noisy) > 0.5)


def test_pictures_without_noise_stay_as_they_are(camera_pictures):
    clean = camera_pictures[0]
    denoised = UNetDenoiser.from_pretrained("photo-real").transform(clean)
    assert np.all(psnr(clean, denoised, data_range=255) > 38)


def test_training_of_photo_real_goes_on_with_the_noise_of_cameras(photographs):
    params = {"warm_start": True, "epochs": 1, "learning_rate": 1e-5, "random_state": 0}
    denoiser = UNetDenoiser.from_pretrained("photo-real", **params).fit(photographs[..., 0])
    assert isinstance(denoiser.noise_, CameraPipeline)
    assert denoiser.colour == "opponent"


@pytest.fixture(scope="module")
def page():
    """A page of text, (1, 120, 400), uint8."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSerif.ttf")
    picture = Image.new("L", (400, 120), 255)
    text = "Image classifiers break on noisy images.\nA denoiser in front of them may help."
    font = ImageFont.truetype(path, 18)
    ImageDraw.Draw(picture).multiline_text((15, 25), text, fill=0, font=font, spacing=12)
    return np.asarray(picture)[np.newaxis]


@pytest.mark.parametrize("is_inverted", [False, True])
@pytest.mark.parametrize(
    "noise", [GaussianNoise(0.2), GaussianNoise(0.4), MotionBlur(length=4), JPEGCompression(5)]
)
def test_the_denoiser_for_text_makes_it_better(page, is_inverted, noise):
    clean = 255 - page if is_inverted else page
    noisy = add_noise(clean, noise, random_state=0)
    (gained,) = gains("text", clean, noisy)
    (of_photographs,) = gains("photo-gray", clean, noisy)
    assert gained > max(0.3, of_photographs)


def test_each_packaged_denoiser_is_small_and_has_a_card_and_a_file():
    paths = [pretrained_path(name) for name in MODEL_CARDS]
    assert sum(path.stat().st_size for path in paths) < 12e6
    assert {path.stem for path in paths} == {
        path.stem for path in paths[0].parent.glob("*.skdenoise")
    }


def test_a_pretrained_denoiser_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"'photo-color'.* there is 'photo-gray', 'photo-real'"):
        UNetDenoiser.from_pretrained("photo-color")
    with pytest.raises(ValueError, match="value_range="):
        UNetDenoiser.from_pretrained("photo-gray", value_range=(1, 0))


def test_parameters_of_a_pretrained_denoiser_count():
    images = np.random.default_rng(0).random((2, 40, 48))
    expected = UNetDenoiser.from_pretrained("photo-gray", precision="bfloat16").transform(images)
    denoiser = UNetDenoiser.from_pretrained("photo-gray", precision="float32")
    assert np.abs(denoiser.transform(images) - expected).max() > 1e-4
    denoiser.set_params(precision="bfloat16")
    assert denoiser.model_.layers[1].compute_dtype == "bfloat16"
    np.testing.assert_array_equal(denoiser.transform(images), expected)
    with pytest.raises(ValueError, match="precision='half'"):
        denoiser.set_params(precision="half").transform(images)
    with pytest.raises(ValueError, match="'j_invariant' hides pixels"):
        UNetDenoiser.from_pretrained("photo-gray", inference="j_invariant")
