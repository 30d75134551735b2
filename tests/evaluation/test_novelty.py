"""NoiseNoveltyDetector: as few false alarms as promised, and other noise is found."""

import pickle

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdenoise import (
    CorrelatedGaussianNoise,
    FilterDenoiser,
    NoiseNoveltyDetector,
    NoiseNoveltyDisplay,
    SubspaceDenoiser,
    add_noise,
)
from skdenoise.evaluation.usual_noise import STATISTICS, UsualNoise, noise_statistics

NOISE = 0.3


@pytest.fixture(scope="module")
def detector(digits):
    """Knows Gaussian noise of one strength on digits."""
    denoiser = SubspaceDenoiser(noise_factor=NOISE, random_state=0)
    return NoiseNoveltyDetector(denoiser, random_state=0).fit(digits[0][:1200])


@pytest.fixture(scope="module")
def unseen(digits):
    return digits[0][1200:]


@pytest.mark.parametrize("alpha", [0.1, 0.3])
def test_p_values_are_small_as_rarely_as_they_say_over_repeated_calibrations(alpha):
    rng = np.random.default_rng(0)
    alarms = []
    for _ in range(400):
        statistics = rng.gamma(2, size=(49 + 19 + 1, 3))  # the strength is the first
        p_values = UsualNoise(statistics[:49], statistics[49:68]).p_values(statistics[68:])
        assert ((p_values > 0) & (p_values <= 1)).all()
        alarms.append(p_values[0] <= alpha)
    error = np.sqrt(alpha * (1 - alpha) / len(alarms))
    assert np.mean(alarms) == pytest.approx(alpha, abs=3 * error)


def test_few_images_with_the_usual_noise_are_reported(detector, unseen):
    usual = add_noise(unseen, noise_factor=NOISE, random_state=4)
    assert (detector.predict(usual) == -1).mean() < 0.1
    assert set(detector.predict(usual)) == {-1, 1}


@pytest.mark.parametrize(
    ("noise", "factor", "words"),
    [
        ("gaussian", 0.45, "is stronger"),
        ("gaussian", 0.15, "is weaker"),
        ("salt_and_pepper", 0.15, "has more outliers"),
        (CorrelatedGaussianNoise(NOISE, 0.8), None, "is more correlated down"),
    ],
)
def test_other_noise_is_reported_and_described(detector, unseen, noise, factor, words):
    noisy = add_noise(unseen, noise, factor, random_state=0)
    assert (detector.predict(noisy) == -1).mean() > 0.8
    described = detector.describe(noisy)
    assert described["most_unusual"].mode()[0] == words
    assert (described["distance"] == -detector.score_samples(noisy)).all()
    assert (described["p_value"] == detector.p_values(noisy)).all()


@pytest.mark.parametrize("columns", [False, True])
def test_noise_of_rows_and_columns_is_told_apart(digits, columns):
    X = digits[0].reshape(-1, 8, 8)
    detector = NoiseNoveltyDetector(
        quick_denoiser(noise_factor=0.2), validation_fraction=0.4, random_state=0
    ).fit(X[:800])
    lines = np.random.default_rng(0).normal(0, 0.3, (len(X) - 800, 8, 1))
    noisy = X[800:] + (lines.transpose(0, 2, 1) if columns else lines)
    found = detector.describe(noisy)
    direction = "columns" if columns else "rows"
    assert found[direction].median() > found["rows" if columns else "columns"].median() + 0.3
    assert (detector.predict(noisy) == -1).mean() > 0.4


@pytest.mark.parametrize("layout", ["rows", "grey", "colour", "strips"])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_any_layout_and_dtype(digits, layout, dtype):
    X = digits[0][:240]
    X = np.rint(255 * X).astype(dtype) if dtype == "uint8" else X.astype(dtype)
    images = X.reshape(-1, 8, 8)
    X = {
        "rows": X,
        "grey": images,
        "colour": np.stack([images, images[:, ::-1], images], axis=-1),
        "strips": X.reshape(-1, 1, 64),
    }[layout]
    denoiser = FilterDenoiser("gaussian", noise_factor=0.2, random_state=0)
    detector = NoiseNoveltyDetector(denoiser, validation_fraction=0.7, random_state=0).fit(X[:160])
    noisy = add_noise(X[160:], noise_factor=0.8, random_state=1)
    assert detector.transform(noisy).shape == noisy.shape
    assert (detector.predict(noisy) == -1).mean() > 0.4


def test_a_frozen_pipeline_and_real_pairs(digits):
    clean = digits[0][:400]
    noisy = add_noise(clean, "speckle", 0.5, random_state=0)
    pipeline = make_pipeline(FunctionTransformer(np.asarray), quick_denoiser())
    pipeline.fit(clean[:200])
    detector = NoiseNoveltyDetector(FrozenEstimator(pipeline), random_state=0)
    detector.fit(noisy[200:], clean=clean[200:])
    assert detector.n_calibration_ == 100
    again = add_noise(clean[:200], "speckle", 0.5, random_state=1)
    assert (detector.predict(again) == -1).mean() < 0.2
    stronger = add_noise(clean[:200], noise_factor=1, random_state=1)
    assert (detector.predict(stronger) == -1).mean() > 0.9


def test_the_same_seed_gives_the_same_numbers_and_pickle_keeps_them(detector, digits, unseen):
    again = clone(detector).fit(digits[0][:1200])
    for other in (again, pickle.loads(pickle.dumps(detector))):
        np.testing.assert_array_equal(other.p_values(unseen), detector.p_values(unseen))


def test_the_display_shows_sets_of_images_above_and_below_the_line(detector, unseen):
    sets = {
        "usual too": add_noise(unseen, noise_factor=NOISE, random_state=4),
        "stronger": add_noise(unseen, noise_factor=2 * NOISE, random_state=4),
    }
    display = NoiseNoveltyDisplay.from_estimator(detector, sets, markersize=2)
    assert list(display.lines_) == ["usual noise", *sets]
    assert len(display.lines_["usual noise"].get_xdata()) == detector.n_calibration_
    above = [(display.distances[name] > display.threshold).mean() for name in display.lines_]
    assert above[0] <= detector.alpha
    assert above[1] < 0.1 < 0.9 < above[2]
    for name, noisy in sets.items():
        reported = detector.predict(noisy) == -1
        assert (reported == (display.distances[name] > display.threshold)).all()
    alone = NoiseNoveltyDisplay.from_estimator(detector, sets["stronger"])
    assert list(alone.lines_) == ["usual noise", "images"]


def test_the_least_promise_that_a_calibration_can_hold_reports_what_is_beyond_all_of_it(digits):
    denoiser = SubspaceDenoiser(noise_factor=NOISE, random_state=0).fit(digits[0][:200])
    detector = NoiseNoveltyDetector(FrozenEstimator(denoiser), alpha=1 - 0.9, random_state=0)
    detector.fit(digits[0][200:218])
    assert detector.n_calibration_ == 9
    far = add_noise(digits[0][300:350], noise_factor=1, random_state=0)
    assert (detector.predict(far) == -1).all()


def test_statistics_have_names(detector, unseen):
    columns = ["p_value", "distance", "most_unusual", *STATISTICS]
    assert list(detector.describe(unseen).columns) == columns
    assert list(detector.usual_.columns) == columns


def test_what_cannot_be_told_is_refused(digits, unseen):
    X = digits[0]
    denoiser = SubspaceDenoiser(noise_factor=NOISE, random_state=0)
    with pytest.raises(ValueError, match=r"1 - alpha=0\.95 needs a calibration on at least 19"):
        NoiseNoveltyDetector(denoiser).fit(X[:100])
    for wrong in (0, 1, "0.05", None):
        with pytest.raises(ValueError, match=r"alpha=.* must be a number between 0 and 1"):
            NoiseNoveltyDetector(denoiser, alpha=wrong).fit(X)
    with pytest.raises(TypeError, match="is not a denoiser and contains none"):
        NoiseNoveltyDetector(FunctionTransformer()).fit(X)
    for method in ("predict", "p_values", "score_samples", "describe", "transform"):
        with pytest.raises(NotFittedError):
            getattr(NoiseNoveltyDetector(denoiser), method)(unseen)
    with pytest.raises(NotFittedError):
        NoiseNoveltyDisplay.from_estimator(NoiseNoveltyDetector(denoiser), unseen)


def test_sets_have_other_names_than_the_usual_noise(detector, unseen):
    with pytest.raises(ValueError, match="Rename it"):
        NoiseNoveltyDisplay.from_estimator(detector, {"usual noise": unseen})
    display = NoiseNoveltyDisplay.from_estimator(detector, {"new": unseen}, ms=8, ls="-")
    assert display.lines_["new"].get_markersize() == 8


def test_statistics_of_many_images_are_those_of_each(unseen):
    noisy = add_noise(unseen, noise_factor=NOISE, random_state=0).reshape(-1, 8, 8, 1)
    noisy = np.concatenate([noisy] * 8)  # more than are measured at a time
    denoised = noisy / 2
    parts = [noise_statistics(noisy[[i]], denoised[[i]]) for i in (0, 700, -1)]
    np.testing.assert_allclose(
        noise_statistics(noisy, denoised)[[0, 700, -1]], np.concatenate(parts)
    )
