"""The image sets of the benchmarks, from the folder that SKDENOISE_DATA names."""

import os
from pathlib import Path

import numpy as np


def load_mnist(*, as_uint8=False):
    """Return MNIST as flat rows and labels: X_train, y_train, X_test, y_test.

    Values are floats in 0..1, or uint8.
    """
    folder = Path(os.environ.get("SKDENOISE_DATA", "../shared/data"))
    path = folder / "mnist.npz"
    if not path.exists():
        raise SystemExit(
            f"{path} is missing. Set SKDENOISE_DATA to a folder with mnist.npz (x_train, y_train, "
            "x_test, y_test), as Keras distributes it."
        )
    with np.load(path) as data:
        X, y, X_test, y_test = (data[k] for k in ("x_train", "y_train", "x_test", "y_test"))
    X, X_test = X.reshape(len(X), -1), X_test.reshape(len(X_test), -1)
    if not as_uint8:
        X, X_test = (images.astype(np.float32) / 255 for images in (X, X_test))
    return X, y, X_test, y_test
