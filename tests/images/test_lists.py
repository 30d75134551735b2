"""Lists and folders of images of any size."""

import numpy as np
import pytest
from conftest import changed, quick_denoiser
from numpy.testing import assert_array_equal
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.model_selection import GridSearchCV

from skdenoise import (
    FilterDenoiser,
    GaussianNoise,
    ImageFolder,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    estimate_noise,
    psnr,
    psnr_scorer,
    ssim,
    ssim_scorer,
)
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.value_range import warn_of_other_range
from skdenoise.io.image_files import write_image


@pytest.fixture(scope="module")
def photographs():
    """Two colour photographs and parts of them, all of different sizes."""
    first, second = load_sample_images().images
    return [first[:90, :120], second[:70, :111], first[100:201, 200:264], second[150:230, 300:400]]


@pytest.fixture(scope="module")
def fitted(photographs):
    return quick_denoiser(noise_factor=0.1, patch_size=32, epochs=3, batch_size=2).fit(photographs)


def test_a_list_of_images_gives_a_list(photographs, fitted):
    denoised = fitted.transform(photographs)
    assert [image.shape for image in denoised] == [image.shape for image in photographs]
    assert {image.dtype for image in denoised} == {np.dtype(np.uint8)}
    alone = fitted.transform(photographs[2][np.newaxis])[0]
    np.testing.assert_array_equal(denoised[2], alone)
    assert fitted.image_shape_ == (None, None, 3)


def test_grey_images_of_a_list_keep_their_layout():
    rng = np.random.default_rng(0)
    images = [rng.random((20, 30)), rng.random((24, 24, 1)), rng.random((40, 16))]
    denoised = quick_denoiser().fit(images).transform(images)
    assert [image.shape for image in denoised] == [(20, 30), (24, 24, 1), (40, 16)]


@pytest.mark.parametrize("given", [Image.fromarray, np.ndarray.tolist])
def test_pictures_and_nested_lists_are_images(given):
    images = [np.uint8(255 * image) for image in np.random.default_rng(0).random((3, 9, 8))]
    images[1] = images[1][:7]
    expected = FilterDenoiser("median", value_range=(0, 255)).fit(images).transform(images)
    inputs = [given(image) for image in images]
    denoised = FilterDenoiser("median", value_range=(0, 255)).fit_transform(inputs, clean=inputs)
    for one, other in zip(denoised, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    for take in (estimate_noise, lambda X: psnr(X, images, data_range=255)):
        assert_array_equal(take(inputs), take(images))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([[[1, 2], [3]], [[1, 2]]], r"X\[0\] is a list whose rows differ in length"),
        ([[1, 2, 3], [1, 2]], r"X\[0\] has shape \(3,\); expected \(height, width\)"),
        (
            [np.ones((5, 5)), np.ma.masked_less(np.eye(6), 1)],
            r"30 masked value.* X\[1\].filled",
        ),
        ([np.ones((5, 5)), np.ones((6, 6), complex)], r"X\[1\] has dtype complex128"),
        (
            [Image.new("L", (5, 5)), Image.new("P", (6, 6))],
            "indices into a palette",
        ),
    ],
)
def test_lists_of_what_are_no_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        FilterDenoiser("median").fit(images)


def test_what_was_fitted_on_an_array_takes_a_list(trained, digits):
    images = digits[0][:2].reshape(2, 8, 8)
    mixed = [images[0], images[1][:6]]
    denoised = trained.transform(mixed)
    np.testing.assert_allclose(denoised[0], trained.transform(images[:1])[0], atol=1e-6)
    assert denoised[1].shape == (6, 8)


def test_score_of_a_list_is_the_mean_over_its_images(photographs, fitted):
    noisy = [add_noise(image[None], noise_factor=0.1, random_state=0)[0] for image in photographs]
    each = [fitted.score(a[None], clean=b[None]) for a, b in zip(noisy, photographs, strict=True)]
    assert fitted.score(noisy, clean=photographs) == pytest.approx(np.mean(each))
    assert fitted.score(photographs) == fitted.score(photographs)


def test_lists_of_pairs_and_their_denoised_images_for_the_next_step(photographs):
    noisy = [add_noise(image[None], noise_factor=0.1, random_state=0)[0] for image in photographs]
    denoiser = quick_denoiser(patch_size=32)
    denoised = denoiser.fit_transform(noisy, clean=photographs)
    np.testing.assert_array_equal(denoised[1], denoiser.transform(noisy)[1])
    denoiser.set_params(train_output="clean")
    clean = denoiser.fit_transform(noisy, clean=photographs)
    np.testing.assert_array_equal(clean[1], photographs[1])
    drawn = quick_denoiser(patch_size=32, noise_factor=0.1).fit_transform(photographs)
    assert not np.array_equal(drawn[1], photographs[1])


@pytest.mark.parametrize(("scorer", "metric"), [(psnr_scorer, psnr), (ssim_scorer, ssim)])
def test_scorers_of_pairs_take_lists(photographs, fitted, scorer, metric):
    noisy = [add_noise(image[None], noise_factor=0.1, random_state=0)[0] for image in photographs]
    each = [scorer(fitted, a[None], clean=b[None]) for a, b in zip(noisy, photographs, strict=True)]
    assert scorer(fitted, noisy, clean=photographs) == pytest.approx(np.mean(each))
    assert metric(photographs, photographs, data_range=255).shape == (4,)


def test_score_and_scorer_of_a_list_agree(photographs, fitted):
    noisy = [add_noise(image[None], noise_factor=0.1, random_state=0)[0] for image in photographs]
    score = fitted.score(noisy, clean=photographs)
    assert psnr_scorer(fitted, noisy, clean=photographs) == pytest.approx(score)


def test_lists_to_compare_that_do_not_match(photographs, fitted):
    with pytest.raises(ValueError, match=r"clean\[0\] has shape \(90, 120, 3\), but denoised\[0\]"):
        psnr(photographs, photographs[::-1], data_range=255)
    with pytest.raises(ValueError, match=r"clean has 3 image\(s\), but denoised has 4"):
        psnr_scorer(fitted, photographs, clean=photographs[:3])
    with pytest.raises(ValueError, match=r"^clean is a sequence whose items differ in shape"):
        psnr(photographs, photographs[0][None], data_range=255)


def test_value_range_of_a_list_is_that_of_all_its_images():
    rng = np.random.default_rng(0)
    dark = rng.normal(0, 0.1, (20, 20))
    bright = [rng.normal(50, 20, (20, 20 + i)) for i in range(9)]
    low, high = quick_denoiser(supervision="self").fit([dark, *bright]).value_range_
    assert low < 0
    assert 80 < high < 120


def test_value_range_of_a_list_of_two_noisy_shots_is_robust():
    rng = np.random.default_rng(0)
    clean = [rng.uniform(0, 100, (20, 20 + i)) for i in range(5)]
    first, second = ([image + rng.normal(0, 20, image.shape) for image in clean] for _ in range(2))
    low, high = quick_denoiser().fit(first, clean=second).value_range_
    assert min(image.min() for image in second) < low < 0
    assert 100 < high < max(image.max() for image in second)
    expected = min(image.min() for image in clean), max(image.max() for image in clean)
    assert quick_denoiser().fit(first, clean=clean).value_range_ == expected


def test_a_list_is_not_said_to_be_in_another_range_for_a_dark_first_image():
    rng = np.random.default_rng(0)
    images = ImageList([rng.random((20, 20)) / 200, rng.random((20, 30))])
    warn_of_other_range(images, (0, 1))
    with pytest.warns(UserWarning, match="Scale them"):
        warn_of_other_range(images.changed(lambda i, image: image / 200), (0, 1))


def test_few_pixels_that_tell_of_a_list_are_bounded():
    images = ImageList([np.zeros((300, 400 + i, 3), np.uint8) for i in range(40)])
    assert images.few().shape[1] == 3
    assert 32 * 2**13 < len(images.few()) <= 32 * 2**15
    assert len(ImageList([np.zeros((1, 70000)), np.zeros((5, 5))]).few()) < 2**16


def test_what_was_fitted_on_rows_takes_a_list(digits):
    denoiser = quick_denoiser(image_shape=(8, 8)).fit(digits[0][:50])
    images = digits[0][:2].reshape(2, 8, 8)
    denoised = denoiser.transform([images[0], images[1][:6]])
    assert [image.shape for image in denoised] == [(8, 8), (6, 8)]


def test_a_search_splits_a_list(photographs):
    search = GridSearchCV(quick_denoiser(patch_size=16), {"noise_factor": [0.1, 0.2]}, cv=2)
    assert np.isfinite(search.fit(photographs).best_score_)


def test_filters_take_lists(photographs):
    denoised = FilterDenoiser("median").fit(photographs).transform(photographs)
    assert [image.shape for image in denoised] == [image.shape for image in photographs]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([np.zeros((8, 8)), np.zeros((9, 9, 3))], "has 3 channel"),
        ([np.zeros((8, 8)), np.zeros((9, 9), np.uint8)], "dtype uint8"),
        ([np.zeros((8, 8)), np.zeros(9)], r"shape \(9,\)"),
        ([np.zeros((8, 8)), np.zeros((0, 9))], r"shape \(0, 9\)"),
        ([np.zeros((8, 8)), np.full((9, 9), np.nan)], "NaN"),
    ],
)
def test_lists_that_cannot_be_trained_on(images, message):
    with pytest.raises(ValueError, match=message):
        quick_denoiser(value_range=(0, 1)).fit(images)


def test_what_does_not_fit_a_list(photographs, fitted, trained):
    with pytest.raises(ValueError, match="image_shape"):
        quick_denoiser(image_shape=(8, 8, 3)).fit(photographs)
    with pytest.raises(ValueError, match="1 channels"):
        fitted.transform([image[..., 0] for image in photographs])
    with pytest.raises(ValueError, match=r"clean\[1\] has shape"):
        fitted.score(photographs, clean=[photographs[0], *photographs[2:], photographs[1]])
    with pytest.raises(ValueError, match="3 image"):
        fitted.score(photographs, clean=photographs[:3])
    with pytest.raises(ValueError, match="one size"):
        SubspaceDenoiser().fit(photographs)


@pytest.fixture
def folder(tmp_path, photographs):
    for i, image in enumerate(photographs):
        path = tmp_path / "deeper" / f"{i}.png" if i else tmp_path / "0.png"
        path.parent.mkdir(exist_ok=True)
        write_image(path, image)
    return tmp_path


def test_a_folder_is_a_list_that_is_read_as_needed(folder, photographs):
    params = {"patch_size": 16, "epochs": 2, "batch_size": 2, "noise_factor": 0.1}
    images = ImageFolder(folder, cache=0)
    from_folder = quick_denoiser(**params).fit(images)
    in_memory = quick_denoiser(**params).fit(photographs)
    assert from_folder.history_ == in_memory.history_
    assert not images._images._kept
    np.testing.assert_array_equal(
        from_folder.transform(images)[1], in_memory.transform(photographs)[1]
    )


def test_images_of_a_folder_that_differ_are_named(folder):
    write_image(folder / "z.png", np.zeros((40, 40), np.uint8))
    with pytest.raises(ValueError, match=r"z\.png has 1 channel"):
        quick_denoiser().fit(ImageFolder(folder))


def test_an_image_list_that_is_changed_keeps_what_it_knows():
    images = ImageList([np.zeros((4, 5)), np.ones((6, 7))])
    brighter = images.changed(lambda i, image: image + i)
    assert brighter.shapes == images.shapes
    assert [image.mean() for image in brighter] == [0, 2]
    assert brighter.as_given()[1].shape == (6, 7)
    noise = GaussianNoise(0.1)
    assert quick_denoiser(noise=noise).fit(images.as_given()).noise_.sigma == 0.1


def test_only_lists_of_several_shapes_are_lists_of_images():
    small, large = np.zeros((4, 4)), np.zeros((5, 4))
    assert is_image_list([small, large])
    assert is_image_list((small, large))
    assert not is_image_list([small, small])
    assert is_image_list([small, large.tolist()])
    assert not is_image_list([small.tolist(), small.tolist()])
    assert not is_image_list(["one", "three"])
    objects = np.empty(2, dtype=object)
    objects[:] = small, large
    assert not is_image_list(objects)


def test_images_of_a_list_get_noise_and_a_score_in_one_range(photographs):
    grey = [image[:40, :40].mean(axis=2).astype(np.uint16) for image in photographs[:2]]
    images = [grey[0], grey[1][:30] * 20]
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    known = changed(denoiser)
    known.value_range_ = denoiser._range_of(ImageList(images))
    assert known.value_range_ != denoiser._range_of(images[0][np.newaxis])
    assert denoiser.score(images) == pytest.approx(known.score(images), abs=0.01)
