"""What a result keeps of the file that it was made from: compression, colour profile and resolution."""

import struct
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import JpegImagePlugin

from skdenoise.io.pillow import is_lying, maxval_of, opened_picture
from skdenoise.io.safety import errors_name
from skdenoise.io.segments import DEFLATE, ZSTD
from skdenoise.io.tiff import is_lying_page, is_tiff, opened_tiff

_COMPRESSION = tifffile.COMPRESSION
_LOSSLESS = (*DEFLATE, *ZSTD, _COMPRESSION.LZW, _COMPRESSION.LZMA, _COMPRESSION.PACKBITS)
_INCH, _CENTIMETRE = 2, 3  # units of resolution in TIFF 6.0
ICC_TAG, _UNDEFINED = 34675, 7
_SPACES = {1: b"GRAY", 3: b"RGB "}
_MOST_DPI, _MOST_PROFILE = 65_535, 2**22  # what a JPEG can hold, and more than any profile has


@dataclass(frozen=True)
class Kept:
    """What is written with an image, beside its pixels.

    Parameters
    ----------
    format : str
        The format of the file: that of Pillow, or ``"TIFF"``.
    coding : dict
        How its pixels are compressed: arguments of the writer of the same format; of a PNM file, its
        ``maxval``.
    resolution : tuple of float and int, default=None
        Pixels per unit along x and y, and the unit as in TIFF.
    profile : bytes, default=None
        The ICC profile of its colours.
    """

    format: str = ""
    coding: dict[str, Any] = field(default_factory=dict)
    resolution: tuple[float, float, int] | None = None
    profile: bytes | None = None

    def _profile_of(self, channels):
        """Return the profile if it is of the colours of an image: grey levels or RGB."""
        fits = self.profile and len(self.profile) <= _MOST_PROFILE
        return self.profile if fits and self.profile[16:20] == _SPACES.get(channels) else None

    def for_tiff(
        self, channels: int, dtype: np.dtype[Any], *, profile_once: bool = True
    ) -> dict[str, Any]:
        """Return the arguments of `tifffile.imwrite` for images; the first page, or each one, has the profile."""
        options = {}
        if self.format == "TIFF" and dtype.kind != "b":  # early versions compress no bits
            options |= self.coding
            if dtype.kind not in "iu":
                options.pop("predictor", None)
        if self.resolution:
            *resolution, unit = self.resolution
            options |= {"resolution": tuple(resolution), "resolutionunit": unit}
        if profile := self._profile_of(channels):
            options["extratags"] = [(ICC_TAG, _UNDEFINED, len(profile), profile, profile_once)]
        return options

    def for_pillow(self, format_: str, channels: int) -> dict[str, Any]:
        """Return the arguments of Pillow's ``save`` for an image, in a format as Pillow names it."""
        options = dict(self.coding) if self.format == format_ else {}
        if self.resolution and self.resolution[2] in (_INCH, _CENTIMETRE):
            *resolution, unit = self.resolution
            options["dpi"] = tuple(n * (1 if unit == _INCH else 2.54) for n in resolution)
        if profile := self._profile_of(channels):
            options["icc_profile"] = profile
        return options


def kept_of(path: str | Path) -> Kept:
    """Return what can be kept of an image file."""
    path = Path(path)
    if path.suffix.lower() == ".npy":
        return Kept()
    with errors_name(path, "cannot be read as an image"):
        if is_tiff(path):
            with opened_tiff(path) as (file, _):
                return kept_of_page(file.pages[0])
        with opened_picture(path) as picture:
            dpi = picture.info.get("dpi")
            resolution = _resolution((*dpi, _INCH), is_lying(path, picture)) if dpi else None
            format_ = "JPEG" if picture.format == "MPO" else picture.format
            profile = picture.info.get("icc_profile")
            return Kept(format_, _coding(path, picture), resolution, profile)


def kept_of_page(page: tifffile.TiffPage) -> Kept:
    """Return what can be kept of a page of a TIFF file."""
    resolution, profile = None, page.tags.get(ICC_TAG)
    if "XResolution" in page.tags and "YResolution" in page.tags:
        with suppress(TypeError, ValueError, ZeroDivisionError):  # the tags are damaged
            x, y = (n / of for n, of in map(page.tags.valueof, ("XResolution", "YResolution")))
            resolution = _resolution((x, y, int(page.resolutionunit)), is_lying_page(page))
    profile = bytes(profile.value) if profile else None
    return Kept("TIFF", _tiff_coding(page), resolution, profile)


def _resolution(resolution, is_lying):
    """Return a resolution of an image that is turned upright, or None if no file can hold it."""
    x, y, unit = resolution
    if not (0 < x < _MOST_DPI and 0 < y < _MOST_DPI):
        return None
    return (y, x, unit) if is_lying else (x, y, unit)


def _tiff_coding(page):
    """Return a lossless compression that tifffile writes: that of the page if it can be."""
    if page.compression == _COMPRESSION.NONE:
        return {}
    is_written = page.compression in _LOSSLESS and page.compression in tifffile.TIFF.COMPRESSORS
    if page.compression in ZSTD and find_spec("imagecodecs") is find_spec("compression") is None:
        is_written = False
    coding = {"compression": int(page.compression) if is_written else int(DEFLATE[1])}
    return coding | ({"predictor": True} if page.predictor == 2 else {})


def _coding(path, picture):
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        subsampling = JpegImagePlugin.get_sampling(picture)
        return {} if subsampling < 0 else {"subsampling": subsampling}
    if (maxval := maxval_of(picture)) is not None:
        return {"maxval": maxval}
    if picture.format == "WEBP" and _is_lossless_webp(path):
        return {"lossless": True, "quality": 75}  # the effort
    return {}


def _is_lossless_webp(path):
    """Return whether a WebP file has a chunk of lossless pixels."""
    with open(path, "rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name in (b"VP8L", b"VP8 "):
                return name == b"VP8L"
            file.seek(length + length % 2, 1)
    return False
