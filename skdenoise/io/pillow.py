"""Pictures, as Pillow reads them: PNG, JPEG, BMP, WebP, and TIFF where nothing else does."""

import warnings
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps

from skdenoise.io.safety import check_pixels

_GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")
_EXIF_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)


@contextmanager
def opened_picture(path):
    """Open a file with Pillow, which reads no more than its beginning yet.

    Raises
    ------
    ValueError
        Where it has more than one page, more pixels than are read, or bits that Pillow would cut.
    """
    with warnings.catch_warnings():
        # A large photograph is no bomb yet; one twice as large raises an error.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(path)
    with picture:
        check_pixels(path, picture.height, picture.width)
        if picture.format == "PNG" and _is_deep_colour_png(path):
            raise ValueError(
                f"{path} has 16 bits for each of several channels, which Pillow would cut to 8; save "
                "it as TIFF."
            )
        pages = getattr(picture, "n_frames", 1)
        # What phones add to a JPEG is the same picture: smaller, of the other eye, a map of depth.
        if pages > 1 and picture.format != "MPO":
            raise ValueError(f"{path} has {pages} pages; give each a file of its own.")
        yield picture


def read_picture(path):
    """Return the pixels of a picture, upright, as grey levels or RGB."""
    with opened_picture(path) as opened:
        picture = ImageOps.exif_transpose(_plain(opened))
        pixels = np.array(picture)
        transparent = "A" in picture.getbands()
        if transparent and picture.getchannel("A").getextrema() != (255, 255):
            raise ValueError(f"{path} is transparent in places; put it on a background first.")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    pixels = pixels[..., :-1] if transparent else pixels
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels


def picture_shape(path):
    """Return the shape of what `read_picture` returns."""
    with opened_picture(path) as picture:
        height, width = picture.height, picture.width
        if picture.getexif().get(_EXIF_ORIENTATION) in _LYING:
            height, width = width, height
        return (height, width) if picture.mode in _GREY_MODES else (height, width, 3)


def _is_deep_colour_png(path):
    """Look for more than 8 bits, and more than one channel, in the header of a PNG file."""
    with open(path, "rb") as file:
        header = file.read(26)
    return len(header) == 26 and header[24] == 16 and header[25] in (2, 4, 6)


def _plain(picture):
    """Return a picture whose values are grey levels or RGB."""
    if picture.mode in ("P", "PA"):
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture.convert("RGB") if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV") else picture
