"""A denoiser for a classifier that stays as it is: imitation, fine-tuning and what can go wrong."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import ImageFlattener, UNetDenoiser, add_noise, load
from skdenoise.training import imitation

N_TRAIN = 1000


@pytest.fixture(scope="module", autouse=True)
def short_imitation():
    """Nearly all tests are about other things than how well a helper imitates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imitation, "_STEPS", 50)
        yield patch


@pytest.fixture(scope="module")
def classifier(digits):
    X, y = digits
    return LogisticRegression(max_iter=300).fit(X[:N_TRAIN], y[:N_TRAIN])


@pytest.fixture(scope="module")
def cnn(digits):
    X, y = digits
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(X[:N_TRAIN], y[:N_TRAIN], epochs=25, verbose=0)
    return model


@pytest.fixture(scope="module")
def made_for_it(classifier, digits, short_imitation):
    X, y = digits
    return quick_denoiser(classifier=FrozenEstimator(classifier)).fit(X[:200], y[:200])


def long_denoiser(**params):
    return UNetDenoiser(
        noise_factor=(0, 0.6),
        init="random",
        epochs=12,
        precision="float32",
        random_state=0,
        **params,
    )


@pytest.fixture(scope="module")
def of_pixels(digits):
    return long_denoiser().fit(digits[0][:N_TRAIN])


def test_the_classifier_is_right_more_often_than_with_a_denoiser_of_pixels(
    classifier, of_pixels, digits, monkeypatch
):
    monkeypatch.setattr(imitation, "_STEPS", 600)
    X, y = digits
    denoiser = long_denoiser(classifier=classifier).fit(X[:N_TRAIN], y[:N_TRAIN])
    tests = [X[N_TRAIN:], add_noise(X[N_TRAIN:], noise_factor=0.2, random_state=1)]
    before, after = (
        np.mean([classifier.score(each.transform(images), y[N_TRAIN:]) for images in tests])
        for each in (of_pixels, denoiser)
    )
    assert after > before + 0.01
    assert denoiser.score(X[N_TRAIN:]) > of_pixels.score(X[N_TRAIN:]) - 1.5


def test_a_keras_model_is_trained_through_and_stays_as_it_is(cnn, of_pixels, digits):
    X, y = digits
    before = [np.array(weight) for weight in cnn.get_weights()]
    denoiser = long_denoiser(classifier=cnn).fit(X[:N_TRAIN], y[:N_TRAIN])
    for weight, was in zip(cnn.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, was)
    assert all(variable.trainable for variable in cnn.trainable_variables)
    noisy = add_noise(X[N_TRAIN:], noise_factor=0.2, random_state=1)
    plain, made = (
        np.mean(cnn.predict(each.transform(noisy), verbose=0).argmax(axis=1) == y[N_TRAIN:])
        for each in (of_pixels, denoiser)
    )
    assert made > plain
    assert denoiser.model_.count_params() == of_pixels.model_.count_params()


def epochs_with_labels(denoiser):
    return np.isfinite(denoiser.history_["labels_loss"]).tolist()


def test_pixels_come_first_and_labels_after(made_for_it, digits):
    X, _ = digits
    assert epochs_with_labels(made_for_it) == [False] + 5 * [True]
    assert made_for_it.n_iter_ == len(made_for_it.history_["loss"]) == 6
    plain = quick_denoiser().fit(X[:200])
    assert made_for_it.history_["loss"][0] == plain.history_["loss"][0]
    assert not np.array_equal(plain.transform(X[:9]), made_for_it.transform(X[:9]))


def test_same_seed_same_result_whatever_ran_before(made_for_it, classifier, digits):
    X, y = digits
    quick_denoiser(classifier=classifier, random_state=1).fit(X[200:400], y[200:400])
    again = quick_denoiser(classifier=classifier).fit(X[:200], y[:200])
    np.testing.assert_array_equal(again.transform(X[:20]), made_for_it.transform(X[:20]))


def test_labels_weigh_two_unless_told_otherwise(made_for_it, classifier, digits):
    X, y = digits
    two, one = (
        quick_denoiser(classifier=classifier, label_weight=weight).fit(X[:200], y[:200])
        for weight in (2, 1)
    )
    np.testing.assert_array_equal(made_for_it.transform(X[:9]), two.transform(X[:9]))
    assert not np.array_equal(made_for_it.transform(X[:9]), one.transform(X[:9]))


def test_a_weight_of_0_ignores_the_classifier(classifier, digits):
    X, y = digits
    plain, ignoring = (
        quick_denoiser(**params).fit(X[:200], y[:200])
        for params in ({}, {"classifier": classifier, "label_weight": 0})
    )
    np.testing.assert_array_equal(plain.transform(X[:9]), ignoring.transform(X[:9]))


def test_a_pipeline_of_both_works_in_clones_and_pickles(classifier, digits):
    X, y = digits
    frozen = FrozenEstimator(classifier)
    pipeline = clone(make_pipeline(quick_denoiser(classifier=frozen), frozen))
    pipeline.fit(X[:200], y[:200])
    assert pipeline[1].estimator is classifier
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(X[:50]), pipeline.predict(X[:50]))


def test_images_without_a_label_and_bytes_and_arrays(digits):
    X, y = digits
    images = np.rint(X.reshape(-1, 8, 8) * 255).astype(np.uint8)
    names = np.array([f"digit {label}" for label in y], dtype=object)
    flat = make_pipeline(ImageFlattener(), LogisticRegression(max_iter=200))
    flat.fit(images[:300], names[:300])
    some = np.where(np.arange(300) % 2, names[:300], -1)
    denoiser = quick_denoiser(classifier=flat).fit(images[:300], some)
    assert denoiser.transform(images[:3]).dtype == np.uint8


@pytest.mark.parametrize("last", ["softmax", "sigmoid", None])
def test_keras_models_may_return_probabilities_or_logits_of_images(digits, last):
    X, y = digits
    keras.utils.set_random_seed(0)
    images = (255 * X[:300]).reshape(-1, 8, 8, 1)
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()]
    layers.append(keras.layers.Dense(10 if last == "softmax" else 1, last))
    model = keras.Sequential(layers)
    labels = y[:300] if last == "softmax" else y[:300] % 2
    denoiser = quick_denoiser(classifier=model, value_range=(0, 255)).fit(images, labels)
    assert np.isfinite(denoiser.history_["labels_loss"][-1])


def test_images_are_cropped_to_their_size_before_a_keras_model_sees_them(digits):
    X, y = digits
    odd = X[:100].reshape(-1, 8, 8)[:, :7, :5]
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    model(odd[:1])
    denoiser = quick_denoiser(classifier=model, network="classic", filters=(4, 8, 8))
    assert denoiser.fit(odd, y[:100]).transform(odd).shape == odd.shape


def test_a_later_call_of_partial_fit_learns_pixels_and_labels_at_once(made_for_it, digits):
    X, y = digits
    more = pickle.loads(pickle.dumps(made_for_it)).partial_fit(X[:200], y[:200])
    assert epochs_with_labels(more) == [False] + 6 * [True]
    first = quick_denoiser(classifier=made_for_it.classifier).partial_fit(X[:200], y[:200])
    first.partial_fit(X[:200], y[:200])
    assert epochs_with_labels(first) == [False] + 6 * [True]


def test_labels_may_count_without_a_classifier_later_and_the_other_way_round(made_for_it, digits):
    X, y = digits
    copy = pickle.loads(pickle.dumps(made_for_it)).set_params(classifier=None, label_weight=0.3)
    assert np.isfinite(copy.partial_fit(X[:100], y[:100]).history_["labels_loss"][-1])
    copy.set_params(classifier=made_for_it.classifier, warm_start=True).fit(X[:100], y[:100])
    assert np.isfinite(copy.history_["labels_loss"][-1])
    copy.partial_fit(X[:100], y[:100]).partial_fit(X[:100], y[:100])
    copy.set_params(classifier=None, label_weight=0.3).partial_fit(X[:100], y[:100])
    assert np.isfinite(copy.history_["labels_loss"][-1])


def test_another_classifier_is_imitated_anew(made_for_it, cnn, classifier, digits):
    X, y = digits
    copy = pickle.loads(pickle.dumps(made_for_it))
    for other in (cnn, FrozenEstimator(classifier), cnn):
        n_before = copy.n_iter_
        copy.set_params(classifier=other).partial_fit(X[:200], y[:200])
        assert epochs_with_labels(copy)[n_before:] == [False] + 5 * [True]


def test_a_classifier_of_tables_is_given_tables(digits, recwarn):
    X, y = digits
    table = pd.DataFrame(X[:300], columns=[f"pixel{i}" for i in range(64)])
    classifier = LogisticRegression(max_iter=200).fit(table, y[:300])
    quick_denoiser(classifier=classifier).fit(table, y[:300])
    assert not [warning for warning in recwarn if "feature names" in str(warning.message)]


def test_a_model_file_leaves_the_classifier_out(made_for_it, digits, tmp_path):
    X, _ = digits
    made_for_it.save(tmp_path / "model.skdenoise")
    loaded = load(tmp_path / "model.skdenoise")
    assert loaded.classifier is None
    np.testing.assert_allclose(loaded.transform(X[:9]), made_for_it.transform(X[:9]), atol=2e-6)


def test_pairs_of_real_noise_and_the_held_out_images_count_too(classifier, digits):
    X, y = digits
    noisy = add_noise(X[:200], noise_factor=0.3, random_state=0)
    denoiser = quick_denoiser(classifier=classifier, validation_split=0.2)
    denoiser.fit(noisy, y[:200], clean=X[:200])
    assert np.isfinite(denoiser.history_["val_labels_loss"][-1])


class InterruptedClassifier(LogisticRegression):
    """A classifier whose prediction for many images is interrupted."""

    error = None

    def predict_proba(self, X):
        if len(X) > 64:
            raise self.error
        return super().predict_proba(X)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("the store has gone")])
def test_an_interrupt_keeps_what_was_learned_from_pixels(digits, error):
    X, y = digits
    classifier = InterruptedClassifier(max_iter=200).fit(X[:300], y[:300])
    classifier.error = error
    denoiser = quick_denoiser(classifier=classifier)
    with pytest.raises(type(error)):
        denoiser.fit(X[:200], y[:200])
    plain = quick_denoiser().fit(X[:200])
    np.testing.assert_array_equal(denoiser.transform(X[:9]), plain.transform(X[:9]))
    assert "labels_loss" not in denoiser.history_


class TwoAnswers(LogisticRegression):
    """A classifier that returns the probabilities of too few classes."""

    def predict_proba(self, X):
        return super().predict_proba(X)[:, :2]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda X, y: LogisticRegression(),
            NotFittedError,
            "is not fitted. Fit it first, and give Fr",
        ),
        (lambda X, y: clone(LogisticRegression().fit(X, y)), NotFittedError, "a clone of a class"),
        (lambda X, y: SVC().fit(X, y), TypeError, "has no predict_proba.*CalibratedClassifierCV"),
        (
            lambda X, y: LogisticRegression,
            TypeError,
            "neither a fitted classifier nor a keras.Model",
        ),
        (lambda X, y: "SVC", TypeError, "neither a fitted classifier nor a keras.Model"),
        (
            lambda X, y: LogisticRegression().fit(X[:, :9], y),
            ValueError,
            r"does not take images of shape \(64, 64\) and type float64.*expecting 9 features",
        ),
        (
            lambda X, y: LogisticRegression().fit(X, y % 3),
            ValueError,
            r"classes \[3, 4, .* classifier",
        ),
        (
            lambda X, y: TwoAnswers().fit(X, y),
            ValueError,
            r"shape \(64, 2\); expected .*\(64, 10\)",
        ),
        (
            lambda X, y: keras.Sequential([keras.Input((9,)), keras.layers.Dense(10)]),
            ValueError,
            r"the Keras model 'sequential.*', does not take images of shape \(64, 64\)",
        ),
        (
            lambda X, y: keras.Sequential([keras.Input((64,)), keras.layers.Reshape((8, 8))]),
            ValueError,
            r"returns an array of shape \(64, 8, 8\) for 64 images",
        ),
        (
            lambda X, y: keras.Sequential([keras.layers.Dense(10)]),
            NotFittedError,
            "the Keras model 'sequential.*', is not built",
        ),
        (
            lambda X, y: keras.Sequential([keras.Input((64,)), keras.layers.Dense(5)]),
            ValueError,
            r"y has the classes \[5, 6, 7, 8, 9\], which the classifier does not have",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classifiers_that_cannot_say_what_to_learn(digits, make, error, message):
    X, y = digits
    denoiser = quick_denoiser(classifier=make(X[:100], y[:100]))
    with pytest.raises(error, match=message):
        denoiser.fit(X[:100], y[:100])
    assert not hasattr(denoiser, "history_")


def test_labels_and_whole_images_are_needed(classifier, digits):
    X, y = digits
    denoiser = quick_denoiser(classifier=classifier)
    with pytest.raises(ValueError, match="a classifier is given, but fit got no y"):
        denoiser.fit(X[:50])
    with pytest.raises(ValueError, match="y marks all 50 images as unlabelled"):
        denoiser.fit(X[:50], np.full(50, -1))
    with pytest.raises(ValueError, match=r"patch_size=4.*needs whole images"):
        denoiser.set_params(patch_size=4).fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="images of several sizes"):
        quick_denoiser(classifier=classifier).fit([np.ones((8, 8)), np.ones((8, 9))], y[:2])


def test_an_early_stop_shortens_the_fine_tuning_too(classifier, digits):
    X, y = digits[0][:128], digits[1][:128]
    denoiser = quick_denoiser(
        epochs=40, early_stopping=1, learning_rate=1e-12, classifier=classifier
    ).fit(X, y)
    n_pixels = epochs_with_labels(denoiser).count(False)
    assert n_pixels < 10
    # The fine-tuning has at least 20 steps, two an epoch.
    assert denoiser.n_iter_ - n_pixels <= max(0.8 * n_pixels, 10)
