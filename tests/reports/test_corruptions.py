"""corruption_report: every corruption and severity, relative to a reference."""

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    CommonCorruption,
    Compose,
    DenoisingClassifier,
    FilterDenoiser,
    GaussianBlur,
    GaussianNoise,
    NoiseAugmenter,
    RandomChoice,
    SubspaceDenoiser,
    add_noise,
    corruption_report,
    noise_names,
)


@pytest.fixture(scope="module")
def fitted(digits):
    X, y = digits
    alone = KNeighborsClassifier().fit(X[:400], y[:400])
    denoised = make_pipeline(SubspaceDenoiser(random_state=0), SVC()).fit(X[:400], y[:400])
    return denoised, alone, X[400:600], y[400:600]


@pytest.fixture(scope="module")
def report(fitted):
    denoised, alone, X, y = fitted
    return corruption_report(
        denoised,
        X,
        y,
        corruptions=["gaussian_noise", "contrast", "fog"],
        severities=[2, 5],
        scale="imagenet",
        reference=alone,
        n_resamples=200,
    )


def test_each_corruption_and_severity_is_a_row_after_clean_images(report):
    cells = list(zip(report.frame["corruption"], report.frame["severity"], strict=True))
    noisy = [(name, severity) for name in ("gaussian", "contrast", "fog") for severity in (2, 5)]
    assert cells == [("clean", 0), *noisy]


def test_accuracies_are_those_under_the_published_corruption(report, fitted):
    _, alone, X, y = fitted
    noisy = add_noise(X, "gaussian", severity=5, scale="imagenet", random_state=3)
    row = report.frame.query("corruption == 'gaussian' and severity == 5").iloc[0]
    assert row["reference_accuracy"] == pytest.approx(alone.score(noisy, y), abs=0.06)
    assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
    assert report.frame.iloc[0]["reference_accuracy"] == alone.score(X, y)


def test_relative_error_is_the_ratio_of_summed_errors(report):
    rows = report.frame[report.frame["corruption"] == "fog"]
    expected = 100 * (1 - rows["accuracy"]).sum() / (1 - rows["reference_accuracy"]).sum()
    errors = report.relative_errors.set_index("corruption")
    assert errors.loc["fog", "relative_error"] == pytest.approx(expected)
    assert errors.loc["fog", "low"] < expected < errors.loc["fog", "high"]
    mean = errors.loc[["contrast", "fog"], "relative_error"].mean()
    assert report.relative_error(seen=False) == pytest.approx(mean)
    low, high = report.relative_error_interval(seen=False)
    assert low < mean < high


def test_a_pipeline_is_as_good_as_itself(fitted):
    denoised, _, X, y = fitted
    report = corruption_report(
        denoised, X, y, corruptions="fog", severities=5, reference=denoised, n_resamples=20
    )
    assert report.relative_error() == pytest.approx(100)


@pytest.mark.parametrize(
    ("noise", "expected"),
    [
        ("poisson", {"poisson"}),
        (CommonCorruption("shot_noise", 3), {"poisson"}),
        (RandomChoice(["fog", CommonCorruption("contrast", (1, 5))]), {"fog", "contrast"}),
        (Compose([GaussianBlur(), GaussianNoise()]), {"gaussian_blur", "gaussian"}),
    ],
)
@pytest.mark.parametrize("step", [NoiseAugmenter, FilterDenoiser])
def test_corruptions_seen_in_training_are_read_from_the_pipeline(digits, step, noise, expected):
    X, y = digits
    pipeline = make_pipeline(step(noise=noise), SVC()).fit(X[:200], y[:200])
    report = corruption_report(pipeline, X[:20], y[:20], severities=[1], n_resamples=2)
    seen = report.frame[report.frame["seen"]]
    assert set(seen["corruption"]) == expected
    assert set(report.frame["corruption"]) == {"clean", *noise_names()}


def test_a_frozen_denoiser_has_seen_its_noise(digits):
    X, y = digits
    frozen = FrozenEstimator(FilterDenoiser("median", "salt_and_pepper").fit(X[:200]))
    pipeline = make_pipeline(frozen, SVC()).fit(X[:200], y[:200])
    report = corruption_report(pipeline, X[:20], y[:20], severities=[1], n_resamples=2)
    assert set(report.frame[report.frame["seen"]]["corruption"]) == {"salt_and_pepper"}


def test_what_was_seen_may_be_said(fitted):
    _, alone, X, y = fitted
    report = corruption_report(
        alone, X, y, corruptions=["fog", "poisson"], severities=[1], seen=["shot_noise"]
    )
    assert set(report.frame[report.frame["seen"]]["corruption"]) == {"poisson"}


def test_the_same_seed_gives_the_same_report_in_any_order_and_in_parallel(fitted):
    denoised, _, X, y = fitted
    params = {"severities": [3], "n_resamples": 10}
    one = corruption_report(denoised, X, y, corruptions=["fog", "gaussian"], **params)
    other = corruption_report(denoised, X, y, corruptions=["gaussian", "fog"], n_jobs=2, **params)
    np.testing.assert_array_equal(
        one.frame.sort_values("corruption")["accuracy"],
        other.frame.sort_values("corruption")["accuracy"],
    )


def test_report_reads_as_text_and_as_html_and_is_plotted(report):
    text = " ".join(str(report).split())
    assert "Seen in training" in text
    assert "Not seen in training" in text
    assert "the reference is 100, lower is better" in text
    assert "<table" in report._repr_html_()
    display = report.plot()
    assert set(display.lines_) == {
        "pipeline, seen in training",
        "reference, seen in training",
        "pipeline, not seen in training",
        "reference, not seen in training",
    }
    np.testing.assert_array_equal(
        display.lines_["pipeline, seen in training"].get_xdata(), [0, 2, 5]
    )


def test_without_a_reference_there_is_nothing_to_be_relative_to(fitted):
    _, alone, X, y = fitted
    report = corruption_report(alone, X, y, corruptions="fog", severities=[1], n_resamples=10)
    assert "relative" not in str(report)
    with pytest.raises(ValueError, match="reference="):
        report.relative_error()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"corruptions": "fogg"}, "not a known noise model"),
        ({"corruptions": []}, r"corruptions=\[\] is empty"),
        ({"severities": [0, 1]}, "integers from 1 to 5"),
        ({"severities": []}, "integers from 1 to 5"),
        ({"seen": ["fogg"]}, "not a known noise model"),
        ({"scale": "mnist", "corruptions": "fog"}, "neither 'cifar' nor 'imagenet'"),
    ],
)
def test_bad_parameters_are_named(fitted, params, message):
    _, alone, X, y = fitted
    with pytest.raises(ValueError, match=message):
        corruption_report(alone, X, y, **params)


@pytest.mark.parametrize("name", ["pipeline", "reference"])
def test_labels_that_no_prediction_can_equal_are_refused(fitted, name):
    denoised, alone, X, y = fitted
    named = alone.__class__().fit(X, y.astype(str))
    classifiers = {"pipeline": named} if name == "pipeline" else {"pipeline": alone, name: named}
    with pytest.raises(ValueError, match=f"y has none of the classes of {name}"):
        corruption_report(X=X, y=y, **classifiers)
    regressor = make_pipeline(denoised[0], Ridge()).fit(X, y)
    classifiers[name] = regressor
    with pytest.raises(TypeError, match="is a regressor; give a classifier"):
        corruption_report(X=X, y=y, **classifiers)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda denoiser: DenoisingClassifier(KNeighborsClassifier(), denoiser, random_state=0),
        lambda denoiser: VotingClassifier([("denoised", make_pipeline(denoiser, SVC()))]),
    ],
    ids=["DenoisingClassifier", "ensemble"],
)
def test_noise_of_a_denoiser_inside_of_a_classifier_is_seen(digits, wrapped):
    X, y = digits
    denoiser = SubspaceDenoiser(noise="salt_and_pepper", noise_factor=0.1)
    report = corruption_report(
        wrapped(denoiser).fit(X[:300], y[:300]),
        X[400:450],
        y[400:450],
        corruptions=["gaussian", "salt_and_pepper"],
        severities=np.linspace(1, 3, 2),  # floats that are integers
        reference=KNeighborsClassifier().fit(X[:300], y[:300]),
        n_resamples=50,
    )
    of_each = report.relative_errors.set_index("corruption")["seen"]
    assert of_each.to_dict() == {"gaussian": False, "salt_and_pepper": True}


def test_resamples_without_any_error_have_no_relative_error(digits):
    X, y = digits
    reference = SVC().fit(X[:1000], y[:1000])
    y_test = reference.predict(X[1000:1100])
    y_test[0] = (y_test[0] + 1) % 10  # the only error
    report = corruption_report(
        reference, X[1000:1100], y_test, corruptions="gaussian", severities=1, reference=reference
    )
    (row,) = report.relative_errors.itertuples()
    assert row.low == row.relative_error == row.high == 100


def test_a_classifier_of_ones_own_needs_no_tags(digits):
    class Nearest:
        def fit(self, X, y):
            self.inner_ = KNeighborsClassifier(1).fit(X, y)
            return self

        def predict(self, X):
            return self.inner_.predict(X)

    X, y = digits
    report = corruption_report(
        Nearest().fit(X[:300], y[:300]),
        *(X[300:330], y[300:330]),
        corruptions=["gaussian"],
        severities=[1],
    )
    assert len(report.frame)
