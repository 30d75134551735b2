"""The names of the free photographs that tables are measured on.

Writes experiments/results/photograph_names.md, a table of docs/benchmarks.md.

Of 297 photographs under free licences (CC0, CC BY-SA, public domain), 24 are those of ``colour_photographs.py``, and
32 are held out by ``train_camera_pictures.py``: "photo-real" learned from the other 265, "photo-gray" from none.
"""

from pathlib import Path

from _data import free_photograph_names
from _record import main
from sklearn.datasets import load_sample_images

SETS = {"24 photographs": 24, "32 photographs": 32}
COLUMNS = ["collection", "photograph", *SETS]


def measure(quick):
    """Return the rows of the table."""
    names = {column: _names(n, quick) for column, n in SETS.items()}
    return [
        {"collection": _collection(path), "photograph": path.stem.replace("_", " ")}
        | {column: "yes" if path in chosen else "" for column, chosen in names.items()}
        for path in sorted(set().union(*names.values()))
    ]


def _names(n, quick):
    return [
        Path(name)
        for name in (load_sample_images().filenames if quick else free_photograph_names(n))
    ]


def _collection(path):
    """Return the first folder and the last one, which for Ubuntu is the release."""
    first, last = path.parts[0].split("_")[0], path.parts[-2]
    return f"Ubuntu wallpapers, {last}" if first == "ubuntu" else f"{first}, {last}"


if __name__ == "__main__":
    main(__file__)
