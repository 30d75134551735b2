"""A CNN after a denoiser against CNNs that learn from noisy images, in the same time.

Writes experiments/results/denoiser_or_larger_network.md, a table of docs/results.md.

CIFAR-10: 9,000 images to learn from, 1,000 to choose on and 1,000 to test on; blind Gaussian noise from 0 to 0.2.
Every network gets new noise in each epoch. A denoiser and the CNN behind it are trained first; all other CNNs
are trained for as long as these took together. The larger CNN has as many parameters as the denoiser and the small
CNN. The epoch is chosen on validation images under that noise.
"""

import time

import keras
import numpy as np
from _data import load_cifar10
from _record import main
from noise_families import small_network

from skdenoise import UNetDenoiser, add_noise

BLIND, LEVELS = (0, 0.2), (0, 0.05, 0.1, 0.2)
SEED, EPOCHS, BATCH = 0, 12, 64
COLUMNS = ["method", "parameters", "epochs", "seconds", *(f"noise {level}" for level in LEVELS)]


def measure(quick):
    """Return the rows of the table."""
    if quick:
        rng = np.random.default_rng(0)
        X, y = rng.random((60, 32, 32, 3)).astype(np.float32), np.arange(60) % 10
        X_test, y_test = X[:20], y[:20]
    else:
        X, y, X_test, y_test = load_cifar10()
    train, held_out = slice(len(X) * 9 // 10), slice(len(X) * 9 // 10, None)
    data = X[train], y[train], X[held_out], y[held_out], X_test, y_test
    params = {"noise_factor": BLIND, "random_state": SEED} | ({"epochs": 1} if quick else {})
    rows, seconds, n_parameters = [], 0.0, 0
    for name, weight in (("denoiser, CNN", 0.0), ("denoiser with labels, CNN", 0.3)):
        start = time.perf_counter()
        denoiser = UNetDenoiser(label_weight=weight, **params).fit(X[train], y[train])
        of_denoiser = time.perf_counter() - start
        row, of_cnn = trained(cnn(), data, denoiser.transform, n_epochs=1 if quick else EPOCHS)
        n_parameters = denoiser.model_.count_params() + row["parameters"]
        seconds = of_denoiser + of_cnn
        rows.append({"method": name} | row | {"parameters": n_parameters, "seconds": seconds})
    for name, network in (
        ("CNN on noise", cnn()),
        ("larger CNN on noise", cnn_of(n_parameters)),
    ):
        row, passed = trained(network, data, lambda images: images, seconds=seconds)
        rows.append({"method": name} | row | {"seconds": passed})
    return rows


def trained(model, data, prepare, n_epochs=None, seconds=np.inf):
    """Train a CNN on new noise in each epoch; return a row for the best epoch, and the seconds of training."""
    X, y, X_held_out, y_held_out, X_test, y_test = data
    validation = prepare(noisy(X_held_out, BLIND, 10_000))
    best, weights, epoch, passed = -1.0, None, 0, 0.0
    while epoch != n_epochs and passed < seconds:
        start = time.perf_counter()
        images = prepare(noisy(X, BLIND, epoch))
        model.fit(images, y, batch_size=BATCH, verbose=0)
        passed += time.perf_counter() - start
        epoch += 1
        right = accuracy(model, validation, y_held_out)
        if right > best:
            best, weights, chosen = right, model.get_weights(), epoch
    model.set_weights(weights)
    row = {"parameters": model.count_params(), "epochs": f"{chosen} of {epoch}"}
    for level in LEVELS:
        images = prepare(noisy(X_test, level, 20_000))
        row[f"noise {level}"] = f"{accuracy(model, images, y_test):.3f}"
    return row, passed


def noisy(X, level, key):
    """Return images with noise, the same for a key."""
    return add_noise(X, noise_factor=level, random_state=SEED + key)


def accuracy(model, X, y):
    """Return the share of images that are classified correctly."""
    return np.mean(model.predict(X, verbose=0).argmax(axis=1) == y)


def cnn(filters=(32, 64, 64)):
    """Return a small network, compiled, with the same initial weights at each call."""
    keras.utils.set_random_seed(SEED)
    model = small_network((32, 32, 3), 10, filters)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def cnn_of(n_parameters):
    """Return the network of the same form that has about so many parameters."""
    sizes = {n: cnn((n, 2 * n, 2 * n)) for n in range(32, 129, 4)}
    return min(sizes.values(), key=lambda model: abs(model.count_params() - n_parameters))


if __name__ == "__main__":
    main(__file__)
