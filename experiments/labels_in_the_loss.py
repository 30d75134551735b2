"""What labels in the loss of the denoiser are worth, and what they cost.

Writes experiments/results/labels_in_the_loss.md, a table of docs/results.md.

MNIST, blind Gaussian noise from 0 to 0.6. The denoiser learns from the first 5,000 training images, with several
weights of the labels. Classifiers learn from the same images with other noise, denoised, and are tested on 2,000 of
the last 6,000 training images. "unseen" classifiers learn from 5,000 other images, whose labels the denoiser never
saw: if they gained more, labels would leak from the denoised training images. "helper" is the small network
that learns the labels along, on denoised images; "CNN of its size" has the same layers, and learns from noisy
images, new in each epoch, for as long as the fit of the denoiser took.
"""

import time

import keras
import numpy as np
from _data import load_mnist
from _record import main, mean_psnr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.helper import Helper

BLIND, LEVELS = (0, 0.6), (0, 0.2, 0.4, 0.6)
COLUMNS = ["label_weight", "classifier", *(f"noise {level}" for level in LEVELS)]


def measure(quick):
    """Return the rows of the table."""
    X, y, *_ = load_mnist(stand_in=quick)
    size, n_test = (100, 50) if quick else (5000, 2000)
    params = {"epochs": 1} if quick else {}
    X_test, y_test = X[-3 * n_test :][:n_test], y[-3 * n_test :][:n_test]
    tests = [add_noise(X_test, noise_factor=level, random_state=9) for level in LEVELS]
    rows = []
    for weight in (0.0, 0.3) if quick else (0.0, 0.1, 0.3, 1.0):
        start = time.perf_counter()
        denoiser = UNetDenoiser(
            noise_factor=BLIND, label_weight=weight, random_state=0, **params
        ).fit(X[:size], y[:size])
        seconds = time.perf_counter() - start
        noisy = add_noise(X[: 2 * size], noise_factor=BLIND, random_state=5)
        train = denoiser.transform(noisy)
        denoised = [denoiser.transform(images) for images in tests]
        rows.append(
            {"label_weight": weight, "classifier": "PSNR, dB"}
            | {c: f"{mean_psnr(X_test, d):.2f}" for c, d in zip(COLUMNS[2:], denoised, strict=True)}
        )
        for name, make in CLASSIFIERS.items():
            for kind, part in (("", slice(size)), (", unseen", slice(size, 2 * size))):
                fitted = make().fit(train[part], y[part])
                right = [fitted.score(images, y_test) for images in denoised]
                rows.append({"label_weight": weight, "classifier": f"{name}{kind}"} | _cells(right))
        if weight:
            helper = helper_of(denoiser)
            right = [accuracy(helper, images, y_test) for images in tests]
            rows.append({"label_weight": weight, "classifier": "helper"} | _cells(right))
    network = trained_on_noise(X[:size], y[:size], seconds)
    right = [accuracy(network, images, y_test) for images in tests]
    rows.append({"label_weight": "", "classifier": "CNN of its size"} | _cells(right))
    return rows


def helper_of(denoiser):
    """Return a model of noisy images: the denoiser, and the helper that learned along with it."""
    model = Helper(((True, 10),)).attached_to(denoiser.model_, denoiser.image_shape_[:2], seed=0)
    own = model.weights[len(denoiser.model_.weights) :]
    for variable, values in zip(own, denoiser._helper.weights, strict=True):
        variable.assign(values)
    return keras.Model(model.inputs, model.outputs[1])


def trained_on_noise(X, y, seconds):
    """Return a network with the layers of the helper, trained on new noise in each epoch for so long."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Conv2D(filters, 3, strides, padding="same", activation="relu")
        for filters, strides in ((16, 2), (32, 2), (64, 1))
    ]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    start, epoch = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        noisy = add_noise(X, noise_factor=BLIND, random_state=100 + epoch)
        model.fit(_images(noisy), y, batch_size=32, verbose=0)
        epoch += 1
    return model


def accuracy(model, X, y):
    """Return the share of images that a Keras model classifies correctly."""
    return np.mean(model.predict(_images(X), verbose=0).argmax(axis=1) == y)


def _images(X):
    side = round(X.shape[1] ** 0.5)
    return X.reshape(-1, side, side, 1).astype(np.float32)


def _cells(values):
    return {column: f"{value:.3f}" for column, value in zip(COLUMNS[2:], values, strict=True)}


CLASSIFIERS = {
    "logistic regression": lambda: LogisticRegression(max_iter=100),
    "kNN": KNeighborsClassifier,
    "random forest": lambda: RandomForestClassifier(60, random_state=0),
}


if __name__ == "__main__":
    main(__file__)
