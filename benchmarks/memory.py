"""The memory of fit and transform on many images, and on large ones, over that of the imports.

1,000,000 images of 28x28 in uint8 in an ``np.memmap``, and a colour photograph of 12 megapixels,
denoised in tiles, each in a process of its own. Memory is the highest resident set less what is
mapped from the file, read from /proc twenty times a second.
"""

import json
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
from _record import run_in_process, seconds

_PHOTOGRAPH = "photograph"
COLUMNS = ["what", "MiB over the imports", "seconds"]


def measure(quick):
    """Return the rows of the table."""
    n_images = 500 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        _write(path, n_images)
        rows = _in_a_process(str(path), quick)
    for row in rows:
        row["what"] += f", {n_images:,} images"
    return rows + _in_a_process(_PHOTOGRAPH, quick)


def _in_a_process(images, quick):
    return json.loads(run_in_process([__file__, images, "1" if quick else ""]))


def _write(path, n_images):
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (n_images, 28, 28))
    rng = np.random.default_rng(0)
    for start in range(0, n_images, 10_000):
        part = images[start : start + 10_000]
        part[:] = rng.integers(0, 256, part.shape, dtype=np.uint8)
    images.flush()


class Peak:
    """Watches, in a thread, the memory of this process that no file is behind."""

    def __enter__(self):
        self.highest = anonymous_memory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()
        self.highest = max(self.highest, anonymous_memory())

    def _watch(self):
        while not self._stop.wait(0.05):
            self.highest = max(self.highest, anonymous_memory())


def anonymous_memory():
    """Return the resident memory of this process that no file is behind, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no RssAnon")


def run(path, quick):
    """Measure, and print rows as JSON."""
    import keras  # noqa: F401 (counted among the imports)

    start = anonymous_memory()
    calls = _calls_on_a_photograph if path == _PHOTOGRAPH else _calls_on_a_memmap
    print(json.dumps([_measured(what, call, start) for what, call in calls(path, quick).items()]))


def _measured(what, call, start):
    with Peak() as peak:
        wall = seconds(call)
    return {"what": what, "MiB over the imports": peak.highest - start, "seconds": wall}


def _calls_on_a_photograph(_, quick):
    from skdenoise import UNetDenoiser

    height, width = (300, 400) if quick else (3000, 4000)
    image = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    denoiser = UNetDenoiser(patch_size=32, epochs=2, random_state=0).fit(image[:, :64, :64])
    pretrained = UNetDenoiser.from_pretrained("photo-gray")
    colours = [image[..., colour] for colour in range(3)]
    return {
        "transform, a colour photograph of 12 megapixels": lambda: denoiser.transform(image),
        "photo-gray, each of its colours": lambda: [pretrained.transform(c) for c in colours],
    }


def _calls_on_a_memmap(path, quick):
    from skdenoise import UNetDenoiser

    images = np.load(path, mmap_mode="r")
    denoiser = UNetDenoiser(epochs=1 if quick else None, random_state=0)

    def in_parts():
        clean = np.lib.format.open_memmap(f"{path}.out.npy", "w+", images.dtype, images.shape)
        for begin in range(0, len(images) // 10, 10_000):
            clean[begin : begin + 10_000] = denoiser.transform(images[begin : begin + 10_000])

    return {
        "fit": lambda: denoiser.fit(images),
        "transform of a tenth, in parts, to another memmap": in_parts,
        "transform": lambda: denoiser.transform(images),
    }


if __name__ == "__main__":
    run(sys.argv[1], bool(sys.argv[2]))
