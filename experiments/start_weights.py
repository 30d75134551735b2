"""What start weights are worth: fits that start from them, and fits that start at random.

Writes experiments/results/start_weights.md, a table of docs/benchmarks.md.

PSNR on validation images, mean and standard deviation over three seeds, noise not clipped. MNIST: 10,000
images, judged on 1,000 others; CIFAR-10, in colour: 9,000, judged on 1,000; digits: 1,437, judged on 360. The start
weights have seen none of these images, and Gaussian noise alone. Steps are those of 16 images, for digits (8x8)
of 64.
"""

import dataclasses

import numpy as np
from _record import main, mean_psnr
from recipe import _images

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.by_name import NETWORKS

TASKS = [
    ("MNIST", "gaussian", 0.2),
    ("MNIST", "gaussian", 0.4),
    ("MNIST", "motion_blur", None),
    ("MNIST", "salt_and_pepper", None),
    ("CIFAR-10", "gaussian", 0.05),
    ("CIFAR-10", "gaussian", 0.2),
]
_COMPACT = NETWORKS["compact"]
FITS = (
    ("random", 1.0),
    ("random", 0.5),
    ("pretrained", 1.0),
    ("pretrained", 0.5),
    ("pretrained", 0.125),
)


def _column(name, noise, factor):
    return f"{name}, {noise} {factor or ''}".strip()


COLUMNS = ["what", *(_column(*task) for task in TASKS)]


def measure(quick):
    """Return the rows of the table."""
    fits, tasks, seeds = FITS, TASKS, (0, 1, 2)
    if quick:
        fits, tasks, seeds = FITS[2:3], [("digits", "gaussian", 0.4)], (0,)
    rows = [{"what": f"{init}, {2500 * share:,.0f} steps"} for init, share in fits]
    for name, noise, factor in tasks:
        column = _column(name, noise, factor)
        X, judged = _images(name)
        noisy = add_noise(judged, noise, noise_factor=factor, random_state=99)
        for row, (init, share) in zip(rows, fits, strict=True):
            set_steps(5 if quick else round(2500 * share))
            given = {"noise": noise, "noise_factor": factor, "init": init}
            found = [
                mean_psnr(judged, UNetDenoiser(**given, random_state=seed).fit(X).transform(noisy))
                for seed in seeds
            ]
            row[column] = f"{np.mean(found):.2f} ± {np.std(found):.2f} dB"
            print(row["what"], column, row[column], flush=True)
    return rows


def set_steps(steps=None):
    """Give fits of ``compact`` a number of steps of 16 images, whatever they start from; None: the default."""
    recipe = _COMPACT.recipe
    if steps is not None:
        recipe = dataclasses.replace(recipe, tiny=None, steps=steps, steps_from_start=None)
    NETWORKS["compact"] = dataclasses.replace(_COMPACT, recipe=recipe)


if __name__ == "__main__":
    main(__file__)
