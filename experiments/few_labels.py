"""Few labels and many images: denoiser or noise augmentation, by the number of labelled images.

Writes experiments/results/few_labels.md, a table of docs/results.md, and docs/images/few_labels.png.

    python experiments/few_labels.py mnist --classifier "logistic regression" --repeats 5
    python experiments/few_labels.py cifar10 --classifier "random forest" --repeats 5
    python experiments/few_labels.py --table

MNIST: the first 10,000 training images, of which some are labelled, blind Gaussian noise from 0 to 0.6, tested
at 0.4 on the first 2,500 test images. CIFAR-10: the first 9,000, from 0 to 0.2, tested at 0.2 on the 1,000 test
images. What is chosen is chosen on the last 1,000 training images, with labels, which helps the rivals most.
Each repeat has new seeds for everything, and other labelled images. A cell has the mean accuracy, and the
standard deviation over the repeats. Each run stores its rows in ``few_labels.csv`` in ``results/``, in place of
those of an earlier run with the same data and classifier. The "pretrained CNN" is one more rival: its
convolutions were trained before, in an autoencoder on all images with noise, and are trained further. With
--quick, logistic regression on a few digits, in a temporary folder.
"""

import argparse
import math
import os
import tempfile
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pandas as pd
from _data import load_cifar10, load_mnist
from _record import HERE, RESULTS, markdown, store_rows, when_measured
from matplotlib.figure import Figure
from noise_families import small_cnn, small_network
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    DenoisingComparison,
    FilterDenoiser,
    ImageFlattener,
    UNetDenoiser,
    add_noise,
    compare_denoising,
)

_PER_ROW = 3
ROWS = "few_labels.csv"
PICTURE = HERE.parent / "docs" / "images" / "few_labels.png"
ALONE = "no denoiser"
# The layers of the CNN before it flattens its features, and the passes over all images of its autoencoder.
N_ENCODER, N_EPOCHS = 6, 12
# The columns that table and picture are made from.
KEPT = [
    "training",
    "noise_factor",
    "n_labels",
    "condition",
    "kind",
    "score",
    "score_low",
    "score_high",
    "score_std",
    "judged",
    "difference",
    "verdict_low",
    "verdict_high",
    "verdict_p_value",
    "n_repeats",
]
N_LABELS = (50, 100, 300, 1000, 3000)
NOISE = {"mnist": ((0, 0.6), 0.4), "cifar10": ((0, 0.2), 0.2)}
CLASSIFIERS = {
    "logistic regression": lambda: LogisticRegression(max_iter=200),
    "kNN": KNeighborsClassifier,
    "random forest": RandomForestClassifier,
    "SVC": lambda: SVC(C=5, cache_size=500),
    "CNN": small_cnn,
    "pretrained CNN": small_cnn,
}


def main():
    """Run a comparison, or write the table of all that are stored."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=list(NOISE), nargs="?", default="mnist")
    parser.add_argument("--classifier", choices=list(CLASSIFIERS), default="logistic regression")
    parser.add_argument("--labels", type=int, nargs="+", default=N_LABELS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--table", action="store_true", help="write the table of what is stored")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of rows and table")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        with tempfile.TemporaryDirectory() as folder:
            run("mnist", "logistic regression", (20, 50), 1, Path(folder), quick=True)
            write_table(Path(folder))
            draw(Path(folder), Path(folder) / "picture.png")
    elif arguments.table:
        write_table(arguments.results)
        draw(arguments.results, PICTURE)
    else:
        run(
            arguments.data,
            arguments.classifier,
            arguments.labels,
            arguments.repeats,
            arguments.results,
        )


def run(data, name, n_labels, n_repeats, results, quick=False):
    """Store the rows of one comparison."""
    X, y, X_test, y_test = load_cifar10() if data == "cifar10" else load_mnist(stand_in=quick)
    n_train, n_validation, n_test = (100, 50, 100) if quick else (len(X) - 1000, 1000, 2500)
    validation = X[n_train:][-n_validation:], y[n_train:][-n_validation:]
    n_train = min(n_train, 10_000)
    blind, level = NOISE[data]
    classifier = CLASSIFIERS[name]()
    if "CNN" in name:
        X, validation, X_test = (
            as_images(X),
            (as_images(validation[0]), validation[1]),
            as_images(X_test),
        )
    elif X.ndim > 2:
        classifier = make_pipeline(ImageFlattener(), classifier)
    if name == "pretrained CNN":
        weights = pretrained_weights(X[:n_train], blind)
        classifier.set_params(model=partial(network_from, weights))
    comparison = compare_denoising(
        classifier,
        X[:n_train],
        y[:n_train],
        X_test[:n_test],
        y_test[:n_test],
        n_labels=tuple(n_labels),
        validation=validation,
        noise_factors=[level],
        train_noise_factor=blind,
        denoisers={
            "U-Net": UNetDenoiser(**({"epochs": 1} if quick else {})),
            "Gaussian filter": FilterDenoiser("gaussian"),
        },
        n_copies=2 if quick else 4,  # one number: no condition is given up
        n_components=(10,) if quick else (20, 40, 80),
        n_repeats=n_repeats,
        random_state=0,
        verbose=1,
    )
    print(comparison)
    store_rows(results / ROWS, comparison.frame[KEPT], {"data": data, "classifier": name})


def as_images(X):
    """Return images with a channel axis."""
    return X.reshape(-1, 28, 28, 1) if X.ndim == 2 else X


def pretrained_weights(X, blind):
    """Return the weights of the convolutions of a small CNN after an autoencoder has learned from images."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    encoder = keras.Sequential(small_network(X.shape[1:], 10).layers[:N_ENCODER])
    decoder = [keras.Input(X.shape[1:]), encoder]
    for n in (64, 32, 32):
        decoder += [layers.UpSampling2D(), layers.Conv2D(n, 3, padding="same", activation="relu")]
    # Rows and columns that pooling left out come back as an edge.
    missing = X.shape[1] - 8 * (X.shape[1] // 8)
    decoder += [
        layers.ZeroPadding2D(((0, missing), (0, missing))),
        layers.Conv2D(X.shape[3], 3, padding="same", activation="sigmoid"),
    ]
    autoencoder = keras.Sequential(decoder)
    autoencoder.compile("adam", "binary_crossentropy")
    for epoch in range(N_EPOCHS):
        noisy = add_noise(X, noise_factor=blind, random_state=epoch)
        autoencoder.fit(noisy, X, batch_size=64, verbose=0)
    return encoder.get_weights()


def network_from(weights, meta):
    """Return a small CNN whose convolutions have these weights."""
    model = small_network(meta["X_shape_"][1:], meta["n_classes_"])
    model.set_weights([*weights, *model.get_weights()[len(weights) :]])
    return model


def write_table(results):
    """Write the table of all rows that are stored, and print it."""
    text = f"{markdown(table_of(results))}\n{when_measured(pd.read_csv(results / ROWS))}"
    print(text)
    (results / "few_labels.md").write_text(text)


def comparisons(results):
    """Yield data, classifier and comparison of each run, in the order of this file."""
    runs = dict(list(pd.read_csv(results / ROWS).groupby(["data", "classifier"])))
    for data in NOISE:
        for name in CLASSIFIERS:
            if (data, name) in runs:
                yield data, name, DenoisingComparison(runs[data, name], "accuracy")


def table_of(results):
    """Return the rows of the table."""
    rows = []
    for data, name, comparison in comparisons(results):
        frame = comparison.frame
        numbers = sorted(frame["n_labels"].unique())
        for condition, of in frame.groupby("condition", sort=False):
            if of["kind"].iloc[0] == "denoiser" and not of["judged"].any():
                continue  # variants of the pipeline
            cells = of.set_index("n_labels")
            row = {"data": data, "classifier": name, "condition": condition}
            for number in numbers:
                cell = cells.loc[number]
                row[f"{number} labels"] = _cell(cell)
            rows.append(row)
    return rows


def _cell(cell):
    spread = "" if pd.isna(cell["score_std"]) else f" ± {cell['score_std']:.3f}"
    p_value = cell["verdict_p_value"]
    mark = ""
    if cell["judged"] and p_value < 0.05:
        mark = " +" if cell["difference"] > 0 else " -"
    return f"{cell['score']:.3f}{spread}{mark}"


def draw(results, path):
    """Draw the curves of all runs, each condition with one colour in all of them, and one legend."""
    runs = list(comparisons(results))
    n_rows = math.ceil((len(runs) + 1) / _PER_ROW)
    figure = Figure((3.8 * _PER_ROW, 3.4 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, _PER_ROW).ravel()
    displays = []
    for ax, (data, name, comparison) in zip(axes, runs, strict=False):
        # An SVC without noise augmentation is so bad that the other curves would look like one.
        known = comparison.frame["condition"].unique()
        shown = [name for name in known if ", " not in name and name != ALONE]
        displays += comparison.plot_labels(shown, axes=ax).displays_
        ax.set_title(f"{name}, {'CIFAR-10' if data == 'cifar10' else 'MNIST'}")
        ax.get_legend().remove()
    reference = max((display.lines_ for display in displays), key=len)
    for display in displays:
        for name, line in display.lines_.items():
            other = reference[name]
            line.set(
                color=other.get_color(), marker=other.get_marker(), linestyle=other.get_linestyle()
            )
            display.bands_[name].set_color(line.get_color())
    for ax in axes[len(runs) :]:
        ax.set_axis_off()
    axes[-1].legend(
        handles=list(reference.values()), title="band: 95 % interval", loc="center", frameon=False
    )
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
