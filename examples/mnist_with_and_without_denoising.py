"""
MNIST with and without denoising
================================

Five classifiers on MNIST with Gaussian noise 0.4, as in the recipe that this package started from. Each
is tested without a denoiser, trained on noisy images, and with the denoiser, retrained or not. Reads
``mnist.npz``, as Keras distributes it, from the folder ``SKDENOISE_DATA``; takes about ten minutes on 2
cores. ``experiments/denoising_tables.py`` makes the full tables.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import NoiseAugmenter, UNetDenoiser, add_noise, plot_image_rows

# %%
# The first 10,000 training images, and all test images. The noise is not clipped.

with np.load(
    Path(os.environ.get("SKDENOISE_DATA", "../shared/data")) / "mnist.npz"
) as data:
    X, y = (
        data["x_train"][:10_000].reshape(10_000, -1) / np.float32(255),
        data["y_train"][:10_000],
    )
    X_test, y_test = (
        data["x_test"].reshape(10_000, -1) / np.float32(255),
        data["y_test"],
    )
noisy = add_noise(X_test, noise_factor=0.4, random_state=0)

# %%
# With ``memory``, the denoiser is fitted once, and each classifier reuses it from the cache.

denoiser = UNetDenoiser(noise_factor=0.4, random_state=0, verbose=1)
augmenter = NoiseAugmenter(noise_factor=0.4, random_state=0)
classifiers = {
    "random forest": RandomForestClassifier(n_jobs=2, random_state=0),
    "SVC": SVC(C=5),
    "logistic regression": LogisticRegression(max_iter=50),
    "kNN": KNeighborsClassifier(),
    "MLP": MLPClassifier(256, max_iter=30, tol=1e-3, random_state=0),
}
rows = {}
with tempfile.TemporaryDirectory() as cache:
    for name, classifier in classifiers.items():
        alone = classifier.fit(X, y)
        rows[name] = {
            "clean images": alone.score(X_test, y_test),
            "no denoiser": alone.score(noisy, y_test),
        }
        denoising = make_pipeline(denoiser, "passthrough", memory=cache).fit(
            X, y
        )
        rows[name]["denoiser, classifier not retrained"] = alone.score(
            denoising.transform(noisy), y_test
        )
        for condition, first in {
            "noise augmentation": augmenter,
            "denoiser": denoiser,
        }.items():
            pipeline = make_pipeline(first, classifier, memory=cache).fit(X, y)
            rows[name][condition] = pipeline.score(noisy, y_test)

# %%
# Accuracy on the noisy test images (first column: on clean images).

print(pd.DataFrame(rows).T.round(3).to_string())

# %%
figure = plot_image_rows(
    {
        "noisy": noisy[:10],
        "denoised": denoising.transform(noisy[:10]),
        "clean": X_test[:10],
    }
)
figure.savefig("mnist_with_and_without_denoising.png", dpi=150)

# %%
# Denoising brings every classifier back to within a few points of its accuracy on clean images. Whether it beats
# training on noisy images depends on the classifier: see the page on results.

# sphinx_gallery_thumbnail_path = "images/thumbnails/mnist.jpg"
