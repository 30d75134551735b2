"""Whether damaged image files are read or refused with an error that names them, in bounded time and memory.

Writes experiments/results/damaged_images.md, which docs/guide/command_line.md shows.

A third of the files have bytes changed, a third are cut short as well, and in a third a size in the header
is replaced by another one, such as 0 or 2**31 - 1. Each is read by `read_image`, `read_shape` and, if it
holds several images, as a stack, in a process whose memory is limited. A file fails if anything but a
ValueError that names it is raised, or if its image has another shape than its header says.
"""

import multiprocessing
import re
import resource
import struct
import tempfile
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import tifffile
from _record import main
from PIL import Image
from sklearn.datasets import load_sample_image

from skdenoise.io.image_files import read_image, read_shape
from skdenoise.io.kept import kept_of
from skdenoise.io.stacks import is_stack_file, opened_stack

COLUMNS = ["file", "cases", "read", "refused", "failed", "longest (s)"]
MEMORY = 4 * 2**30
SIZES = (0, 1, 2, 7, 255, 10_000, 2**16 - 1, 2**24, 2**31 - 1, 2**32 - 1)
PHOTOGRAPH = load_sample_image("flower.jpg")[200:232, 300:340]
GREY = PHOTOGRAPH[..., 1]
STACK = np.stack([GREY, GREY[::-1], GREY[:, ::-1]])


def _with_pillow(image, **options):
    return lambda path: Image.fromarray(image).save(path, **options)


def _with_tifffile(image, **options):
    return lambda path: tifffile.imwrite(path, image, **options)


_RGB, _PAGES = {"photometric": "rgb"}, {"photometric": "minisblack", "metadata": None}
KINDS = {
    "colour.png": _with_pillow(PHOTOGRAPH),
    "deep.png": _with_pillow(GREY.astype(np.uint16) * 257),
    "photograph.jpg": _with_pillow(PHOTOGRAPH),
    "progressive.jpeg": _with_pillow(PHOTOGRAPH, progressive=True),
    "photograph.bmp": _with_pillow(PHOTOGRAPH),
    "lossy.webp": _with_pillow(PHOTOGRAPH),
    "lossless.webp": _with_pillow(PHOTOGRAPH, lossless=True),
    "colour.ppm": _with_pillow(PHOTOGRAPH),
    "deep.pgm": _with_pillow(GREY.astype(np.uint16) * 257),
    "bits.pbm": _with_pillow(GREY > 99),
    "plain.tif": _with_tifffile(PHOTOGRAPH, **_RGB),
    "strips.tif": _with_tifffile(PHOTOGRAPH, rowsperstrip=5, compression="zlib", **_RGB),
    "tiles.tif": _with_tifffile(PHOTOGRAPH, tile=(16, 16), compression="lzma", **_RGB),
    "planes.tif": _with_tifffile(PHOTOGRAPH.transpose(2, 0, 1).copy(), planarconfig=2, **_RGB),
    "packbits.tif": _with_pillow(PHOTOGRAPH, compression="packbits"),
    "lzw.tif": _with_pillow(PHOTOGRAPH, compression="tiff_lzw"),
    "jpeg.tif": _with_pillow(PHOTOGRAPH, compression="jpeg"),
    "fax.tif": _with_pillow(GREY > 99, compression="group4"),
    "pages.tif": _with_tifffile(STACK, compression="zlib", **_PAGES),
    "imagej.tif": _with_tifffile(STACK, imagej=True),
    "ome.tif": _with_tifffile(STACK, ome=True),
    "colour.npy": lambda path: np.save(path, PHOTOGRAPH),
    "stack.npy": lambda path: np.save(path, STACK),
}


def measure(quick):
    """Return the rows of the table."""
    kinds, n = (list(KINDS)[::5], 12) if quick else (list(KINDS), 120)
    spawn = multiprocessing.get_context("spawn")
    rows = []
    for kind in kinds:
        with spawn.Pool(1, _limit_memory) as process:
            rows.append(process.apply(_tried, (kind, n)))
    total = {"file": "all", "longest (s)": max(row["longest (s)"] for row in rows)}
    return [*rows, total | {name: sum(row[name] for row in rows) for name in COLUMNS[1:5]}]


def _limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")


def _tried(kind, n):
    """Return a row of the table."""
    counts, longest = {"read": 0, "refused": 0, "failed": 0}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path, rng = Path(folder) / kind, np.random.default_rng(0)
        KINDS[kind](path)
        whole = path.read_bytes()
        for case in range(n):
            data = _damaged(path, whole, case % 3, rng)
            path.write_bytes(data)
            start = time.perf_counter()
            outcome, error = _outcome(path)
            seconds = time.perf_counter() - start
            counts[outcome] += 1
            longest = max(longest, seconds)
            if outcome == "failed":
                print(f"{kind}, case {case}: {error!r}", flush=True)
    return {"file": kind, "cases": n, **counts, "longest (s)": round(longest, 2)}


def _damaged(path, whole, how, rng):
    if how == 2:
        return _with_another_size(path, whole, rng)
    changed = np.frombuffer(whole, np.uint8).copy()
    # Half of the changes are in the header, which is a small part of a file.
    end = len(whole) if rng.integers(2) else min(len(whole), 200)
    changed[rng.integers(end, size=3)] = rng.integers(256, size=3)
    return changed[: rng.integers(1, len(whole) + 1) if how else len(whole)].tobytes()


def _with_another_size(path, whole, rng):
    size, other = (int(number) for number in rng.choice(SIZES, 2))
    changed, ending = bytearray(whole), path.suffix
    if ending == ".tif":
        return _with_other_tags(path, whole, rng)
    if ending in (".npy", ".ppm", ".pgm", ".pbm"):
        numbers = list(re.finditer(rb"\d+", whole[:80]))
        start, end = rng.choice([number.span() for number in numbers[1:]])
        text = str(size).encode()
        return whole[:start] + text + whole[end + (len(text) - end + start) * (ending == ".npy") :]
    if ending == ".png":
        changed[16:24] = struct.pack(">II", size, other)
        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    elif ending == ".bmp":
        changed[18:26] = struct.pack("<II", size, other)
    elif ending in (".jpg", ".jpeg"):
        start = max(whole.find(b"\xff\xc0"), whole.find(b"\xff\xc2")) + 5
        changed[start : start + 4] = struct.pack(">HH", size % 2**16, other % 2**16)
    else:  # WebP: after the names and sizes of its chunks
        start = 26 if b"VP8 " in whole[:20] else 21
        changed[start : start + 4] = struct.pack("<HH", size % 2**16, other % 2**16)
    return bytes(changed)


def _with_other_tags(path, whole, rng):
    """Return a TIFF whose tags have other values, the sizes among them."""
    path.write_bytes(whole)
    with tifffile.TiffFile(path, mode="r+") as file:
        tags = list(file.pages[0].tags.values())
        for tag in rng.choice(len(tags), 2, replace=False):
            limit = {1: 2**8, 3: 2**16}.get(int(tags[tag].dtype), 2**32)
            data = struct.pack(f"{file.byteorder}I", int(rng.choice(SIZES)) % limit)
            file.filehandle.seek(tags[tag].offset + 8)
            file.filehandle.write(data if limit == 2**32 else data[:2] + bytes(2))
    return path.read_bytes()


def _outcome(path):
    """Return what became of a file, and the error."""
    try:
        shape = read_shape(path)
        if is_stack_file(path):
            shape = opened_stack(path).page_shape
            fits = opened_stack(path).read().shape[1:] == shape
        else:
            fits = read_image(path).shape == shape
            kept_of(path)
    except ValueError as error:
        return ("refused" if path.name in str(error) else "failed"), error
    except Exception as error:
        return "failed", error
    return ("read", None) if fits else ("failed", "another shape than in the header")


if __name__ == "__main__":
    main(__file__)
