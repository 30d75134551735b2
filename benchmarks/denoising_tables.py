"""The tables of compare_denoising and corruption_report on MNIST and CIFAR-10.

    python benchmarks/denoising_tables.py mnist --classifier svc --train blind
    python benchmarks/denoising_tables.py mnist --classifier svc --corruptions
    python benchmarks/denoising_tables.py cifar10 --classifier cnn

MNIST: the first 10,000 training images, the whole test set; what is chosen is chosen on 2,000 of the
last 6,000 training images. CIFAR-10: 9,000 and 1,000, chosen on the last 1,000. Each run adds its rows
to a CSV file in ``results/``.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from _data import load_cifar10, load_mnist
from noise_families import small_cnn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdenoise import (
    CommonCorruption,
    FilterDenoiser,
    RandomChoice,
    SubspaceDenoiser,
    UNetDenoiser,
    compare_denoising,
    corruption_report,
)

SEED = 0
FACTORS = {"mnist": (0.0, 0.1, 0.2, 0.4, 0.6), "cifar10": (0.0, 0.05, 0.1, 0.2)}
SENSOR_NOISE = ("gaussian", "poisson", "salt_and_pepper", "speckle", "uniform")
RESULTS = Path(__file__).parent / "results"


def flatten(images):
    """Return images as rows."""
    return images.reshape(len(images), -1)


CLASSIFIERS = {
    "forest": RandomForestClassifier(n_jobs=2, random_state=SEED),
    "svc": SVC(C=5),
    "logistic": LogisticRegression(max_iter=300),
    "knn": KNeighborsClassifier(n_jobs=2),
    "mlp": MLPClassifier(256, random_state=SEED),
    "pca_svc": make_pipeline(FunctionTransformer(flatten), PCA(60), SVC(C=5)),
}


def main():
    """Run what the command line asks for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=list(FACTORS))
    parser.add_argument("--classifier", choices=[*CLASSIFIERS, "cnn"], default="svc")
    parser.add_argument("--train", choices=["matched", "blind"], default="blind")
    parser.add_argument("--uint8", action="store_true", help="uint8 images, noise clipped")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--steps", type=int, help="of each U-Net; its default otherwise")
    parser.add_argument("--corruptions", action="store_true", help="corruption_report instead")
    arguments = parser.parse_args()
    data = {"mnist": mnist, "cifar10": cifar10}[arguments.data](arguments.uint8)
    classifier = small_cnn() if arguments.classifier == "cnn" else CLASSIFIERS[arguments.classifier]
    epochs = arguments.steps and round(arguments.steps / (len(data["train"][0]) / 32))
    if arguments.corruptions:
        report(data, classifier, epochs, arguments)
    else:
        compare(data, classifier, epochs, arguments)


def compare(data, classifier, epochs, arguments):
    """Print and store the table of compare_denoising."""
    factors = FACTORS[arguments.data]
    comparison = compare_denoising(
        classifier,
        *data["train"],
        *data["test"],
        noise_factors=factors,
        train_noise_factor="matched" if arguments.train == "matched" else (0, max(factors)),
        denoisers=[
            UNetDenoiser(epochs=epochs),
            *([SubspaceDenoiser()] if arguments.data == "mnist" else []),
            FilterDenoiser("gaussian"),
            FilterDenoiser("median"),
        ],
        n_copies=arguments.copies,
        validation=data["validation"],
        n_repeats=arguments.repeats,
        random_state=SEED,
        verbose=1,
    )
    print(comparison)
    store("denoising_tables.csv", comparison.frame.drop(columns="choices"), arguments)


def report(data, classifier, epochs, arguments):
    """Print and store the corruption report of a denoiser that is trained on sensor noise."""
    noise = RandomChoice([CommonCorruption(name, (1, 5), data["scale"]) for name in SENSOR_NOISE])
    denoiser = UNetDenoiser(noise, epochs=epochs, random_state=SEED)
    found = corruption_report(
        make_pipeline(denoiser, clone(classifier)).fit(*data["train"]),
        *data["test"],
        scale=data["scale"],
        reference=clone(classifier).fit(*data["train"]),
    )
    print(found)
    store("corruption_reports.csv", found.frame, arguments)


def store(name, frame, arguments):
    """Add rows to a file of results."""
    kind = "uint8" if arguments.uint8 else "float"
    run = {
        "data": arguments.data,
        "kind": kind,
        "classifier": arguments.classifier,
        "steps": arguments.steps,
        "copies": " ".join(map(str, arguments.copies)),
    }
    path = RESULTS / name
    frame.assign(**run).to_csv(path, mode="a", header=not path.exists(), index=False)


def mnist(as_uint8):
    """Return what a table on MNIST is made from."""
    X, y, X_test, y_test = load_mnist(as_uint8=as_uint8)
    return {
        "train": (X[:10_000], y[:10_000]),
        "validation": (X[-2000:], y[-2000:]),
        "test": (X_test, y_test),
        "scale": "imagenet",
    }


def cifar10(as_uint8):
    """Return what a table on CIFAR-10 is made from."""
    X, y, X_test, y_test = load_cifar10()
    if as_uint8:
        X, X_test = ((255 * images).round().astype("uint8") for images in (X, X_test))
    return {
        "train": (X[:-1000], y[:-1000]),
        "validation": (X[-1000:], y[-1000:]),
        "test": (X_test, y_test),
        "scale": "cifar",
    }


if __name__ == "__main__":
    main()
