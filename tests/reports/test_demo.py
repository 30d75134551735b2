"""The demo: its data, and what it says about its accuracies."""

import numpy as np
import pytest

from skdenoise.reports.demo import (
    DENOISER,
    NO_DENOISER,
    NOISE_FACTORS,
    DemoResult,
    describe_demo,
    load_mnist_digits,
    load_small_digits,
)


def result_with(accuracies):
    """Return a result on 1,000 images with these accuracies."""
    y_true = np.zeros(1000, int)
    predictions = {
        name: [(np.arange(1000) >= round(1000 * value)).astype(int) for value in values]
        for name, values in accuracies.items()
    }
    return DemoResult(y_true, predictions, {})


@pytest.mark.parametrize(
    ("clean", "words"),
    [
        (0.956, "costs 0.4 points"),
        (0.963, "gains 0.3 points"),
        (0.96, "makes no difference"),
    ],
)
def test_words_are_those_of_the_numbers(clean, words):
    result = result_with(
        {
            NO_DENOISER: [0.96, 0.9, 0.421, 0.1],
            "SVC trained on noisy images": [0.92, 0.9, 0.9, 0.99],
            "SVC after PCA": [0.99, 0.99, 0.931, 0.8],
            DENOISER: [clean, 0.95, 0.308, 0.9],
        }
    )
    assert NOISE_FACTORS == (0, 0.2, 0.4, 0.6)
    assert describe_demo(result) == (
        "At noise factor 0.4, the SVC recognises 42.1 % of the digits without the denoiser and 30.8 % "
        "with it (best alternative, SVC after PCA: 93.1 %). On clean images, the denoiser "
        f"{words}."
    )


@pytest.mark.parametrize(
    ("load", "sizes", "n_pixels"),
    [(load_mnist_digits, (4000, 1000), 784), (load_small_digits, (1438, 359), 64)],
)
def test_digits_are_rows_in_0_to_1_with_all_digits_in_both_parts(load, sizes, n_pixels):
    digits = load()
    assert (len(digits.X_train), len(digits.X_test)) == sizes
    for X, y in ((digits.X_train, digits.y_train), (digits.X_test, digits.y_test)):
        assert X.shape == (len(y), n_pixels)
        assert (X.min(), X.max()) == (0, 1)
        counts = np.bincount(y, minlength=10)
        assert counts.min() > 0.9 * counts.mean()


def test_training_and_test_digits_are_different_images():
    digits = load_mnist_digits(max_train=500, max_test=100)
    assert len(digits.X_train) == 500
    assert len(digits.X_test) == 100
    assert not {row.tobytes() for row in digits.X_train} & {row.tobytes() for row in digits.X_test}
