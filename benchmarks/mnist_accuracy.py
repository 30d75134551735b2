"""Accuracy on noisy MNIST of five classifiers, alone, behind rivals and behind the denoiser.

    python benchmarks/mnist_accuracy.py            # floats, noise not clipped
    python benchmarks/mnist_accuracy.py --uint8    # uint8, noise rounded and clipped

Trains on the first 10,000 training images and reports on all 10,000 test images, with Gaussian noise
0.4 drawn once. Nothing is chosen on the test images. MNIST is read from the folder SKDENOISE_DATA.
"""

import argparse
import json
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _data import load_mnist
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdenoise import NoiseAugmenter, NoiseResampler, UNetDenoiser, add_noise, psnr

NOISE = 0.4
SEED = 0
CLASSIFIERS = {
    "random forest": RandomForestClassifier(n_jobs=2, random_state=SEED),
    "SVC(C=5)": SVC(C=5),
    "logistic regression": LogisticRegression(max_iter=300),
    "kNN": KNeighborsClassifier(n_jobs=2),
    "MLP(256)": MLPClassifier(256, random_state=SEED),
}


def main():
    """Fill the table, print it and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uint8", action="store_true", help="uint8 images, noise clipped")
    parser.add_argument("--epochs", type=int, help="of the denoiser; its default otherwise")
    parser.add_argument("--images", type=int, default=10_000, help="to train on")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)

    X, y, X_test, y_test = load_mnist(as_uint8=arguments.uint8)
    X, y = X[: arguments.images], y[: arguments.images]
    noisy_test = add_noise(X_test, noise_factor=NOISE, random_state=SEED)
    denoiser = UNetDenoiser(noise_factor=NOISE, epochs=arguments.epochs, random_state=SEED)

    with tempfile.TemporaryDirectory() as cache:
        rows = {}
        for name, classifier in CLASSIFIERS.items():
            start = time.perf_counter()
            rows[name] = compare(classifier, denoiser, X, y, X_test, noisy_test, y_test, cache)
            print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
        fitted = fit_cached(denoiser, X, y, cache)
    quality = psnr(
        as_unit(X_test), as_unit(fitted.transform(noisy_test)), data_range=1, image_shape=(28, 28)
    )
    table = pd.DataFrame(rows).T
    print(f"\nDenoised test images: {quality.mean():.2f} dB (mean PSNR per image)\n")
    print(table.to_markdown(floatfmt=".3f"))
    kind = "uint8" if arguments.uint8 else "float"
    result = Path(__file__).parent / "results" / f"mnist_accuracy_{kind}.json"
    result.parent.mkdir(exist_ok=True)
    result.write_text(json.dumps({"psnr": quality.mean(), "accuracy": rows}, indent=1) + "\n")


def compare(classifier, denoiser, X, y, X_test, noisy_test, y_test, cache):
    """Return the accuracy of a classifier under each condition."""
    scaled = make(("classify", classifier))
    alone = scaled.fit(X, y)
    frozen = fit_cached(denoiser, X, y, cache).transform(noisy_test)
    augmenter = NoiseAugmenter(noise_factor=NOISE, random_state=SEED)
    n_components = 40 if isinstance(classifier, KNeighborsClassifier) else 60
    pca = ("pca", PCA(n_components, random_state=SEED))
    denoised_clean = clone(denoiser).set_params(train_output="denoised")

    def score(*steps):
        return (
            make(*steps, ("classify", classifier), memory=cache).fit(X, y).score(noisy_test, y_test)
        )

    scores = {
        "clean test images": alone.score(X_test, y_test),
        "alone": alone.score(noisy_test, y_test),
        "noise-trained, 1 copy": score(("augment", augmenter)),
        "noise-trained, 4 copies": four_copies(classifier, X, y, noisy_test, y_test),
        "PCA on clean": score(("scale", unit_scaler()), pca),
        "PCA on noisy": score(("augment", augmenter), ("scale", unit_scaler()), pca),
        "denoiser, classifier as it was": alone.score(frozen, y_test),
        "denoiser": score(("denoise", denoiser)),
    }
    if X.dtype != np.uint8:  # shown once: it takes another fit of the denoiser
        scores["denoiser, trained on denoised clean"] = score(("denoise", denoised_clean))
    return {condition: accuracy and round(accuracy, 4) for condition, accuracy in scores.items()}


def make(*steps, memory=None):
    """Make a pipeline whose classifier sees values in 0..1, whatever the images are stored as."""
    *before, last = steps
    return clone(Pipeline([*before, ("unit", unit_scaler()), last], memory=memory))


def unit_scaler():
    """Make the step that scales uint8 images to floats in 0..1."""
    return FunctionTransformer(as_unit)


def as_unit(X):
    """Return uint8 images as floats in 0..1, and floats as they are."""
    return X / np.float32(255) if X.dtype == np.uint8 else X


def fit_cached(denoiser, X, y, cache):
    """Return the fitted denoiser, from the cache if a pipeline has fitted it before."""
    pipeline = Pipeline([("denoise", denoiser), ("nothing", "passthrough")], memory=cache)
    return pipeline.fit(X, y)[0]


def four_copies(classifier, X, y, noisy_test, y_test):
    """Return the accuracy after training on four noisy copies of each image."""
    if isinstance(classifier, SVC):
        return None  # its time grows with the square of the number of images
    resampler = NoiseResampler(4, keep_original=False, noise_factor=NOISE, random_state=SEED)
    return (
        make(("classify", classifier)).fit(*resampler.fit_resample(X, y)).score(noisy_test, y_test)
    )


if __name__ == "__main__":
    main()
