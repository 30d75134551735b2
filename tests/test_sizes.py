"""Images of any size: lists and folders of them, patches to train on, tiles."""

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_sample_images
from sklearn.model_selection import GridSearchCV

from skdenoise import (
    FilterDenoiser,
    GaussianNoise,
    ImageFolder,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    psnr,
    psnr_scorer,
    ssim,
    ssim_scorer,
)
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList
from skdenoise.images.value_range import warn_of_other_range
from skdenoise.images.views import View, cut, draw_view
from skdenoise.inference.tiling import tiles
from skdenoise.io.image_files import write_image
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.measured import margin as measured_margin
from skdenoise.supervision.pairs import Pairs
from skdenoise.training.batches import TrainingBatches
from skdenoise.training.plan import resolve_patch_size


@pytest.fixture(scope="module")
def photographs():
    """Two colour photographs and parts of them, all of different sizes."""
    first, second = load_sample_images().images
    return [first[:90, :120], second[:70, :111], first[100:201, 200:264], second[150:230, 300:400]]


@pytest.fixture(scope="module")
def fitted(photographs):
    return quick_denoiser(noise_factor=0.1, patch_size=32, epochs=3, batch_size=2).fit(photographs)


# Lists


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


# Folders


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


# Patches


def test_patches_are_drawn_from_everywhere_in_an_image():
    image = np.arange(12 * 20.0).reshape(12, 20, 1)
    rng = np.random.default_rng(0)
    views = [draw_view(image.shape, (4, 8), False, rng) for _ in range(2000)]
    seen = cut([image], [0] * 2000, views, (4, 8))
    assert seen.shape == (2000, 4, 8, 1)
    assert np.array_equal(np.unique(seen), image.ravel())
    assert {view.top for view in views} == set(range(9))


def test_augmentation_draws_all_eight_orientations_of_a_square():
    image = np.arange(9).reshape(1, 3, 3, 1)
    rng = np.random.default_rng(0)
    views = [draw_view((3, 3, 1), (3, 3), True, rng) for _ in range(200)]
    assert len({patch.tobytes() for patch in cut(image, [0] * 200, views, (3, 3))}) == 8
    views = [draw_view((3, 2, 1), (3, 2), True, rng) for _ in range(200)]
    assert {view.turns for view in views} == {0, 2}


def test_noisy_and_clean_patches_show_the_same_place():
    images = np.random.default_rng(0).random((3, 30, 40, 1), dtype=np.float32)
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    pairs = Pairs(images, pixels, images / 2, pixels, None, None, 1, (8, 8), True)
    noisy, clean = pairs.batch(np.array([0, 2, 1, 1]), np.random.default_rng(1))
    assert clean.shape == (4, 8, 8, 1)
    np.testing.assert_allclose(noisy, clean / 2)
    assert View(*draw_view((8, 8), (8, 8), False, np.random.default_rng(0))) == View()


@pytest.mark.parametrize(("patch_size", "expected"), [((8, 8), 6), (None, 2)])
def test_few_images_give_several_patches_a_step(patch_size, expected):
    images = np.random.default_rng(0).random((2, 30, 40, 1), dtype=np.float32)
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    pairs = Pairs(images, pixels, None, pixels, GaussianNoise(0.1), None, 1, patch_size)
    batches = TrainingBatches(pairs, np.arange(2), batch_size=6, seed=0, first_epoch=0)
    _, clean = batches[0]
    assert len(batches) == 1
    assert len({image.tobytes() for image in clean}) == len(clean) == expected


def test_training_on_patches_removes_noise_from_whole_photographs():
    photographs = np.stack(load_sample_images().images)[..., 1]
    denoiser = UNetDenoiser(
        noise_factor=0.2,
        patch_size=32,
        augment=True,
        filters=(16, 32),
        epochs=200,
        batch_size=4,
        random_state=0,
    ).fit(photographs[:, :300])
    clean = photographs[:, 300:]
    noisy = add_noise(clean, noise_factor=0.2, random_state=1)
    denoised = denoiser.transform(noisy)
    before, after = (psnr(clean, images, data_range=255).mean() for images in (noisy, denoised))
    assert after > before + 4


@pytest.mark.parametrize("size", [0, -3, 2.5, (4, 4, 4), "8"])
def test_patch_sizes_that_are_none(digits, size):
    with pytest.raises(ValueError, match="patch_size="):
        quick_denoiser(patch_size=size).fit(digits[0][:50])


def test_patches_larger_than_an_image(digits, photographs):
    with pytest.raises(ValueError, match="larger than an image of 8x8"):
        quick_denoiser(patch_size=9).fit(digits[0][:50])
    with pytest.raises(ValueError, match="larger than an image of 70x111"):
        quick_denoiser(patch_size=80).fit(photographs)


def test_a_small_image_that_makes_all_patches_small_is_warned_of(photographs):
    icon = photographs[0][:5, :6]
    message = r"5x5 pixels, since X\[4\] has only 5x6.*Leave small images out, or give patch_size=5"
    with pytest.warns(UserWarning, match=message):
        size = resolve_patch_size(None, ImageList([*photographs, icon]))
    assert size == (5, 5)
    assert resolve_patch_size(5, ImageList([*photographs, icon])) == (5, 5)
    assert resolve_patch_size(None, ImageList(photographs)) == (64, 64)
    icons = [photographs[0][: 5 + i, :6] for i in range(6)]
    assert resolve_patch_size(None, ImageList([*photographs, *icons])) == (5, 5)


# Tiles


@pytest.mark.parametrize(("height", "width"), [(64, 64), (8, 200), (100, 60), (128, 132)])
def test_tiles_cover_an_image_once_or_more_and_are_aligned(height, width):
    covered = np.zeros((height, width), int)
    for tile in tiles(height, width, side=32, margin=8):
        assert all(part.start % 4 == 0 for part in tile.seen)
        for seen, kept, place in zip(*tile, strict=True):
            assert seen.start + kept.start == place.start
            assert kept.stop - kept.start == place.stop - place.start
        covered[tile.place] += 1
    assert covered.min() >= 1


@pytest.mark.parametrize(
    ("network", "filters"),
    [("compact", (4, 8)), ("compact", (4, 4, 4)), ("classic", (4, 4)), ("bias_free", (4, 4))],
)
def test_output_depends_on_nothing_beyond_the_margin(network, filters):
    architecture = check_architecture(network, filters, 1)
    margin = measured_margin(architecture)
    model = architecture.build((None, None), "float32", seed=0)
    rng = np.random.default_rng(0)
    # Some networks start as the identity, and depend on nothing beyond the pixel.
    model.set_weights([weight + rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    image = rng.random((1, 4 * margin, 4 * margin, 1), dtype=np.float32)
    other = image.copy()
    other[:, : 2 * margin] = rng.random((1, 2 * margin, 4 * margin, 1))
    difference = np.abs(model.predict_on_batch(image) - model.predict_on_batch(other))
    assert difference[:, 2 * margin :].max() > 0
    assert difference[:, 3 * margin :].max() < 1e-6


@pytest.mark.parametrize("shape", [(90, 101, 3), (64, 300, 3), (161, 77, 3)])
def test_tiles_give_what_the_whole_image_gives(fitted, monkeypatch, shape):
    image = np.random.default_rng(0).random((2, *shape))
    image *= 255
    whole = fitted.transform(image)
    monkeypatch.setattr("skdenoise.inference.trained._MEMORY", 0)
    tiled = fitted.transform(image)
    assert np.abs(tiled - whole).max() < 255 * 1e-5


def test_an_image_list_that_is_changed_keeps_what_it_knows():
    images = ImageList([np.zeros((4, 5)), np.ones((6, 7))])
    brighter = images.changed(lambda i, image: image + i)
    assert brighter.shapes == images.shapes
    assert [image.mean() for image in brighter] == [0, 2]
    assert brighter.as_given()[1].shape == (6, 7)
    noise = GaussianNoise(0.1)
    assert quick_denoiser(noise=noise).fit(images.as_given()).noise_.sigma == 0.1
