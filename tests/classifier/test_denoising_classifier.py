"""DenoisingClassifier: a classifier that denoises the images for which this helps."""

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_sample_images
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    DenoisingClassifier,
    FilterDenoiser,
    ImageFlattener,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    load,
)
from skdenoise.classifier.training_set import default_n_copies, folds_of, split_off
from skdenoise.classifier.trust import find_trust
from skdenoise.seeding import Stream, draw_seed, generator

SUBSPACE = SubspaceDenoiser(20, noise_factor=(0, 0.6), random_state=0)


@pytest.fixture(scope="module")
def fitted(digits):
    """A fitted one, with a denoiser of principal components, and its test images and labels."""
    X, y = digits
    classifier = DenoisingClassifier(SVC(), SUBSPACE, n_copies=2, random_state=0)
    return classifier.fit(X[:1000], y[:1000]), X[1000:], y[1000:]


def test_it_is_as_good_as_the_classifier_on_clean_images_and_better_on_noisy_ones(fitted, digits):
    X, y = digits
    classifier, X_test, y_test = fitted
    alone = SVC().fit(X[:1000], y[:1000])
    noisy = add_noise(X_test, noise_factor=0.6, random_state=1)
    assert classifier.score(X_test, y_test) > alone.score(X_test, y_test) - 0.005
    assert classifier.score(noisy, y_test) > alone.score(noisy, y_test) + 0.2


class FailingLater(LogisticRegression):
    """A classifier whose fits fail after some of them."""

    fits_left = 0

    def fit(self, X, y, sample_weight=None):
        """Fit, or fail."""
        FailingLater.fits_left -= 1
        if FailingLater.fits_left < 0:
            raise KeyboardInterrupt
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("fits_left", [0, 1, 2, 3])
def test_a_fit_that_fails_changes_nothing(digits, fits_left):
    X, y = digits[0][:300], digits[1][:300]
    noisy = add_noise(X, noise_factor=0.5, random_state=1)
    FailingLater.fits_left = 100
    classifier = DenoisingClassifier(FailingLater(), SUBSPACE, n_copies=1, random_state=0).fit(X, y)
    before, labels = dict(vars(classifier)), classifier.predict(noisy)
    FailingLater.fits_left = fits_left
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(np.roll(X, 3, axis=1), y)
    with pytest.raises(ValueError, match="inconsistent"):
        classifier.fit(X[:, :60], y[:9])
    assert vars(classifier) == before
    np.testing.assert_array_equal(classifier.predict(noisy), labels)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_images_are_learned_also_where_tables_are_asked_for(digits, output):
    pytest.importorskip(output)
    X, y = digits[0][:200].reshape(-1, 8, 8), digits[1][:200]
    svc = make_pipeline(ImageFlattener(), SVC())
    classifier = DenoisingClassifier(svc, SUBSPACE, n_copies=1, random_state=0)
    expected = clone(classifier).fit(X, y).predict(X)
    with config_context(transform_output=output):
        np.testing.assert_array_equal(clone(classifier).fit(X, y).predict(X), expected)


def test_a_denoiser_of_a_table_gets_one(digits, recwarn):
    X, y = digits[0][:200], digits[1][:200]
    table = pd.DataFrame(X).rename(columns=lambda i: f"pixel{i}")
    frozen = FrozenEstimator(clone(SUBSPACE).fit(table))
    classifier = DenoisingClassifier(SVC(), frozen, n_copies=1, random_state=0).fit(table, y)
    noisy = add_noise(X, noise_factor=0.5, random_state=1)
    assert classifier.uses_denoiser(table * 0 + noisy).any()
    assert [str(warning.message) for warning in recwarn] == []
    with pytest.raises(ValueError, match="feature names"):
        clone(classifier).fit(table[table.columns[::-1]], y)


def test_each_image_is_classified_by_one_of_the_two_classifiers(fitted):
    classifier, X, _ = fitted
    mixed = np.concatenate([X[:50], add_noise(X[50:100], noise_factor=0.6, random_state=1)])
    used = classifier.uses_denoiser(mixed)
    assert used[50:].mean() > 0.9 > 0.1 > used[:50].mean()
    expected = np.where(
        used,
        classifier.denoised_classifier_.predict(classifier.denoiser_.transform(mixed)),
        classifier.classifier_.predict(mixed),
    )
    np.testing.assert_array_equal(classifier.predict(mixed), expected)
    one_by_one = [classifier.decision_function(image[np.newaxis])[0] for image in mixed[45:55]]
    np.testing.assert_allclose(classifier.decision_function(mixed)[45:55], one_by_one)


def test_probabilities_are_averaged_where_both_classifiers_together_are_better(digits):
    X, y = digits[0].astype(np.float32), digits[1]
    bayes = GaussianNB(var_smoothing=0.01)
    classifier = DenoisingClassifier(bayes, SUBSPACE, n_copies=2, random_state=0)
    classifier.fit(X[:600], y[:600])
    assert classifier.threshold_ < classifier.upper_threshold_ < np.inf
    noisy = np.concatenate(
        [add_noise(X[600:], noise_factor=level, random_state=1) for level in (0, 0.1, 0.2, 0.6)]
    )
    weight = classifier._trust(classifier._denoised(noisy)[1])
    assert set(weight) == {0, 0.5, 1}
    denoised = classifier.denoiser_.transform(noisy)
    expected = (1 - weight)[:, np.newaxis] * classifier.classifier_.predict_proba(noisy)
    expected += weight[:, np.newaxis] * classifier.denoised_classifier_.predict_proba(denoised)
    probabilities = classifier.predict_proba(noisy)
    np.testing.assert_allclose(probabilities, expected, atol=1e-12)
    np.testing.assert_array_equal(classifier.predict(noisy), probabilities.argmax(axis=1))
    np.testing.assert_array_equal(classifier.uses_denoiser(noisy), weight > 0)


@pytest.mark.parametrize(
    "classifier",
    [
        pytest.param(LogisticRegression(max_iter=300), id="with a decision function"),
        pytest.param(FixedThresholdClassifier(GaussianNB(), threshold=0.02), id="threshold"),
    ],
)
def test_classifiers_whose_methods_would_disagree_are_not_averaged(digits, classifier):
    X, y = digits[0][:600], digits[1][:600] < 5
    fitted = DenoisingClassifier(classifier, SUBSPACE, n_copies=2, random_state=0).fit(X, y)
    assert fitted.threshold_ == fitted.upper_threshold_
    noisy = add_noise(X, noise_factor=0.3, random_state=1)
    expected = fitted.predict_proba(noisy)[:, 1] >= getattr(classifier, "threshold", 0.5)
    np.testing.assert_array_equal(fitted.predict(noisy), expected)


def test_it_reports_accuracy_on_held_out_images(fitted):
    accuracy = fitted[0].held_out_accuracy_
    assert set(accuracy) == {"classifier", "denoised_classifier", "denoising_classifier"}
    assert accuracy["denoising_classifier"] >= accuracy["classifier"]


def test_unlabelled_images_train_the_denoiser_alone(digits):
    X, y = digits
    few = np.where(np.arange(600) < 200, y[:600], -1)
    with_them = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0).fit(X[:600], few)
    without = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0).fit(X[:200], y[:200])
    assert -1 not in with_them.classes_
    np.testing.assert_array_equal(
        with_them.classifier_.predict(X[600:]), without.classifier_.predict(X[600:])
    )
    assert not np.allclose(with_them.denoiser_.mean_, without.denoiser_.mean_)


def test_held_out_images_are_hidden_from_the_denoiser(digits, monkeypatch):
    X, y = digits
    seen = []
    monkeypatch.setattr(
        SubspaceDenoiser,
        "fit",
        lambda self, X, y, fit=SubspaceDenoiser.fit: seen.append(X) or fit(self, X),
    )
    DenoisingClassifier(SVC(), SUBSPACE, validation_fraction=0.3, random_state=0).fit(
        X[:200], y[:200]
    )
    assert 130 <= len(seen[0]) <= 150


def test_two_classes_may_be_called_minus_one_and_one(digits):
    X, y = digits
    sign = np.where(y[:300] < 5, -1, 1)
    classifier = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0).fit(X[:300], sign)
    assert classifier.classes_.tolist() == [-1, 1]


@pytest.mark.parametrize("labels", [np.array([f"digit {i}" for i in range(10)])])
@pytest.mark.parametrize("as_object", [False, True])
def test_labels_may_be_text(digits, labels, as_object):
    X, y = digits
    y = labels[y[:400]]
    if as_object:
        y = y.astype(object)
        y[300:] = -1
    classifier = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0).fit(X[:400], y)
    assert classifier.classes_.tolist() == labels.tolist()
    assert set(classifier.predict(X[400:])) <= set(labels)


def test_image_arrays_and_colour(digits):
    X, y = digits
    images = np.repeat(X[:400].reshape(-1, 8, 8, 1), 3, axis=3)
    as_uint8 = (images * 255).astype(np.uint8)
    classifier = DenoisingClassifier(
        make_pipeline(ImageFlattener(), LogisticRegression(max_iter=300)),
        quick_denoiser(noise_factor=(0, 0.6)),
        n_copies=1,
        random_state=0,
    ).fit(as_uint8, y[:400])
    assert classifier.image_shape_ == (8, 8, 3)
    assert classifier.predict_proba(as_uint8[:7]).shape == (7, 10)


def test_flat_colour_rows_have_the_shape_of_the_denoiser():
    X = np.stack([image[::20, ::20] for image in load_sample_images().images] * 10)
    rows = X.reshape(20, -1)
    shape = X.shape[1:]
    classifier = DenoisingClassifier(
        KNeighborsClassifier(1), FilterDenoiser("gaussian", image_shape=shape), random_state=0
    ).fit(rows, [0, 1] * 10)
    assert classifier.image_shape_ == shape


def test_the_default_denoiser_is_for_an_unknown_noise_level():
    one, other = (DenoisingClassifier(SVC())._new_denoiser(seed) for seed in (0, 1))
    assert isinstance(one, UNetDenoiser)
    assert one.noise_factor == (0, 0.6)
    assert one.random_state != other.random_state


def test_a_fitted_denoiser_can_be_given_frozen_and_loaded_from_a_file(digits, tmp_path):
    X, y = digits
    denoiser = clone(SUBSPACE).fit(X[:500])
    denoiser.save(tmp_path / "model.skdenoise")
    frozen = FrozenEstimator(load(tmp_path / "model.skdenoise"))
    classifier = DenoisingClassifier(SVC(), frozen, n_copies=1, random_state=0)
    classifier.fit(X[500:900], y[500:900])
    np.testing.assert_array_equal(classifier.denoiser_.transform(X[:5]), denoiser.transform(X[:5]))


def test_a_denoiser_may_be_a_search(digits):
    X, y = digits
    search = GridSearchCV(SUBSPACE, {"n_components": [2, 20]}, cv=2)
    classifier = DenoisingClassifier(SVC(), search, n_copies=1, random_state=0).fit(
        X[:300], y[:300]
    )
    assert classifier.denoiser_.best_params_ == {"n_components": 20}


def test_images_that_are_noisy_already_get_no_noise(digits):
    X, y = digits
    noisy = add_noise(X[:400], noise_factor=0.4, random_state=0)
    classifier = DenoisingClassifier(
        SVC(), quick_denoiser(supervision="self"), n_copies=5, random_state=0
    ).fit(noisy, y[:400])
    assert classifier.denoiser_.noise_ is None
    assert classifier.score(noisy, y[:400]) > 0.8


def test_same_seed_same_predictions(digits):
    X, y = digits
    noisy = add_noise(X[400:], noise_factor=0.5, random_state=0)
    one, other = (
        DenoisingClassifier(
            RandomForestClassifier(10, random_state=0), quick_denoiser(), random_state=3, n_copies=2
        )
        .fit(X[:400], y[:400])
        .predict_proba(noisy)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


def test_classifiers_are_fitted_in_parallel_with_the_same_result(fitted, digits):
    X, y = digits
    parallel = clone(fitted[0]).set_params(n_jobs=2).fit(X[:1000], y[:1000])
    noisy = add_noise(fitted[1], noise_factor=0.4, random_state=0)
    np.testing.assert_array_equal(parallel.predict(noisy), fitted[0].predict(noisy))


def test_it_can_be_pickled_searched_calibrated_and_stacked(digits):
    X, y = digits
    X, y = X[:300], y[:300]
    base = DenoisingClassifier(
        KNeighborsClassifier(), FilterDenoiser("gaussian", noise_factor=0.4), random_state=0
    )
    search = GridSearchCV(
        base, {"classifier__n_neighbors": [1, 3], "denoiser__noise_factor": [0.2, 0.4]}, cv=2
    ).fit(X, y)
    copy = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(copy.predict(X), search.predict(X))
    assert CalibratedClassifierCV(base, cv=2).fit(X, y).score(X, y) > 0.8
    assert StackingClassifier([("a", base)], cv=2).fit(X, y).score(X, y) > 0.8


def test_tables_are_taken_and_column_names_checked(digits):
    X, y = digits
    table = pd.DataFrame(X[:300]).rename(columns="pixel{}".format)
    with config_context(transform_output="pandas"):
        classifier = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0)
        classifier.fit(table, y[:300])
        np.testing.assert_array_equal(classifier.predict(table), classifier.predict(table))
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(table[table.columns[::-1]])


def test_weights_reach_the_classifier(digits):
    X, y = digits
    X, y = X[:300], y[:300]
    weights = np.where(y < 5, 1.0, 1e-6)
    classifier = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0)
    assert np.mean(classifier.fit(X, y, sample_weight=weights).predict(X) < 5) > 0.9


def test_weights_of_zero_on_all_held_out_images_count_as_equal(digits):
    X, y = digits
    classifier = DenoisingClassifier(LogisticRegression(), SUBSPACE, n_copies=1, random_state=0)
    images, labels, weights = X[:100], y[:100] % 2, np.zeros(100)
    _, held_out = split_off(labels, 0.2, generator(draw_seed(0), Stream.CLASSIFIER_SPLIT))
    weights[np.setdiff1d(np.arange(100), held_out)] = 1
    classifier.fit(images, labels, sample_weight=weights)
    assert 0 < classifier.held_out_accuracy_["classifier"] <= 1


def test_labels_reach_a_denoiser_that_learns_from_them(digits):
    X, y = digits
    y = np.where(np.arange(200) < 150, y[:200], -1)
    denoiser = quick_denoiser(label_weight=0.3)
    classifier = DenoisingClassifier(SVC(), denoiser, n_copies=1, random_state=0).fit(X[:200], y)
    assert "labels_loss" in classifier.denoiser_.history_


def test_methods_are_those_of_the_classifier():
    assert hasattr(DenoisingClassifier(KNeighborsClassifier()), "predict_proba")
    assert not hasattr(DenoisingClassifier(KNeighborsClassifier()), "decision_function")
    assert hasattr(DenoisingClassifier(SVC()), "decision_function")
    assert not hasattr(DenoisingClassifier(SVC()), "predict_proba")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"n_copies": 0}, ValueError, "n_copies=0 must be an integer >= 1, or 'auto'"),
        ({"n_copies": "many"}, ValueError, "n_copies='many' must be"),
        ({"validation_fraction": 1}, ValueError, "validation_fraction=1 must be a number between"),
        (
            {"classifier": "svc"},
            TypeError,
            "classifier='svc' is not a classifier. Give an instance",
        ),
        ({"classifier": SVC}, TypeError, "is not a classifier"),
        (
            {"classifier": LinearRegression()},
            TypeError,
            r"classifier=LinearRegression\(\) is not a",
        ),
        ({"denoiser": SVC()}, TypeError, "is not a denoiser of skdenoise"),
        ({"denoiser": make_pipeline(SubspaceDenoiser())}, TypeError, "but in no pipeline"),
        (
            {"denoiser": make_pipeline(ImageFlattener(), FilterDenoiser())},
            TypeError,
            "Other transformers belong in the pipeline of the classifier",
        ),
    ],
)
def test_parameters_that_make_no_sense(digits, change, error, message):
    X, y = digits
    classifier = DenoisingClassifier(SVC(), SUBSPACE).set_params(**change)
    with pytest.raises(error, match=message):
        classifier.fit(X[:50], y[:50])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(20), "y has 1 class"),
        (np.full(20, -1), "y has 0 class"),
        (np.array(["a", 1] * 10, object), "classes of several types"),
        (np.r_[np.arange(10), np.full(10, -1)], "Each of the 10 labelled images has a class"),
        (np.full(20, np.nan), "y contains NaN"),
        (np.arange(19) % 3, "inconsistent numbers of samples"),
        (np.linspace(0, 1, 20), "Unknown label type"),
    ],
)
def test_labels_that_cannot_be_learned(digits, y, message):
    with pytest.raises(ValueError, match=message):
        DenoisingClassifier(SVC(), SUBSPACE).fit(digits[0][:20], y)


def test_weights_that_the_classifier_does_not_take(digits):
    X, y = digits
    with pytest.raises(TypeError, match="KNeighborsClassifier does not take sample_weight"):
        DenoisingClassifier(KNeighborsClassifier(), SUBSPACE).fit(X[:50], y[:50], np.ones(50))


def test_before_fit(digits):
    with pytest.raises(NotFittedError):
        DenoisingClassifier(SVC()).predict(digits[0])
    with pytest.raises(NotFittedError):
        DenoisingClassifier(SVC()).uses_denoiser(digits[0])


def test_few_images_get_many_copies():
    assert [default_n_copies(n) for n in (5, 1250, 5000, 10**6)] == [16, 16, 8, 1]


def test_the_split_keeps_an_image_of_each_class_to_fit_on():
    y = np.repeat([0, 1, 2, 3], [1, 2, 3, 100])
    fitted, held_out = split_off(y, 0.2, np.random.default_rng(0))
    assert np.bincount(y[held_out], minlength=4).tolist() == [0, 1, 1, 20]
    assert np.sort(np.concatenate([fitted, held_out])).tolist() == list(range(len(y)))


def test_minus_one_as_text_is_no_mark_for_images_without_a_label(digits):
    X, y = digits[0][:200], np.array(["even", "odd"])[digits[1][:200] % 2]
    some = y.copy()
    some[100:] = -1
    classifier = DenoisingClassifier(GaussianNB(), FilterDenoiser("gaussian"), random_state=0)
    for text in (some, pd.Series(some)):
        with pytest.raises(ValueError, match="array of objects"):
            classifier.fit(X, text)
    some = y.astype(object)
    some[100:] = -1
    assert classifier.fit(X, some).classes_.tolist() == ["even", "odd"]
    assert classifier.fit(X, some.tolist()).classes_.tolist() == ["even", "odd"]


def test_a_packaged_denoiser_of_rows_says_how_it_takes_them(digits):
    packaged = FrozenEstimator(UNetDenoiser.from_pretrained("photo-gray"))
    with pytest.raises(ValueError, match=r"from_pretrained.*image_shape="):
        DenoisingClassifier(GaussianNB(), packaged).fit(digits[0][:100], digits[1][:100])


def test_a_packaged_denoiser_has_the_value_range_of_the_fit(digits):
    X, y = np.rint(4095 * digits[0]).astype("uint16"), digits[1]
    packaged = FrozenEstimator(UNetDenoiser.from_pretrained("text", image_shape=(8, 8)))
    classifier = DenoisingClassifier(GaussianNB(var_smoothing=0.1), packaged, random_state=0)
    classifier.fit(X[:500], y[:500])
    dark = X[600:640] // 20
    images = add_noise(np.concatenate([X[700:740], dark]), noise_factor=0.05, random_state=0)
    together = classifier.predict_proba(images)
    alone = np.concatenate([classifier.predict_proba(image[np.newaxis]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_folds_hold_each_image_out_once_and_keep_one_of_each_class():
    y = np.repeat([0, 1, 2, 3], [1, 2, 3, 100])
    folds = folds_of(y, 5, np.random.default_rng(0))
    held_out = np.concatenate([part for _, part in folds])
    assert sorted(held_out) == list(range(1, len(y)))
    for fitted, part in folds:
        assert set(y[fitted]) == {0, 1, 2, 3}
        assert not set(fitted) & set(part)
    assert len(folds_of(np.array([0, 0, 1, 1]), 5, np.random.default_rng(0))) <= 4
    assert folds_of(np.arange(3), 5, np.random.default_rng(0)) == []


def test_few_labelled_images_are_all_held_out_once(digits, monkeypatch):
    X, y = digits
    few = np.where(np.arange(600) < 100, y[:600], -1)
    fits, found = [], []
    monkeypatch.setattr(
        SubspaceDenoiser,
        "fit",
        lambda self, X, y, fit=SubspaceDenoiser.fit: fits.append(X) or fit(self, X),
    )
    monkeypatch.setattr(
        "skdenoise.classifier.denoising_classifier.find_trust",
        lambda evidence, weights: found.append(evidence) or find_trust(evidence, weights),
    )
    DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0).fit(X[:600], few)
    assert [len(images) for images in fits] == [500]
    np.testing.assert_array_equal(fits[0], X[100:600])
    # Each with six strengths of noise, and twelve draws of it.
    np.testing.assert_array_equal(np.bincount(found[0].image), 100 * [6 * 12])
    frozen = FrozenEstimator(clone(SUBSPACE).fit(X[600:900], None))
    fits.clear()
    weights = np.arange(1.0, 101.0)
    DenoisingClassifier(SVC(), frozen, n_copies=1, random_state=0).fit(X[:100], y[:100], weights)
    assert not fits
    np.testing.assert_array_equal(np.bincount(found[1].image), 100 * [6 * 12])
    # Labels that the denoiser learns from are not taken from it.
    helped = quick_denoiser(label_weight=0.1)
    DenoisingClassifier(SVC(), helped, n_copies=1, random_state=0).fit(X[:600], few)
    assert len(np.unique(found[2].image)) < 30


def test_images_without_weight_are_not_what_a_class_is_learned_from(digits):
    X, y = digits
    y = np.where(np.arange(600) < 40, (np.arange(600) % 2), -2)
    labels = np.where(y == -2, -1, y + 1)
    weights = np.ones(600)
    weights[np.flatnonzero(labels == 2)[1:]] = 0
    classifier = DenoisingClassifier(SVC(), SUBSPACE, n_copies=1, random_state=0)
    classifier.fit(X[:600], labels, weights)
    assert classifier.classes_.tolist() == [1, 2]


def test_a_search_over_the_weight_of_labels_gets_labels(digits):
    X, y = digits
    few = np.where(np.arange(300) % 6 == 0, y[:300], -1)
    search = GridSearchCV(
        quick_denoiser(), {"label_weight": [None, 0.1]}, cv=2, error_score="raise"
    )
    fitted = DenoisingClassifier(SVC(), search, n_copies=1, random_state=0).fit(X[:300], few)
    assert np.isfinite(fitted.denoiser_.cv_results_["mean_test_score"]).all()
