"""Each wrong input gets an error that says what was got, what was expected and what to do."""

from datetime import date

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from ml_dtypes import bfloat16
from PIL import Image
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.svm import SVC

from skdenoise import (
    FilterDenoiser,
    GaussianNoise,
    NoiseAugmenter,
    NoiseResampler,
    PoissonNoise,
    SaltAndPepperNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    compare_denoising,
    estimate_noise,
    fit_noise_model,
    noisy_scorer,
    psnr,
    ssim,
)

IMAGES = np.random.default_rng(0).random((20, 8, 8))
COLOUR = np.random.default_rng(0).random((20, 8, 8, 3))
PICTURES = [Image.fromarray(np.uint8(255 * image)) for image in IMAGES]


def replaced(value):
    images = IMAGES.copy()
    images[3, 2, 1] = value
    return images


BAD_IMAGES = {
    "NaN": (replaced(np.nan), ValueError, "contains NaN"),
    "infinity": (replaced(np.inf), ValueError, "contains infinity"),
    "sparse": (csr_array(np.eye(16)), TypeError, r"X is a sparse matrix .* Give X.toarray\(\)"),
    "no images": (IMAGES[:0], ValueError, "0 sample"),
    "no pixels": (np.zeros((5, 0, 8)), ValueError, "no pixels"),
    "1-D": (np.arange(5.0), ValueError, r"X has 1 dimension.* flat rows \(n, n_features\)"),
    "a number": (5, ValueError, "X has 0 dimension"),
    "5-D": (np.zeros((2, 2, 2, 2, 2)), ValueError, "5 dimensions"),
    "strings": (
        np.array([["a", "b"]]),
        ValueError,
        r"X has dtype .* \(strings\); expected booleans",
    ),
    "bytes": (np.full((2, 4, 4), b"a"), ValueError, "X has dtype .S1 .bytes.; expected booleans"),
    "records": (np.zeros((2, 4, 4), [("a", "f4")]), ValueError, "records.; expected booleans"),
    "dates": (np.full((2, 4, 4), "2020", "M8[s]"), ValueError, "dates.; expected booleans"),
    "times": (np.full((2, 4, 4), 5, "m8[s]"), ValueError, "time differences.; expected booleans"),
    "nothing": (np.full((2, 4, 4), None), ValueError, "contains NaN"),
    "bfloat16": (
        IMAGES.astype(bfloat16),
        ValueError,
        r"X has dtype bfloat16 .*X.astype\(np.float32",
    ),
    "objects": (np.full((2, 4, 4), {}), TypeError, "array of objects that are not all numbers"),
    "dates as objects": ([[date(2020, 1, 1)]] * 2, TypeError, "objects that are not all numbers"),
    "masked": (np.ma.masked_less(IMAGES, 0.1), ValueError, r"masked value.* X.filled\(value\)"),
    "a list of masked images": (
        [np.ma.masked_less(IMAGES[0], 0.9)] * 2,
        ValueError,
        "masked value",
    ),
    "one picture": (PICTURES[0], ValueError, r"one picture of Pillow.* Give a list, \[X\]"),
    "palettes": ([PICTURES[0].convert("P")], ValueError, r"palette. Convert it"),
    "ragged": (
        [np.zeros((8, 8)), np.zeros(9)],
        ValueError,
        r"images of the same size|shape \(9,\)",
    ),
    "complex": (np.ones((2, 4, 4), complex), ValueError, "Complex data .* dtype complex128"),
    "constant beyond 0..1": (np.full((5, 8, 8), 7.0), ValueError, "Give value_range"),
    "constant float16": (np.full((5, 8, 8), 65504, np.float16), ValueError, "Give value_range"),
    "beyond float32": (replaced(1e40), ValueError, "at most 1e"),
    "negative integers": (np.full((5, 8, 8), -1), ValueError, "Give value_range"),
}


@pytest.mark.parametrize(("images", "error", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES)
@pytest.mark.parametrize(
    "take",
    [
        lambda images: quick_denoiser().fit(images),
        lambda images: NoiseAugmenter().fit_transform(images),
        lambda images: NoiseResampler().fit_resample(images, np.zeros(len(IMAGES))),
        add_noise,
        estimate_noise,
    ],
    ids=["UNetDenoiser", "NoiseAugmenter", "NoiseResampler", "add_noise", "estimate_noise"],
)
def test_bad_images_are_refused_everywhere(take, images, error, message):
    with pytest.raises(error, match=message):
        take(images)


@pytest.mark.parametrize("images", [np.arange(5.0), np.ma.masked_less(IMAGES, 0.1)])
def test_the_argument_that_is_wrong_is_named(images):
    for name, take in {
        "clean": lambda: quick_denoiser().fit(IMAGES, clean=images),
        "denoised": lambda: psnr(IMAGES, images, data_range=1),
        "noisy": lambda: fit_noise_model(images, value_range=(0, 1)),
        "unlabelled": lambda: compare_denoising(
            SVC(), IMAGES, np.arange(20) % 2, IMAGES, np.arange(20) % 2, unlabelled=images
        ),
    }.items():
        with pytest.raises(ValueError, match=rf"^{name} has .*(flat rows|{name}.filled)"):
            take()


@pytest.mark.parametrize("shape", [(3, 3), (8,), (8, 8, 8, 1), (-8, -8), (8.0, 8.0), 64, "ab"])
def test_image_shape_that_does_not_fit_is_refused(shape):
    with pytest.raises(ValueError, match="image_shape="):
        quick_denoiser(image_shape=shape).fit(IMAGES.reshape(-1, 64))


@pytest.mark.parametrize(
    "value_range",
    [(1, 0), (0, 0), (0,), 5, (0, np.inf), ("a", "b"), (0, 1e-40), (0, 10**400), (-1e308, 1e308)],
)
def test_value_range_that_is_none_is_refused(value_range):
    with pytest.raises(ValueError, match="value_range="):
        add_noise(IMAGES, value_range=value_range)


def test_denormal_images_are_refused():
    with pytest.raises(ValueError, match="smallest number that float32 holds"):
        add_noise((IMAGES - 0.5) * 1e-40)


def test_images_too_far_outside_of_their_range_are_refused():
    with pytest.raises(ValueError, match="times their value range"):
        add_noise(IMAGES, value_range=(0, 1e-30))


@pytest.mark.parametrize("low", [0, -60000])
@pytest.mark.parametrize(
    "change",
    [
        lambda images: add_noise(images, noise_factor=1, random_state=0),
        lambda images: NoiseAugmenter(noise_factor=1, random_state=0).fit_transform(images),
        lambda images: SubspaceDenoiser(2, random_state=0).fit_transform(images),
        lambda images: FilterDenoiser("wiener", random_state=0).fit_transform(images),
        lambda images: quick_denoiser(filters=(2, 3)).fit_transform(images),
    ],
)
def test_float16_stays_within_its_limits(change, low):
    images = (low + (60000 - low) * IMAGES).astype(np.float16)
    changed = change(images)
    assert changed.dtype == np.float16
    assert np.isfinite(changed).all()


def test_large_values_have_finite_metrics():
    for dtype, scale in [("f2", 6e4), ("f4", 1e15), ("i8", 9e18), ("u8", 1.8e19)]:
        images = (scale * IMAGES).astype(dtype)
        assert np.isfinite(ssim(images, images[::-1], data_range=scale)).all()
        assert np.isfinite(psnr(images, images[::-1], data_range=scale)).all()
        # That of floats is a guess, and said to be one.
        value_range = (0, scale) if images.dtype.kind == "f" else None
        assert np.isfinite(estimate_noise(images, value_range=value_range)).all()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"noise": "gausian"}, "'gaussian', 'gaussian_blur'"),
        ({"noise_factor": -0.1}, "must not be negative"),
        ({"noise_factor": (0.5, 0.1)}, "expected low <= high"),
        ({"noise_factor": "high"}, "neither a number nor a range"),
        ({"noise_factor": np.nan}, "neither a number nor a range"),
        ({"noise": GaussianNoise(), "noise_factor": 0.2}, "has its own strength"),
        ({"noise": GaussianNoise(-1)}, "at least 0"),
        ({"noise": SaltAndPepperNoise(1.5)}, "between 0 and 1"),
        ({"noise": PoissonNoise(0)}, "must be above 0"),
        ({"noise": "salt_and_pepper", "noise_factor": 2}, "between 0 and 1"),
    ],
)
def test_noise_that_is_none_is_refused(params, message):
    for take in (
        lambda: add_noise(IMAGES, **params),
        lambda: quick_denoiser(**params).fit(IMAGES),
        lambda: NoiseAugmenter(**params).fit_transform(IMAGES),
    ):
        with pytest.raises(ValueError, match=message):
            take()


def test_noise_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="neither a name"):
        quick_denoiser(noise=3).fit(IMAGES)
    with pytest.raises(TypeError, match="such as"):
        add_noise(IMAGES, GaussianNoise)
    with pytest.raises(TypeError, match="has no parameter sigma"):
        add_noise(IMAGES, "salt_and_pepper", sigma=0.1)
    with pytest.raises(ValueError, match="both set the strength"):
        add_noise(IMAGES, "salt_and_pepper", 0.1, amount=0.1)
    with pytest.raises(ValueError, match="must keep the shape"):
        add_noise(IMAGES, lambda images, rng: images[:, :2])


def test_noise_model_that_gives_nan_is_refused():
    with pytest.raises(ValueError, match="finite"):
        add_noise(IMAGES, lambda images, rng: images * np.nan)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"network": "unet"}, "neither one of bias_free, classic, compact nor a function"),
        ({"filters": ()}, "has no level"),
        ({"filters": (0, 8)}, "positive integers"),
        ({"filters": 32}, "positive integers"),
        ({"epochs": 0}, "epochs=0 is not an integer >= 1"),
        ({"batch_size": 2.5}, "batch_size=2.5"),
        ({"validation_split": 1.0}, "validation_split=1.0 is not a number >= 0 and < 1"),
        ({"validation_split": 0, "early_stopping": True}, "needs held-out images"),
        ({"learning_rate": 0}, "learning_rate=0 must be a number > 0"),
        ({"optimizer": keras.optimizers.SGD(), "learning_rate": 0.1}, "has its own"),
        ({"optimizer": "adamm"}, "optimizer='adamm'"),
        ({"loss": "cross"}, "loss='cross'"),
        ({"train_output": "noisy"}, "not one of denoised_noisy, denoised, clean"),
        ({"precision": "float8"}, "not one of auto, float32, bfloat16"),
    ],
)
def test_parameters_out_of_bounds_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        quick_denoiser(**params).fit(IMAGES)


def test_network_that_does_not_return_images_of_its_input_shape_is_refused():
    def halving(input_shape):
        return keras.Sequential([keras.Input(input_shape), keras.layers.MaxPooling2D()])

    with pytest.raises(ValueError, match=r"turns images of shape \(8, 8, 1\) into \(4, 4, 1\)"):
        quick_denoiser(network=halving).fit(IMAGES)
    with pytest.raises(TypeError, match=r"expected a keras.Model"):
        quick_denoiser(network=lambda input_shape: None).fit(IMAGES)


def test_transform_before_fit_is_refused():
    for use in (UNetDenoiser().transform, UNetDenoiser().score, NoiseAugmenter().transform):
        with pytest.raises(NotFittedError):
            use(IMAGES)
    assert not hasattr(UNetDenoiser(), "model_")


def test_other_channels_than_in_fit_are_refused():
    denoiser = quick_denoiser().fit(COLOUR)
    with pytest.raises(ValueError, match="1 channels"):
        denoiser.transform(IMAGES)
    with (
        pytest.warns(UserWarning, match="If it is one colour image"),
        pytest.raises(ValueError, match="a leading axis, X"),
    ):
        denoiser.transform(COLOUR[0])


def test_other_number_of_features_than_in_fit_is_refused():
    with pytest.raises(ValueError, match="expecting 64 features"):
        quick_denoiser().fit(IMAGES.reshape(-1, 64)).transform(np.ones((2, 49)))


def test_single_image_is_explained():
    denoiser = quick_denoiser().fit(IMAGES)
    with pytest.raises(ValueError, match=r"X\[np.newaxis\]"):
        denoiser.transform(IMAGES[0])
    assert denoiser.transform(IMAGES[:1]).shape == (1, 8, 8)


def test_one_image_can_be_fitted_but_not_split():
    quick_denoiser().fit(IMAGES[:1])
    with pytest.raises(ValueError, match="leaves none to train on"):
        quick_denoiser(validation_split=0.5).fit(IMAGES[:1])


def test_clean_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="clean has shape"):
        quick_denoiser().fit(IMAGES, clean=IMAGES[:5])
    with pytest.raises(ValueError, match="clean has shape"):
        quick_denoiser().fit(IMAGES).score(IMAGES, clean=IMAGES.reshape(20, 64))


def test_score_without_the_clean_of_fit_is_refused():
    with pytest.raises(ValueError, match="Give score noisy images and clean="):
        quick_denoiser().fit(IMAGES, clean=IMAGES).score(IMAGES)


def test_constant_images_are_warned_of():
    with pytest.warns(UserWarning, match="nothing in them to learn"):
        quick_denoiser().fit(np.full((5, 8, 8), 0.5))


def test_images_in_another_range_than_in_fit_are_warned_of():
    denoiser = quick_denoiser().fit((IMAGES * 255).astype(np.uint8))
    with pytest.warns(UserWarning, match="Scale them as the images were scaled in fit"):
        denoiser.transform(IMAGES)
    with pytest.warns(UserWarning, match="Scale them"):
        quick_denoiser().fit(IMAGES).transform(IMAGES * 255)
    with pytest.warns(UserWarning, match="Scale them"):  # the digits of scikit-learn
        quick_denoiser().fit(IMAGES).transform(IMAGES * 16)


def test_channels_that_come_first_are_warned_of():
    with pytest.warns(UserWarning, match=r"np.moveaxis\(X, 1, -1\)"):
        add_noise(np.moveaxis(COLOUR, -1, 1))


def test_tables_of_image_arrays_are_refused():
    denoiser = quick_denoiser().set_output(transform="pandas")
    with pytest.raises(ValueError, match="set_output asks for a pandas table"):
        denoiser.fit(IMAGES)
    with pytest.raises(ValueError, match="images of several sizes do not fit"):
        denoiser.fit([IMAGES[0], IMAGES[1, :6]])
    with pytest.raises(ValueError, match="no feature names"):
        quick_denoiser().fit(IMAGES).get_feature_names_out()


def test_warm_start_with_another_network_is_refused():
    denoiser = quick_denoiser(warm_start=True).fit(IMAGES)
    with pytest.raises(ValueError, match="do not fit"):
        denoiser.set_params(filters=(4, 8)).fit(IMAGES)


def test_failed_fit_leaves_the_denoiser_as_it_was():
    denoiser = quick_denoiser().fit(IMAGES)
    before = dict(vars(denoiser))
    with pytest.raises(ValueError, match="contains NaN"):
        denoiser.fit(replaced(np.nan).reshape(20, 64))
    assert vars(denoiser) == before


def test_scorers_explain_what_they_need(digits):
    with pytest.raises(ValueError, match="Give noisy_scorer value_range"):
        noisy_scorer("psnr")(quick_denoiser().fit(IMAGES * 16), IMAGES * 16)
    with pytest.raises(ValueError, match="get_scorer_names"):
        noisy_scorer("acuracy")
    with pytest.raises(
        TypeError, match="'ssim' is a plain mean over images, which takes no sample_w"
    ):
        noisy_scorer("ssim")(quick_denoiser().fit(IMAGES), IMAGES, sample_weight=np.ones(20))
    with pytest.raises(ValueError, match="same images in the same layout"):
        psnr(IMAGES, IMAGES[:3], data_range=1)


@pytest.mark.parametrize("n_copies", [0, -1, 1.5])
def test_number_of_copies_must_be_positive(n_copies):
    with pytest.raises(ValueError, match="n_copies="):
        NoiseResampler(n_copies).fit_resample(IMAGES, np.zeros(20))
