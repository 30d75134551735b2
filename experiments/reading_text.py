"""Text recognition that nobody can train again: Tesseract on noisy pages, alone and after a denoiser.

Writes experiments/results/reading_text.md, a table of docs/guide/photographs.md.

Character error rate in % (edit distance over the length of the text, white space counted once) of 40 pages
of `_text.pages_to_read`, 8 bits: five fonts, letters of 15 to 30 pixels. The strength of each filter is the one with the lowest error on the first five pages, which are left
out of the table. Needs the program tesseract (Debian: tesseract-ocr). With --quick, two pages.
"""

import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from _record import main
from _text import pages_to_read
from PIL import Image
from rapidfuzz.distance import Levenshtein
from scipy.ndimage import median_filter

from skdenoise import (
    Compose,
    Contrast,
    FilterDenoiser,
    GaussianNoise,
    JPEGCompression,
    MotionBlur,
    UNetDenoiser,
    add_noise,
)

NOISES = {
    "none": Contrast(1),
    "Gaussian 0.2": GaussianNoise(0.2),
    "Gaussian 0.3": GaussianNoise(0.3),
    "Gaussian 0.5": GaussianNoise(0.5),
    "motion blur of 6 pixels": Compose([MotionBlur(length=6), GaussianNoise(0.05)]),
    "JPEG of quality 5": Compose([GaussianNoise(0.1), JPEGCompression(quality=5)]),
    "contrast 0.2, Gaussian 0.05": Compose([Contrast(0.2), GaussianNoise(0.05)]),
}
SIZES = (3, 5)
STRENGTHS = (0.6, 0.8, 1.0)
COLUMNS = ["what", *(f"{noise} (%)" for noise in NOISES)]
N_TUNED = 5


def measure(quick):
    """Return the rows of the table."""
    if shutil.which("tesseract") is None:
        raise SystemExit(
            0 if quick else "The program tesseract is missing (Debian: tesseract-ocr)."
        )
    pages = list(pages_to_read(2 if quick else 40))
    n_tuned = 1 if quick else N_TUNED
    filters = {
        "median": [partial(_median, size) for size in SIZES],
        "non-local means": [_nl_means(h) for h in STRENGTHS],
    }
    packaged = {name: _packaged(name) for name in ("photo-gray", "text")}
    tuned = [f"{name}, the best of {len(own)}" for name, own in filters.items()]
    names = ["alone", *tuned, *packaged]
    rows = [{"what": name} for name in names]
    for noise, model in NOISES.items():
        noisy = [
            add_noise(page[np.newaxis], model, random_state=index)[0]
            for index, (page, _) in enumerate(pages)
        ]
        texts = [text for _, text in pages]
        tuning, tested = (noisy[:n_tuned], texts[:n_tuned]), (noisy[n_tuned:], texts[n_tuned:])
        chosen = [min(own, key=lambda one: error_rate(one, *tuning)) for own in filters.values()]
        for row, denoise in zip(rows, [_unchanged, *chosen, *packaged.values()], strict=True):
            row[f"{noise} (%)"] = error_rate(denoise, *tested)
            print(noise, row["what"], row[f"{noise} (%)"], flush=True)
    return rows


def error_rate(denoise, pages, texts):
    """Return the character error rate of denoised pages, in %."""
    distances = [
        Levenshtein.distance(" ".join(read(denoise(page)).split()), " ".join(text.split()))
        for page, text in zip(pages, texts, strict=True)
    ]
    return 100 * sum(distances) / sum(map(len, texts))


def read(page):
    """Return what Tesseract reads on a page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        Image.fromarray(page).save(path)
        command = ["tesseract", path, "stdout", "--psm", "6"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _unchanged(page):
    return page


def _median(size, page):
    return median_filter(page, size)


def _nl_means(h):
    denoiser = FilterDenoiser("nl_means", h=h, value_range=(0, 255))
    return lambda page: denoiser.fit(page[np.newaxis]).transform(page[np.newaxis])[0]


def _packaged(name):
    denoiser = UNetDenoiser.from_pretrained(name)
    return lambda page: denoiser.transform(page[np.newaxis])[0]


if __name__ == "__main__":
    main(__file__)
