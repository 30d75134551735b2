"""A denoiser for a classifier that stays as it is: what `classifier=` is worth, and what it costs.

Writes experiments/results/fixed_classifier.md, a table of docs/results.md.

MNIST, blind Gaussian noise from 0 to 0.6. Classifiers and denoisers learn from the first 10,000 training images;
the classifiers see no noise. They are given the whole test set: as it is, denoised by a denoiser that learned
from pixels alone, and denoised by one that was made for them, which is trained 1.8 times as long. The support vector machine has no probabilities:
CalibratedClassifierCV adds them, with 1,000 of the last 6,000 training images, and predictions are those of the
machine itself. The CNN is a Keras model. ``+`` or ``-`` marks accuracies that differ from those with the denoiser
of pixels by more than 1.96 standard errors of the difference on the same images.
"""

import keras
import numpy as np
from _data import load_mnist
from _record import main, mean_psnr
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise

BLIND, LEVELS = (0, 0.6), (0, 0.2, 0.4, 0.6)
ALONE, PIXELS, MADE_FOR_IT = "no denoiser", "denoiser", "denoiser, classifier="
SEED = 0
COLUMNS = [
    "classifier",
    "images",
    *(f"noise {level}" for level in LEVELS),
    *(f"PSNR {level}, dB" for level in LEVELS),
]


def measure(quick):
    """Return the rows of the table."""
    X, y, X_test, y_test = load_mnist(stand_in=quick)
    size, n_test = (100, 50) if quick else (10_000, 10_000)
    params = {"epochs": 1} if quick else {}
    names = ["logistic regression", "CNN"] if quick else list(CLASSIFIERS)
    return rows_of(names, X, y, X_test[:n_test], y_test[:n_test], size, params)


def rows_of(names, X, y, X_test, y_test, size, params):
    """Return three rows for each classifier."""
    train, held_out = slice(size), slice(-size // 2, None if size < 1000 else -size // 2 + 1000)
    tests = [add_noise(X_test, noise_factor=level, random_state=9) for level in LEVELS]
    params = {"noise_factor": BLIND, "random_state": SEED, **params}
    plain = UNetDenoiser(**params).fit(X[train])
    denoised = [plain.transform(images) for images in tests]
    rows = []
    for name in names:
        make = CLASSIFIERS[name]
        fitted, probable = make(X[train], y[train], X[held_out], y[held_out])
        made = UNetDenoiser(classifier=probable, **params).fit(X[train], y[train])
        tuned = [made.transform(images) for images in tests]
        images_of = {ALONE: tests, PIXELS: denoised, MADE_FOR_IT: tuned}
        right = {
            kind: [_predicted(fitted, images) == y_test for images in given]
            for kind, given in images_of.items()
        }
        for kind, given in images_of.items():
            row = {"classifier": name, "images": kind}
            cells = zip(LEVELS, given, right[kind], right[PIXELS], strict=True)
            for level, images, hits, rival in cells:
                mark = _mark(hits, rival) if kind == MADE_FOR_IT else ""
                row[f"noise {level}"] = f"{hits.mean():.3f}{mark}"
                row[f"PSNR {level}, dB"] = mean_psnr(X_test, images)
            rows.append(row)
            print(row, flush=True)
    return rows


def _predicted(classifier, images):
    if isinstance(classifier, keras.Model):
        return classifier.predict(images, verbose=0).argmax(axis=1)
    return classifier.predict(images)


def _mark(right, rival):
    difference = right.astype(int) - rival
    if abs(difference.mean()) <= 1.96 * difference.std() / np.sqrt(len(difference)):
        return ""
    return " +" if difference.mean() > 0 else " -"


def _alone(classifier):
    """Return a function that fits a classifier which has probabilities."""

    def make(X, y, *_):
        fitted = classifier().fit(X, y)
        return fitted, FrozenEstimator(fitted)

    return make


def _support_vector_machine(X, y, X_held_out, y_held_out):
    fitted = SVC(C=5, cache_size=500).fit(X, y)
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted)).fit(X_held_out, y_held_out)
    return fitted, FrozenEstimator(calibrated)


def _cnn(X, y, *_):
    keras.utils.set_random_seed(SEED)
    layers = [keras.layers.Reshape((28, 28, 1))]
    for filters in (16, 32):
        layers += [
            keras.layers.Conv2D(filters, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
        ]
    layers += [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(X, y, epochs=5, verbose=0)
    return model, model


CLASSIFIERS = {
    "logistic regression": _alone(lambda: LogisticRegression(max_iter=300)),
    "random forest": _alone(lambda: RandomForestClassifier(n_jobs=-1, random_state=SEED)),
    "MLP": _alone(
        lambda: MLPClassifier((128,), max_iter=60, early_stopping=True, random_state=SEED)
    ),
    "kNN": _alone(KNeighborsClassifier),
    "SVC": _support_vector_machine,
    "CNN": _cnn,
}


if __name__ == "__main__":
    main(__file__)
