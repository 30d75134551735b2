"""The tables of compare_denoising and corruption_report on MNIST and CIFAR-10.

Writes experiments/results/mnist_*.md and cifar10_*.md, the tables of docs/results.md and
docs/guide/classifier.md, and quotes of docs/guide/when.md and choosing_noise.md.

    python experiments/denoising_tables.py mnist --classifier forest logistic knn mlp --copies 4 --repeats 5
    python experiments/denoising_tables.py mnist --classifier svc --copies 1 --uint8
    python experiments/denoising_tables.py cifar10 --classifier cnn --corruptions
    python experiments/denoising_tables.py --tables --picture docs/images/rivals_mnist.png

MNIST: the first 10,000 training images, the whole test set; what is chosen is chosen on 2,000 of the
last 6,000 training images. CIFAR-10: 9,000 and 1,000, chosen on the last 1,000; its classifiers take images. All is trained once, for noise of
any strength from 0 to the strongest of the table. One number of ``--copies``
means that no condition is given up. Each of ``--repeats`` has seeds of its own. Each run stores its
rows in CSV files in ``results/``, in place of those of an earlier run of the same kind, and ``--tables`` writes
Markdown tables of what is there. Fitted denoisers are kept
in ``--cache`` and serve all classifiers, so that seconds are not stored here. ``--quick`` does all of this
with a few enlarged digits, in a temporary folder.
"""

import argparse
import math
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from _data import load_cifar10, load_mnist
from _record import RESULTS, store_rows, when_measured
from matplotlib.figure import Figure
from noise_families import small_cnn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdenoise import (
    CommonCorruption,
    DenoisingComparison,
    FilterDenoiser,
    RandomChoice,
    SubspaceDenoiser,
    UNetDenoiser,
    compare_denoising,
    corruption_report,
)
from skdenoise.evaluation.significance import bonferroni_level, difference_interval

SEED = 0
FACTORS = {"mnist": (0.1, 0.2, 0.4, 0.6), "cifar10": (0.05, 0.1, 0.2)}
SENSOR_NOISE = ("gaussian", "poisson", "salt_and_pepper", "speckle", "uniform")
N_REPORTED_IMAGES = 2000
_PER_ROW = 3
SHOWN_DENOISERS = (
    "Wiener subspace",
    "U-Net",
    "U-Net, on denoised clean",
    "U-Net, classifier not retrained",
)
DRAWN = ("no denoiser", "noise augmentation", "PCA of clean images", "gaussian filter", "U-Net")
SHOWN_COSTS = (
    "noise augmentation",
    "PCA of clean images",
    "gaussian filter",
    "U-Net",
    "U-Net, classifier not retrained",
)
RUN = ["data", "pixels", "classifier"]
# The columns that tables and picture are made from.
KEPT = [
    "training",
    "n_labels",
    "noise_factor",
    "condition",
    "kind",
    "score",
    "score_low",
    "score_high",
    "score_std",
    "validation_score",
    "best_rival",
    "difference",
    "difference_error",
    "clean_score",
    "clean_score_low",
    "clean_score_high",
    "clean_cost",
    "clean_cost_high",
    "n_repeats",
]


def flatten(images):
    """Return images as rows."""
    return images.reshape(len(images), -1)


def divide_by_255(values):
    """Return uint8 images, or what was made of them, in units that classifiers can learn from."""
    return values / np.float32(255)


def scaled_rbf(X, training):
    """Return the kernel of ``SVC(gamma="scale")``; as one matrix product it is faster."""
    return rbf_kernel(X, training, 1 / (training.shape[1] * training.var()))


def of_images(*steps):
    """Return a classifier of image arrays."""
    return make_pipeline(FunctionTransformer(flatten), *steps)


CLASSIFIERS = {
    "forest": RandomForestClassifier(n_jobs=2, random_state=SEED),
    "svc": SVC(C=5, kernel=scaled_rbf),
    "logistic": LogisticRegression(max_iter=300),
    "knn": KNeighborsClassifier(n_jobs=2),
    "mlp": MLPClassifier(256, early_stopping=True, random_state=SEED),
    "image_forest": of_images(RandomForestClassifier(n_jobs=2, random_state=SEED)),
    "pca_svc": of_images(PCA(60), SVC(C=5)),
    "pca_logistic": of_images(PCA(60), LogisticRegression(max_iter=300)),
    "pca_knn": of_images(PCA(60), KNeighborsClassifier()),
    "pca_mlp": of_images(PCA(60), MLPClassifier(256, early_stopping=True, random_state=SEED)),
}


NAMES = {
    "forest": "random forest",
    "svc": "SVC(C=5)",
    "logistic": "logistic regression",
    "mlp": "MLP(256)",
    "knn": "kNN",
    "image_forest": "random forest",
    "pca_svc": "PCA(60), SVC(C=5)",
    "pca_logistic": "PCA(60), logistic regression",
    "pca_knn": "PCA(60), kNN",
    "pca_mlp": "PCA(60), MLP(256)",
    "cnn": "small CNN",
}


def main(command_line=None):
    """Run what the command line asks for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=list(FACTORS), nargs="?")
    parser.add_argument("--classifier", choices=[*CLASSIFIERS, "cnn"], nargs="+", default=["svc"])
    parser.add_argument("--uint8", action="store_true", help="uint8 images, noise clipped")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--components", type=int, nargs="+", default=[20, 40, 80])
    parser.add_argument("--steps", type=int, help="of each U-Net; its default otherwise")
    parser.add_argument("--corruptions", action="store_true", help="corruption_report instead")
    parser.add_argument(
        "--cache",
        default=Path(tempfile.gettempdir()) / "skdenoise-denoising-tables",
        help="folder of fitted denoisers; remove it when the package has changed",
    )
    parser.add_argument("--tables", action="store_true", help="write the tables, and no more")
    parser.add_argument("--picture", help="with --tables: where to save curves of MNIST, floats")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of rows and tables")
    parser.add_argument("--stand-in", action="store_true", help="a few enlarged digits for MNIST")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args(command_line)
    if arguments.quick:
        run_quickly()
        return
    if arguments.tables:
        write_tables(arguments.results)
        if arguments.picture:
            draw(arguments.results, arguments.picture)
        return
    if arguments.data is None:
        parser.error("state the data: mnist or cifar10")
    if arguments.stand_in:
        data = enlarged_digits()
    else:
        data = {"mnist": mnist, "cifar10": cifar10}[arguments.data](arguments.uint8)
    epochs = arguments.steps and max(1, round(arguments.steps / (len(data["train"][0]) / 16)))
    for name in arguments.classifier:
        classifier = small_cnn(pools=False) if name == "cnn" else CLASSIFIERS[name]
        if arguments.uint8:
            classifier = make_pipeline(FunctionTransformer(divide_by_255), classifier)
        run = {
            "data": arguments.data,
            "pixels": "uint8" if arguments.uint8 else "float",
            "classifier": name,
        }
        if arguments.corruptions:
            report(data, classifier, epochs, arguments, run)
        else:
            compare(data, classifier, epochs, arguments, run)


def run_quickly():
    """Make each kind of table, and the picture, on next to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        where = ["--results", folder, "--cache", folder]
        few = ["mnist", "--stand-in", "--classifier", "forest", "--steps", "5", "--copies", "1"]
        main([*few, *where])
        main([*few, *where, "--corruptions"])
        main([*where, "--tables", "--picture", f"{folder}/picture.png"])


def kept(denoiser, cache):
    """Return a denoiser whose fit is loaded where the same fit has been done before."""
    return Pipeline([("denoise", denoiser), ("as_is", "passthrough")], memory=str(cache))


def compare(data, classifier, epochs, arguments, run):
    """Print and store the table of compare_denoising."""
    factors = FACTORS[arguments.data]
    comparison = compare_denoising(
        classifier,
        *data["train"],
        *data["test"],
        noise_factors=factors,
        train_noise_factor=(0, max(factors)),
        denoisers=[
            kept(UNetDenoiser(epochs=epochs), arguments.cache),
            *([SubspaceDenoiser()] if arguments.data == "mnist" else []),
            FilterDenoiser("gaussian"),
            FilterDenoiser("median"),
        ],
        n_copies=arguments.copies,
        n_components=arguments.components,
        validation=data["validation"],
        n_repeats=arguments.repeats,
        random_state=SEED,
        verbose=1,
    )
    print(comparison, flush=True)
    frame = comparison.frame[KEPT]
    about = {"copies": " ".join(map(str, arguments.copies)), "steps": arguments.steps}
    store_rows(arguments.results / "denoising_tables.csv", frame, run, about)


def report(data, classifier, epochs, arguments, run):
    """Print and store the corruption report of a denoiser that is trained on sensor noise."""
    noise = RandomChoice([CommonCorruption(name, (1, 5), data["scale"]) for name in SENSOR_NOISE])
    denoiser = kept(UNetDenoiser(noise, epochs=epochs, random_state=SEED), arguments.cache)
    X_test, y_test = (part[:N_REPORTED_IMAGES] for part in data["test"])
    found = corruption_report(
        make_pipeline(denoiser, clone(classifier)).fit(*data["train"]),
        X_test,
        y_test,
        scale=data["scale"],
        reference=clone(classifier).fit(*data["train"]),
    )
    print(found, flush=True)
    rows = found.frame.merge(found.relative_errors.drop(columns="seen"), "left", "corruption")
    means = {"mean_seen": found.relative_error(True), "mean_unseen": found.relative_error(False)}
    store_rows(arguments.results / "corruption_reports.csv", rows.assign(**means), run)


def write_tables(results):
    """Write all that is stored as Markdown tables."""
    accuracy_rows = pd.read_csv(results / "denoising_tables.csv")
    for run, rows in accuracy_rows.groupby(RUN[:2], sort=False):
        rows = rows.sort_values(
            "classifier", key=lambda of: of.map(list(NAMES).index), kind="stable"
        )
        rows = rows.assign(classifier=rows["classifier"].map(NAMES))
        write_table(results, accuracies(rows), rows, *run)
        write_table(results, clean_costs(rows), rows, *run, "cost")
    for data, rows in accuracy_rows.groupby("data", sort=False):
        worth = worth_of_learning_on_denoised_noisy(rows)
        write_table(results, worth, rows, data, "train", "output")
    reports = results / "corruption_reports.csv"
    if not reports.exists():
        return
    for run, rows in pd.read_csv(reports).groupby(RUN[:2], sort=False):
        rows = rows.assign(classifier=rows["classifier"].map(NAMES))
        write_table(results, relative_errors(rows), rows, *run, "corruptions")


def write_table(results, table, rows, *name):
    """Write a table, and when its rows were measured, as ``NAME_NAME.md`` into `results`, and print it."""
    text = table.to_markdown(index=False, disable_numparse=True, tablefmt="pipe") + "\n"
    text += f"\n{when_measured(rows)}"
    print(f"\n{', '.join(name)}\n\n{text}")
    (results / f"{'_'.join(name)}.md").write_text(text)


def draw(results, path):
    """Save curves of accuracy, from 0.5 on, against the noise factor, an axes for each classifier."""
    rows = pd.read_csv(results / "denoising_tables.csv")
    rows = rows[(rows[RUN[:2]] == ["mnist", "float"]).all(axis=1)]
    groups = list(rows.groupby("classifier", sort=False))
    n_rows = math.ceil((len(groups) + 1) / _PER_ROW)
    figure = Figure(figsize=(3 * _PER_ROW, 2.7 * n_rows), layout="constrained")
    grid = figure.subplots(n_rows, _PER_ROW, sharex=True, sharey=True)
    for ax, (classifier, of) in zip(grid.flat, groups, strict=False):
        DenoisingComparison(of, "accuracy").plot(DRAWN, axes=ax)
        ax.set_title(NAMES[classifier])
        ax.get_legend().remove()
        ax.tick_params(labelbottom=True)
    handles, labels = ax.get_legend_handles_labels()
    ax.set_ylim(0.5, 1)
    for ax in grid.flat[len(groups) :]:
        ax.set_axis_off()
    ax.legend(handles, labels, loc="center", frameon=False)
    figure.savefig(path, dpi=110)


def accuracies(rows):
    """Return a row for each classifier and noise factor.

    Of several ways of one kind, the one that is best on validation images is shown. If the interval of the
    difference between the U-Net and its best rival does not contain 0, the better one is bold. The
    intervals are corrected for the number of noise factors, as those of verdicts are. After ± is the
    standard deviation over the repeats.
    """
    groups = rows.groupby(["classifier", "noise_factor"], sort=False)
    level_of_each = bonferroni_level(0.95, rows["noise_factor"].nunique())
    return pd.DataFrame(
        [
            {"": classifier, "noise": level, **accuracies_at(cell, level_of_each)}
            for (classifier, level), cell in groups
        ]
    )


def accuracies_at(cell, interval_level):
    """Return the columns for one classifier and noise factor."""
    named = cell.set_index("condition")
    unet, rival = named.loc["U-Net"], cell[cell["best_rival"]].iloc[0]
    kinds = ("no denoiser", "noise augmentation", "PCA", "filter")
    of_kind = {kind: cell[cell["kind"] == kind] for kind in kinds}
    shown = {kind: of.loc[of["validation_score"].idxmax()] for kind, of in of_kind.items()}
    shown |= {name: named.loc[name] for name in SHOWN_DENOISERS if name in named.index}
    difference = unet["difference"]
    low, high = difference_interval(difference, unet["difference_error"], interval_level)
    proven = low > 0 or high < 0
    winner = unet if difference > 0 else rival
    columns = {
        name: f"**{row['score']:.3f}**"
        if proven and row["score"] == winner["score"]
        else f"{row['score']:.3f}"
        for name, row in shown.items()
    }
    if unet["n_repeats"] > 1:
        columns["U-Net"] += f" ± {unet['score_std']:.3f}"
    return columns | {"U-Net less rival": f"{difference:+.3f} ({low:+.3f}, {high:+.3f})"}


def clean_costs(rows):
    """Return what each way loses on clean images, a row for each classifier."""
    once = rows.drop_duplicates(["classifier", "condition"])  # not for each noise factor
    cost = once.apply(lambda row: f"{row.clean_cost:+.3f} ({row.clean_cost_high:+.3f})", axis=1)
    table = once.assign(cost=cost).pivot(index="classifier", columns="condition", values="cost")
    order = rows["classifier"].unique()
    return table.loc[order, list(SHOWN_COSTS)].rename_axis(columns=None).reset_index()


def worth_of_learning_on_denoised_noisy(rows):
    """Return, in points, what it is worth against learning on denoised clean images."""
    scores = rows.pivot(
        index=["classifier", "pixels"],
        columns=["condition", "noise_factor"],
        values="score",
    )
    points = 100 * (scores["U-Net"] - scores["U-Net, on denoised clean"])
    points = points.sort_index(key=lambda level: level.map([*NAMES, *level].index)).reset_index()
    points["classifier"] = points["classifier"].map(NAMES)
    numbers = points.columns[-len(scores["U-Net"].columns) :]
    points[numbers] = points[numbers].map("{:+.1f}".format)
    return points.rename_axis(columns=None)


def relative_errors(rows):
    """Return a row for each corruption: mean accuracies over severities, and the relative error."""
    columns = {}
    for classifier, of in rows[rows["corruption"] != "clean"].groupby("classifier", sort=False):
        groups = of.groupby("corruption", sort=False)
        first = groups.first()
        errors = [
            f"{row.relative_error:.0f} ({row.low:.0f}, {row.high:.0f})"
            for row in first.itertuples()
        ]
        means = first[["mean_seen", "mean_unseen"]].iloc[0].map("{:.0f}".format)
        seen = first["seen"].map({True: " (seen)", False: ""})
        labels = [*(first.index + seen), "mean, seen", "mean, unseen"]
        for name, column in (("alone", "reference_accuracy"), ("U-Net", "accuracy")):
            cells = groups[column].mean().map("{:.3f}".format)
            columns[f"{classifier}, {name}"] = pd.Series([*cells, "", ""], labels)
        columns[f"{classifier}, relative error"] = pd.Series([*errors, *means], labels)
    return pd.DataFrame(columns).rename_axis("corruption").reset_index()


def enlarged_digits():
    """Return a few images instead of MNIST."""
    X, y, X_test, y_test = load_mnist(stand_in=True)
    return {
        "train": (X[:300], y[:300]),
        "validation": (X[-200:], y[-200:]),
        "test": (X_test[300:400], y_test[300:400]),
        "scale": "imagenet",
    }


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
