"""Accuracy under each kind of noise: alone, trained on noise, with filters and with U-Nets.

Prints the table of docs/noise.md ("What helps against which noise"), of which docs/guide/when.md and
choosing_noise.md quote rows.

    python experiments/noise_families.py mnist      # SVC(C=5)
    python experiments/noise_families.py cifar10    # a small CNN, colour

Each model is taken at the lowest severity that costs the classifier a third of its accuracy on
validation images (5 where none does), MNIST at the strengths of ImageNet-C, as in MNIST-C, and
CIFAR-10 at those of CIFAR-C. The filter is the one of highest PSNR on validation images. Then the
classifier is trained anew for each column, and all columns are reported on the same noisy test
images: the first 2,000 of MNIST, and the 1,000 of CIFAR-10. One row after the other is stored in
``output/``, which git ignores; rows that are there already are not run again. With --quick, one row
on a few enlarged digits, stored in a temporary folder.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from _data import load_cifar10, load_mnist
from _record import OUTPUT
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    CommonCorruption,
    FilterDenoiser,
    NoiseAugmenter,
    RandomChoice,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    noise_names,
)

SEED = 0
# Without the models that came after the tables were measured.
MEASURED_MODELS = sorted({*noise_names()} - {"camera_pipeline", "correlated_gaussian"})
FILTERS = [
    *(("nl_means", {"h": h}) for h in (0.4, 0.6, 0.9)),
    *(("tv_chambolle", {"weight": weight}) for weight in (0.4, 0.8, 1.3)),
    *(("bilateral", {"sigma_color": sigma}) for sigma in (2, 3, 5)),
    ("wavelet", {}),
    *(("wiener", {"size": size}) for size in (3, 5)),
    *(("median", {"size": size}) for size in (3, 5)),
    *(("gaussian", {"sigma_spatial": sigma}) for sigma in (0.6, 1)),
]
COLUMNS = ("clean", "alone", "noisy copy", "filter", "subspace", "U-Net", "U-Net (mixture)")


def main():
    """Fill the table row by row, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=["mnist", "cifar10"], nargs="?", default="mnist")
    parser.add_argument("--steps", type=int, default=1500, help="of each U-Net")
    parser.add_argument("--models", nargs="+", default=MEASURED_MODELS, help="rows of the table")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder, "rows.json"), mnist(quick=True), ["gaussian"], steps=5)
        return
    data = {"mnist": mnist, "cifar10": cifar10}[arguments.data]()
    OUTPUT.mkdir(exist_ok=True)
    path = OUTPUT / f"noise_families_{arguments.data}.json"
    fill(path, data, arguments.models, arguments.steps)


def fill(path, data, models, steps):
    """Add the rows of the models to a file, row by row, and print the table."""
    rows = json.loads(path.read_text()) if path.exists() else {}
    for name in models:
        if name not in rows:
            rows[name] = row(name, data, steps)
            path.write_text(json.dumps(rows, indent=1) + "\n")
            print(name, rows[name], flush=True)
    missing = [name for name, row in rows.items() if "U-Net (mixture)" not in row]
    if missing:
        add_mixture(rows, data, steps, missing)
        path.write_text(json.dumps(rows, indent=1) + "\n")
    print(as_markdown(rows))


def mnist(quick=False):
    """Return what a table on MNIST is made from; if `quick`, a few enlarged digits."""
    X, y, X_test, y_test = load_mnist(stand_in=quick)
    n_train, n_validation, n_test = (200, 60, 60) if quick else (10_000, 1000, 2000)
    return {
        "train": (X[:n_train], y[:n_train]),
        "validation": (X[-n_validation:], y[-n_validation:]),
        "test": (X_test[:n_test], y_test[:n_test]),
        "classifier": SVC(C=5),
        "scale": "imagenet",
    }


def cifar10():
    """Return what a table on CIFAR-10 is made from."""
    X, y, X_test, y_test = load_cifar10()
    return {
        "train": (X[:-1000], y[:-1000]),
        "validation": (X[-1000:], y[-1000:]),
        "test": (X_test, y_test),
        "classifier": small_cnn(),
        "scale": "cifar",
    }


def small_network(input_shape, n_classes, filters=(32, 64, 64), pools=True):
    """Return a small network for classification, not compiled, with strides where it does not pool."""
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input(input_shape)])
    for n in filters:
        model.add(layers.Conv2D(n, 3, 1 if pools else 2, padding="same", activation="relu"))
        if pools:
            model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(n_classes, activation="softmax"))
    return model


def small_cnn(pools=True):
    """Return a small network as a scikit-learn classifier, with strides where it does not pool."""
    from scikeras.wrappers import KerasClassifier

    def network(meta):
        return small_network(meta["X_shape_"][1:], meta["n_classes_"], pools=pools)

    return KerasClassifier(
        network,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        epochs=12,
        batch_size=64,
        random_state=SEED,
        verbose=0,
    )


def row(name, data, steps):
    """Return the results under one noise model."""
    start = time.perf_counter()
    X, y = data["train"]
    alone = fitted_alone(data)
    severity = telling_severity(name, alone, data)
    noise = CommonCorruption(name, severity, data["scale"])
    noisy = noisy_test(name, severity, data)
    best, what = best_filter(noise, data["validation"][0])
    denoisers = {
        "noisy copy": NoiseAugmenter(noise, random_state=SEED),
        "filter": best,
        "subspace": SubspaceDenoiser(noise=noise, random_state=SEED),
        "U-Net": unet(noise, X, steps),
    }
    if X.ndim > 2 and X.shape[1] > 28:
        # Larger than digits and not aligned: what is no rival is not run.
        del denoisers["subspace"]
    results = {
        "severity": severity,
        "best filter": what,
        "clean": accuracy(alone, data["test"][0], data),
        "alone": accuracy(alone, noisy, data),
    }
    for column, denoiser in denoisers.items():
        pipeline = make_pipeline(denoiser, clone(data["classifier"])).fit(X, y)
        results[column] = accuracy(pipeline, noisy, data)
    return results | {"seconds": round(time.perf_counter() - start)}


def add_mixture(rows, data, steps, names):
    """Add the column of the one U-Net that has been trained on the whole catalogue."""
    noise = RandomChoice(
        [CommonCorruption(name, (1, 5), data["scale"]) for name in MEASURED_MODELS]
    )
    X, y = data["train"]
    pipeline = make_pipeline(unet(noise, X, 2 * steps), clone(data["classifier"])).fit(X, y)
    for name in names:
        noisy = noisy_test(name, rows[name]["severity"], data)
        rows[name]["U-Net (mixture)"] = accuracy(pipeline, noisy, data)


def fitted_alone(data):
    """Fit the classifier on clean images, once."""
    if "alone" not in data:
        data["alone"] = clone(data["classifier"]).fit(*data["train"])
    return data["alone"]


def telling_severity(name, classifier, data):
    """Return the lowest severity that costs a third of the accuracy, on validation images."""
    X, y = data["validation"]
    clean = classifier.score(X, y)
    for severity in range(1, 6):
        noisy = add_noise(X, name, severity=severity, scale=data["scale"], random_state=SEED + 1)
        if classifier.score(noisy, y) <= clean * 2 / 3:
            return severity
    return 5


def noisy_test(name, severity, data):
    """Return the test images with noise, the same for every column."""
    return add_noise(
        data["test"][0], name, severity=severity, scale=data["scale"], random_state=SEED
    )


def best_filter(noise, X):
    """Return the filter of highest PSNR on validation images, and what it is."""
    best = None
    for method, params in FILTERS:
        candidate = FilterDenoiser(method, noise, n_jobs=2, random_state=SEED, **params)
        score = candidate.fit(X[:200]).score(X[:200])
        if best is None or score > best[0]:
            best = score, candidate, f"{method} {params or ''}".strip()
    return best[1:]


def unet(noise, X, steps):
    """Return a denoiser that trains for about so many steps."""
    epochs = max(1, round(steps / (len(X) / 32)))
    return UNetDenoiser(noise, epochs=epochs, batch_size=32, random_state=SEED)


def accuracy(classifier, X, data):
    """Return the accuracy on test images."""
    return float(accuracy_score(data["test"][1], classifier.predict(X)))


def as_markdown(rows):
    """Return the table."""
    lines = ["| noise | severity | " + " | ".join(COLUMNS) + " |"]
    lines.append("| --- | ---: |" + " ---: |" * len(COLUMNS))
    for name, results in sorted(rows.items()):
        best = max(results.get(column, 0) for column in COLUMNS[1:])
        cells = [
            ""
            if column not in results
            else f"**{results[column]:.3f}**"
            if column != "clean" and results[column] == best
            else f"{results[column]:.3f}"
            for column in COLUMNS
        ]
        lines.append(f"| {name} | {results['severity']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
