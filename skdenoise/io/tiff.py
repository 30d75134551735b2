"""TIFF: read files with tifffile, which keeps all bits, or with Pillow, which reads more kinds."""

import logging
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
import tifffile
from PIL import UnidentifiedImageError

from skdenoise.io.file_names import TIFF
from skdenoise.io.pillow import opened_picture, picture_header, read_picture
from skdenoise.io.safety import check_bytes, check_complete, check_pixels
from skdenoise.io.segments import ZSTD, check_segments, decoded_page
from skdenoise.typing import Images

_BEGINNINGS = (b"II", b"MM")
_PHOTOMETRIC, _EXTRA = tifffile.PHOTOMETRIC, tifffile.EXTRASAMPLE
# Number of samples of a pixel, without extra samples.
_SAMPLES = {_PHOTOMETRIC.MINISBLACK: 1, _PHOTOMETRIC.MINISWHITE: 1, _PHOTOMETRIC.RGB: 3}
# Values of tag 274 (Orientation) of TIFF 6.0, by where the stored first row and column lie.
_LYING, _FROM_BELOW, _FROM_THE_RIGHT = (5, 6, 7, 8), (3, 4, 7, 8), (2, 3, 6, 7)
# The modes in which Pillow keeps more than 8 bits.
_DEEP_MODES = {"I;16": "uint16", "I;16B": "uint16", "I;16L": "uint16", "I": "int32", "F": "float32"}


def is_tiff(path: str | Path) -> bool:
    """Return whether a file is a TIFF, by its extension or its first bytes."""
    if Path(path).suffix.lower() in TIFF:
        return True
    with open(path, "rb") as file:
        return file.read(2) in _BEGINNINGS


def read_tiff(path: str | Path) -> Images:
    """Return the pixels of a TIFF file, upright, as grey levels or RGB of the stored dtype."""
    with _only_page(path) as page:
        check_segments(path, page)
        if not tifffile_reads(page):
            _check_pillow(path, page)
            return read_picture(path)
        return upright_pixels(path, page, decoded_page(page))


def write_tiff(path: Path, pixels: Images, **options: Any) -> None:
    """Write a TIFF file with `tifffile.imwrite`, and raise an OSError if there is no room for all of it."""
    try:
        pixels_at = tifffile.imwrite(path, pixels, returnoffset=True, **options)
    except OSError as error:
        # NumPy writes nothing if there is no room for all, and does not say why.
        if error.errno is None:
            check_complete(path, pixels.nbytes)
        raise
    check_complete(path, sum(pixels_at or (0,)))


def upright_pixels(path: str | Path, page: tifffile.TiffPage, pixels: Images) -> Images:
    """Return decoded pixels of a page, upright, as grey levels or RGB."""
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = _without_extra_samples(path, page, pixels)
    if page.photometric == _PHOTOMETRIC.MINISWHITE:
        white = pixels.dtype.type(2**page.bitspersample - 1)
        pixels = ~pixels if pixels.dtype == bool else white - pixels
    return np.ascontiguousarray(_upright(page, pixels), pixels.dtype.newbyteorder("="))


def tiff_header(path: str | Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and dtype of the array that `read_tiff` returns."""
    with _only_page(path) as page:
        shape = upright_shape(path, page)
        dtype = page.dtype if tifffile_reads(page) else picture_header(path)[1]
        return shape, dtype.newbyteorder("=")


def upright_shape(path: str | Path, page: tifffile.TiffPage) -> tuple[int, ...]:
    """Return the shape of a page after `upright_pixels`."""
    height, width = page.imagelength, page.imagewidth
    if is_lying_page(page):
        height, width = width, height
    plain = tifffile_reads(page)
    grey = _SAMPLES[page.photometric] == 1 if plain else _check_pillow(path, page)
    return (height, width) if grey else (height, width, 3)


@contextmanager
def quiet_tiff(path: str | Path) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file, and keep tifffile from logging what is wrong with it: that is an error here."""
    this_thread = get_ident()

    def is_of_others(record):
        return record.thread != this_thread

    logger = logging.getLogger("tifffile")
    logger.addFilter(is_of_others)
    try:
        # OME refers to planes in other files.
        with tifffile.TiffFile(path, is_ome=False) as file:
            yield file
    finally:
        logger.removeFilter(is_of_others)


@contextmanager
def opened_tiff(path: str | Path) -> Iterator[tuple[tifffile.TiffFile, int]]:
    """Open a TIFF file, and check its size before its pixels are read.

    Yields
    ------
    file : tifffile.TiffFile
        The file.
    n_pages : int
        Number of its pages, each of the size of the first one.
    """
    with quiet_tiff(path) as file:
        page = file.pages[0]
        # ImageJ stores a stack after a single page.
        n_pages = max(len(file.pages), file.series[0].size // max(page.size, 1), page.imagedepth)
        _check_pages(path, file, n_pages)
        if 0 in page.shape:
            raise ValueError(f"{path} has no pixels: its size is {page.shape}.")
        check_pixels(path, page.imagelength, page.imagewidth)
        check_bytes(path, n_pages * page.nbytes)
        yield file, n_pages


def _check_pages(path, file, n_pages):
    """Raise an error if a file refers to more pages than it has, which tifffile reads as fewer pages."""
    tiff, handle, last = file.tiff, file.filehandle, file.pages[-1]
    handle.seek(last.offset)
    number = handle.read(tiff.tagnosize)
    following = b""
    if len(number) == tiff.tagnosize:
        handle.seek(struct.unpack(tiff.tagnoformat, number)[0] * tiff.tagsize, os.SEEK_CUR)
        following = handle.read(tiff.offsetsize)
    is_last = len(following) == tiff.offsetsize and not any(following)
    named = (file.imagej_metadata or {}).get("images", 1)
    if not is_last or named > n_pages:
        raise ValueError(f"{path} is cut short: it refers to pages that it does not have.")


@contextmanager
def _only_page(path):
    with opened_tiff(path) as (file, n_pages):
        if n_pages > 1:
            raise ValueError(f"{path} has {n_pages} pages; expected one. Save each page as a file.")
        yield file.pages[0]


def tifffile_reads(page: tifffile.TiffPage) -> bool:
    """Return whether tifffile reads a page: grey levels or RGB, in a compression it supports.

    Pillow reads the rest: palettes, inks, video colours, and grey levels of 2 and 4 bits, which it
    scales to 8 bits.
    """
    plain = page.photometric in _SAMPLES and page.axes in ("YX", "YXS", "SYX")
    plain = plain and page.samplesperpixel >= _SAMPLES[page.photometric]
    inverted = page.photometric == _PHOTOMETRIC.MINISWHITE
    numbers = page.dtype is not None and page.dtype.kind in ("bu" if inverted else "biuf")
    return plain and numbers and page.bitspersample not in (2, 4) and not _needs_imagecodecs(page)


def _needs_imagecodecs(page):
    """Return whether tifffile cannot decode a page because the package imagecodecs is missing."""
    if find_spec("imagecodecs") is None:
        if page.bitspersample not in (1, 2, 4, 8, 16, 32, 64):
            return True
        if page.compression in ZSTD and find_spec("compression") is None:
            return True
    codecs, predictors = tifffile.TIFF.DECOMPRESSORS, tifffile.TIFF.UNPREDICTORS
    return page.compression not in codecs or page.predictor not in predictors


def check_codecs(kind: str, page: tifffile.TiffPage) -> None:
    """Raise a ValueError if a page, of such a kind of file, cannot be decoded without the package imagecodecs."""
    if page.dtype is not None and page.dtype.kind == "c":
        raise ValueError(f"{kind}: complex numbers are no pixels. Save their absolute values.")
    if _needs_imagecodecs(page):
        compression = getattr(page.compression, "name", page.compression)
        raise ValueError(
            f"{kind}, {compression} compression, which needs the package imagecodecs. Use pip "
            "install imagecodecs, or save the file without compression."
        )


def _check_pillow(path, page):
    """Return whether a page is grey. Raise an error if Pillow would change its values.

    Pillow reduces colours of more than 8 bits to 8. It reads white as black if white is 0 and the
    page has more than 8 bits.
    """
    try:
        with opened_picture(path) as picture:
            mode = picture.mode
    except UnidentifiedImageError:
        mode = None
    deep = np.max(page.bitspersample) > 8
    inverted = page.photometric == _PHOTOMETRIC.MINISWHITE
    kept = not deep or (_DEEP_MODES.get(mode) == str(page.dtype) and not inverted)
    if mode is not None and kept:
        return page.photometric in _SAMPLES and _SAMPLES[page.photometric] == 1
    kind = (
        f"{path} is a TIFF of {page.dtype}, {getattr(page.photometric, 'name', page.photometric)}"
    )
    check_codecs(kind, page)
    raise ValueError(f"{kind}, which cannot be read without loss. Save it as RGB or grey levels.")


def _without_extra_samples(path, page, pixels):
    """Return pixels without extra samples, which must be opaque or constant."""
    samples = _SAMPLES[page.photometric]
    if pixels.ndim == 2:
        return pixels
    extra = pixels[..., samples:]
    opaque = np.iinfo(extra.dtype).max if extra.dtype.kind in "iu" else 1
    for index in range(extra.shape[2]):
        values = extra[..., index]
        said = index < len(page.extrasamples)
        kind = page.extrasamples[index] if said else _EXTRA.UNSPECIFIED
        if kind == _EXTRA.UNSPECIFIED and values.min() != values.max():
            raise ValueError(
                f"{path} has {page.samplesperpixel} channels, more than its colours. Remove the "
                "extra channels."
            )
        if kind != _EXTRA.UNSPECIFIED and (values != opaque).any():
            raise ValueError(
                f"{path} is transparent in places; put it on an opaque background first."
            )
    return pixels[..., 0] if samples == 1 else pixels[..., :samples]


def is_lying_page(page: tifffile.TiffPage) -> bool:
    """Return whether the orientation of a page swaps its height and width."""
    return _orientation(page) in _LYING


def _orientation(page):
    tag = page.tags.get("Orientation")
    return tag.value if tag else 1


def _upright(page, pixels):
    """Rotate and flip pixels by the orientation of a page."""
    orientation = _orientation(page)
    if is_lying_page(page):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in _FROM_BELOW:
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in _FROM_THE_RIGHT else pixels
