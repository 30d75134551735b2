"""Labels in the fit: a helper network learns along, and the denoiser with it."""

import dataclasses
import pickle

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdenoise import add_noise, load
from skdenoise.supervision.labels import Classes, Numbers, encode_labels, is_labelled


def losses(denoiser):
    return denoiser.history_["labels_loss"]


@pytest.fixture(scope="module")
def with_labels(digits):
    X, y = digits
    return quick_denoiser(label_weight=0.3, epochs=8).fit(X[:600], y[:600])


def test_the_helper_learns_and_the_denoiser_still_denoises(with_labels, digits):
    X, _ = digits
    assert losses(with_labels)[-1] < 0.7 * losses(with_labels)[0]
    noisy = add_noise(X[600:], noise_factor=0.4, random_state=1)
    before, after = (
        np.mean((each - X[600:]) ** 2) for each in (noisy, with_labels.transform(noisy))
    )
    assert after < before / 2


def test_without_a_weight_labels_are_ignored(digits):
    X, y = digits
    plain, given = (quick_denoiser().fit(X[:200], labels) for labels in (None, y[:200]))
    np.testing.assert_array_equal(plain.transform(X[200:300]), given.transform(X[200:300]))
    assert set(plain.history_) == {"loss", "psnr"}


def test_labels_change_what_is_learned_and_same_seed_same_result(digits):
    X, y = digits
    one, again, other = (
        quick_denoiser(label_weight=weight, epochs=2).fit(X[:200], y[:200]).transform(X[200:300])
        for weight in (1, 1, 0)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_fits_that_borrow_a_compiled_network_do_not_depend_on_what_ran_before(digits):
    X, y = digits
    first = quick_denoiser(label_weight=0.3).fit(X[:200], y[:200])
    quick_denoiser(label_weight=0.3, random_state=1).fit(X[:200], y[:200])
    again = quick_denoiser(label_weight=0.3).fit(X[:200], y[:200])
    assert first.history_ == again.history_


def test_images_without_a_label_train_pixels_alone(digits):
    X, y = digits
    some = np.where(np.arange(300) % 2, y[:300], -1)
    changed = np.where(some == -1, -1, (some + 1) % 10)
    assert losses(quick_denoiser(label_weight=0.3).fit(X[:300], some))[0] > 0
    labels = encode_labels(some, 300)
    np.testing.assert_array_equal(labels.weights, some != -1)
    assert labels.targets.shape == (300, 10)
    assert not np.array_equal(labels.targets, encode_labels(changed, 300).targets)


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(lambda y: np.array([f"digit {label}" for label in y]), id="text"),
        pytest.param(lambda y: np.stack([y, y % 2], axis=1), id="several outputs"),
        pytest.param(lambda y: y + 0.5, id="numbers"),
    ],
)
def test_labels_may_be_of_any_kind(digits, labels):
    X, y = digits
    denoiser = quick_denoiser(label_weight=0.3, epochs=4).fit(X[:400], labels(y[:400]))
    assert losses(denoiser)[-1] < losses(denoiser)[0]


def test_labels_help_to_learn_from_noisy_images_too(digits):
    X, y = digits
    noisy = add_noise(X[:200], noise_factor=0.2, random_state=0)
    denoiser = quick_denoiser(label_weight=0.3, supervision="self").fit(noisy, y[:200])
    assert np.isfinite(losses(denoiser)).all()


def test_pairs_patches_stores_and_validation_take_labels(digits):
    X, y = digits
    images = X[:200].reshape(-1, 8, 8)
    noisy = add_noise(images, noise_factor=0.3, random_state=0)
    params = {"label_weight": 0.3, "patch_size": 6, "augment": True, "validation_split": 0.2}
    denoiser = quick_denoiser(**params).fit(noisy, y[:200], clean=images)
    assert {"val_labels_loss", "val_pixels_loss"} <= set(denoiser.history_)


def test_a_pipeline_passes_its_labels(digits):
    X, y = digits
    pipeline = make_pipeline(quick_denoiser(label_weight=0.3), LogisticRegression(max_iter=200))
    pipeline.fit(X[:300], y[:300])
    assert "labels_loss" in pipeline[0].history_


def test_the_helper_survives_partial_fit_warm_start_and_pickle(with_labels, digits):
    X, y = digits
    for copy in (pickle.loads(pickle.dumps(with_labels)), with_labels):
        more = pickle.loads(pickle.dumps(copy)).partial_fit(X[:600], y[:600])
        assert losses(more)[-1] < 0.8 * losses(with_labels)[0]
    warm = pickle.loads(pickle.dumps(with_labels)).set_params(warm_start=True, epochs=1)
    assert losses(warm.fit(X[:600], y[:600]))[-1] < 0.8 * losses(with_labels)[0]


def test_a_model_file_leaves_the_helper_out(with_labels, digits, tmp_path):
    X, y = digits
    with_labels.save(tmp_path / "model.skdenoise")
    loaded = load(tmp_path / "model.skdenoise")
    assert loaded.label_weight == 0.3
    np.testing.assert_allclose(loaded.transform(X[:9]), with_labels.transform(X[:9]), atol=2e-6)
    loaded.partial_fit(X[:100], y[:100])


def test_labels_can_be_used_in_a_later_fit_alone(digits):
    X, y = digits
    denoiser = quick_denoiser(warm_start=True).fit(X[:200])
    denoiser.set_params(label_weight=0.3).fit(X[:200], y[:200])
    assert np.isnan(losses(denoiser)[0])
    assert losses(denoiser)[1] > 0


def test_a_network_of_the_user_gets_a_helper_too(digits):
    import keras

    def network(input_shape):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(inputs))

    X, y = digits
    denoiser = quick_denoiser(network=network, filters=None, label_weight=0.3, loss="mse")
    denoiser.fit(X[:100], y[:100])
    assert denoiser.model_.count_params() == 10
    assert denoiser.transform(X[:5]).shape == (5, 64)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "fit got no y"),
        (np.zeros(50), r"y has 1 class\(es\) with a label, \[0.0\]"),
        (np.full(50, -1), r"y has 0 class\(es\)"),
        (np.r_[np.nan, np.arange(49)], "y contains NaN"),
        (np.arange(49), r"y has shape \(49,\); expected labels of 50 images"),
        (np.zeros((50, 2, 2)), r"y has shape \(50, 2, 2\)"),
        (np.array([None, 1] * 25, object), "classes of several types.*: NoneType, int"),
        (np.array(["a", 1] * 25, object), "classes of several types.*: int, str"),
        (
            np.repeat([[1, -1], [2, -1], [-1, 1], [-1, 2], [-1, 3]], 10, axis=0),
            "no image has labels",
        ),
    ],
)
def test_labels_that_cannot_be_learned(digits, y, message):
    with pytest.raises(ValueError, match=message):
        quick_denoiser(label_weight=0.3).fit(digits[0][:50], y)


@pytest.mark.parametrize("weight", [-1, "much"])
def test_a_weight_that_makes_no_sense(digits, weight):
    with pytest.raises(ValueError, match="label_weight="):
        quick_denoiser(label_weight=weight).fit(digits[0][:50], digits[1][:50])


def test_a_later_call_must_have_the_classes_and_columns_of_the_first(with_labels, digits):
    X, y = digits
    with pytest.raises(
        ValueError, match=r"y has the classes \[10\], which the first fit does not have"
    ):
        with_labels.partial_fit(X[:50], y[:50] + 1)
    mixed = np.array([9, "a", 100, 10, *y[4:50]], object)
    with pytest.raises(ValueError, match=r"y has the classes \[10, 100, 'a'\], which the first"):
        with_labels.partial_fit(X[:50], mixed)
    with pytest.raises(ValueError, match=r"y has 2 column\(s\), but the first fit had 1"):
        with_labels.partial_fit(X[:50], np.stack([y[:50]] * 2, axis=1))
    columns = encode_labels(y, len(y)).columns
    later = encode_labels([3, -1], 2, columns)
    np.testing.assert_array_equal(later.weights, [1, 0])
    assert later.targets.shape == (2, 10)


def test_which_images_have_a_label():
    assert is_labelled(np.array([0, -1, 2])).tolist() == [True, False, True]
    assert is_labelled(np.array(["a", -1, "b"], dtype=object)).tolist() == [True, False, True]
    assert is_labelled(np.array(["a", "-1"])).all()
    assert is_labelled(np.array([-1, 1, 1])).all()


def test_labels_of_very_noisy_images_count_less():
    clean = np.zeros((3, 4, 4, 1), np.float32)
    noisy = clean + np.array([0, 0.1, 0.3], np.float32)[:, np.newaxis, np.newaxis, np.newaxis]
    labels = encode_labels([0, 1, 1, -1, 2], 5)
    given, targets, weights = labels.add_to((noisy, clean), np.array([0, 1, 3]))
    assert given is noisy
    assert targets[0] is clean
    np.testing.assert_array_equal(targets[1], labels.targets[[0, 1, 3]])
    np.testing.assert_allclose(weights[1], [1, 0.5, 0], rtol=1e-6)
    np.testing.assert_array_equal(np.broadcast_to(weights[0], (3, 4, 4)), 1)
    less = dataclasses.replace(labels, half_weight_noise=0.3)
    *_, (_, counts) = less.add_to((noisy, clean), np.array([0, 1, 2]))
    np.testing.assert_allclose(counts, [1, 0.75, 0.5], rtol=1e-6)
    of_pixels = np.ones((3, 4, 4), np.float32)
    assert labels.add_to((noisy, clean, of_pixels), np.arange(3))[2][0] is of_pixels


def test_how_labels_are_encoded():
    labels = encode_labels(np.array([[1.5, 7], [2.5, 9]]), 2)
    assert labels.columns[0] == Numbers(2.0, 0.5)
    np.testing.assert_array_equal(labels.targets[:, 0], [-1, 1])
    labels = encode_labels([2, -1, 5, 2], 4)
    assert isinstance(labels.columns[0], Classes)
    np.testing.assert_array_equal(labels.targets, [[1, 0], [0, 0], [0, 1], [1, 0]])
    assert labels.layout == ((True, 2),)
    constant = encode_labels(np.full(3, 0.5), 3)
    np.testing.assert_array_equal(constant.targets, np.zeros((3, 1)))


@pytest.mark.parametrize("given", [list, lambda labels: np.array(labels, dtype=object)])
def test_text_and_minus_one_for_no_label_go_together(given):
    labels = encode_labels(given(["a", "b", -1, "b"]), 4)
    (column,) = labels.columns
    assert column.classes.tolist() == ["a", "b"]
    assert labels.weights.tolist() == [1, 1, 0, 1]
    assert labels.targets.tolist() == [[1, 0], [0, 1], [0, 0], [0, 1]]
