"""DenoisingClassifier as one ONNX graph: the same decision for each image, the same labels."""

import numpy as np
import onnxruntime
import pytest
from conftest import quick_denoiser
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    DenoisingClassifier,
    FilterDenoiser,
    ImageFlattener,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    to_onnx,
)

# skl2onnx asks each SVC for attributes that scikit-learn 1.9 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Attribute `prob[AB]_`:FutureWarning")

BLIND = {"noise_factor": (0, 0.6), "random_state": 0}
SUBSPACE = SubspaceDenoiser(20, **BLIND)
FLATTENED_FOREST = make_pipeline(ImageFlattener(), RandomForestClassifier(10, random_state=0))


def answers(estimator, images):
    model = to_onnx(estimator, images)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(["label", "probabilities"], {"images": images})


def half_noisy(images):
    return np.concatenate(
        [images[:100], add_noise(images[100:200], noise_factor=0.5, random_state=1)]
    )


@pytest.mark.parametrize(
    ("classifier", "denoiser", "convert", "name"),
    [
        (SVC(), SUBSPACE, np.float32, "digit {}".format),
        (RandomForestClassifier(10, random_state=0), SUBSPACE, np.float64, int),
        (
            MLPClassifier((32,), tol=1e-2, max_iter=500, random_state=0),
            quick_denoiser(epochs=5, **BLIND),
            np.float32,
            int,
        ),
        (
            FLATTENED_FOREST,
            SUBSPACE,
            lambda X: np.rint(X * 255).reshape(-1, 8, 8).astype("uint8"),
            int,
        ),
        (
            make_pipeline(ImageFlattener(), SVC()),
            FilterDenoiser("gaussian", sigma_spatial=0.7, **BLIND),
            lambda X: np.repeat(X.reshape(-1, 8, 8, 1), 3, axis=3).astype(np.float32),
            int,
        ),
    ],
    ids=["text labels", "float64", "network", "uint8 images", "colour"],
)
def test_the_graph_answers_as_the_estimator_does(digits, classifier, denoiser, convert, name):
    X, y = digits
    images, labels = convert(X), np.array([name(label) for label in y])
    estimator = DenoisingClassifier(classifier, denoiser, n_copies=2, random_state=0)
    estimator.fit(images[:600], labels[:600])
    tested = half_noisy(images[600:])
    assert 0.1 < estimator.uses_denoiser(tested).mean() < 0.9
    found, probabilities = answers(estimator, tested)
    assert np.mean(found == estimator.predict(tested)) > 0.98  # rounding near a threshold
    assert probabilities.shape == (200, 10)
    if hasattr(estimator, "predict_proba"):
        differences = np.abs(probabilities - estimator.predict_proba(tested)).max(axis=1)
        assert np.mean(differences < 1e-5) > 0.98


@pytest.mark.parametrize("name", ["digit {}".format, int])
def test_the_graph_averages_as_the_estimator_does(digits, name):
    X, y = digits
    X, labels = X.astype(np.float32), np.array([name(label) for label in y])
    bayes = GaussianNB(var_smoothing=0.01)
    estimator = DenoisingClassifier(bayes, SUBSPACE, n_copies=2, random_state=0)
    estimator.fit(X[:600], labels[:600])
    assert estimator.threshold_ < estimator.upper_threshold_ < np.inf
    tested = add_noise(X[600:], noise_factor=0.2, random_state=1)
    found, probabilities = answers(estimator, tested)
    assert np.mean(found == estimator.predict(tested)) > 0.98  # rounding near a threshold
    differences = np.abs(probabilities - estimator.predict_proba(tested)).max(axis=1)
    assert np.mean(differences < 1e-5) > 0.98


def test_a_denoiser_that_is_never_used_is_left_out(digits):
    X, y = digits
    X = X.astype(np.float32)
    estimator = DenoisingClassifier(
        KNeighborsClassifier(3), SubspaceDenoiser(1, **BLIND), n_copies=1, random_state=0
    ).fit(X[:300], y[:300])
    assert estimator.denoised_classifier_ is None
    label, probabilities = answers(estimator, X[300:400])
    np.testing.assert_array_equal(label, estimator.predict(X[300:400]))
    np.testing.assert_allclose(probabilities, estimator.predict_proba(X[300:400]), atol=1e-6)


def test_strips_have_no_neighbours_in_a_column(digits):
    X, y = digits
    strips = X[:, np.newaxis].astype(np.float32)
    estimator = DenoisingClassifier(
        make_pipeline(ImageFlattener(), SVC()),
        FilterDenoiser("gaussian", sigma_spatial=0.7, **BLIND),
        n_copies=2,
        random_state=0,
    ).fit(strips[:400], y[:400])
    tested = half_noisy(strips[400:])
    assert np.mean(answers(estimator, tested)[0] == estimator.predict(tested)) > 0.98


def test_a_packaged_denoiser_is_exported_for_the_range_of_the_images(digits):
    X, y = np.rint(60000 * digits[0]).astype("uint16"), digits[1]
    denoiser = FrozenEstimator(
        UNetDenoiser.from_pretrained("text", image_shape=(8, 8), precision="float32")
    )
    estimator = DenoisingClassifier(GaussianNB(var_smoothing=0.1), denoiser, random_state=0)
    estimator.fit(X[:500], y[:500])
    images = half_noisy(X[600:])
    label, _ = answers(estimator, images)
    assert (label == estimator.predict(images)).mean() > 0.99
