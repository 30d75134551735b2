"""What labels in the loss of the denoiser are worth, and what they cost.

Writes experiments/results/labels_in_the_loss.md, a table of docs/results.md.

MNIST, blind Gaussian noise from 0 to 0.6. The denoiser learns from the first 5,000 training images, with several
weights of the labels. Classifiers learn from the same images with other noise, denoised, and are tested on 2,000 of
the last 6,000 training images. "unseen" classifiers learn from 5,000 other images, whose labels the denoiser never
saw: if they gained more, labels would leak from the denoised training images. "helper" is the small network
that learns the labels along, on denoised images; "CNN of its size" has the same layers, and learns from noisy
images, new in each epoch, for as long as the fit of the denoiser took. All values are means over two seeds.
"""

import time

import keras
import numpy as np
from _data import load_mnist
from _record import main, mean_psnr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.helper import Helper

BLIND, LEVELS = (0, 0.6), (0, 0.2, 0.4, 0.6)
PSNR = "PSNR, dB"
COLUMNS = ["label_weight", "classifier", *(f"noise {level}" for level in LEVELS)]


def measure(quick):
    """Return the rows of the table."""
    X, y, *_ = load_mnist(stand_in=quick)
    size, n_test = (100, 50) if quick else (5000, 2000)
    X_test, y_test = X[-3 * n_test :][:n_test], y[-3 * n_test :][:n_test]
    tests = [add_noise(X_test, noise_factor=level, random_state=9) for level in LEVELS]
    data = X[: 2 * size], y[: 2 * size], tests, X_test, y_test
    found = {}
    for seed in (0,) if quick else (0, 1):
        for weight in (0.0, 0.3) if quick else (0.0, 0.1, 0.3, 1.0):
            params = {"label_weight": weight, "random_state": seed} | (
                {"epochs": 1} if quick else {}
            )
            start = time.perf_counter()
            denoiser = UNetDenoiser(noise_factor=BLIND, **params).fit(X[:size], y[:size])
            seconds = time.perf_counter() - start
            for name, values in results_of(denoiser, seed, *data):
                found.setdefault((f"{weight:g}", name), []).append(values)
        network = trained_on_noise(X[:size], y[:size], seconds, seed)
        right = [accuracy(network, images, y_test) for images in tests]
        found.setdefault(("", "CNN of its size"), []).append(right)
    return [
        {"label_weight": weight, "classifier": name} | _cells(np.mean(values, axis=0), name)
        for (weight, name), values in found.items()
    ]


def results_of(denoiser, seed, X, y, tests, X_test, y_test):
    """Yield the name of a row, and its value at each noise level."""
    size = len(X) // 2
    denoised = [denoiser.transform(images) for images in tests]
    yield PSNR, [mean_psnr(X_test, images) for images in denoised]
    train = denoiser.transform(add_noise(X, noise_factor=BLIND, random_state=5 + seed))
    for name, make in CLASSIFIERS.items():
        for kind, part in (("", slice(size)), (", unseen", slice(size, 2 * size))):
            fitted = make(seed).fit(train[part], y[part])
            yield f"{name}{kind}", [fitted.score(images, y_test) for images in denoised]
    if denoiser.label_weight:
        helper = helper_of(denoiser)
        yield "helper", [accuracy(helper, images, y_test) for images in tests]


def helper_of(denoiser):
    """Return a model of noisy images: the denoiser, and the helper that learned along with it."""
    model = Helper(((True, 10),)).attached_to(denoiser.model_, denoiser.image_shape_[:2], seed=0)
    own = model.weights[len(denoiser.model_.weights) :]
    for variable, values in zip(own, denoiser._helper.weights, strict=True):
        variable.assign(values)
    return keras.Model(model.inputs, model.outputs[1])


def trained_on_noise(X, y, seconds, seed):
    """Return a network with the layers of the helper, trained on new noise in each epoch for so long."""
    keras.utils.set_random_seed(seed)
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


def _cells(values, name):
    digits = 2 if name == PSNR else 3
    return {
        column: f"{value:.{digits}f}" for column, value in zip(COLUMNS[2:], values, strict=True)
    }


CLASSIFIERS = {
    "logistic regression": lambda seed: LogisticRegression(max_iter=100),
    "kNN": lambda seed: KNeighborsClassifier(),
    "random forest": lambda seed: RandomForestClassifier(random_state=seed),
    "MLP": lambda seed: MLPClassifier((128,), max_iter=60, early_stopping=True, random_state=seed),
    "SVC": lambda seed: SVC(C=5),
}


if __name__ == "__main__":
    main(__file__)
