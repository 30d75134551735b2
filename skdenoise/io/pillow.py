"""Pillow: read PNG, JPEG, BMP, WebP, and the TIFF files that tifffile cannot read."""

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from skdenoise.io.safety import check_pixels
from skdenoise.typing import Images

_GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")
# Pixels of other modes are uint8.
_DTYPES = {"1": "bool", "I": "int32", "F": "float32"} | dict.fromkeys(
    ("I;16", "I;16B", "I;16L"), "uint16"
)
_EXIF_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)
_PNG_SIGNATURE_BYTES, _PNG_METADATA = 8, (b"eXIf", b"tEXt", b"zTXt", b"iTXt")


@contextmanager
def opened_picture(path: str | Path) -> Iterator[Image.Image]:
    """Open a file with Pillow, which only reads the header.

    Raises
    ------
    ValueError
        If it has more than one page, too many pixels, or more bits than Pillow keeps.
    """
    with warnings.catch_warnings():
        # Large photographs are valid. Pillow raises an error at twice the size of this warning.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(path)
    with picture:
        check_pixels(path, picture.height, picture.width)
        if picture.format == "PNG" and _is_deep_colour_png(path):
            raise ValueError(
                f"{path} has colours of 16 bits, which Pillow would reduce to 8 bits; save it as "
                "TIFF."
            )
        pages = getattr(picture, "n_frames", 1)
        # Phones add variants of the picture to a JPEG: a smaller one, a second eye, a depth map.
        if pages > 1 and picture.format != "MPO":
            raise ValueError(f"{path} has {pages} pages; expected one. Save each page as a file.")
        yield picture


def read_picture(path: str | Path) -> Images:
    """Return the pixels of a picture, upright, as grey levels or RGB."""
    with opened_picture(path) as opened:
        picture = ImageOps.exif_transpose(_plain(opened))
        pixels = np.array(picture)
        transparent = "A" in picture.getbands()
        if transparent and picture.getchannel("A").getextrema() != (255, 255):
            raise ValueError(
                f"{path} is transparent in places; put it on an opaque background first."
            )
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    pixels = pixels[..., :-1] if transparent else pixels
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels


def picture_header(path: str | Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and dtype of the array that `read_picture` returns."""
    with opened_picture(path) as picture:
        height, width = picture.height, picture.width
        if _exif(path, picture).get(_EXIF_ORIENTATION) in _LYING:
            height, width = width, height
        shape = (height, width) if picture.mode in _GREY_MODES else (height, width, 3)
        return shape, np.dtype(_DTYPES.get(picture.mode, "uint8"))


def _exif(path, picture):
    """Return the EXIF of a picture. Pillow decodes any PNG for it, which is only needed for some."""
    if picture.format == "PNG" and not _has_late_metadata(path):
        return Image.Image.getexif(picture)
    return picture.getexif()


def _has_late_metadata(path):
    """Return whether a PNG has chunks after its pixels that may hold EXIF."""
    after_pixels = False
    with open(path, "rb") as file:
        file.seek(_PNG_SIGNATURE_BYTES)
        while len(start := file.read(8)) == 8:
            n_bytes, kind = struct.unpack(">I4s", start)
            after_pixels = after_pixels or kind == b"IDAT"
            if after_pixels and kind in _PNG_METADATA:
                return True
            file.seek(n_bytes + 4, os.SEEK_CUR)  # and its checksum
    return False


def _is_deep_colour_png(path):
    """Return whether the header of a file states a colour PNG of 16 bits."""
    with open(path, "rb") as file:
        header = file.read(26)
    return len(header) == 26 and header[24] == 16 and header[25] in (2, 4, 6)


def _plain(picture):
    """Return a picture converted to grey levels or RGB."""
    if picture.mode in ("P", "PA"):
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture.convert("RGB") if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV") else picture
