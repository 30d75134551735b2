"""Measure how far photo-gray is from the truth, for ConformalDenoiser.from_pretrained, and write the file.

    python experiments/calibrate_photographs.py photo-gray-intervals.npz

The middle 128x128 pixels of 290 photographs under free licences, which photo-gray was not trained on, in grey and in
colour. For each of six ranges of strengths, each photograph has noise of one strength in the range, as floats or, for
every second one, in 8 bits; the groups are by the strength that is measured in the denoised image, so that a
photograph may be twice in a group. Prints how many pixels of photographs that were left out (every third) are in the
intervals of the others, of which 90 % are asked for. With --quick, parts of two photographs, and no file.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
from _data import load_free_photographs, load_photographs

from skdenoise import UNetDenoiser, add_noise
from skdenoise.evaluation.calibration import threshold, upper_ends
from skdenoise.evaluation.expected_error import LocalContrast
from skdenoise.evaluation.packaged import write_calibrations
from skdenoise.evaluation.usual_noise import noise_statistics

EDGES = np.array([7.5, 15, 25, 35, 45]) / 255
LIMITS = np.concatenate([[0], EDGES, [55 / 255]])
N_SHARES = 100


def measure(photographs):
    """Return the scores of photographs, and the statistics of their noise, for each range of strengths.

    `photographs` are (n, height, width, channels) in 0..1.
    """
    denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    rng = np.random.default_rng(0)
    scores, statistics = [], []
    for low, high in itertools.pairwise(LIMITS):
        strengths = rng.uniform(low, high, len(photographs))
        noisy = np.concatenate(
            [
                noisy_image(image, s, i)
                for i, (image, s) in enumerate(zip(photographs, strengths, strict=True))
            ]
        )
        denoised = denoiser.transform(noisy)
        error = np.abs(denoised - photographs) / LocalContrast().predict(noisy, denoised)
        scores.append(upper_ends(error.reshape(len(error), -1), N_SHARES))
        statistics.append(noise_statistics(noisy, denoised))
    return np.stack(scores), np.stack(statistics)


def noisy_image(image, strength, i):
    """Return an image with noise, in floats or rounded and clipped to 8 bits."""
    noisy = add_noise(image[np.newaxis], noise_factor=strength, random_state=i, value_range=(0, 1))
    return noisy if i % 2 else np.float32(np.rint(255 * np.clip(noisy, 0, 1)) / 255)


def check(channels, calibration, n_photographs, coverage):
    """Print what the intervals of two thirds of the photographs do on the others, in each group."""
    is_test = np.tile(np.arange(n_photographs) % 3 == 0, len(LIMITS) - 1)
    scores, groups = np.float32(calibration["scores"]), calibration["groups"]
    for group in range(len(LIMITS) - 1):
        of_group = groups == group
        factor = threshold(scores[of_group & ~is_test], coverage, None)
        inside = (scores[of_group & is_test] <= factor).mean()
        print(
            f"{channels} channel(s), group {group}: {of_group.sum()} images, factor {factor:.3f}, {inside:.3f} of the "
            "pixels inside"
        )


def main():
    """Calibrate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", nargs="?", help="the file to write")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    quick = arguments.quick
    if not quick and arguments.path is None:
        parser.error("state the file to write")
    if quick:
        parts = load_photographs(stand_in=True)["train400"]
        colour = np.stack([parts[:, :48, :48]] * 3, axis=-1)
    else:
        colour = load_free_photographs(290, 128)
    colour = np.float32(colour / 255)
    calibrations = {}
    for photographs in (colour[..., 1:2], colour):
        channels = photographs.shape[-1]
        scores, statistics = measure(photographs)
        flat = statistics.reshape(-1, statistics.shape[-1])
        order = np.random.default_rng(1).permutation(scores.shape[1])
        known, others = np.array_split(order, 2)
        drawn = np.random.default_rng(2).integers(len(LIMITS) - 1, size=len(others))
        calibrations[channels] = {
            "scores": np.float16(scores.reshape(-1, scores.shape[-1])),
            "groups": np.int8(np.searchsorted(EDGES, flat[:, 0])),
            "edges": np.float32(EDGES),
            "known": np.float32(statistics[:, known].reshape(-1, flat.shape[-1])),
            "calibration": np.float32(statistics[drawn, others]),
        }
        check(channels, calibrations[channels], scores.shape[1], 0.5 if quick else 0.9)
    if not quick:
        write_calibrations(Path(arguments.path), calibrations)


if __name__ == "__main__":
    main()
