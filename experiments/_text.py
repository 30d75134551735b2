"""Rendered pages of text, and what is written on them."""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_FOLDER = Path(matplotlib.get_data_path(), "fonts", "ttf")
FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "STIXGeneralItalic")
_WIDTH, _MARGIN = 760, 30


def pages_to_read(n_pages=40, n_characters=600):
    """Yield pages with black text on white, uint8, and their text: sentences of this project's guide.

    Five fonts, with letters of 15 to 30 pixels.
    """
    words = (Path(__file__).parent / "text" / "pages.txt").read_text().split()
    for index in range(n_pages):
        font = _font(FONTS[index % len(FONTS)], size=15 + 5 * (index // len(FONTS) % 4))
        text, words = _first(words, n_characters)
        yield _page(_lines(text, font), font), text


def _font(name, size):
    return ImageFont.truetype(FONT_FOLDER / f"{name}.ttf", size)


def _first(words, n_characters):
    """Return words of so many characters as a text, and the rest."""
    lengths = np.cumsum([len(word) + 1 for word in words])
    number = int(np.searchsorted(lengths, n_characters)) + 1
    return " ".join(words[:number]), words[number:]


def _lines(text, font):
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > _WIDTH - 2 * _MARGIN and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _page(lines, font):
    spacing = int(1.4 * font.size)
    page = Image.new("L", (_WIDTH, 2 * _MARGIN + spacing * len(lines)), 255)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((_MARGIN, _MARGIN + number * spacing), line, fill=0, font=font)
    return np.asarray(page)
