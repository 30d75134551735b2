"""Small pictures in colour: parts of photographs, letters and drawings."""

import string

import numpy as np
from _text import FONT_FOLDER
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIDE = 32
_DRAWN = 4 * SIDE  # drawings and letters are drawn at this size, then reduced
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_FAMILIES = ("DejaVuS", "STIXGeneral", "cmr", "cmtt", "cmss", "cmb")
_FONTS = [
    path
    for path in sorted(FONT_FOLDER.glob("*.ttf"))
    if path.stem.startswith(_FAMILIES) and "Display" not in path.stem
]
_CHARACTERS = list(string.ascii_letters + string.digits)


def small_pictures(n, photographs, rng):
    """Return `n` pictures of 32x32 pixels, uint8: half of them from photographs, a quarter letters.

    Parameters
    ----------
    n : int
        How many.
    photographs : list of PIL.Image.Image
        In colour. Their parts are changed in contrast or inverted now and then.
    rng : numpy.random.Generator
        Decides all else.
    """
    pictures = np.empty((n, SIDE, SIDE, 3), np.uint8)
    for index in range(n):
        share = rng.random()
        if share < 0.5:
            photograph = photographs[rng.integers(len(photographs))]
            pictures[index] = _changed(np.asarray(_part(photograph, rng)), rng)
        else:
            pictures[index] = np.asarray(_letters(rng) if share < 0.75 else _drawing(rng))
    return pictures


def _part(photograph, rng):
    """Return a square of a photograph, of any size, reduced to `SIDE`."""
    side = int(np.exp(rng.uniform(np.log(SIDE), np.log(min(photograph.size)))))
    left, top = (int(rng.integers(length - side + 1)) for length in photograph.size)
    filters = (Image.Resampling.BOX, Image.Resampling.LANCZOS)
    box = (left, top, left + side, top + side)
    return photograph.resize((SIDE, SIDE), filters[rng.integers(2)], box=box)


def _changed(picture, rng):
    """Stretch the contrast of some, push some towards black and white, and invert some."""
    values, share = picture.astype(np.float32) / 255, rng.random()
    if share < 0.3:
        values = (values - values.min()) / max(np.ptp(values), 0.05)
    elif share < 0.45:
        middle = np.median(values) + rng.normal(0, 0.1)
        values = 1 / (1 + np.exp(-np.clip(rng.uniform(8, 30) * (values - middle), -30, 30)))
    if rng.random() < 0.3:
        values = 1 - values
    return np.clip(np.rint(255 * values), 0, 255)


def _letters(rng):
    """Return one large letter or some text, sheared and turned a little."""
    paper, ink = _two_colours(rng)
    picture = Image.new("RGB", (_DRAWN, _DRAWN), paper)
    draw, path = ImageDraw.Draw(picture), str(_FONTS[rng.integers(len(_FONTS))])
    if rng.random() < 0.6:
        font = ImageFont.truetype(path, int(rng.integers(72, 160)))
        stroke = {"stroke_width": int(rng.integers(8)), "stroke_fill": ink}
        middle = (_DRAWN / 2, _DRAWN / 2)
        draw.text(middle, str(rng.choice(_CHARACTERS)), ink, font, anchor="mm", **stroke)
    else:
        font = ImageFont.truetype(path, int(rng.integers(34, 123)))
        for top in range(0, _DRAWN, int(1.2 * font.size)):
            text = "".join(rng.choice([*_CHARACTERS, " "], 14))
            draw.text((-int(rng.integers(20)), top), text, ink, font)
    shear, tilt = rng.uniform(-0.3, 0.3), rng.uniform(-0.15, 0.15)
    matrix = (1, shear, -shear * _DRAWN / 2, tilt, 1, 0)
    bilinear = {"resample": Image.Resampling.BILINEAR, "fillcolor": paper}
    picture = picture.transform(picture.size, Image.Transform.AFFINE, matrix, **bilinear)
    return _reduced(picture.rotate(rng.uniform(-15, 15), **bilinear), rng)


def _drawing(rng):
    """Return some ellipses, polygons and curves."""
    picture = Image.new("RGB", (_DRAWN, _DRAWN), _BLACK if rng.random() < 0.4 else _colour(rng))
    draw = ImageDraw.Draw(picture)
    for _ in range(rng.integers(1, 6)):
        fill = _colour(rng) if rng.random() < 0.6 else _WHITE
        kind = rng.integers(4)
        if kind == 0:
            x, y, width, height = rng.uniform(0, _DRAWN, 4)
            box = (x - width / 2, y - height / 2, x + width / 2 + 1, y + height / 2 + 1)
            inside = fill if rng.random() < 0.6 else None
            draw.ellipse(box, inside, outline=fill, width=int(rng.integers(4, 20)))
        elif kind == 1:
            corners = rng.uniform(-_DRAWN / 4, 1.25 * _DRAWN, (int(rng.integers(3, 6)), 2))
            draw.polygon(list(map(tuple, corners)), fill=fill)
        else:
            _curve(draw, fill, rng)
    return _reduced(picture, rng)


def _curve(draw, fill, rng):
    """Draw a Bezier curve with round ends."""
    t = np.linspace(0, 1, 24)[:, None]
    a, b, c, d = rng.uniform(0, _DRAWN, (4, 2))
    curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    width = int(rng.integers(4, 22))
    draw.line(list(map(tuple, curve)), fill=fill, width=width, joint="curve")
    for end in (curve[0], curve[-1]):
        draw.ellipse((*(end - width / 2), *(end + width / 2)), fill=fill)


def _reduced(picture, rng):
    """Return a picture at `SIDE`, blurred now and then."""
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(1, 5)))
    return picture.resize((SIDE, SIDE), Image.Resampling.BOX)


def _two_colours(rng):
    share = rng.random()
    if share < 0.65:
        return (_BLACK, _WHITE) if share < 0.5 else (_WHITE, _BLACK)
    return _colour(rng), _colour(rng)


def _colour(rng):
    if rng.random() < 0.5:
        return tuple(map(int, rng.integers(0, 256, 3)))
    return (int(rng.integers(256)),) * 3
