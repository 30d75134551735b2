"""Segments of TIFF pages, strips or tiles: checked, and decoded into no more than their header states."""

import copy
import io
import math
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError

from skdenoise.io.safety import check_bytes
from skdenoise.typing import Images

_COMPRESSION = tifffile.COMPRESSION
# Compressions that tifffile writes without another package.
DEFLATE = (_COMPRESSION.DEFLATE, _COMPRESSION.ADOBE_DEFLATE)
_ZLIB = (*DEFLATE, 50013)
ZSTD = (34926, 50000)
# JPEG, JPEG 2000, JPEG XR, JPEG XL, PNG, WebP and LERC: segments with a header of their own.
_PICTURES = (6, 7, 22610, 33003, 33004, 33005, 33007, 34712, 34887, 34892, 34933, 34934)
_PICTURES += (50001, 50002, 52546)
# CCITT, Jetraw and EER, whose decoders are given the size of the result.
_SIZED = (2, 3, 4, 48124, 65000, 65001, 65002)
# Bytes that a compressed byte can stand for, at most.
_EXPANSION = {_COMPRESSION.NONE: 1, _COMPRESSION.PACKBITS: 64, _COMPRESSION.LZW: 4096}
_EXPANSION |= dict.fromkeys(_ZLIB, 1100)
# Memory of a decompressor; the strongest preset of xz takes 65 MiB.
_LZMA_BYTES = 2**28
# Tiles of a small image may be larger than the image: up to this many pixels in all.
_PADDED_PIXELS = 2**24
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_segments(path: str | Path, page: tifffile.TiffPage) -> None:
    """Check the segments of a page before one of them is read.

    Raises
    ------
    ValueError
        If a segment is missing, is empty, or lies beyond the end of the file, or if the segments
        state far more bytes than the page or the file has.
    """
    grid = _grid(path, page)
    offsets, counts = page.dataoffsets, page.databytecounts
    n_segments = math.prod(grid)
    one_stream = page.compression == _COMPRESSION.OJPEG and not page.is_tiled
    if not one_stream and min(len(offsets), len(counts)) < n_segments:
        raise ValueError(
            f"{path} is cut short: it has {min(len(offsets), len(counts))} of {n_segments} strips or tiles."
        )
    offsets, counts = offsets[:n_segments], counts[:n_segments]
    if not all(offsets) or not all(counts):
        raise ValueError(f"{path} is cut short: some of its strips or tiles are empty.")
    size = page.parent.filehandle.size
    stored = n_segments * _segment_bytes(page)
    check_bytes(path, stored)
    if page.is_contiguous:  # as many bytes are read as the pixels have
        is_inside = offsets[0] + page.nbytes <= size
    else:
        is_inside = max(map(sum, zip(offsets, counts, strict=False))) <= size
    if not is_inside:
        raise ValueError(f"{path} is cut short: some of its strips or tiles lie beyond its end.")
    n_bytes = sum(counts)
    expansion = _EXPANSION.get(page.compression, math.inf)
    least = _row_bytes(page, page.imagewidth) * page.imagelength
    if not page.is_contiguous and least > expansion * n_bytes:
        raise ValueError(f"{path} is cut short: {n_bytes} bytes cannot hold its pixels.")
    if n_bytes > size + stored:
        raise ValueError(
            f"{path} is damaged: its strips or tiles state {n_bytes} bytes, but the file has {size}."
        )


def decoded_page(page: tifffile.TiffPage) -> Images:
    """Return the pixels of a page as `asarray` of tifffile does, which limits no segment.

    A few compressed bytes can be gigabytes. Each segment is decoded into as many bytes as the header
    allows, and the rest of it is ignored.
    """
    if page.is_contiguous:
        return page.asarray()
    decoder = copy.copy(page)
    if page.compression not in (*_PICTURES, *_SIZED):  # it gets plain bytes, see `_segment`
        decoder.compression, decoder.fillorder = _COMPRESSION.NONE, 1
    pixels = np.empty(page.shaped, page.dtype)
    for index, (offset, count) in enumerate(
        zip(page.dataoffsets, page.databytecounts, strict=False)
    ):
        _, (plane, depth, top, left, _), shape = decoder.decode(None, index)
        part = pixels[plane, depth : depth + shape[0], top : top + shape[1], left : left + shape[2]]
        segment = _segment(page, decoder, index, (offset, count), shape)
        part[...] = segment[: part.shape[0], : part.shape[1], : part.shape[2]]
    return pixels.reshape(page.shape)


def _grid(path, page):
    """Return how many segments a page has: planes, and along its depth, height and width."""
    sides = (page.imagedepth, page.imagelength, page.imagewidth)
    if page.is_tiled:
        steps = (page.tiledepth, page.tilelength, page.tilewidth)
    else:
        steps = (1, page.rowsperstrip, page.imagewidth)
    if min(steps) < 1:
        raise ValueError(f"{path} is damaged: its strips or tiles have no pixels.")
    grid = [-(-side // step) for side, step in zip(sides, steps, strict=True)]
    pixels, padded = math.prod(sides), math.prod(grid) * math.prod(steps)
    if page.is_tiled and padded > max(4 * pixels, _PADDED_PIXELS):
        raise ValueError(
            f"{path} is damaged: its tiles of {steps[2]}x{steps[1]} pixels are too large for an image of "
            f"{sides[2]}x{sides[1]} pixels."
        )
    planes = page.samplesperpixel if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE else 1
    return (planes, *grid)


def _row_bytes(page, width):
    contiguous = page.planarconfig != tifffile.PLANARCONFIG.SEPARATE
    samples = page.samplesperpixel if contiguous else 1
    bits = np.max(page.bitspersample)
    return -(-int(width) * int(samples) * int(bits) // 8)


def _segment_bytes(page):
    """Return the bytes of a whole segment, decompressed."""
    if page.is_tiled:
        return _row_bytes(page, page.tilewidth) * page.tilelength * page.tiledepth
    return _row_bytes(page, page.imagewidth) * page.rowsperstrip


def _segment(page, decoder, index, where, shape):
    """Return a decoded segment (depth, height, width, samples)."""
    size = _row_bytes(page, shape[2]) * shape[0] * shape[1]
    offset, count = where
    handle = page.parent.filehandle
    handle.seek(offset)
    data = handle.read(count if page.compression != _COMPRESSION.NONE else min(count, size))
    if page.compression in _PICTURES:
        return _picture(page, decoder, index, data, shape)
    if page.compression in _SIZED:
        return decoder.decode(data, index)[0]
    if page.fillorder == 2:
        data = data.translate(_REVERSED_BITS)
    return decoder.decode(_decompressed(data, page.compression, size), index)[0]


def _picture(page, decoder, index, data, shape):
    """Return a segment that is a picture with a header of its own, which may state another size."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except UnidentifiedImageError:  # the codec compares its header with the array
        out = np.empty(shape[1:] if shape[3] > 1 else shape[1:3], page.dtype)
        return tifffile.TIFF.DECOMPRESSORS[page.compression](data, out=out).reshape(shape)
    if height > shape[1] or width > shape[2]:
        raise ValueError(
            f"a strip or tile of {shape[2]}x{shape[1]} pixels holds a picture of {width}x{height}"
        )
    return decoder.decode(data, index, jpegtables=page.jpegtables, jpegheader=page.jpegheader)[0]


def _decompressed(data, compression, size):
    """Return at most the first bytes of what is compressed."""
    if compression == _COMPRESSION.NONE:
        return data
    has_codecs = find_spec("imagecodecs") is not None
    if compression in _ZLIB:
        stream = zlib.decompressobj()
    elif compression == _COMPRESSION.LZMA:
        import lzma  # not in every Python

        stream = lzma.LZMADecompressor(memlimit=_LZMA_BYTES)
    elif compression in ZSTD and not has_codecs:
        from compression import zstd  # from Python 3.14 on

        stream = zstd.ZstdDecompressor()
    elif compression == _COMPRESSION.PACKBITS and not has_codecs:
        return _unpacked_bits(data, size)
    else:
        return tifffile.TIFF.DECOMPRESSORS[compression](data, out=size)
    # With room for one more byte, the end of the stream is read too, and its checksum compared.
    found = stream.decompress(data, size + 1)
    if len(found) <= size and not stream.eof:
        raise ValueError("a strip or tile is cut short")
    return found[:size]


def _unpacked_bits(data, size):
    """Return what is packed by PackBits (section 9 of TIFF 6.0)."""
    found, at = bytearray(), 0
    while at < len(data) and len(found) < size:
        head = data[at]
        if head > 128:
            found += data[at + 1 : at + 2] * (257 - head)
            at += 2
        else:
            n_literal = head + 1 if head < 128 else 0
            found += data[at + 1 : at + 1 + n_literal]
            at += 1 + n_literal
    return bytes(found[:size])
