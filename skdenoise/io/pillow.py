"""Pillow: read PNG, JPEG, BMP, WebP, PNM, and the TIFF files that tifffile cannot read."""

import io
import os
import struct
import warnings
import zlib
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
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = (b"IHDR", b"eXIf", b"tEXt", b"zTXt", b"iTXt")
_EXIF_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)


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
        if picture.format == "PPM" and _is_deep_colour_ppm(picture):
            raise ValueError(
                f"{path} has colours of more than 8 bits, which Pillow would reduce to 8 bits; save it as TIFF."
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
        has_alpha = "A" in picture.getbands()
        is_opaque = not has_alpha or picture.getchannel("A").getextrema() == (255, 255)
        if not is_opaque or _has_transparent_colour(path, opened):
            raise ValueError(
                f"{path} is transparent in places; put it on an opaque background first."
            )
        dtype = _stored_dtype(opened)
    pixels = pixels.astype(dtype, copy=False)
    pixels = pixels[..., :-1] if has_alpha else pixels
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels


def picture_header(path: str | Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and dtype of the array that `read_picture` returns."""
    with opened_picture(path) as picture:
        height, width = picture.height, picture.width
        if is_lying(path, picture):
            height, width = width, height
        shape = (height, width) if picture.mode in _GREY_MODES else (height, width, 3)
        return shape, _stored_dtype(picture)


def is_lying(path: str | Path, picture: Image.Image) -> bool:
    """Return whether the orientation of an opened picture swaps its height and width."""
    if picture.format != "PNG":
        return picture.getexif().get(_EXIF_ORIENTATION) in _LYING
    # Pillow would decode the pixels first, after which the orientation may be stored.
    with Image.open(_png_without_pixels(path)) as header:
        return Image.Image.getexif(header).get(_EXIF_ORIENTATION) in _LYING


def _png_without_pixels(path):
    """Return the header and the metadata of a PNG file, as a file that has no pixels."""
    chunks = [_png_chunk(name, data) for name, data in _png_metadata(path)]
    return io.BytesIO(b"".join([_PNG, *chunks, _png_chunk(b"IDAT", b"")]))


def _png_metadata(path):
    """Yield the names and the contents of the chunks that may state an orientation, and of the header."""
    with open(path, "rb") as file:
        file.seek(len(_PNG))
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if name == b"IEND":
                return
            if name in _PNG_METADATA:
                yield name, file.read(length)
            else:
                file.seek(length, os.SEEK_CUR)
            file.seek(4, os.SEEK_CUR)  # the checksum


def _png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png_depth_and_kind(path):
    """Return the bits of a sample of a PNG file and its kind of colours, from its header."""
    with open(path, "rb") as file:
        header = file.read(26)
    return tuple(header[24:26]) if len(header) == 26 else (0, 0)


def _is_deep_colour_png(path):
    depth, kind = _png_depth_and_kind(path)
    return depth == 16 and kind in (2, 4, 6)


def _stored_dtype(picture):
    if picture.format == "PPM" and picture.mode == "I":
        return np.dtype("uint16")  # Pillow reads its 16 bits as 32
    return np.dtype(_DTYPES.get(picture.mode, "uint8"))


def maxval_of(picture: Image.Image) -> int | None:
    """Return the maxval of a PNM file whose pixels Pillow scales to 0..255 or 0..65535; otherwise None."""
    if picture.format != "PPM" or not picture.tile:
        return None
    (decoder, _, _, arguments), *_ = picture.tile
    is_scaled = decoder in ("ppm", "ppm_plain") and picture.mode in ("L", "I", "RGB")
    return arguments[-1] if is_scaled else None


def _is_deep_colour_ppm(picture):
    return picture.mode == "RGB" and (maxval_of(picture) or 0) > 255


def _has_transparent_colour(path, picture):
    """Return whether pixels of a picture have the one colour that is said to be transparent."""
    colour = picture.info.get("transparency")
    if colour is None or picture.mode in ("P", "PA"):
        return False  # of a palette, it becomes an alpha channel
    pixels = np.array(picture)
    if picture.mode == "1":
        return bool((pixels == bool(colour)).any())
    if picture.mode == "L" and picture.format == "PNG":
        depth, _ = _png_depth_and_kind(path)
        colour *= 255 // (2 ** min(depth, 8) - 1)  # Pillow scales grey levels of 2 and 4 bits
    return bool((pixels == colour).reshape(*pixels.shape[:2], -1).all(axis=-1).any())


def _plain(picture):
    """Return a picture converted to grey levels or RGB."""
    if picture.mode in ("P", "PA"):
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture.convert("RGB") if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV") else picture
