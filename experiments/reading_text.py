"""Text recognition that nobody can train again: Tesseract on noisy pages, alone and after a denoiser.

Writes experiments/results/reading_text.md, a table of docs/guide/photographs.md.

Character error rate in % (edit distance over the length of the text, white space counted once) of 40 pages
of `_text.pages_to_read`, 8 bits: five fonts, letters of 15 to 30 pixels. The strength of each filter is the one with
the lowest error on the first five pages, which are left out of the table. After ± is half of the 95 % interval, a
bootstrap over pages. ``+`` marks a denoiser with fewer errors than the best of the filters in that column, ``-`` one with
more, by more than the interval of the difference on the same pages. Needs the program tesseract (Debian:
tesseract-ocr). With --quick, two pages.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from _record import main
from _text import pages_to_read
from joblib import Parallel, delayed
from PIL import Image
from rapidfuzz.distance import Levenshtein
from scipy.stats import bootstrap

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
FILTERS = {
    "median": [("median", {"size": size}) for size in (3, 5)],
    "Gaussian": [("gaussian", {"sigma_spatial": sigma}) for sigma in (0.7, 1, 1.5)],
    "total variation": [("tv_chambolle", {"weight": weight}) for weight in (0.2, 0.4, 0.8)],
    "non-local means": [("nl_means", {"h": h}) for h in (0.6, 0.8, 1.0)],
}
PACKAGED = ("photo-gray", "text")
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
    texts = [" ".join(text.split()) for _, text in pages]
    lengths = np.array([len(text) for text in texts[n_tuned:]])
    packaged = {name: UNetDenoiser.from_pretrained(name) for name in PACKAGED}
    rows = {}
    for noise, model in NOISES.items():
        noisy = [
            add_noise(page[np.newaxis], model, random_state=index)[0]
            for index, (page, _) in enumerate(pages)
        ]
        tuning, tested = (noisy[:n_tuned], texts[:n_tuned]), (noisy[n_tuned:], texts[n_tuned:])
        chosen = {
            f"{name}, the best of {len(own)}": min(
                (FilterDenoiser(method, **params) for method, params in own),
                key=lambda denoiser: errors(denoiser, *tuning).sum(),
            )
            for name, own in FILTERS.items()
        }
        found = {
            name: errors(denoiser, *tested)
            for name, denoiser in {"alone": None, **chosen, **packaged}.items()
        }
        best = min((found[name] for name in chosen), key=np.sum)
        for name, wrong in found.items():
            text = in_words(wrong, lengths, best if name in PACKAGED else None)
            rows.setdefault(name, {"what": name})[f"{noise} (%)"] = text
            print(noise, name, text, flush=True)
    return list(rows.values())


def errors(denoiser, pages, texts):
    """Return the number of wrong characters of each page, denoised by a denoiser or, without one, as it is."""
    if denoiser is not None:
        pages = [denoised(denoiser, page) for page in pages]
    found = Parallel(n_jobs=os.cpu_count(), backend="threading")(map(delayed(read), pages))
    return np.array([Levenshtein.distance(*both) for both in zip(found, texts, strict=True)], float)


def denoised(denoiser, page):
    """Return a page, denoised; a filter has nothing to learn from it."""
    if isinstance(denoiser, FilterDenoiser):
        denoiser.set_params(value_range=(0, 255)).fit(page[np.newaxis])
    return denoiser.transform(page[np.newaxis])[0]


def in_words(wrong, lengths, best=None):
    """Return the error rate in %, with half of its interval, and a mark where it differs from the best filter."""
    low, high = interval(wrong, lengths)
    text = f"{100 * wrong.sum() / lengths.sum():.3g} ± {(high - low) / 2:.2g}"
    if best is None:
        return text
    low, high = interval(wrong - best, lengths)
    return text + (" +" if high < 0 else " -" if low > 0 else "")


def interval(wrong, lengths):
    """Return the 95 % interval of an error rate in %, a bootstrap over pages."""
    if len(wrong) < 2 or not wrong.any():
        return 0.0, 0.0
    found = bootstrap([wrong, lengths], _rate, paired=True, method="percentile", rng=0)
    return found.confidence_interval


def _rate(wrong, lengths, axis=-1):
    return 100 * wrong.sum(axis=axis) / lengths.sum(axis=axis)


def read(page):
    """Return what Tesseract reads on a page, with single spaces."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        Image.fromarray(page).save(path)
        command = ["tesseract", path, "stdout", "--psm", "6"]
        one_thread = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        found = subprocess.run(
            command, capture_output=True, text=True, check=True, env=one_thread
        ).stdout
        return " ".join(found.split())


if __name__ == "__main__":
    main(__file__)
