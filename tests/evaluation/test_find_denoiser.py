"""The denoiser is found in pipelines, searches and frozen estimators, by everything that looks for it."""

import matplotlib
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from skdenoise import (
    DenoisingDisplay,
    FilterDenoiser,
    NoiseAugmenter,
    SubspaceDenoiser,
    corruption_report,
    to_onnx,
)
from skdenoise.evaluation.find_denoiser import (
    find_denoiser,
    flat_pipeline,
    named_steps,
    steps_that_know_their_noise,
)

matplotlib.use("Agg")

X, y = load_digits(return_X_y=True)
X = (X / 16).astype("float32")
SUBSPACE = SubspaceDenoiser(20, random_state=0)


def frozen_pipeline():
    return FrozenEstimator(make_pipeline(clone(SUBSPACE)).fit(X[:300]))


ESTIMATORS = {
    "denoiser": lambda: clone(SUBSPACE),
    "pipeline": lambda: make_pipeline(clone(SUBSPACE), LogisticRegression()),
    "search over a pipeline": lambda: GridSearchCV(
        make_pipeline(clone(SUBSPACE), LogisticRegression()),
        {"logisticregression__C": [1, 2]},
        cv=2,
    ),
    "search over a denoiser": lambda: GridSearchCV(
        clone(SUBSPACE), {"n_components": [10, 20]}, cv=2
    ),
    "pipeline in a pipeline": lambda: make_pipeline(
        make_pipeline(clone(SUBSPACE)), LogisticRegression()
    ),
    "frozen pipeline in a pipeline": lambda: make_pipeline(
        NoiseAugmenter(), frozen_pipeline(), LogisticRegression()
    ),
    "search in a pipeline": lambda: make_pipeline(
        GridSearchCV(clone(SUBSPACE), {"n_components": [10, 20]}, cv=2), LogisticRegression()
    ),
}


@pytest.fixture(scope="module", params=ESTIMATORS)
def fitted(request):
    return ESTIMATORS[request.param]().fit(X[:300], y[:300])


def test_the_display_denoises_with_it(fitted):
    display = DenoisingDisplay.from_estimator(fitted, X[300:304])
    found = find_denoiser(fitted)
    assert isinstance(found.denoiser, SubspaceDenoiser)
    expected = found.denoiser.transform(display.noisy)
    assert (display.denoised == expected).all()


def test_onnx_exports_it(fitted):
    pytest.importorskip("skl2onnx")
    names = [output.name for output in to_onnx(fitted, X).graph.output]
    is_classifier = hasattr(fitted, "classes_")
    assert names == (["label", "probabilities"] if is_classifier else ["denoised"])


def test_the_report_knows_the_noise_that_it_has_seen(fitted):
    if not hasattr(fitted, "classes_"):
        pytest.skip("does not classify")
    report = corruption_report(
        fitted, X[300:330], y[300:330], corruptions=["gaussian", "fog"], severities=[1]
    )
    assert report.frame.query("seen").corruption.tolist() == ["gaussian"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_unfitted_estimator_is_looked_into_too(name):
    assert isinstance(find_denoiser(ESTIMATORS[name]()).denoiser, SubspaceDenoiser)


def test_images_are_prepared_by_the_steps_before_the_denoiser():
    scaled = 16 * X[:300]
    pipeline = make_pipeline(
        make_pipeline(MaxAbsScaler(), "passthrough"),
        make_pipeline(clone(SUBSPACE)),
        LogisticRegression(),
    ).fit(scaled, y[:300])
    found = find_denoiser(pipeline)
    assert [type(step) for step in found.before] == [MaxAbsScaler]
    assert (found.prepare(scaled) == pipeline[0].transform(scaled)).all()


def test_a_wrapped_classifier_is_looked_into_but_stays_one_step():
    inner = make_pipeline(MaxAbsScaler(), clone(SUBSPACE), LogisticRegression())
    tuned = TunedThresholdClassifierCV(inner, cv=2).fit(X[:300], y[:300] > 4)
    found = find_denoiser(tuned)
    assert found.denoiser is tuned.estimator_[1]
    assert found.before == [tuned.estimator_[0]]
    assert [step for _, step in named_steps(tuned)] == [tuned]
    assert steps_that_know_their_noise(tuned) == [tuned.estimator_[1]]


def test_estimators_without_a_denoiser_have_none():
    assert find_denoiser(make_pipeline(MaxAbsScaler(), LogisticRegression())) is None
    assert find_denoiser(LogisticRegression()) is None


def test_the_first_of_several_denoisers_is_found():
    pipeline = make_pipeline(FilterDenoiser("median"), SUBSPACE)
    assert find_denoiser(pipeline).denoiser is pipeline[0]


def test_a_flat_pipeline_has_all_steps_under_different_names():
    inner = make_pipeline(FilterDenoiser("median"), SUBSPACE)
    flat = flat_pipeline(make_pipeline(inner, FrozenEstimator(inner), LogisticRegression()))
    assert [name for name, _ in flat.steps] == [
        "pipeline-filterdenoiser",
        "pipeline-subspacedenoiser",
        "frozenestimator-filterdenoiser",
        "frozenestimator-subspacedenoiser",
        "logisticregression",
    ]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda denoiser: FeatureUnion([("denoised", denoiser), ("none", "drop")]),
        lambda denoiser: ColumnTransformer([("denoised", denoiser, slice(0, 64))]),
    ],
)
def test_the_report_looks_into_unions_and_calibrated_classifiers(wrap):
    denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0)
    classifier = make_pipeline(wrap(denoiser), LogisticRegression(max_iter=500))
    for estimator in (classifier, CalibratedClassifierCV(classifier, cv=2)):
        report = corruption_report(
            estimator.fit(X[:300], y[:300]),
            *(X[300:330], y[300:330]),
            corruptions=["gaussian", "fog"],
            severities=[1],
        )
        assert report.frame.query("seen").corruption.tolist() == ["gaussian"]
