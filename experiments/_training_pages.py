"""Small pages of text to train on: words in many fonts, sizes and shades, some turned, some with lines."""

import string
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sklearn import datasets

SIDE = 192
_DRAWN = SIDE + 32  # a turned page needs an edge
# Families under free licences, none of them in `_text.FONTS`. In Debian: fonts-cantarell, fonts-comic-neue,
# fonts-courier-prime, fonts-crosextra-caladea, fonts-crosextra-carlito, fonts-ebgaramond, fonts-freefont-ttf,
# fonts-inconsolata, fonts-lato, fonts-liberation, fonts-linuxlibertine, fonts-noto-core, fonts-open-sans,
# fonts-roboto-unhinted, fonts-urw-base35.
_FAMILIES = (
    *("C059", "Caladea", "Cantarell", "Carlito", "ComicNeue", "Courier Prime", "EBGaramond12"),
    *("FreeMono", "FreeSans", "FreeSerif", "Inconsolata", "Lato", "Liberation", "LinBiolinum_R"),
    *("LinLibertine_R", "NimbusMonoPS", "NimbusRoman", "NimbusSans", "NotoSans-", "NotoSerif-"),
    *("OpenSans", "P052", "Roboto-", "URWBookman", "URWGothic"),
)
_TOO_THIN = ("Thin", "Hairline", "ExtraLight")
_CHARACTERS = string.ascii_letters + string.digits + string.punctuation + "äöüßéèçñåø§£€"
_DESCRIBED = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")


def fonts_in(folder):
    """Return the files of the families to train on, in a folder and those within it.

    Raises
    ------
    SystemExit
        If a family is missing.
    """
    paths = [
        str(path)
        for path in sorted(Path(folder).rglob("*.[ot]tf"))
        if path.name.startswith(_FAMILIES) and not any(name in path.stem for name in _TOO_THIN)
    ]
    names = [Path(path).name for path in paths]
    missing = [one for one in _FAMILIES if not any(name.startswith(one) for name in names)]
    if missing:
        raise SystemExit(f"{folder} has no font {', '.join(missing)}; see _training_pages.py.")
    return paths


def text_pages(n, paths, rng):
    """Return `n` pages of 192x192 pixels, uint8: each in one font of 10 to 43 pixels and two shades.

    Parameters
    ----------
    n : int
        How many.
    paths : list of str
        Files of fonts.
    rng : numpy.random.Generator
        Decides all else.
    """
    return np.stack([_page(paths[rng.integers(len(paths))], rng) for _ in range(n)])


def _page(path, rng):
    paper, ink = _two_shades(rng)
    page = Image.new("L", (_DRAWN, _DRAWN), paper)
    draw = ImageDraw.Draw(page)
    size = int(np.exp(rng.uniform(np.log(10), np.log(44))))
    font = ImageFont.truetype(path, size)
    left, top = rng.uniform(-20, 60), rng.uniform(-size, 2 * size)
    while top < _DRAWN:
        if rng.random() < 0.9:
            draw.text((left, top), _line(rng), ink, font)
        top += size * rng.uniform(1.1, 1.7)
    if rng.random() < 0.2:
        for _ in range(rng.integers(1, 5)):
            place, width = (int(number) for number in rng.integers((0, 1), (_DRAWN, 4)))
            across = rng.random() < 0.6
            ends = (0, place, _DRAWN, place) if across else (place, 0, place, _DRAWN)
            draw.line(ends, ink, width)
    if rng.random() < 0.3:
        page = page.rotate(rng.normal(0, 1.5), Image.Resampling.BICUBIC, fillcolor=paper)
    edge = (_DRAWN - SIDE) // 2
    return np.asarray(page.crop((edge, edge, edge + SIDE, edge + SIDE)))


def _two_shades(rng):
    """Return the shades of paper and ink: most often black on white, and never nearly the same."""
    share = rng.random()
    if share < 0.65:
        return (255, 0) if share < 0.55 else (0, 255)
    while True:
        paper, ink = (int(number) for number in rng.integers(0, 256, 2))
        if abs(paper - ink) > 40 and (paper > ink or rng.random() < 0.3):
            return paper, ink


def _line(rng):
    """Return words of English, or characters at random."""
    if rng.random() < 0.75:
        words = _words()
        start = rng.integers(len(words) - 20)
        line = " ".join(words[start : start + 20])
        return line.upper() if rng.random() < 0.1 else line
    return "".join(rng.choice(list(_CHARACTERS + 15 * " "), 60))


@lru_cache
def _words():
    """Return the words of the descriptions of scikit-learn's data."""
    return " ".join(getattr(datasets, f"load_{name}")().DESCR for name in _DESCRIBED).split()
