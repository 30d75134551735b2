"""Which network tiny images need, and how many steps of how many images.

Writes experiments/results/tiny_images.md, a table of docs/benchmarks.md.

As good a denoiser in less time: PSNR on validation images, mean and standard deviation over two seeds,
noise not clipped. Digits of 8x8 pixels: 1,437, judged on the other 360; MNIST and CIFAR-10 at half of
their resolution: 10,000 and 9,000, judged on 1,000 others. `seconds` are those of a fit on digits.
"""

import dataclasses

import numpy as np
from _data import load_cifar10, load_mnist
from _record import main, mean_psnr, seconds
from sklearn.datasets import load_digits

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.by_name import NETWORKS

# The filters of each level, images in a step, and steps.
CANDIDATES = (
    ((32, 64), 16, 2500),
    ((32, 64), 32, 1250),
    ((32, 64), 64, 1000),
    ((32,), 64, 1000),
    ((48,), 64, 750),
    ((32,), 64, 625),
)
TASKS = (("digits", 0.2), ("digits", 0.4), ("MNIST 14x14", 0.4), ("CIFAR-10 16x16", 0.1))
COLUMNS = ["what", *(f"{name}, {noise}" for name, noise in TASKS), "seconds"]


def measure(quick):
    """Return the rows of the table."""
    candidates, tasks, seeds = CANDIDATES, TASKS, (0, 1)
    if quick:
        candidates, tasks, seeds = (((4,), 16, 5),), TASKS[:1], (0,)
    compact, rows = NETWORKS["compact"], []
    for filters, batch_size, steps in candidates:
        tiny = dataclasses.replace(compact.recipe.tiny, batch_size=batch_size, steps=steps)
        recipe = dataclasses.replace(compact.recipe, tiny=tiny)
        NETWORKS["candidate"] = dataclasses.replace(compact, recipe=recipe)
        row = {"what": f"filters {filters}, {steps:,} steps of {batch_size}"}
        for name, noise in tasks:
            X, judged = _images(name)
            noisy = add_noise(judged, noise_factor=noise, random_state=99)
            found, walls = [], []
            for seed in seeds:
                denoiser = UNetDenoiser(
                    noise_factor=noise, network="candidate", filters=filters, random_state=seed
                )
                walls.append(seconds(denoiser.fit, X))
                found.append(mean_psnr(judged, denoiser.transform(noisy)))
            row[f"{name}, {noise}"] = f"{np.mean(found):.2f} ± {np.std(found):.2f} dB"
            if name == "digits":
                row["seconds"] = min(walls)  # the first one compiles
        rows.append(row)
    return rows


def _images(name):
    """Return images to learn from, and to judge by."""
    if name == "digits":
        images = (load_digits().images / 16).astype(np.float32)
        return images[:1437], images[1437:]
    if name.startswith("MNIST"):
        images = load_mnist()[0].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
        return images[:10_000], images[-1000:]
    images = load_cifar10()[0].reshape(-1, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    return images[:9000], images[9000:]


if __name__ == "__main__":
    main(__file__)
