"""The table of meta-estimators in the guide, with the scikit-learn that is installed."""

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    learning_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from skdenoise import FilterDenoiser, ImageFlattener

GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "images.md"
ROW = re.compile(r"^\| `(.+?)` \| (works|refuses) \| (works|refuses) \|$", re.MULTILINE)


def several_outputs(y):
    return np.stack([y == 0, y == 1], axis=1).astype(int)


def partly_labelled(y):
    return np.where(np.arange(len(y)) % 4 == 0, -1, y)


def around(make, targets=lambda y: y):
    """Return a function that fits an estimator made from a pipeline, and predicts."""

    def use(pipeline, X, y):
        return make(pipeline).fit(X, targets(y)).predict(X)

    return use


USES = {
    "GridSearchCV": around(lambda p: GridSearchCV(p, {"denoise__strength": [0.5, 1]}, cv=2)),
    "cross_val_predict": lambda p, X, y: cross_val_predict(p, X, y, cv=2),
    "learning_curve": lambda p, X, y: learning_curve(p, X, y, cv=2, train_sizes=[0.5, 1.0]),
    "permutation_importance": lambda p, X, y: permutation_importance(
        p.fit(X, y), X, y, n_repeats=1, random_state=0
    ),
    "VotingClassifier": around(lambda p: VotingClassifier([("one", p), ("two", p)])),
    "StackingClassifier": around(lambda p: StackingClassifier([("one", p)], GaussianNB(), cv=2)),
    "StackingClassifier(passthrough=True)": around(
        lambda p: StackingClassifier([("one", p)], GaussianNB(), cv=2, passthrough=True)
    ),
    "BaggingClassifier": around(lambda p: BaggingClassifier(p, n_estimators=2, random_state=0)),
    "BaggingClassifier(max_features=0.5)": around(
        lambda p: BaggingClassifier(p, n_estimators=2, max_features=0.5, random_state=0)
    ),
    "AdaBoostClassifier": around(lambda p: AdaBoostClassifier(p, n_estimators=2)),
    "CalibratedClassifierCV": around(lambda p: CalibratedClassifierCV(p, cv=2)),
    "TunedThresholdClassifierCV": around(
        lambda p: TunedThresholdClassifierCV(p, cv=2), lambda y: (y == 0).astype(int)
    ),
    "OneVsRestClassifier": around(OneVsRestClassifier),
    "OneVsOneClassifier": around(OneVsOneClassifier),
    "OutputCodeClassifier": around(lambda p: OutputCodeClassifier(p, random_state=0)),
    "MultiOutputClassifier": around(MultiOutputClassifier, several_outputs),
    "ClassifierChain": around(ClassifierChain, several_outputs),
    "SelfTrainingClassifier": around(SelfTrainingClassifier, partly_labelled),
}


def said_by_the_guide():
    """Return whether flat rows and image arrays work, by the name of the meta-estimator."""
    if not GUIDE.exists():
        return {}
    return {name: (flat, images) for name, flat, images in ROW.findall(GUIDE.read_text("utf-8"))}


SAID = said_by_the_guide()


@pytest.fixture(scope="module")
def three_classes(digits):
    X, y = digits
    return X[:90], y[:90] % 3


def found(use, pipeline, X, y):
    try:
        use(pipeline, X, y)
    except ValueError:
        return "refuses"
    return "works"


def flat_rows(denoiser):
    return Pipeline([("denoise", denoiser), ("classify", GaussianNB())])


def image_arrays(denoiser):
    return Pipeline(
        [("denoise", denoiser), ("flatten", ImageFlattener()), ("classify", GaussianNB())]
    )


@pytest.mark.skipif(not SAID, reason="the documentation is not beside the tests")
def test_the_guide_lists_what_is_tested():
    assert list(SAID) == list(USES)


# Self-training with too few sure predictions, or a fold without a class, warns; neither matters here.
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn", "ignore::RuntimeWarning:sklearn")
@pytest.mark.parametrize("name", SAID)
def test_meta_estimators_work_or_refuse_as_the_guide_says(three_classes, name):
    X, y = three_classes
    images, use = X.reshape(-1, 8, 8), USES[name]
    median = FilterDenoiser("median")
    rows = found(use, flat_rows(FilterDenoiser("median", image_shape=(8, 8))), X, y)
    grey = found(use, image_arrays(median), images, y)
    colour = found(use, image_arrays(median), np.stack([images] * 3, axis=-1), y)
    assert (rows, grey, colour) == (*SAID[name], SAID[name][1])


@pytest.mark.parametrize("name", ["VotingClassifier", "BaggingClassifier"])
def test_a_learned_denoiser_is_treated_as_a_filter(three_classes, name):
    if name not in SAID:
        pytest.skip("the documentation is not beside the tests")
    X, y = three_classes
    rows = found(USES[name], flat_rows(quick_denoiser(filters=(2, 3), image_shape=(8, 8))), X, y)
    images = X.reshape(-1, 8, 8)
    arrays = found(USES[name], image_arrays(quick_denoiser(filters=(2, 3))), images, y)
    assert (rows, arrays) == SAID[name]
