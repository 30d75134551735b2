"""A replay gives a scorer the answers of an estimator, which is asked once."""

import pickle

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.datasets import load_digits
from sklearn.feature_selection import RFE
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skdenoise.evaluation.replay import Replay

X, y = load_digits(return_X_y=True)
X = X / 16
CHOSEN = np.random.default_rng(0).integers(300, size=200)
LOGISTIC = LogisticRegression().fit(X[:600], y[:600])
TEST_X, TEST_Y = X[600:900], y[600:900]


class Counting(LogisticRegression):
    n_calls = 0

    def predict_proba(self, X):
        self.n_calls += 1
        return super().predict_proba(X)


def of_classifier():
    return Replay.of_classifier(LOGISTIC, TEST_X, LOGISTIC.classes_)


@pytest.mark.parametrize("make", [lambda: Replay(LOGISTIC, TEST_X), of_classifier])
@pytest.mark.parametrize(
    "scoring", ["accuracy", "balanced_accuracy", "roc_auc_ovr", "neg_log_loss"]
)
def test_scores_are_those_of_the_estimator_on_the_chosen_images(make, scoring):
    scorer = get_scorer(scoring)
    replay = make()
    for chosen in (CHOSEN, np.arange(300)):
        expected = scorer(LOGISTIC, TEST_X[chosen], TEST_Y[chosen])
        assert scorer(replay.choose(chosen), TEST_X[chosen], TEST_Y[chosen]) == expected


def test_each_answer_is_worked_out_once():
    classifier = Counting().fit(X[:600], y[:600])
    replay = Replay(classifier, TEST_X)
    for _ in range(3):
        replay.choose(CHOSEN).predict_proba(TEST_X[CHOSEN])
    assert classifier.n_calls == 1


def test_a_regressor_is_replayed_as_one():
    ridge = Ridge().fit(X[:600], y[:600])
    replay = Replay(ridge, TEST_X)
    assert not is_classifier(replay)
    expected = ridge.score(TEST_X[CHOSEN], TEST_Y[CHOSEN])
    scorer = get_scorer("r2")
    assert scorer(replay.choose(CHOSEN), TEST_X[CHOSEN], TEST_Y[CHOSEN]) == expected


def test_of_a_classifier_only_answers_are_kept():
    replay = pickle.loads(pickle.dumps(of_classifier())).choose(CHOSEN)
    assert is_classifier(replay)
    assert len(pickle.dumps(replay)) < TEST_X.nbytes
    assert replay.score(None, TEST_Y[CHOSEN]) == LOGISTIC.score(TEST_X[CHOSEN], TEST_Y[CHOSEN])


def test_it_has_only_the_methods_of_the_estimator():
    svc = LinearSVC().fit(X[:600], y[:600])
    for replay in (Replay(svc, TEST_X), Replay.of_classifier(svc, TEST_X, svc.classes_)):
        assert hasattr(replay, "decision_function")
        assert not hasattr(replay, "predict_proba")
        assert not hasattr(replay, "predict_log_proba")


@pytest.mark.parametrize(
    ("classifier", "is_accuracy"),
    [
        (LogisticRegression(), True),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), True),
        (GridSearchCV(LogisticRegression(), {"C": [1]}, cv=2), True),
        (GridSearchCV(LogisticRegression(), {"C": [1]}, cv=2, scoring="f1_macro"), False),
        (
            LogisticRegressionCV(Cs=[1], cv=2, scoring="neg_log_loss", use_legacy_attributes=False),
            False,
        ),
        (RFE(LogisticRegression(), n_features_to_select=0.5, step=0.5), True),
    ],
)
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::FutureWarning"
)
def test_score_is_replayed_if_it_is_accuracy(classifier, is_accuracy):
    classifier.fit(X[:300], y[:300])
    replay = Replay.of_classifier(classifier, TEST_X, np.arange(10))
    if is_accuracy:
        assert replay.score(None, TEST_Y) == classifier.score(TEST_X, TEST_Y)
    else:
        with pytest.raises(TypeError, match="other than accuracy"):
            replay.score(None, TEST_Y)


def test_further_answers_follow_from_those_that_are_kept():
    replay = of_classifier().choose(CHOSEN)
    expected = LOGISTIC.predict_log_proba(TEST_X[CHOSEN])
    np.testing.assert_allclose(replay.predict_log_proba(None), expected)


def test_steps_of_a_pipeline_are_those_of_the_estimator():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(
        X[:600], y[:600]
    )
    assert Replay(pipeline, TEST_X)[-1] is pipeline[-1]
