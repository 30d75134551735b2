"""Certified accuracy of classifiers on MNIST: alone, fitted on noise, and behind a denoiser.

Writes experiments/results/certified_accuracy.md, a table of docs/guide/certified.md.

    python experiments/certified_accuracy.py

The first 500 test images, alpha=0.001. Classifiers are fitted on the first 10,000 images and certified with 1,000
draws, the SVC on 2,000 with 500. Each cell has three accuracies: fitted on clean images / on images with this
noise / on denoised noisy images. The denoiser, the default U-Net, is fitted on the same 10,000 images without
labels. At a noise factor of 0.5, LeNet is a convolutional network fitted on all 60,000 images: on fresh noise in each
of 20 epochs, with 10,000 draws, as in published tables (0.969 / 0.898 / 0.68 at a radius of 0.5 / 1 / 1.5); and on
clean images, with the denoiser before it. With --quick, few small images.
"""

import numpy as np
from _data import load_mnist
from _record import main
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import NoiseAugmenter, UNetDenoiser, certify

RADII = (0, 0.25, 0.5, 1, 1.5)
COLUMNS = ["noise", "classifier", *(f"radius {radius:g}" for radius in RADII)]
FACTORS = (0.25, 0.5, 1.0)
LENET_FACTOR = 0.5


class LeNet(ClassifierMixin, BaseEstimator):
    """A convolutional network of flat rows of 28x28 pixels, fitted on fresh noise in each epoch."""

    def __init__(self, noise_factor=0.0, epochs=20):
        self.noise_factor = noise_factor
        self.epochs = epochs

    def fit(self, X, y):
        """Fit with Adam."""
        import keras
        from keras import layers

        keras.utils.set_random_seed(0)
        self.classes_ = np.unique(y)
        self.network_ = keras.Sequential(
            [
                layers.Input((X.shape[1],)),
                layers.Reshape((28, 28, 1)),
                layers.GaussianNoise(self.noise_factor) if self.noise_factor else layers.Identity(),
                layers.Conv2D(32, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(128, activation="relu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
        rate = keras.optimizers.schedules.CosineDecay(1e-3, self.epochs * -(-len(X) // 128))
        self.network_.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        self.network_.fit(X, y, batch_size=128, epochs=self.epochs, verbose=0)
        return self

    def predict(self, X):
        """Return the classes."""
        return self.network_.predict_on_batch(np.asarray(X, np.float32)).argmax(axis=1)


def measure(quick):
    """Return the rows of the table."""
    X, y, test, y_test = load_mnist(stand_in=quick)
    test, y_test = test[: 10 if quick else 500], y_test[: 10 if quick else 500]
    n = 300 if quick else 10_000
    rows = []
    for factor in FACTORS[: 1 if quick else None]:
        epochs = {"epochs": 1} if quick else {}
        denoiser = UNetDenoiser(noise_factor=factor, random_state=0, **epochs).fit(X[:n])
        noise = NoiseAugmenter(noise_factor=factor, random_state=1)
        for name, (classifier, n_fitted, n_draws) in classifiers(n).items():
            ways = (
                classifier,
                make_pipeline(noise, classifier),
                make_pipeline(noise, FrozenEstimator(denoiser), classifier),
            )
            certificates = [
                certify(
                    way.fit(X[:n_fitted], y[:n_fitted]),
                    test,
                    y_test,
                    noise_factor=factor,
                    n_draws=50 if quick else n_draws,
                )
                for way in ways
            ]
            rows.append(row(factor, name, certificates))
        if factor == LENET_FACTOR:
            rows += rows_of_lenet(X, y, test, y_test, denoiser)
    return rows


def classifiers(n):
    """Return classifiers by name, each with how many images to fit it on, and a number of draws."""
    return {
        "logistic regression": (LogisticRegression(max_iter=200), n, 1000),
        "random forest": (RandomForestClassifier(n_jobs=1, random_state=0), n, 1000),
        "MLP": (MLPClassifier(early_stopping=True, random_state=0), n, 1000),
        "SVC": (SVC(), min(n, 2000), 500),
    }


def rows_of_lenet(X, y, test, y_test, denoiser):
    """Return the row of the published anchor, and one with a denoiser before a clean network."""
    on_noise, clean = LeNet(LENET_FACTOR).fit(X, y), LeNet().fit(X, y)
    behind = make_pipeline(FrozenEstimator(denoiser), FrozenEstimator(clean)).fit(X[:10], y[:10])
    data = {"X": test, "y": y_test, "noise_factor": LENET_FACTOR}
    return [
        row(LENET_FACTOR, "LeNet", [certify(one, **data) for one in (clean, on_noise, behind)]),
        row(
            LENET_FACTOR,
            "LeNet on noise, 10,000 draws",
            [certify(on_noise, **data, n_draws=10_000)],
        ),
    ]


def row(factor, name, certificates):
    """Return the certified accuracies at all radii."""
    shares = np.array([certificate.certified_accuracy(RADII) for certificate in certificates])
    return {
        "noise": factor,
        "classifier": name,
        **{
            f"radius {radius:g}": " / ".join(f"{share:.2f}" for share in of_ways)
            for radius, of_ways in zip(RADII, shares.T, strict=True)
        },
    }


if __name__ == "__main__":
    main(__file__)
