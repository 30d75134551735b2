"""Learning from noisy images alone, and from two noisy shots of one scene."""

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import Compose, RowNoise, UNetDenoiser, add_noise, load, psnr
from skdenoise.images.pixels import PixelFormat
from skdenoise.networks.architecture import check_architecture
from skdenoise.noise import GaussianNoise
from skdenoise.supervision.blind_spots import BlindSpots, HiddenPixels, draw_hidden, grids, hide
from skdenoise.supervision.by_name import SUPERVISIONS
from skdenoise.supervision.recorrupted import recorrupt

NOISE = 0.3


def mean_psnr(clean, images):
    return psnr(clean, np.clip(images, 0, 1), data_range=1).mean()


@pytest.fixture(scope="module")
def noisy(digits):
    return add_noise(digits[0][:1500], noise_factor=NOISE, random_state=0)


@pytest.fixture(scope="module")
def self_taught(noisy):
    return UNetDenoiser(supervision="self", value_range=(0, 1), epochs=8, random_state=0).fit(noisy)


# Hiding pixels


def test_a_ninth_of_the_pixels_is_hidden_and_no_two_neighbours():
    hidden = draw_hidden((200, 30, 30), np.random.default_rng(0))
    assert hidden.mean() == pytest.approx(1 / 9, abs=0.01)
    for rows, columns in ((0, 1), (1, 0), (1, 1), (1, -1)):
        moved = np.roll(hidden, (rows, columns), axis=(1, 2))
        assert not (hidden & moved)[:, 1:-1, 1:-1].any()


@pytest.mark.parametrize("shape", [(2, 9, 9, 3), (2, 1, 20, 1), (2, 20, 1, 1), (1, 2, 2, 1)])
def test_what_stands_in_for_a_hidden_pixel_does_not_depend_on_any_hidden_one(shape):
    rng = np.random.default_rng(0)
    images = rng.random(shape, dtype=np.float32)
    hidden = draw_hidden(shape[:3], rng)
    others = np.where(hidden[..., None], rng.random(shape, dtype=np.float32), images)
    np.testing.assert_array_equal(hide(images, hidden), hide(others, hidden))
    np.testing.assert_array_equal(hide(images, hidden)[~hidden], images[~hidden])


@pytest.mark.parametrize("direction", ["row", "column"])
def test_a_third_of_the_lines_is_hidden_and_nothing_of_them_stands_in_for_them(direction):
    rng = np.random.default_rng(0)
    images = rng.random((40, 24, 30, 2), dtype=np.float32)
    hidden = draw_hidden(images.shape[:3], rng, direction)
    lines = hidden if direction == "row" else hidden.swapaxes(1, 2)
    assert (lines == lines[:, :, :1]).all()
    lines = lines[:, :, 0]
    assert lines.mean() == pytest.approx(1 / 3, abs=0.04)
    assert not (lines[:, 1:] & lines[:, :-1]).any()
    others = np.where(hidden[..., None], rng.random(images.shape, dtype=np.float32), images)
    np.testing.assert_array_equal(hide(images, hidden, direction), hide(others, hidden, direction))


@pytest.mark.parametrize("direction", ["row", "column"])
def test_augmentation_does_not_turn_rows_into_columns(direction):
    """Each row has a value of its own, as stripes have."""
    images = np.broadcast_to(np.arange(16, dtype=np.float32)[:, None, None] / 16, (8, 16, 16, 1))
    images = images if direction == "row" else images.swapaxes(1, 2)
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    options = {"augment": True, "direction": direction}
    pairs = HiddenPixels(images, pixels, None, pixels, None, None, 1, **options)
    for seed in range(5):
        _, target, _ = pairs.batch(np.arange(8), np.random.default_rng(seed))
        assert np.ptp(target, axis=2 if direction == "row" else 1).max() == 0
        assert len(np.unique(target[:, 0], axis=0)) > 1 or direction == "column"


@pytest.mark.parametrize("direction", ["row", "column"])
def test_four_grids_of_lines_hide_each_pixel_once(direction):
    masks = list(grids(10, 7, direction=direction))
    assert sum(mask.astype(int) for mask in masks).tolist() == np.ones((10, 7)).tolist()
    assert len(masks) == 4


def test_ways_to_learn_differ_in_what_they_use():
    hide = {name for name, way in SUPERVISIONS.items() if way.hides_pixels}
    use_noise = {name for name, way in SUPERVISIONS.items() if way.uses_noise}
    from_clean = {name for name, way in SUPERVISIONS.items() if way.learns_from_clean}
    assert hide == {"self", "self_rows", "self_columns"}
    assert (use_noise, from_clean) == ({"clean", "recorrupted"}, {"clean"})
    assert SUPERVISIONS["clean"] != SUPERVISIONS["self"] != SUPERVISIONS["recorrupted"]
    assert BlindSpots() == BlindSpots() == SUPERVISIONS["self"] != BlindSpots("row")


def test_estimated_strengths_give_a_range_for_clean_images_and_the_median_for_noisy_ones():
    strengths = np.arange(101) / 100
    assert SUPERVISIONS["clean"].noise_factor(strengths) == pytest.approx((0.05, 0.95))
    assert SUPERVISIONS["recorrupted"].noise_factor(strengths[:51]) == pytest.approx(0.25)


def test_sixteen_grids_hide_every_fourth_pixel_of_each_row_and_column():
    masks = list(grids(8, 12))
    assert [mask.sum() for mask in masks] == [6] * 16
    few = list(grids(8, 12, few=True))
    assert len(few) == 4
    assert sum(few).any(axis=0).all()
    assert sum(few).any(axis=1).all()


def test_grids_hide_each_pixel_once():
    assert sum(grid.astype(int) for grid in grids(10, 7)).tolist() == np.ones((10, 7)).tolist()
    assert len(list(grids(10, 7, few=True))) == 4
    assert sum(grid.sum() for grid in grids(2, 3)) == 6


def test_the_margin_of_padded_images_counts_for_nothing_and_tells_nothing():
    images = np.random.default_rng(0).random((4, 9, 10, 1), dtype=np.float32)
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    pairs = HiddenPixels(images, pixels, None, pixels, None, None, 4)
    seen, target, weights = pairs.batch(np.arange(4), np.random.default_rng(0))
    assert seen.shape == target.shape == (4, 12, 12, 1)
    assert weights[:, :9, :10].sum() == weights.sum() > 0
    np.testing.assert_array_equal(seen[:, 9:, :10], seen[:, 5:8, :10][:, ::-1])


@pytest.mark.parametrize("network", ["compact", "classic", "bias_free"])
def test_output_for_noisy_targets_is_not_limited(network):
    model = check_architecture(network, (4, 8), 1, linear=True).build((8, 8), "float32", seed=0)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    assert model.predict_on_batch(np.ones((1, 8, 8, 1), np.float32)).max() > 1


# Learning


def test_noise_is_removed_after_learning_from_noisy_images_alone(self_taught, digits):
    clean = digits[0][1500:]
    noisy = add_noise(clean, noise_factor=NOISE, random_state=1)
    assert mean_psnr(clean, self_taught.transform(noisy)) > mean_psnr(clean, noisy) + 2
    assert self_taught.noise_ is None


@pytest.mark.parametrize("network", ["compact", "bias_free"])
def test_no_checkerboard_is_left_by_working_at_half_resolution(network):
    rng = np.random.default_rng(0)
    clean = np.cumsum(rng.normal(0, 0.02, (200, 16, 16)), axis=1).cumsum(axis=2) / 4 + 0.5
    noisy = clean + 0.2 * rng.standard_normal(clean.shape)
    params = {"supervision": "self", "value_range": (0, 1), "network": network, "epochs": 25}
    denoiser = quick_denoiser(**params, batch_size=16).fit(noisy)
    error = denoiser.transform(noisy) - clean
    assert error.std() < 0.1
    by_phase = error.reshape(200, 8, 2, 8, 2).mean(axis=(0, 1, 3))
    assert np.ptp(by_phase) < 0.01


def test_hiding_every_pixel_gives_what_does_not_depend_on_its_own_noise(self_taught, digits):
    image = add_noise(digits[0][:1], noise_factor=NOISE, random_state=1)
    other = image.copy()
    other[0, 27] += 1
    self_taught.set_params(inference="j_invariant")
    try:
        hidden, moved = self_taught.transform(image), self_taught.transform(other)
    finally:
        self_taught.set_params(inference=None)
    assert hidden[0, 27] == pytest.approx(moved[0, 27], abs=1e-6)
    assert self_taught.transform(image)[0, 27] != self_taught.transform(other)[0, 27]
    assert hidden.shape == image.shape


def test_noise_of_known_strength_is_drawn_once_more(noisy, digits):
    denoiser = UNetDenoiser(
        noise_factor=NOISE, supervision="recorrupted", value_range=(0, 1), epochs=8, random_state=0
    ).fit(noisy)
    clean = digits[0][1500:]
    test = add_noise(clean, noise_factor=NOISE, random_state=1)
    assert mean_psnr(clean, denoiser.transform(test)) > mean_psnr(clean, test) + 2
    assert np.isfinite(denoiser.score(test))


def test_recorrupted_images_have_independent_noise():
    rng = np.random.default_rng(0)
    noise = GaussianNoise(0.2)
    noisy = 0.2 * rng.standard_normal((100, 50, 50, 1), dtype=np.float32)
    seen, target = recorrupt(noisy, noise, rng)
    assert seen.std() == pytest.approx(0.2 * np.sqrt(1.25), rel=0.01)
    assert np.corrcoef(seen.ravel(), target.ravel())[0, 1] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("params", [{"supervision": "self"}, {"supervision": "recorrupted"}])
def test_weights_that_hand_pixels_through_are_not_taught_by_noisy_images(noisy, params):
    denoiser = quick_denoiser().fit(np.clip(noisy[:50], 0, 1)).set_params(**params)
    with pytest.raises(ValueError, match="passes the noisy pixel through"):
        denoiser.partial_fit(noisy[:50])
    with pytest.raises(ValueError, match="Fit a new one"):
        denoiser.set_params(warm_start=True).fit(noisy[:50])
    assert denoiser.n_iter_ == 1


def test_pretrained_weights_are_not_taught_by_noisy_images(noisy):
    photo = UNetDenoiser.from_pretrained(
        "photo-gray", supervision="self", warm_start=True, value_range=(0, 1)
    )
    with pytest.raises(ValueError, match="passes the noisy pixel through"):
        photo.fit(noisy[:50].reshape(-1, 8, 8))
    with pytest.raises(ValueError, match="passes the noisy pixel through"):
        photo.set_params(inference="j_invariant").transform(noisy[:5].reshape(-1, 8, 8))


def test_two_noisy_shots_of_one_scene(digits):
    clean = digits[0][:1500]
    shots = [add_noise(clean, noise_factor=NOISE, random_state=seed) for seed in (0, 1)]
    denoiser = UNetDenoiser(value_range=(0, 1), epochs=8, random_state=0)
    denoiser.fit(shots[0], clean=shots[1])
    assert denoiser._network.architecture.linear
    assert mean_psnr(clean, denoiser.transform(shots[0])) > mean_psnr(clean, shots[0]) + 2


def test_score_ranks_denoisers_without_clean_images(noisy):
    search = GridSearchCV(
        UNetDenoiser(supervision="self", filters=(8, 16), value_range=(0, 1), random_state=0),
        {"epochs": [1, 10]},
        cv=2,
    ).fit(noisy[:600])
    assert search.best_params_ == {"epochs": 10}


@pytest.mark.parametrize("params", [{}, {"supervision": "recorrupted", "noise_factor": NOISE}])
def test_score_hides_and_draws_the_same_whatever_the_seed(noisy, params):
    params = {"supervision": "self", "value_range": (0, 1)} | params
    one, other = (quick_denoiser(**params, random_state=i).fit(noisy[:100]) for i in (0, 1))
    score = one.score(noisy[:20])
    assert other.score(noisy[:20]) != score
    other.model_.set_weights(one.model_.get_weights())
    assert other.score(noisy[:20]) == score == one.score(noisy[:20])


def test_score_of_noisy_images_takes_a_list(self_taught, noisy):
    images = [*noisy[:3].reshape(3, 8, 8), noisy[3].reshape(8, 8)[:5]]
    scores = [self_taught.score(image[np.newaxis]) for image in images]
    assert self_taught.score(images) == pytest.approx(np.mean(scores), abs=1e-3)


def test_own_networks_learn_from_noisy_images_with_the_squared_error(noisy):
    def network(input_shape):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(inputs))

    denoiser = quick_denoiser(supervision="self", network=network, filters=None)
    assert denoiser.fit(noisy[:200])._loss == "mse"


def test_score_of_many_images_is_the_mean_of_each(self_taught, noisy):
    each = [self_taught.score(noisy[i : i + 1]) for i in range(5)]
    assert self_taught.score(noisy[:5]) == pytest.approx(np.mean(each), abs=1e-4)


def test_self_supervision_in_a_pipeline_and_in_a_file(noisy, digits, tmp_path):
    pipeline = make_pipeline(quick_denoiser(supervision="self"), SVC())
    pipeline.fit(noisy[:300], digits[1][:300])
    assert pipeline.predict(noisy[:5]).shape == (5,)
    denoiser = pipeline[0]
    denoiser.save(tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_allclose(again.transform(noisy), denoiser.transform(noisy), atol=1e-5)
    again.partial_fit(noisy[:64])
    assert again.n_iter_ == 2


def test_range_of_floats_that_are_all_noisy_is_robust(noisy):
    outlier = noisy.copy()
    outlier[0, 0] = 50
    denoiser = quick_denoiser(supervision="self").fit(outlier)
    low, high = denoiser.value_range_
    assert -1 < low < 0
    assert 1 < high < 2
    within = np.clip(noisy[:100], 0, 1)
    assert quick_denoiser(supervision="self").fit(within).value_range_ == (0, 1)


def test_range_of_two_noisy_shots_is_robust_and_that_of_clean_images_is_theirs(digits):
    clean = 16 * digits[0][:300]
    shots = [
        add_noise(clean, noise_factor=NOISE, random_state=seed, value_range=(0, 16))
        for seed in (0, 1)
    ]
    shots[1][0, 0] = 800
    denoiser = quick_denoiser().fit(shots[0], clean=shots[1])
    low, high = denoiser.value_range_
    assert -16 < low < 0
    assert 16 < high < 32
    assert denoiser._network.architecture.linear
    assert quick_denoiser().fit(shots[0], clean=clean).value_range_ == (0, 16)
    assert quick_denoiser(value_range=(0, 16)).fit(*shots[:1], clean=shots[1]).value_range_ == (
        0,
        16,
    )


@pytest.mark.parametrize(
    ("params", "clean", "message"),
    [
        ({"supervision": "none"}, False, "supervision='none'"),
        ({"supervision": "self"}, True, "clean= is given"),
        ({"supervision": "self", "train_output": "clean"}, False, "train_output"),
        ({"inference": "j_invariant"}, False, "j_invariant"),
        ({"supervision": "recorrupted", "noise": "poisson"}, False, "Gaussian noise of one known"),
        (
            {"supervision": "recorrupted", "noise_factor": (0, 1)},
            False,
            "Gaussian noise of one known",
        ),
    ],
)
def test_what_does_not_go_together(noisy, params, clean, message):
    denoiser = quick_denoiser(**params)
    with pytest.raises(ValueError, match=message):
        denoiser.fit(noisy[:50], clean=noisy[:50] if clean else None)
    assert not hasattr(denoiser, "image_shape_")


# Noise that is alike along lines


def with_stripes(images):
    """Return digits with stripes and a little independent noise."""
    noise = Compose([RowNoise(0.3), GaussianNoise(0.1)])
    return add_noise(images, noise, random_state=0)


def test_stripes_are_removed_where_whole_lines_are_hidden_and_not_where_pixels_are(digits):
    clean = np.kron(digits[0][:1000].reshape(-1, 8, 8), np.ones((2, 2)))
    noisy = with_stripes(clean)
    options = {"value_range": (0, 1), "epochs": 12, "random_state": 0}
    lines = UNetDenoiser(supervision="self_rows", **options).fit(noisy)
    pixels = UNetDenoiser(supervision="self", **options).fit(noisy)
    before, with_lines, with_pixels = (
        mean_psnr(clean, images)
        for images in (noisy, lines.transform(noisy), pixels.transform(noisy))
    )
    assert with_lines > before + 4
    assert with_lines > with_pixels + 3
    # The score hides lines too, so it ranks them in the same order.
    assert lines.score(noisy) > 5


def test_a_denoiser_that_has_learned_from_lines_is_cloned_saved_and_searched(digits, tmp_path):
    noisy = with_stripes(digits[0][:200].reshape(-1, 8, 8))
    denoiser = quick_denoiser(supervision="self_rows", value_range=(0, 1)).fit(noisy)
    assert clone(denoiser).supervision == "self_rows"
    denoiser.save(tmp_path / "lines.skdenoise")
    again = load(tmp_path / "lines.skdenoise")
    assert again.supervision == "self_rows"
    np.testing.assert_allclose(again.transform(noisy), denoiser.transform(noisy), atol=1e-5)
    assert again.score(noisy) == pytest.approx(denoiser.score(noisy), abs=1e-4)
    again.partial_fit(noisy)
    search = GridSearchCV(
        quick_denoiser(value_range=(0, 1)), {"supervision": ["self_rows", "self_columns"]}, cv=2
    ).fit(noisy)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_what_lines_cannot_do_is_refused(digits):
    X = digits[0][:50].reshape(-1, 8, 8)
    with pytest.raises(
        ValueError, match="predicts a row from those beside it, but the images have 1"
    ):
        quick_denoiser(supervision="self_rows").fit(X.reshape(-1, 1, 64))
    with pytest.raises(ValueError, match="hides single pixels, but the network has learned"):
        quick_denoiser(supervision="self_rows", inference="j_invariant").fit(X)
    with pytest.raises(ValueError, match="so that rows become columns"):
        quick_denoiser(supervision="self_rows", augment=True, inference="self_ensemble").fit(X)
    with pytest.raises(ValueError, match="learns from noisy images alone, but clean= is given"):
        quick_denoiser(supervision="self_rows").fit(X, clean=X)
