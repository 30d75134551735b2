"""DenoisingClassifier against its classifier alone and the rivals of denoising, with five classifiers.

Writes experiments/results/denoising_classifier_digits.md and _mnist.md, tables of docs/results.md, and short
forms of them for docs/guide/classifier.md; with few labels, _mnist_few_labels.md and a short form of it for
docs/guide/few_labels.md.

    python experiments/denoising_classifier.py digits
    python experiments/denoising_classifier.py mnist --seeds 0
    python experiments/denoising_classifier.py mnist --labels 50 300 --seeds 0 1 2 \
        --classifiers "logistic regression" kNN SVC

Blind Gaussian noise from 0 to 0.6. Digits: 60 % of the images to learn from and 40 % to test on, split anew
for each seed. MNIST: the first 10,000 images to learn from, the first 2,500 test images. A row has the mean
accuracy over seeds at five noise levels, and the greatest loss against the classifier alone under the
corruptions that nobody trained for, at severity 3 on the scale of ImageNet-C. Nothing is chosen on test images.
``-`` after an accuracy of DenoisingClassifier marks one that is below the best rival by more than 1.96 standard
errors of the difference on the same images, ``+`` one that is above. In the row with PCA, its classifier is the
classifier after PCA.

With --labels, only so many images have a label, drawn anew for each seed, with all classes. Denoisers and
principal components are found in all images, with and without a label; classifiers learn from those with one.
Self-training is scikit-learn's, on all images, for classifiers with predict_proba: on clean images and one noisy copy of
each, or on denoised noisy images.

What is done already is kept in ``output/``, which git ignores. With --quick, logistic regression on a few
digits, in a temporary folder.
"""

import argparse
import json
import os
import re
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from _data import load_mnist
from _record import OUTPUT, RESULTS, environment, markdown, write_table
from noise_families import MEASURED_MODELS
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

from skdenoise import (
    DenoisingClassifier,
    FilterDenoiser,
    NoiseResampler,
    UNetDenoiser,
    add_noise,
)

BLIND = (0, 0.6)
LEVELS = (0, 0.1, 0.2, 0.4, 0.6)
OURS, ALONE, UNET = "DenoisingClassifier", "no denoiser", "U-Net in a pipeline"
OURS_OF_PCA = "DenoisingClassifier, with PCA"
BEST = "best without a U-Net"
UNET_SELF_TRAINING = "U-Net in a pipeline, self-training"
SELF_TRAINING, UNLABELLED = "self-training on noise", -1
UNSEEN = [name for name in MEASURED_MODELS if name != "gaussian"]
COPIES = {"digits": (1, 16), "mnist": (1, 4)}
NO_RIVALS = (UNET, UNET_SELF_TRAINING, OURS, OURS_OF_PCA)


def classifiers(seed):
    """Return the classifiers by name."""
    return {
        "logistic regression": LogisticRegression(max_iter=300),
        "kNN": KNeighborsClassifier(),
        "random forest": RandomForestClassifier(n_jobs=-1, random_state=seed),
        "MLP": MLPClassifier((128,), max_iter=60, early_stopping=True, random_state=seed),
        "SVC": SVC(C=5, cache_size=500),
    }


def main():
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=["digits", "mnist"], nargs="?", default="digits")
    parser.add_argument("--seeds", type=int, nargs="+", default=[*range(10)])
    parser.add_argument("--classifiers", nargs="+", choices=list(classifiers(0)))
    parser.add_argument("--labels", type=int, nargs="+", help="numbers of labelled images")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder)
            for n_labels in (None, 30):
                run("digits", n_labels, 0, "logistic regression", store, quick=True)
                rows = rows_of("digits", n_labels, [0], ["logistic regression"], store)
                print(markdown(rows))
        return
    measured_in = environment()
    OUTPUT.mkdir(exist_ok=True)
    names = arguments.classifiers or list(classifiers(0))
    for seed in arguments.seeds:
        for name in names:
            for n_labels in arguments.labels or [None]:
                run(arguments.data, n_labels, seed, name, OUTPUT)
    rows, short = [], []
    for n_labels in arguments.labels or [None]:
        found = rows_of(arguments.data, n_labels, arguments.seeds, names, OUTPUT)
        labels = {} if n_labels is None else {"labels": n_labels}
        rows += [labels | row for row in found]
        short += [labels | row for row in short_rows(found)]
    few = "_few_labels" if arguments.labels else ""
    path = RESULTS / f"denoising_classifier_{arguments.data}{few}.md"
    write_table(path, rows, measured_in=measured_in)
    short = side_by_side(short) if arguments.labels else short
    write_table(path.with_stem(f"{path.stem}_short"), short, measured_in=measured_in)


def images(data, n_labels, seed, quick):
    """Return images and labels to learn from and to test on. Images that have lost their label have -1."""
    if data == "mnist":
        X, y, X_test, y_test = load_mnist()
        X, X_test, y, y_test = X[:10_000], X_test[:2500], y[:10_000], y_test[:2500]
    else:
        X, y = load_digits(return_X_y=True)
        X = (X / 16).astype(np.float32)
        if quick:
            X, y = X[:300], y[:300]
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=seed)
    if n_labels is not None:
        labelled, _ = train_test_split(
            np.arange(len(y)), train_size=n_labels, stratify=y, random_state=seed
        )
        y = np.where(np.isin(np.arange(len(y)), labelled), y.astype(int), UNLABELLED)
    return X, X_test, y, y_test


def run(data, n_labels, seed, name, store, quick=False):
    """Store which test images each method classifies correctly."""
    path = path_of(data, n_labels, seed, name, store)
    results = json.loads(path.read_text()) if path.exists() else {}
    X, X_test, y, y_test = images(data, n_labels, seed, quick)
    tests = {
        str(level): add_noise(X_test, noise_factor=level, random_state=seed + 100)
        for level in LEVELS
    } | {
        corruption: add_noise(
            X_test[:1000], corruption, severity=3, scale="imagenet", random_state=seed + 100
        )
        for corruption in UNSEEN[: 2 if quick else None]
    }
    unlabelled = X[y == UNLABELLED] if n_labels else None
    for method, fitted in methods(data, classifiers(seed)[name], unlabelled, seed, quick):
        if method in results:
            continue
        fitted.fit(X, y)
        found = {}
        for test, noisy in tests.items():
            if method in (OURS, ALONE) or test not in UNSEEN:
                right = fitted.predict(noisy) == y_test[: len(noisy)]
                found[test] = "".join("01"[int(r)] for r in right)
        results[method] = found
        path.write_text(json.dumps(results))
        print(path.stem, method, flush=True)


def methods(data, classifier, unlabelled, seed, quick):
    """Yield the methods by name, each an estimator. Some make use of images without a label, if there are any."""
    params = {"noise_factor": BLIND, "random_state": seed}
    unet = UNetDenoiser(**params, **({"epochs": 1} if quick else {}))
    alone = classifier if unlabelled is None else OfLabelled(classifier)
    yield ALONE, clone(alone)
    for n_copies in COPIES[data]:
        yield f"noise augmentation, {n_copies} copies", OnCopies(clone(alone), n_copies, seed)
    is_self_trained = unlabelled is not None and hasattr(classifier, "predict_proba")
    if is_self_trained:
        yield SELF_TRAINING, OnCopies(SelfTrainingClassifier(clone(classifier)), 1, seed)
    pca = PCA(30, random_state=seed)
    yield "PCA", OnCopies(make_pipeline(clone(pca), clone(alone)), 4, seed)
    yield (
        "Gaussian filter",
        make_pipeline(FilterDenoiser("gaussian", sigma_spatial=0.8, **params), clone(alone)),
    )
    yield UNET, make_pipeline(unet, clone(alone))
    if is_self_trained:
        yield UNET_SELF_TRAINING, make_pipeline(unet, SelfTrainingClassifier(clone(classifier)))
    yield OURS, DenoisingClassifier(clone(classifier), unet, random_state=seed)
    components = clone(pca) if unlabelled is None else FrozenEstimator(clone(pca).fit(unlabelled))
    after_pca = make_pipeline(components, clone(classifier))
    yield OURS_OF_PCA, DenoisingClassifier(after_pca, unet, random_state=seed)


class OnCopies:
    """A classifier that learns from clean images and noisy copies of them."""

    def __init__(self, classifier, n_copies, seed):
        self.classifier = classifier
        self.augmenter = NoiseResampler(n_copies, noise_factor=BLIND, random_state=seed)

    def fit(self, X, y):
        """Fit the classifier."""
        self.classifier.fit(*self.augmenter.fit_resample(X, y))

    def predict(self, X):
        """Predict classes."""
        return self.classifier.predict(X)


class OfLabelled(ClassifierMixin, BaseEstimator):
    """A classifier that learns from the images that have a label."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        """Fit the classifier."""
        has_label = y != UNLABELLED
        self.classifier_ = clone(self.classifier).fit(X[has_label], y[has_label])
        return self

    def predict(self, X):
        """Predict classes."""
        return self.classifier_.predict(X)


def path_of(data, n_labels, seed, name, store):
    """Return the file of one run."""
    labels = "" if n_labels is None else f"{n_labels}_labels_"
    return store / f"denoising_classifier_{data}_{labels}{seed}_{name.replace(' ', '_')}.json"


def rows_of(data, n_labels, seeds, names, store):
    """Return the rows of the table."""
    rows = []
    for name in names:
        paths = [path_of(data, n_labels, seed, name, store) for seed in seeds]
        runs = [json.loads(path.read_text()) for path in paths]
        for method in runs[0]:
            row = {"classifier": name, "method": method}
            for level in map(str, LEVELS):
                row[f"noise {level}"] = cell(runs, method, level)
            if method == OURS:
                row["worst under unseen noise"] = worst_unseen(runs)
            rows.append(row)
    return rows


def short_rows(rows):
    """Return the rows without a spread, and with one row for the best of the rivals at each level."""
    levels, short = [f"noise {level}" for level in LEVELS], []
    for name in dict.fromkeys(row["classifier"] for row in rows):
        found = {row["method"]: row for row in rows if row["classifier"] == name}
        rivals = [row for method, row in found.items() if method not in (ALONE, *NO_RIVALS)]
        best = {level: max(row[level] for row in rivals) for level in levels}
        shown = {
            ALONE: found[ALONE],
            f"best of noise augmentation, {'self-training, ' * (SELF_TRAINING in found)}PCA, filter": best,
        }
        shown |= {method: found[method] for method in NO_RIVALS if method in found}
        for method, row in shown.items():
            values = {level: re.sub(r" ± [\d.]+", "", row[level]) for level in levels}
            short.append({"classifier": name, "method": method} | values)
    return short


def side_by_side(rows, level=0.4):
    """Return a row for each method, with the accuracies at one noise level in a column for each classifier and number."""
    methods = [re.sub("best of .*", BEST, row["method"]) for row in rows]
    table = {method: {"method": method} for method in (ALONE, BEST, *NO_RIVALS)}
    for method, row in zip(methods, rows, strict=True):
        table[method][f"{row['classifier']}, {row['labels']}"] = row[f"noise {level}"]
    return [row for row in table.values() if len(row) > 1]


def cell(runs, method, level):
    """Return the accuracy, with its spread over seeds and a mark where it differs from the best rival."""
    values = [right(run, method, level).mean() for run in runs]
    text = f"{np.mean(values):.3f}" + (f" ± {np.std(values):.3f}" if len(runs) > 1 else "")
    if method == UNET or method not in NO_RIVALS:
        return text
    rivals = [rival for rival in runs[0] if rival not in NO_RIVALS]
    best = max(rivals, key=lambda rival: np.mean([right(run, rival, level) for run in runs]))
    difference = np.concatenate(
        [right(run, method, level).astype(int) - right(run, best, level) for run in runs]
    )
    error = np.std(difference) / np.sqrt(len(difference))
    if abs(difference.mean()) <= 1.96 * error:
        return text
    return f"{text} {'+' if difference.mean() > 0 else '-'}"


def worst_unseen(runs):
    """Return the greatest loss against the classifier alone, and the corruption."""
    losses = {
        test: np.mean(
            [right(run, OURS, test).mean() - right(run, ALONE, test).mean() for run in runs]
        )
        for test in runs[0][OURS]
        if test in UNSEEN
    }
    worst = min(losses, key=losses.get)
    return f"{losses[worst]:+.3f} ({worst})"


def right(run, method, test):
    """Return which images were classified correctly."""
    return np.array([digit == "1" for digit in run[method][test]])


if __name__ == "__main__":
    main()
