"""certify: no certificate is larger than the truth more often than it says, and denoising makes them larger."""

import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdenoise import (
    CertifiedAccuracyDisplay,
    ImageFlattener,
    NoiseAugmenter,
    SubspaceDenoiser,
    UNetDenoiser,
    certify,
)
from skdenoise.images import pixels

FACTOR = 0.25


class Halves(ClassifierMixin, BaseEstimator):
    """Two classes with a plane between them, so that the distance of an image to the other class is known.

    Parameters
    ----------
    seen : list
        Receives the images of each call.
    """

    def __init__(self, seen=None):
        self.seen = [] if seen is None else seen

    def fit(self, X, y):
        """Fit nothing."""
        self.classes_ = np.unique(y)
        return self

    def distance(self, X):
        """Return the distance of flat rows to the plane, negative on the side of class 0."""
        return (X.sum(axis=1) - 2) / 2

    def predict(self, X):
        """Return the side of each image."""
        self.seen.append(X)
        return (self.distance(np.reshape(X, (len(X), -1))) > 0).astype(int)


@pytest.fixture(scope="module")
def rows():
    """Images of 2x2 pixels at many distances from the plane of `Halves`."""
    return np.random.default_rng(0).uniform(0.2, 0.8, size=(1500, 4))


@pytest.fixture(scope="module")
def pipelines(digits):
    """A forest alone, fitted on noise, and behind a denoiser, and digits to test on."""
    X, y = digits
    forest = RandomForestClassifier(50, random_state=0)
    noise = {"noise_factor": FACTOR, "random_state": 0}
    ways = {
        "alone": forest,
        "noise": make_pipeline(NoiseAugmenter(**noise), clone(forest)),
        "denoised": make_pipeline(SubspaceDenoiser(**noise), clone(forest)),
    }
    return {name: way.fit(X[:1000], y[:1000]) for name, way in ways.items()}, X[1000:], y[1000:]


@pytest.mark.parametrize("alpha", [0.3, 0.05])
@pytest.mark.parametrize("n_draws", [60, 400])
def test_certificates_are_wrong_as_rarely_as_they_promise(rows, alpha, n_draws):
    halves = Halves()
    certificate = certify(halves, rows, noise_factor=FACTOR, n_draws=n_draws, alpha=alpha)
    truth = np.where(certificate.predictions == 1, 1, -1) * halves.distance(rows)
    wrong = np.mean(certificate.radii > np.maximum(truth, 0))
    error = np.sqrt(alpha * (1 - alpha) / len(rows))
    assert wrong < alpha + 3 * error
    # With many draws the bounds are sharp: they are wrong about as often as they may be.
    assert n_draws < 400 or wrong > alpha / 2


def test_radii_approach_the_distance_to_the_other_class(rows):
    certificate = certify(Halves(), rows[:20], noise_factor=FACTOR, n_draws=100_000)
    distance = np.abs(Halves().distance(rows[:20]))
    assert certificate.radii == pytest.approx(distance, abs=0.02)


def test_denoising_certifies_more(pipelines):
    fitted, X, y = pipelines
    accuracies = {
        name: certify(
            pipeline, X[:60], y[:60], noise_factor=FACTOR, n_draws=200
        ).certified_accuracy(0.25)
        for name, pipeline in fitted.items()
    }
    assert accuracies["denoised"] > accuracies["noise"] > accuracies["alone"]


def test_one_that_guesses_abstains(rows):
    class Guess(Halves):
        def predict(self, X):
            return (1e4 * X[:, 0]).astype(int) % 2

    certificate = certify(Guess(), rows[:50], np.zeros(50), noise_factor=FACTOR)
    assert certificate.abstains.mean() > 0.95
    assert certificate.certified_accuracy(0) < 0.05
    assert (certificate.radii[certificate.abstains] == 0).all()


def test_accuracy_counts_what_is_right_certain_and_far_enough(rows):
    certificate = certify(Halves(), rows[:200], noise_factor=FACTOR)
    with pytest.raises(ValueError, match="Give the classes"):
        certificate.certified_accuracy(0)
    y = certificate.predictions.copy()
    y[:50] = 1 - y[:50]
    certificate = certify(Halves(), rows[:200], y, noise_factor=FACTOR)
    right = np.r_[np.zeros(50, bool), np.ones(150, bool)]
    for radius in (0, 0.05, 0.2):
        expected = np.mean(right & ~certificate.abstains & (certificate.radii >= radius))
        assert certificate.certified_accuracy(radius) == pytest.approx(expected)
    with pytest.raises(ValueError, match="must be 0 or more"):
        certificate.certified_accuracy(-1)
    curve = certificate.certified_accuracy([0, 0.05, 0.2])
    assert curve.shape == (3,)
    assert (np.diff(curve) <= 0).all()


def test_results_depend_on_the_seed_and_not_on_batches_or_processes(pipelines, monkeypatch):
    fitted, X, _ = pipelines
    options = {"noise_factor": FACTOR, "n_draws": 150}
    first = certify(fitted["denoised"], X[:9], **options)
    parallel = certify(fitted["denoised"], X[:9], n_jobs=2, **options)
    monkeypatch.setattr(pixels, "_IMAGES_PER_CHUNK", 7)
    in_parts = certify(fitted["denoised"], X[:9], **options)
    for other in (parallel, in_parts):
        pd.testing.assert_frame_equal(first.frame, other.frame)
    other = certify(fitted["denoised"], X[:9], random_state=1, **options)
    assert (other.lower_bounds != first.lower_bounds).any()


def test_noisy_copies_are_never_held_all_at_once(monkeypatch):
    monkeypatch.setattr(pixels, "_VALUES_PER_CHUNK", 1000)
    halves = Halves()
    certify(halves, np.full((2, 10, 10), 0.5), noise_factor=FACTOR, n_draws=1000)
    assert max(len(images) for images in halves.seen) == 10
    assert sum(len(images) for images in halves.seen) == 2 * 1100


def test_integer_images_stay_what_they_are():
    """Rounding and clipping are a part of the classifier, so the certificate holds for them too."""
    halves = Halves()
    certify(halves, np.full((1, 2, 2), 200, np.uint8), noise_factor=0.5)
    copies = np.concatenate(halves.seen)
    assert copies.dtype == np.uint8
    assert copies.shape[1:] == (2, 2)
    assert copies.min() == 0 < np.median(copies) < copies.max() == 255


def test_the_value_range_is_that_of_the_denoiser(digits):
    X, y = digits
    X = 16 * X
    pipeline = make_pipeline(SubspaceDenoiser(noise_factor=FACTOR, value_range=(0, 16)), Halves())
    pipeline.fit(X[:300], y[:300])
    certify(pipeline, X[:1] / 4, noise_factor=FACTOR)  # dark: inferred, the range would be 0 to 4
    noisy = np.concatenate(pipeline[-1].seen)
    assert noisy.std(axis=0).mean() > 0.4


def test_the_value_range_is_not_that_of_a_denoiser_behind_other_steps(digits):
    X, y = digits
    pipeline = make_pipeline(
        FunctionTransformer(lambda X: X / 255), SubspaceDenoiser(value_range=(0, 1)), Halves()
    ).fit(255 * X[:300], y[:300])
    certify(pipeline, np.uint8(255 * X[:1]), noise_factor=FACTOR)
    assert np.concatenate(pipeline[-1].seen).std(axis=0).mean() > 0.02


def test_classes_of_another_kind_are_refused(rows):
    with pytest.raises(ValueError, match="as the pipeline predicts them"):
        certify(Halves(), rows[:3], ["zero", "one", "one"], noise_factor=FACTOR)


def test_tables_keep_their_names_and_labels_may_be_words(digits):
    X, y = digits
    table = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    words = np.array(["zero", "one", "two", "three", "four"] * 2)[y]
    forest = RandomForestClassifier(20, random_state=0).fit(table[:600], words[:600])
    certificate = certify(
        forest, table[600:610], words[600:610], noise_factor=0.05, n_draws=50
    )  # a warning on names would be an error here
    assert set(certificate.predictions) <= set(words)
    assert certificate.certified_accuracy() > 0.5


def test_a_network_before_a_classifier_of_rows_takes_image_arrays(digits):
    X, y = digits
    images = X.reshape(-1, 8, 8)
    pipeline = make_pipeline(quick_denoiser(noise_factor=FACTOR), ImageFlattener(), SVC())
    pipeline.fit(images[:400], y[:400])
    certificate = certify(pipeline, images[400:405], y[400:405], noise_factor=FACTOR, n_draws=50)
    assert certificate.frame.shape == (5, 5)


def test_the_report_says_what_is_certified(rows):
    y = (Halves().distance(rows) > 0).astype(int)
    certificate = certify(Halves(), rows[:100], y[:100], noise_factor=FACTOR)
    text = " ".join(str(certificate).split())
    assert "It abstains from" in text
    assert "no radius can be above 0.62" in text  # Phi^-1(0.001 ** (1 / 1000)) = 2.46
    assert "certified accuracy" in certificate._repr_html_()
    assert "certified accuracy" not in str(certify(Halves(), rows[:5], noise_factor=FACTOR))


def test_curves_fall_from_the_accuracy_to_zero(rows):
    y = (Halves().distance(rows) > 0).astype(int)
    certificates = {
        f"noise {factor}": certify(Halves(), rows[:100], y[:100], noise_factor=factor)
        for factor in (0.1, 0.2)
    }
    display = CertifiedAccuracyDisplay.from_certificates(certificates, linewidth=3)
    assert list(display.lines_) == list(certificates)
    for name, line in display.lines_.items():
        heights = line.get_ydata()
        assert heights[0] == certificates[name].certified_accuracy(0)
        assert heights[-1] == 0
        assert line.get_linewidth() == 3
    alone = certificates["noise 0.1"].plot()
    assert alone.ax_.get_legend() is None
    with pytest.raises(ValueError, match="Give at least one certificate"):
        CertifiedAccuracyDisplay.from_certificates({})


def test_progress_is_shown_in_lines_where_there_is_no_terminal(rows, capsys):
    certify(Halves(), rows[:40], noise_factor=FACTOR, n_draws=20, alpha=0.1, verbose=1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "certificates 2/40: images"
    assert lines[-1] == "certificates 40/40: images"
    assert len(lines) == 20


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"noise_factor": 0}, "above 0"),
        ({"noise_factor": (0, 0.5)}, "must be one number"),
        ({"noise_factor": np.inf}, "above 0"),
        ({"n_draws": 0}, "n_draws=0 must be an integer"),
        ({"n_draws": 9}, "at least 10"),
        ({"n_selection_draws": 1.5}, "n_selection_draws=1.5"),
        ({"alpha": 1}, "between 0 and 1"),
        ({"y": [0, 1]}, "inconsistent numbers"),
        ({"X": np.full((3, 4), np.nan)}, "NaN"),
        ({"value_range": (1, 0)}, "value_range"),
    ],
)
def test_bad_input_is_refused_in_words(params, message, rows):
    with pytest.raises(ValueError, match=message):
        certify(Halves(), **{"X": rows[:3], "noise_factor": FACTOR, **params})


def test_a_class_of_the_users_own_needs_no_more_than_predict(rows):
    class Own:
        def predict(self, X):
            return Halves().predict(X)

    own, halves = (certify(one, rows[:3], noise_factor=FACTOR) for one in (Own(), Halves()))
    assert (own.radii == halves.radii).all()


def test_only_fitted_classifiers_are_certified(rows):
    regression = LinearRegression().fit(rows, rows[:, 0])
    for other in (regression, SubspaceDenoiser().fit(rows), KMeans(2).fit(rows)):
        with pytest.raises(TypeError, match="is not a classifier"):
            certify(other, rows[:3], noise_factor=FACTOR)
    with pytest.raises(NotFittedError):
        certify(SVC(), rows[:3], noise_factor=FACTOR)
    several = RandomForestClassifier(5).fit(rows[:50], rows[:50] > 0.5)
    with pytest.raises(ValueError, match="one class for each"):
        certify(several, rows[:3], noise_factor=FACTOR)


def test_noise_is_in_units_of_the_range_of_a_packaged_denoiser():
    X = np.random.default_rng(0).uniform(0.2, 0.7, size=(2, 8, 8)).astype("float32")
    denoiser = FrozenEstimator(UNetDenoiser.from_pretrained("photo-gray", precision="float32"))
    seen = {}
    for white in (1, 255):
        classifier = Halves(seen=[]).fit(X, [0, 1])
        certify(make_pipeline(denoiser, classifier), white * X, noise_factor=0.1, n_draws=50)
        seen[white] = np.concatenate(classifier.seen)
    np.testing.assert_allclose(seen[255] / 255, seen[1], atol=1e-4)


def test_images_that_are_all_misclassified_have_a_certificate(digits):
    X, y = digits
    forest = RandomForestClassifier(20, random_state=0).fit(X[:600], y[:600])
    wrong = 600 + np.flatnonzero(forest.predict(X[600:]) != y[600:])[:1]
    certificate = certify(forest, X[wrong], y[wrong], noise_factor=0.01, n_draws=50)
    assert certificate.certified_accuracy() == 0
    with pytest.raises(ValueError, match="y has none of the classes of pipeline"):
        certify(forest, X[wrong], y[wrong].astype(str), noise_factor=0.01, n_draws=50)
