"""Images and small denoisers that several test modules use."""

import copy
import os

# Read by TensorFlow when it is first imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# pytest runs as many processes as there are cores: a thread each, as joblib grants its workers.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_sample_images
from threadpoolctl import threadpool_limits

from skdenoise import UNetDenoiser
from skdenoise.backend.threads import obey_thread_limit

obey_thread_limit()  # before a test starts TensorFlow in another way
if "PYTEST_XDIST_WORKER" in os.environ:
    # pytest has loaded NumPy and scikit-learn before, for the warnings that pyproject.toml names.
    threadpool_limits(int(os.environ["OMP_NUM_THREADS"]))


def quick_denoiser(**params):
    """Return a denoiser that is fitted in about a second, and has learned a little.

    In float32 on every processor, so that tests do not depend on the one that they run on.
    """
    quick = {"filters": (8, 16), "epochs": 1, "batch_size": 64, "precision": "float32"}
    return UNetDenoiser(**{**quick, "random_state": 0, **params})


def changed(denoiser, **params):
    """Return another denoiser with the same fit and other parameters."""
    return copy.copy(denoiser).set_params(**params)


@pytest.fixture(scope="session")
def digits():
    """Digits as flat rows of floats in 0..1, and their labels, shuffled."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return X[order] / 16, y[order]


@pytest.fixture(scope="session")
def mnist():
    """Flat rows of MNIST, floats in 0..1, and labels: X, y, X_test, y_test."""
    path = Path(os.environ.get("SKDENOISE_DATA", "../shared/data")) / "mnist.npz"
    if not path.exists():
        pytest.skip(f"{path} is missing; SKDENOISE_DATA names the folder of mnist.npz")
    with np.load(path) as data:
        X, y = data["x_train"][:3000].reshape(3000, -1), data["y_train"][:3000]
        X_test, y_test = data["x_test"][:1000].reshape(1000, -1), data["y_test"][:1000]
    return X.astype(np.float32) / 255, y, X_test.astype(np.float32) / 255, y_test


@pytest.fixture(scope="session")
def photographs():
    """Two photographs, (2, 427, 640, 3), uint8."""
    return np.stack(load_sample_images().images)


@pytest.fixture(scope="session")
def trained(digits):
    """A denoiser for Gaussian noise 0.4 that works well on digits, and must not be changed."""
    X, _ = digits
    return UNetDenoiser(noise_factor=0.4, epochs=12, precision="float32", random_state=0).fit(
        X[:1200]
    )
