"""Draw docs/images/growth.png from a saved run of bench_growth.py.

pytest benchmarks/bench_growth.py --benchmark-json growth.json
python benchmarks/draw_growth.py growth.json
"""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

PICTURE = Path(__file__).parent.parent / "docs/images/growth.png"
MARKERS = {"fit": "o", "transform": "s"}


def main(path):
    """Draw time against the number of images and against their size, and memory."""
    results = json.loads(Path(path).read_text())["benchmarks"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for method, marker in MARKERS.items():
        number = [r for r in results if r["group"] == f"number, {method}"]
        size = [r for r in results if r["group"] == f"size, {method}"]
        images = [r["extra_info"]["images"] for r in number]
        axes[0].plot(
            images,
            [r["stats"]["median"] for r in number],
            marker,
            ls="-",
            label=f"{method}, seconds",
        )
        axes[0].plot(
            images, [r["extra_info"]["MiB"] for r in number], marker, ls=":", label=f"{method}, MiB"
        )
        milliseconds = [1e3 * r["stats"]["median"] / r["extra_info"]["images"] for r in size]
        sides = [r["extra_info"]["size"] for r in size]
        axes[1].plot(sides, milliseconds, marker, ls="-", label=method)
    axes[0].set(xlabel="images of 28x28 pixels", ylabel="seconds, or MiB")
    axes[1].set(xlabel="pixels a side", ylabel="ms an image")
    for ax, place in zip(axes, ("lower right", "upper left"), strict=True):
        ax.set(xscale="log", yscale="log")
        ax.grid(alpha=0.3)
        ax.legend(frameon=False, loc=place)
    axes[1].set_xticks(sides, sides)
    axes[1].minorticks_off()
    figure.savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main(sys.argv[1])
