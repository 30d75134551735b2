"""How time and memory grow with the number of images and with their size.

The number: fit and transform of 1,000 to 1,000,000 images of 28x28 (uint8). The size: 30 steps of 16
images (of 4, from 256x256 on), and a transform of four million pixels, for images of 8x8 to 512x512.
Each in a process of its own, after a step and a batch to compile; memory is that of ``memory.py``,
with the images. ``docs/images/growth.png`` shows it.
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
from _record import run_in_process, seconds
from memory import Peak, anonymous_memory

COLUMNS = [
    "what",
    "images",
    "size",
    "fit seconds",
    "fit ms an image",
    "transform seconds",
    "transform ms an image",
    "images MiB",
    "MiB over the imports",
]
PICTURE = Path(__file__).parent.parent / "docs/images/growth.png"


def measure(quick):
    """Return the rows of the table, and draw them."""
    numbers = (100,) if quick else (1_000, 10_000, 100_000, 1_000_000)
    sizes = (8,) if quick else (8, 16, 28, 64, 128, 256, 512)
    steps, pixels = (5, 2**14) if quick else (2500, 2**22)
    rows = [_in_a_process("number", n, 28, 16, steps) for n in numbers]
    for size in sizes:
        n_images, batch_size = max(16, pixels // size**2), 16 if size < 256 else 4
        rows += [_in_a_process("size", n_images, size, batch_size, min(steps, 30))]
    if not quick:
        _draw(rows)
    return rows


def _in_a_process(what, n_images, size, batch_size, steps):
    """Measure one fit of so many steps, and one transform."""
    arguments = [str(number) for number in (n_images, size, batch_size, steps)]
    measured = json.loads(run_in_process([__file__, *arguments]))
    return {"what": what, "images": n_images, "size": size, **measured}


def run(n_images, size, batch_size, steps):
    """Measure, and print as JSON."""
    import keras  # noqa: F401 (counted among the imports)

    from skdenoise import UNetDenoiser
    from skdenoise.networks.recipes import RECIPES

    start = anonymous_memory()
    images = np.random.default_rng(0).integers(0, 256, (n_images, size, size), dtype=np.uint8)
    denoiser = UNetDenoiser(batch_size=batch_size, random_state=0)
    with Peak() as peak:
        # Compiles; what is timed comes after.
        RECIPES["compact"] = dataclasses.replace(RECIPES["compact"], steps=1)
        denoiser.fit(images).transform(images[: max(1, 256 * 784 // size**2)])
        RECIPES["compact"] = dataclasses.replace(RECIPES["compact"], steps=steps)
        fit_seconds = seconds(denoiser.fit, images)
        transform_seconds = seconds(denoiser.transform, images)
    print(
        json.dumps(
            {
                "fit seconds": fit_seconds,
                "fit ms an image": 1e3 * fit_seconds / (steps * batch_size),
                "transform seconds": transform_seconds,
                "transform ms an image": 1e3 * transform_seconds / n_images,
                "images MiB": images.nbytes / 2**20,
                "MiB over the imports": peak.highest - start,
            }
        )
    )


def _draw(rows):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    number, size = ([row for row in rows if row["what"] == what] for what in ("number", "size"))
    for key, label, marker in (
        ("fit seconds", "fit, seconds", "o"),
        ("transform seconds", "transform, seconds", "s"),
        ("MiB over the imports", "memory, MiB", "^"),
        ("images MiB", "the images, MiB", "v"),
    ):
        axes[0].plot(*_points(number, "images", key), marker=marker, label=label)
    for key, label, marker in (
        ("fit ms an image", "fit", "o"),
        ("transform ms an image", "transform", "s"),
    ):
        axes[1].plot(*_points(size, "size", key), marker=marker, label=label)
    axes[0].set(xlabel="images of 28x28 pixels", ylabel="seconds, or MiB")
    axes[1].set(xlabel="pixels a side", ylabel="ms an image")
    for ax, place in zip(axes, ("lower right", "upper left"), strict=True):
        ax.set(xscale="log", yscale="log")
        ax.grid(alpha=0.3)
        ax.legend(frameon=False, loc=place)
    sides = [row["size"] for row in size]
    axes[1].set_xticks(sides, sides)
    axes[1].minorticks_off()
    figure.savefig(PICTURE, dpi=150)


def _points(rows, x, y):
    return [row[x] for row in rows], [row[y] for row in rows]


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
