"""Accuracy of `fit_noise_model`: its bias and spread on photographs with known noise.

Prints the figures of docs/noise.md ("The noise of your own images") and docs/guide/choosing_noise.md.

    python experiments/noise_model_fit.py

From pairs and from the noisy photographs alone, one set of 40 and four sets of 10, each with
several seeds, as floats that are not clipped and as uint8. Errors are relative, in percent: of the
standard deviation at mid grey, and of `shot` where there is any. With --quick, on parts of two
photographs.
"""

import argparse
import os
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _data import load_photographs

from skdenoise import CameraNoise, add_noise, fit_noise_model

SHOT_AND_READ = [
    *((0.0, sigma**2) for sigma in (0.01, 0.02, 0.05, 0.1, 0.2)),
    *((shot, read) for shot in (1e-3, 1e-2, 4e-2) for read in (0.0, 1e-3)),
]


def relative_errors(sets, shot, read, seeds, *, paired):
    """Return the errors of sigma at mid grey and of shot, for each set and seed, in percent."""
    errors = []
    for clean in sets:
        for seed in seeds:
            noisy = add_noise(clean, CameraNoise(shot, read, gamma=1), random_state=seed)
            model = fit_noise_model(noisy, clean if paired else None, value_range=_range_of(clean))
            sigma_ratio = np.sqrt((model.read + model.shot / 2) / (read + shot / 2))
            errors.append((sigma_ratio - 1, model.shot / shot - 1 if shot else np.nan))
    return 100 * np.array(errors)


def _range_of(images):
    return (0, 255) if images.dtype == np.uint8 else (0, 1)


def main():
    """Print bias and spread over sets and seeds, and how often white noise was called correlated."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    quick = parser.parse_args().quick
    n_photographs, n_few, seeds = (4, 2, range(1)) if quick else (40, 10, range(3))
    photographs = load_photographs(stand_in=quick)["train400"][:n_photographs]
    print(
        "shot     read     stored  from   photographs  sigma: bias spread  shot: bias spread  warned"
    )
    for shot, read in SHOT_AND_READ[-2:] if quick else SHOT_AND_READ:
        for stored in ("float", "uint8"):
            X = photographs if stored == "uint8" else photographs / np.float32(255)
            for paired in (True, False):
                for size in (n_photographs, n_few):
                    with warnings.catch_warnings(record=True) as caught:
                        warnings.simplefilter("always")
                        sets = np.split(X, n_photographs // size)
                        errors = relative_errors(sets, shot, read, seeds, paired=paired)
                    (bias, shot_bias), (spread, shot_spread) = errors.mean(0), errors.std(0)
                    print(
                        f"{shot:<9g}{read:<9g}{stored:8}{'pairs' if paired else 'alone':7}{size:11}"
                        f"{bias:+13.2f}{spread:7.2f}{shot_bias:+12.2f}{shot_spread:7.2f}"
                        f"{len(caught):5}/{len(errors)}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
