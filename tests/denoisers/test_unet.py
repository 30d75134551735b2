"""A fitted denoiser: layouts, dtypes and sizes, real pairs, and what it hands on."""

import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_sample_images

from skdenoise import SaltAndPepperNoise, UNetDenoiser, add_noise, psnr


def mean_psnr(clean, denoised, data_range=1):
    return psnr(clean, np.clip(denoised, 0, data_range), data_range=data_range).mean()


def test_noise_is_removed_from_images_that_were_not_trained_on(trained, digits):
    clean = digits[0][1200:]
    noisy = add_noise(clean, noise_factor=0.4, random_state=1)
    assert mean_psnr(clean, trained.transform(noisy)) > mean_psnr(clean, noisy) + 4


def test_classic_network_learns(digits):
    X, _ = digits
    denoiser = UNetDenoiser(
        network="classic", filters=(16, 32, 64), epochs=3, batch_size=32, random_state=0
    ).fit(X[:1200])
    noisy = add_noise(X[1200:], random_state=1)
    assert denoiser.score(X[1200:]) > mean_psnr(X[1200:], noisy) + 2
    assert set(denoiser.history_) == {"loss", "val_loss", "psnr", "val_psnr"}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "float16", "float32", "float64"])
def test_output_has_shape_and_dtype_of_the_input(digits, dtype):
    X = digits[0][:200]
    X = (X * 255).astype(dtype) if dtype[0] in "iu" else X.astype(dtype)
    for images in (X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1)):
        denoised = quick_denoiser().fit(images).transform(images)
        assert denoised.shape == images.shape
        assert denoised.dtype == images.dtype


def test_layouts_are_denoised_alike(digits):
    X = digits[0][:300]
    flat = quick_denoiser().fit(X).transform(X)
    images = quick_denoiser().fit(X.reshape(-1, 8, 8)).transform(X.reshape(-1, 8, 8))
    np.testing.assert_array_equal(flat, images.reshape(X.shape))


def test_colour_photographs_of_another_size_than_in_training():
    photographs = np.stack(load_sample_images().images)
    patches = np.concatenate([photographs[:, i : i + 32, i : i + 48] for i in range(0, 320, 16)])
    denoiser = quick_denoiser(noise_factor=0.1, epochs=2).fit(patches)
    denoised = denoiser.transform(photographs[:, :101, :67])
    assert denoised.shape == (2, 101, 67, 3)
    assert denoised.dtype == np.uint8


def test_denoiser_of_flat_rows_takes_image_arrays_too(trained, digits):
    X = digits[0][:10]
    np.testing.assert_allclose(
        trained.transform(X.reshape(-1, 8, 8)).reshape(X.shape), trained.transform(X), atol=1e-6
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 9), (13, 8)])
def test_any_size_of_image_is_taken(shape):
    images = np.random.default_rng(0).random((20, *shape))
    assert quick_denoiser().fit(images).transform(images).shape == images.shape


def test_image_does_not_depend_on_those_beside_it(trained, digits):
    X = add_noise(digits[0][:300], random_state=1)
    together = trained.transform(X)
    apart = np.concatenate([trained.transform(X[:1]), trained.transform(X[1:])])
    np.testing.assert_allclose(apart, together, atol=1e-6)


def test_floats_outside_the_unit_range_keep_their_range(digits):
    X = digits[0] * 16
    denoiser = quick_denoiser(epochs=5).fit(X)
    assert denoiser.value_range_ == (0, 16)
    assert denoiser.transform(X).max() > 8


def test_clean_targets_are_learned_without_drawing_noise(digits):
    X = digits[0]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    denoiser = UNetDenoiser(noise=None, epochs=12, random_state=0).fit(noisy[:1200], clean=X[:1200])
    assert denoiser.noise_ is None
    score = denoiser.score(noisy[1200:], clean=X[1200:])
    assert score > mean_psnr(X[1200:], noisy[1200:]) + 4
    assert score == pytest.approx(mean_psnr(X[1200:], denoiser.transform(noisy[1200:])))


def test_fit_transform_with_pairs_returns_denoised_noisy_or_clean_images(digits):
    X = digits[0][:200]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    for output in ("denoised_noisy", "denoised"):
        denoiser = quick_denoiser(train_output=output)
        np.testing.assert_array_equal(
            denoiser.fit_transform(noisy, clean=X), denoiser.transform(noisy)
        )
    denoiser = quick_denoiser(train_output="clean")
    np.testing.assert_array_equal(denoiser.fit_transform(noisy, clean=X), X)


def test_train_output_decides_what_fit_transform_returns(digits):
    X = digits[0][:300]
    assert np.array_equal(quick_denoiser(train_output="clean").fit_transform(X), X)
    denoised = quick_denoiser(train_output="denoised")
    np.testing.assert_array_equal(denoised.fit_transform(X), denoised.transform(X))
    default = quick_denoiser()
    handed_on = default.fit_transform(X)
    assert not np.array_equal(handed_on, default.transform(X))
    np.testing.assert_array_equal(handed_on, quick_denoiser().fit_transform(X))


def test_score_noises_the_same_way_each_time_and_not_as_fit_transform_does(digits):
    drawn = []

    def noise(images, rng):
        drawn.append(rng.normal(0, 0.4, images.shape).astype(np.float32))
        return images + drawn[-1]

    X = digits[0][:100]
    denoiser = quick_denoiser(noise=noise)
    denoiser.fit_transform(X)
    handed_on = drawn[-1]
    scores = [denoiser.score(X), denoiser.score(X)]
    first, second = drawn[-2:]
    assert scores[0] == scores[1]
    np.testing.assert_array_equal(first, second)
    assert first.shape == handed_on.shape
    assert not np.intersect1d(first, handed_on).size


def test_tables_keep_their_column_names(trained, digits):
    X = pd.DataFrame(digits[0][:20]).rename(columns=lambda i: f"pixel{i}")
    denoiser = quick_denoiser().set_output(transform="pandas").fit(X)
    assert list(denoiser.transform(X).columns) == list(X.columns)
    assert list(denoiser.get_feature_names_out()) == list(X.columns)
    polars = quick_denoiser().set_output(transform="polars").fit(X).transform(X)
    assert type(polars).__module__.startswith("polars")


def test_image_arrays_leave_no_feature_attributes(digits):
    X = digits[0][:50]
    denoiser = quick_denoiser().fit(X)
    assert denoiser.n_features_in_ == 64
    denoiser.fit(X.reshape(-1, 8, 8))
    assert not hasattr(denoiser, "n_features_in_")
    assert denoiser.image_shape_ == (8, 8, 1)


def test_noise_model_parameters_can_be_set_from_outside():
    denoiser = UNetDenoiser(noise=SaltAndPepperNoise(0.1)).set_params(noise__amount=0.3)
    assert denoiser.noise.amount == 0.3
