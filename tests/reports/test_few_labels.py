"""compare_denoising with few labels: unlabelled images for everyone, and a curve by number of labels."""

from typing import ClassVar

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import ImageFlattener, SubspaceDenoiser, compare_denoising
from skdenoise.reports.comparison.experiment import Split

QUICK = {
    "noise_factors": [0.5],
    "train_noise_factor": (0, 0.6),
    "denoisers": SubspaceDenoiser(),
    "n_copies": [2],
    "n_components": [10],
    "n_repeats": 1,
    "n_resamples": 100,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def data(digits):
    X, y = digits
    return X[:400], y[:400], X[500:800], y[500:800]


@pytest.fixture(scope="module")
def by_labels(data, digits):
    X, _ = digits
    params = {"unlabelled": X[800:1000], "n_labels": (20, 100, 320)}
    return compare_denoising(LogisticRegression(max_iter=200), *data, **QUICK, **params)


def scores(comparison, condition):
    frame = comparison.frame
    return frame[frame["condition"] == condition].set_index("n_labels")["score"]


def test_the_table_has_a_part_for_each_number_of_labels(by_labels):
    assert by_labels.frame["n_labels"].unique().tolist() == [20, 100, 320]
    assert "self-training on noise" in set(by_labels.frame["condition"])
    assert scores(by_labels, "no denoiser").is_monotonic_increasing
    text = str(by_labels.summary())
    assert "Trained for noise factor 0 to 0.6, 100 labels" in text
    assert "corrected for the 3 verdicts" in text


def test_a_first_sentence_says_who_wins_with_how_many_labels(by_labels):
    first, *others = by_labels.verdicts
    assert first.startswith("At noise factor 0.5, trained for 0 to 0.6: ")
    assert first.endswith("labels.")
    for number, sentence in zip((20, 100, 320), others, strict=True):
        assert f", with {number} labels: " in sentence


def test_curves_by_number_of_labels_and_by_noise(by_labels):
    (display,) = by_labels.plot_labels(["no denoiser", "Wiener subspace"]).displays_
    assert display.levels == [20, 100, 320]
    np.testing.assert_array_equal(
        display.scores["no denoiser"], scores(by_labels, "no denoiser").to_numpy()
    )
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["20", "100", "320"]
    plot = by_labels.plot()
    assert len(plot.displays_) == len(plot.axes_) == 3
    assert list(plot.figure_.axes) == list(plot.axes_)
    with pytest.raises(ValueError, match="are not in the table"):
        by_labels.plot_labels("U-Net")


def test_without_n_labels_unlabelled_images_are_more_images_for_everyone(data, digits):
    X, _ = digits
    plain, more = (
        compare_denoising(GaussianNB(), *data, **QUICK, unlabelled=images)
        for images in (None, X[800:1000])
    )
    assert set(plain.frame["n_labels"]) == set(more.frame["n_labels"]) == {320}
    assert "self-training on noise" not in set(plain.frame["condition"])
    for changed in ("Wiener subspace", "PCA of clean images", "PCA of noisy images"):
        assert scores(plain, changed).item() != scores(more, changed).item()
    for same in ("no denoiser", "noise augmentation"):
        assert scores(plain, same).item() == scores(more, same).item()
    with pytest.raises(ValueError, match="The comparison has one number of labels, 320"):
        plain.plot_labels()


def test_a_classifier_without_probabilities_does_not_train_itself(data):
    comparison = compare_denoising(SVC(), *data, **QUICK, n_labels=50)
    assert "self-training on noise" not in set(comparison.frame["condition"])


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(lambda y: np.array([f"digit {label}" for label in y]), id="text"),
        pytest.param(lambda y: y.astype(float), id="floats"),
        pytest.param(lambda y: y.astype(np.uint8), id="bytes"),
    ],
)
def test_classes_may_be_of_any_type_and_the_classifier_may_be_searched(data, labels):
    X, y, X_test, y_test = data
    names, names_test = labels(y), labels(y_test)
    params = QUICK | {"n_labels": [100], "param_grid": {"var_smoothing": [1e-2, 1e-1]}}
    of_numbers = compare_denoising(GaussianNB(), *data, **params)
    of_names = compare_denoising(GaussianNB(), X, names, X_test, names_test, **params)
    assert of_names.frame["score"].tolist() == of_numbers.frame["score"].tolist()


def test_images_may_be_arrays_and_classes_two_booleans(data):
    X, y, X_test, y_test = data
    params = QUICK | {"n_labels": [100]}
    of_rows = compare_denoising(GaussianNB(), X, y > 4, X_test, y_test > 4, **params)
    images, images_test = (part.reshape(-1, 8, 8) for part in (X, X_test))
    flat = make_pipeline(ImageFlattener(), GaussianNB())
    of_images = compare_denoising(
        flat, images, y > 4, images_test, y_test > 4, return_estimator=True, **params
    )
    name = "self-training on noise"
    assert scores(of_images, name).item() == scores(of_rows, name).item()
    pipeline = of_images.estimators["0 to 0.6", (0, 0.6), name]
    assert set(pipeline.predict(images_test[:20])) <= {False, True}


class Counted(SubspaceDenoiser):
    """A denoiser that keeps what it was fitted with."""

    fits: ClassVar = []

    def fit(self, X, y=None, *, clean=None):
        Counted.fits.append((len(X), None if y is None else np.array(y)))
        return super().fit(X, y, clean=clean)


def test_one_fit_serves_all_numbers_of_labels_unless_labels_count(data):
    Counted.fits.clear()
    params = QUICK | {"denoisers": Counted()}
    compare_denoising(GaussianNB(), *data, **params, n_labels=(20, 100))
    ((n_images, y),) = Counted.fits
    assert n_images == 320
    assert (y == -1).sum() == 300
    learning = quick_denoiser(label_weight=0.3)
    comparison = compare_denoising(
        GaussianNB(), *data, **(QUICK | {"denoisers": learning}), n_labels=(20, 100)
    )
    assert len(scores(comparison, "U-Net")) == 2


def test_few_labelled_images_represent_the_classes_and_stay_labelled():
    y = np.repeat([0, 1, 2], [60, 30, 2])
    images = np.arange(len(y), dtype=float)[:, np.newaxis]
    split = Split(images, y, images[:0], images, y)
    few, more = (split.with_labels(n, np.random.default_rng(0)) for n in (12, 40))
    assert set(few.X.ravel()) <= set(more.X.ravel())
    assert np.bincount(few.y).tolist() == [7, 4, 1]
    assert len(more.unlabelled) == len(y) - 40
    assert set(split.with_labels(3, np.random.default_rng(1)).y) == {0, 1, 2}


def test_tasks_in_parallel_give_the_same_table(data, by_labels, digits):
    X, _ = digits
    params = {"unlabelled": X[800:1000], "n_labels": (20, 100, 320), "n_jobs": 2}
    again = compare_denoising(LogisticRegression(max_iter=200), *data, **QUICK, **params)
    assert again.frame["score"].tolist() == by_labels.frame["score"].tolist()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"n_labels": (5, 100)},
            r"n_labels=\(5, 100\): 5 is not between 10, the number of classes",
        ),
        ({"n_labels": 321}, "321 is not between 10, .* and 320, the number of training images"),
        ({"n_labels": (20, 20)}, "has a number twice"),
        ({"n_labels": ()}, r"n_labels=\(\) must be one or more positive integers"),
        ({"n_labels": "few"}, r"n_labels=\(.few.,\) must be one or more positive integers"),
        ({"unlabelled": np.zeros((5, 63))}, r"unlabelled has shape \(5, 63\)"),
        ({"unlabelled": np.zeros((5, 64), np.uint8)}, "unlabelled has .* dtype uint8"),
    ],
)
def test_bad_parameters_are_found_before_any_fit(data, params, message):
    with pytest.raises(ValueError, match=message):
        compare_denoising(GaussianNB(), *data, **(QUICK | params))


def test_a_class_of_minus_1_cannot_mark_unlabelled_images(data):
    X, y, X_test, y_test = data
    with pytest.raises(ValueError, match="y_train has the class -1"):
        compare_denoising(GaussianNB(), X, y - 1, X_test, y_test - 1, **QUICK, n_labels=50)


def test_with_few_labels_no_number_of_copies_is_left_out(data):
    X, y, X_test, y_test = data
    params = QUICK | {"n_copies": (1, 2, 4), "n_labels": (20, 320)}
    found = compare_denoising(GaussianNB(), X, y, X_test, y_test, **params).frame
    assert not found.loc[found["n_labels"] == 20, "given_up"].any()
    assert found.loc[found["n_labels"] == 320, "given_up"].any()
