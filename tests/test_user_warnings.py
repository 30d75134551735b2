"""Warnings point at the user's line, however deep in the package they are raised."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from conftest import quick_denoiser
from PIL import Image
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    CorrelatedGaussianNoise,
    FilterDenoiser,
    ImageFolder,
    PoissonNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    compare_denoising,
    estimate_noise,
    estimate_psnr,
    fit_noise_model,
    psnr,
)

RNG = np.random.default_rng(0)
UNIT = RNG.random((40, 8, 8))
LABELS = np.arange(40) % 2
PHOTOGRAPH = 0.4 + 0.2 * RNG.random((1, 64, 64))
BLURRED = np.cumsum(RNG.normal(size=(4, 64, 64)), axis=2) / 10 + 0.5
FITTED = FilterDenoiser("median").fit(UNIT)
SEARCH = GridSearchCV(
    make_pipeline(FilterDenoiser("gaussian", value_range=(0, 1)), SVC()), {"svc__C": [1]}, cv=2
)
COMPARED = {"noise_factors": [0.5], "n_copies": 1, "n_components": [2], "n_repeats": 1}
COMPARED |= {"denoisers": FilterDenoiser("gaussian"), "n_resamples": 20, "random_state": 0}


class InterruptedAtThirdFit(SVC):
    """An SVC whose user gives up while it is fitted for the third time."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        if type(self).fits == 3:
            raise KeyboardInterrupt
        return super().fit(X, y, sample_weight)


def scored_once():
    """Return a scorer that scores the two test images for each of the conditions, and no resample."""
    seen = []

    def score(classifier, X, y):
        seen.append(classifier)
        if len(y) == 2 and sum(each is classifier for each in seen) > 1:
            raise ValueError("a class is missing")
        return float(np.mean(classifier.predict(X) == y))

    return score


def interrupted_at_a_resample(classifier, X, y):
    """Score a classifier; the user gives up at the first resample, whose labels are in another order."""
    if len(y) == len(LABELS) and (y != LABELS[::-1]).any():
        raise KeyboardInterrupt
    return float(np.mean(classifier.predict(X) == y))


WARNED = {
    "channels first": (
        "channels are the second axis",
        lambda: psnr(CHANNELS_FIRST, CHANNELS_FIRST, data_range=1),
    ),
    "one colour image": ("leading axis", lambda: add_noise(UNIT[:, :, :3], random_state=0)),
    "colour rows": ("image_shape=", lambda: FilterDenoiser().fit(RNG.random((5, 10 * 10 * 3)))),
    "one picture as rows": ("looks like one picture", lambda: add_noise(PICTURE, random_state=0)),
    "one grey image with a channel": (
        "one grey image",
        lambda: FITTED.transform(PICTURE[:40, :48, np.newaxis]),
    ),
    "a strength in grey levels": (
        "25 of 255",
        lambda: add_noise(UNIT, noise_factor=25, random_state=0),
    ),
    "clean images as labels": ("by name", lambda: FilterDenoiser("gaussian").fit(ROWS, ROWS)),
    "integers beyond the range": (
        "far outside of the value range",
        lambda: FilterDenoiser("median", value_range=(0, 255)).fit(BEYOND),
    ),
    "hardly a photon": (
        "photons a pixel",
        lambda: (
            FilterDenoiser("gaussian", stabilize=PoissonNoise(photons=0.5))
            .fit(UNIT)
            .transform(UNIT)
        ),
    ),
    "one hot pixel": ("because of very few values", lambda: FilterDenoiser("gaussian").fit(HOT)),
    "floats in two ranges": (
        "Scale all images alike",
        lambda: FilterDenoiser("gaussian").fit(np.concatenate([UNIT, 255 * UNIT])),
    ),
    "another range": ("Scale them", lambda: FITTED.transform(UNIT * 255)),
    "another range, in a pipeline": (
        "Scale them",
        lambda: make_pipeline(SubspaceDenoiser(2, value_range=(0, 1)), "passthrough").fit(
            255 * UNIT
        ),
    ),
    "another range, in a search": ("Scale them", lambda: SEARCH.fit(ROWS * 255, LABELS)),
    "constant images": ("nothing in them to learn", lambda: quick_denoiser().fit(CONSTANT)),
    "constant images, for components": (
        "nothing in them to learn",
        lambda: SubspaceDenoiser(value_range=(0, 1)).fit(CONSTANT),
    ),
    "a range of noisy floats that is a guess": (
        "not known",
        lambda: estimate_noise(RNG.normal(0, 9, (1, 64, 64))),
    ),
    "correlated noise": ("correlated", lambda: fit_noise_model(BLURRED, value_range=(0, 1))),
    "noise that is not zero on average": (
        "not zero on average",
        lambda: fit_noise_model(PHOTOGRAPH + 0.3, PHOTOGRAPH, value_range=(0, 1)),
    ),
    "a PSNR estimate of clipped noise": (
        "clipped",
        lambda: estimate_psnr(FITTED, (UNIT > 0.5).astype(float), noise=0.1),
    ),
    "a PSNR estimate of noise that is not there": (
        "not positive",
        lambda: estimate_psnr(FILTER_OF_PHOTOGRAPHS, PHOTOGRAPH, noise=0.9),
    ),
    "a PSNR estimate of correlated noise": (
        "wrong here",
        lambda: estimate_psnr(FILTER_OF_PHOTOGRAPHS, CORRELATED),
    ),
    "a small image among large ones": (
        "Leave small images out",
        lambda: quick_denoiser().fit([RNG.random((70, 70))] * 3 + [RNG.random((9, 10))]),
    ),
    "nothing learned": (
        "learned nothing",
        lambda: quick_denoiser(learning_rate=1e-9, noise_factor=0.01).fit(UNIT),
    ),
    "nothing learned, in a pipeline": (
        "learned nothing",
        lambda: make_pipeline(quick_denoiser(learning_rate=1e-9, noise_factor=0.01), SVC()).fit(
            ROWS, LABELS
        ),
    ),
    "an interrupted comparison": (
        "results so far",
        lambda: compare_denoising(
            InterruptedAtThirdFit(), ROWS, LABELS, ROWS[::-1], LABELS[::-1], **COMPARED
        ),
    ),
    "interrupted intervals": (
        "fewer resamples",
        lambda: compare_denoising(
            SVC(),
            *(ROWS, LABELS, ROWS[::-1], LABELS[::-1]),
            **COMPARED,
            scoring=interrupted_at_a_resample,
        ),
    ),
    "no intervals": (
        "Only 0 of 20 resamples",
        lambda: compare_denoising(
            SVC(), ROWS, LABELS, ROWS[:2], LABELS[:2], **COMPARED, scoring=scored_once()
        ),
    ),
    "images of other formats in a folder": ("Left out", lambda: ImageFolder(folder_with_a_gif())),
    "clipped noise, several scales": (
        "MultiScale",
        lambda: UNetDenoiser.from_pretrained(
            "photo-gray", value_range=(0, 1), inference="multiscale"
        ).transform((PHOTOGRAPH > 0.5).astype(float)),
    ),
}
FILTER_OF_PHOTOGRAPHS = FilterDenoiser("median", value_range=(0, 1)).fit(PHOTOGRAPH)
CORRELATED = add_noise(np.full((2, 64, 64), 0.5), CorrelatedGaussianNoise(0.1, 0.7), random_state=0)


def folder_with_a_gif():
    """A new folder of a PNG and a GIF."""
    folder = Path(tempfile.mkdtemp())
    for ending in ("png", "gif"):
        Image.new("L", (8, 8)).save(folder / f"image.{ending}")
    return folder


CHANNELS_FIRST = RNG.random((2, 3, 9, 9))
PICTURE = np.add.outer(np.linspace(0, 0.5, 64), np.linspace(0, 0.5, 64))
HOT = np.where(np.arange(UNIT.size).reshape(UNIT.shape) == 99, 50, UNIT)
BEYOND = np.where(UNIT > 0.9, 900, np.uint16(200 * UNIT)).astype(np.uint16)
CONSTANT = np.full((10, 8, 8), 0.5)
ROWS = UNIT.reshape(40, -1)


@pytest.mark.parametrize("name", WARNED)
def test_a_warning_points_at_the_line_of_the_user(name, monkeypatch):
    monkeypatch.setattr(InterruptedAtThirdFit, "fits", 0)
    message, call = WARNED[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    ours = [warning for warning in caught if message in str(warning.message)]
    assert ours, [str(warning.message) for warning in caught]
    assert {warning.filename for warning in ours} == {__file__}
    # Not the line of `call()` above, which is one frame further out.
    assert {warning.lineno for warning in ours} <= {line for *_, line in call.__code__.co_lines()}
