"""The main job: denoisers in front of classifiers, in all that scikit-learn does with pipelines."""

import pickle

import joblib
import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (its import enables the search)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_score,
    learning_curve,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdenoise import (
    CommonCorruption,
    FilterDenoiser,
    GaussianBlur,
    GaussianNoise,
    NoiseAugmenter,
    RandomChoice,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    noise_names,
    noisy_scorer,
)

FOREST = RandomForestClassifier(random_state=0)
CLASSIFIERS = [
    LogisticRegression(max_iter=200),
    RandomForestClassifier(random_state=0),
    KNeighborsClassifier(),
    SVC(),
    MLPClassifier(64, max_iter=60, tol=1e-2, random_state=0),
]
# kNN averages noise away by itself: on 8x8 digits a denoiser does not help it.
GAIN_EXPECTED = {"KNeighborsClassifier": -0.1}


@pytest.fixture(scope="module")
def denoised(digits, tmp_path_factory):
    """A denoiser, and a cache that fits it once for all classifiers."""
    cache = joblib.Memory(tmp_path_factory.mktemp("cache"), verbose=0)
    return UNetDenoiser(noise_factor=0.5, epochs=30, random_state=0), cache


@pytest.fixture(scope="module")
def split(digits):
    X, y = digits
    return X[:1200], y[:1200], add_noise(X[1200:], noise_factor=0.5, random_state=1), y[1200:]


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda c: type(c).__name__)
def test_pipeline_beats_the_classifier_alone_on_noisy_digits(classifier, denoised, split):
    X, y, X_test, y_test = split
    denoiser, cache = denoised
    alone = clone(classifier).fit(X, y).score(X_test, y_test)
    pipeline = make_pipeline(denoiser, clone(classifier), memory=cache).fit(X, y)
    print(f"alone {alone:.3f}, behind the denoiser {pipeline.score(X_test, y_test):.3f}")
    gain = GAIN_EXPECTED.get(type(classifier).__name__, 0.01)
    assert pipeline.score(X_test, y_test) > alone + gain


def test_pipeline_takes_image_arrays(denoised, split):
    X, y, X_test, y_test = split
    flatten = FunctionTransformer(lambda images: images.reshape(len(images), -1))
    pipeline = make_pipeline(quick_denoiser(epochs=20, batch_size=32), flatten, SVC())
    pipeline.fit(X.reshape(-1, 8, 8), y)
    assert pipeline.score(X_test.reshape(-1, 8, 8), y_test) > 0.5


def test_forest_must_learn_on_denoised_noisy_images(split, digits):
    X, y, *_ = split
    denoiser = UNetDenoiser(noise_factor=0.5, epochs=8, random_state=0)
    on_noisy = make_pipeline(denoiser, clone(FOREST)).fit(X, y)
    on_clean = make_pipeline(FrozenEstimator(on_noisy[0]), clone(FOREST)).fit(X, y)
    X_test = add_noise(np.concatenate([digits[0][1200:]] * 3), noise_factor=0.5, random_state=1)
    y_test = np.tile(digits[1][1200:], 3)
    assert on_noisy.score(X_test, y_test) > on_clean.score(X_test, y_test) + 0.01


def test_classifier_that_cannot_be_retrained_is_rescued(denoised, split):
    X, y, X_test, y_test = split
    denoiser, cache = denoised
    classifier = SVC().fit(X, y)
    pipeline = make_pipeline(denoiser, FrozenEstimator(classifier), memory=cache).fit(X, y)
    assert pipeline.score(X_test, y_test) > classifier.score(X_test, y_test) + 0.1


def test_augmenter_before_a_frozen_denoiser_is_better_than_none(denoised, split):
    X, y, X_test, y_test = split
    denoiser, cache = denoised
    frozen = FrozenEstimator(make_pipeline(denoiser, "passthrough", memory=cache).fit(X, y)[0])
    augmenter = NoiseAugmenter(noise_factor=0.5, random_state=0)
    without = make_pipeline(frozen, FOREST).fit(X, y).score(X_test, y_test)
    with_augmenter = make_pipeline(augmenter, frozen, FOREST).fit(X, y).score(X_test, y_test)
    print(f"without augmenter {without:.3f}, with {with_augmenter:.3f}")
    assert with_augmenter > without


def test_grid_search_over_noise_network_and_no_denoiser(split):
    X, y, X_test, y_test = split
    pipeline = Pipeline(
        [("denoise", quick_denoiser(batch_size=32, learning_rate=5e-3)), ("classify", SVC())]
    )
    search = GridSearchCV(
        pipeline,
        [
            {"denoise__noise_factor": [0.1, 0.8], "denoise__epochs": [10]},
            {"denoise__network": ["classic"], "denoise__filters": [(8, 8, 16)]},
            {"denoise": ["passthrough"]},
        ],
        scoring=noisy_scorer("accuracy", noise_factor=0.8),
        cv=2,
        n_jobs=2,
        error_score="raise",
    ).fit(X[:400], y[:400])
    scores = search.cv_results_["mean_test_score"]
    assert np.argmin(scores) == 3  # without a denoiser
    assert search.best_params_.get("denoise") != "passthrough"
    assert search.best_estimator_.score(X_test, y_test) > 0.4
    assert len(search.cv_results_["params"]) == 4


def test_successive_halving_spends_its_epochs_on_the_best_noise(split):
    X, y, *_ = split
    search = HalvingGridSearchCV(
        Pipeline([("denoise", quick_denoiser()), ("as_is", "passthrough")]),
        {"denoise__noise_factor": [0.01, 0.02, 0.03, 0.04, 0.05, 0.5]},
        resource="denoise__epochs",
        max_resources=9,
        scoring=noisy_scorer("psnr", noise_factor=0.5),
        cv=2,
    ).fit(X[:300], y[:300])
    assert search.n_resources_ == [3, 9]
    assert search.n_candidates_ == [6, 2]
    assert search.best_params_ == {"denoise__noise_factor": 0.5, "denoise__epochs": 9}
    assert search.best_estimator_["denoise"].n_iter_ == 9


class CountedDenoiser(UNetDenoiser):
    """Writes a line to a file for each fit."""

    def __init__(self, log=None, epochs=None, random_state=None):
        super().__init__(epochs=epochs, random_state=random_state)
        self.log = log

    def fit(self, X, y=None, *, clean=None, noisy=None):
        with open(self.log, "a") as log:
            log.write("fit\n")
        return super().fit(X, y, clean=clean, noisy=noisy)


def test_grid_search_chooses_between_denoisers_of_any_kind(split):
    X_train, y_train, *_ = split
    search = GridSearchCV(
        Pipeline([("denoise", "passthrough"), ("classify", SVC())]),
        {
            "denoise": [
                quick_denoiser(noise_factor=0.5),
                FilterDenoiser("gaussian", noise_factor=0.5, random_state=0),
                SubspaceDenoiser(noise_factor=0.5, random_state=0),
                NoiseAugmenter(noise_factor=0.5, random_state=0),
                "passthrough",
            ]
        },
        scoring=noisy_scorer("accuracy", noise_factor=0.5),
        cv=2,
    ).fit(X_train, y_train)
    scores = search.cv_results_["mean_test_score"]
    # What learns from noise is ahead of what does not.
    assert scores[2] > scores[4]
    assert scores[3] > scores[4]
    assert isinstance(search.best_params_["denoise"], SubspaceDenoiser | NoiseAugmenter)


def test_grid_search_goes_over_the_parameters_of_a_noise_model_and_of_a_filter(split):
    X_train, y_train, *_ = split
    noise = CommonCorruption("motion_blur")
    search = GridSearchCV(
        make_pipeline(FilterDenoiser("tv_chambolle", noise), LogisticRegression(max_iter=200)),
        {
            "filterdenoiser__noise__severity": [1, 5],
            "filterdenoiser__noise__scale": ["cifar", "imagenet"],
            "filterdenoiser__weight": [0.2, 2.0],
        },
        scoring=noisy_scorer("accuracy", "motion_blur", severity=5, scale="cifar"),
        cv=2,
    ).fit(X_train[:120], y_train[:120])
    assert len(search.cv_results_["params"]) == 8
    assert search.best_estimator_[0].noise_.severity in (1, 5)


@pytest.mark.parametrize("name", noise_names())
def test_every_noise_model_is_reached_by_name_everywhere(split, name):
    X_train, y_train, *_ = split
    images = X_train[:64].reshape(-1, 8, 8)
    noisy = add_noise(images, name, severity=3, random_state=0)
    assert NoiseAugmenter(name, random_state=0).fit_transform(images).shape == noisy.shape
    denoiser = quick_denoiser(noise=name, noise_factor=0.3).fit(images)
    assert denoiser.transform(noisy).shape == noisy.shape
    tree = LogisticRegression(max_iter=5, tol=1).fit(X_train[:64], y_train[:64])
    score = noisy_scorer("accuracy", name, severity=2)(tree, X_train[64:128], y_train[64:128])
    assert 0 <= score <= 1


def test_a_denoiser_learns_to_undo_several_kinds_of_noise_at_once(digits):
    X, _ = digits
    kinds = [
        GaussianNoise(0.4),
        GaussianBlur(0.8),
        CommonCorruption("impulse_noise", 5, "imagenet"),
    ]
    blind = UNetDenoiser(RandomChoice(kinds), epochs=15, random_state=0).fit(X[:1200])
    for kind in (kinds[0], kinds[2]):
        noisy = add_noise(X[1200:], kind, random_state=1)
        denoised = blind.transform(noisy)
        before, after = (np.mean((images - X[1200:]) ** 2) for images in (noisy, denoised))
        assert after < 0.6 * before


def test_memory_saves_refitting_the_denoiser_in_a_search_over_the_classifier(split, tmp_path):
    X, y, *_ = split
    log = tmp_path / "fits"
    denoiser = CountedDenoiser(str(log), epochs=1, random_state=0)
    pipeline = Pipeline(
        [("denoise", denoiser), ("classify", SVC())], memory=str(tmp_path / "cache")
    )
    scoring = noisy_scorer("accuracy", noise_factor=0.4)
    search = GridSearchCV(pipeline, {"classify__C": [0.1, 1, 10]}, cv=2, scoring=scoring)
    search.fit(X[:300], y[:300])
    assert len(log.read_text().splitlines()) == 3  # two folds and the refit


def test_meta_estimators_work_around_the_pipeline(split):
    X, y, X_test, _ = (part[:400] for part in split)
    pipeline = make_pipeline(quick_denoiser(), LogisticRegression(max_iter=200))
    knn = KNeighborsClassifier()
    for estimator in (
        StackingClassifier([("denoised", pipeline), ("knn", knn)], cv=2),
        VotingClassifier([("denoised", pipeline), ("knn", knn)], voting="soft"),
        CalibratedClassifierCV(pipeline, cv=2),
    ):
        assert estimator.fit(X, y).predict_proba(X_test).shape == (len(X_test), 10)


def test_cross_validation_and_learning_curve_work(split):
    X, y, *_ = split
    pipeline = make_pipeline(quick_denoiser(), SVC())
    scoring = noisy_scorer("accuracy", noise_factor=0.2)
    assert cross_val_score(pipeline, X[:400], y[:400], cv=2, scoring=scoring).shape == (2,)
    sizes, *_ = learning_curve(pipeline, X[:300], y[:300], cv=2, train_sizes=[0.5, 1.0])
    assert len(sizes) == 2


def test_clean_targets_travel_through_a_pipeline(split, digits):
    clean, y = digits[0][:300], digits[1][:300]
    noisy = add_noise(clean, noise_factor=0.4, random_state=0)
    plain = Pipeline([("denoise", quick_denoiser()), ("classify", SVC())])
    plain.fit(noisy, y, denoise__clean=clean)
    assert plain[0].noise_ is None
    with config_context(enable_metadata_routing=True):
        denoiser = quick_denoiser().set_fit_request(clean=True)
        routed = Pipeline([("denoise", denoiser), ("classify", SVC())]).fit(noisy, y, clean=clean)
    np.testing.assert_array_equal(routed.predict(noisy), plain.predict(noisy))


def test_fitted_pipeline_can_be_pickled(split):
    X, y, X_test, _ = split
    pipeline = make_pipeline(quick_denoiser(), SVC()).fit(X[:300], y[:300])
    copied = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(copied.predict(X_test), pipeline.predict(X_test))


def test_keras_classifier_stands_behind_the_denoiser(split):
    pytest.importorskip("sklearn", "1.7", reason="1.6 cannot read the tags of SciKeras 0.13")
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    from keras_classifier import ImageClassifier, small_cnn
    from sklearn.base import is_classifier

    X, y, X_test, y_test = split
    cnn = ImageClassifier(
        small_cnn,
        loss="sparse_categorical_crossentropy",
        epochs=6,
        batch_size=32,
        random_state=0,
        verbose=0,
    )
    assert is_classifier(cnn)
    pipeline = make_pipeline(quick_denoiser(epochs=6, batch_size=32), cnn)
    pipeline.fit(X.reshape(-1, 8, 8, 1), y)
    assert pipeline.score(X_test.reshape(-1, 8, 8, 1), y_test) > 0.5


@pytest.mark.parametrize("classifier", [SVC(C=5), FOREST], ids=lambda c: type(c).__name__)
def test_noisy_mnist_is_classified_right(mnist, classifier, tmp_path_factory):
    X, y, X_test, y_test = (part[:1500] for part in mnist)
    noisy = add_noise(X_test, noise_factor=0.4, random_state=1)
    cache = tmp_path_factory.getbasetemp() / "mnist"
    denoiser = UNetDenoiser(noise_factor=0.4, filters=(16, 32), epochs=4, random_state=0)
    alone = clone(classifier).fit(X, y).score(noisy, y_test)
    pipeline = make_pipeline(denoiser, clone(classifier), memory=str(cache)).fit(X, y)
    print(f"alone {alone:.3f}, denoised {pipeline.score(noisy, y_test):.3f}")
    assert pipeline.score(noisy, y_test) > alone + 0.1
