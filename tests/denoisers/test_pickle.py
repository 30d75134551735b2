"""Denoisers are copied, stored and hashed; their network is a model of Keras."""

import pickle
import subprocess
import sys

import joblib
import keras
import numpy as np
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator


def test_pickle_clone_and_joblib_keep_the_denoiser(trained, digits, tmp_path):
    X = digits[0][:50]
    expected = trained.transform(X)
    joblib.dump(trained, tmp_path / "denoiser.joblib")
    for copied in (
        pickle.loads(pickle.dumps(trained)),
        joblib.load(tmp_path / "denoiser.joblib"),
        FrozenEstimator(trained),
    ):
        np.testing.assert_array_equal(copied.transform(X), expected)
    assert not hasattr(clone(trained), "image_shape_")


def test_pickle_works_in_another_process(trained, digits, tmp_path):
    X = digits[0][:50]
    joblib.dump((trained, X), tmp_path / "denoiser.joblib")
    program = (
        "import joblib, numpy as np\n"
        f"denoiser, X = joblib.load(r'{tmp_path / 'denoiser.joblib'}')\n"
        f"np.save(r'{tmp_path / 'denoised.npy'}', denoiser.transform(X))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "denoised.npy"), trained.transform(X))


def test_hash_is_stable(digits):
    denoiser = quick_denoiser().fit(digits[0][:100])
    before = joblib.hash(denoiser)
    denoiser.transform(digits[0][:10])
    assert denoiser.model_ is denoiser.model_
    assert joblib.hash(denoiser) == before
    assert joblib.hash(pickle.loads(pickle.dumps(denoiser))) == before
    assert joblib.hash(quick_denoiser().fit(digits[0][:100])) == before


def test_model_is_a_keras_model_and_changing_it_changes_the_denoiser(digits):
    X = digits[0][:100]
    denoiser = quick_denoiser().fit(X)
    before = denoiser.transform(X)
    assert isinstance(denoiser.model_, keras.Model)
    np.testing.assert_array_equal(denoiser.transform(X), before)
    denoiser.model_.set_weights([np.zeros_like(w) for w in denoiser.model_.get_weights()])
    np.testing.assert_allclose(denoiser.transform(X), 0.5)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(denoiser)).transform(X), 0.5)


def test_model_can_be_saved_by_keras(digits, tmp_path):
    denoiser = quick_denoiser().fit(digits[0][:100])
    denoiser.model_.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    images = digits[0][:4].reshape(-1, 8, 8, 1).astype(np.float32)
    np.testing.assert_allclose(
        loaded.predict_on_batch(images), denoiser.model_.predict_on_batch(images), atol=1e-6
    )
