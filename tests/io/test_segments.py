"""Strips and tiles of TIFF files: read as tifffile reads them, and refused where they cannot be meant."""

import logging
import lzma
import struct
import tracemalloc
import zlib
from contextlib import suppress

import numpy as np
import pytest
import tifffile
from PIL import Image

from skdenoise.io.image_files import read_image
from skdenoise.io.stacks import TiffStack

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(1, 200, (50, 37), dtype=np.uint8)
DEEP = RANDOM.integers(1, 2**16, (50, 37, 3), dtype=np.uint16)
STRIPS, TILES = {"rowsperstrip": 16}, {"tile": (32, 16)}


@pytest.mark.parametrize("parts", [STRIPS, TILES, {}])
@pytest.mark.parametrize("compression", [None, "zlib", "lzma"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_segments_are_put_together(tmp_path, dtype, compression, parts):
    image = DEEP if dtype == "uint16" else GREY.astype(dtype)
    kind = "rgb" if image.ndim == 3 else "minisblack"
    options = {"photometric": kind, "compression": compression, **parts}
    if compression and image.dtype.kind == "u":
        options["predictor"] = True
    for byteorder in "<>":
        tifffile.imwrite(tmp_path / "a.tif", image, byteorder=byteorder, **options)
        np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)


@pytest.mark.parametrize("is_bilevel", [False, True])
@pytest.mark.parametrize(
    "compression", ["packbits", "tiff_lzw", "tiff_adobe_deflate", "group4", "jpeg"]
)
def test_compressions_of_other_programs_are_read(tmp_path, compression, is_bilevel):
    if compression == ("jpeg" if is_bilevel else "group4"):
        pytest.skip("there is no such file")
    image = GREY > 100 if is_bilevel else GREY
    Image.fromarray(image).save(tmp_path / "a.tif", compression=compression)
    read = read_image(tmp_path / "a.tif")
    assert read.dtype == image.dtype
    if compression != "jpeg":
        np.testing.assert_array_equal(read, image)


def test_bits_in_reversed_order_are_read(tmp_path):
    reverse = np.array([int(f"{byte:08b}"[::-1], 2) for byte in range(256)], np.uint8)
    packed = reverse[np.frombuffer(zlib.compress(GREY.tobytes()), np.uint8)].tobytes()
    write_segment(tmp_path / "a.tif", packed, 8, GREY.shape, fill_order=2)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), GREY)


def change(path, **tags):
    with tifffile.TiffFile(path, mode="r+") as file:
        for name, value in tags.items():
            file.pages[0].tags[name].overwrite(value)


def write_segment(path, data, compression, shape=(10, 10), fill_order=1):
    """Write a TIFF that states a shape, and whose only strip is this data."""
    tags = [(65000, "H", 1, fill_order, True)]
    black = np.zeros(shape, np.uint8)
    tifffile.imwrite(path, black, photometric="minisblack", extratags=tags)
    # tifffile does not write tag 266, the order of bits.
    plain = path.read_bytes().replace(struct.pack("<H", 65000), struct.pack("<H", 266))
    path.write_bytes(plain + data)
    change(path, StripOffsets=len(plain), StripByteCounts=len(data), Compression=compression)


def compressed_zeros(compressor, mebibytes):
    parts = [compressor.compress(bytes(2**20)) for _ in range(mebibytes)]
    return b"".join([*parts, compressor.flush()])


BOMBS = {
    "deflate": (8, compressed_zeros(zlib.compressobj(1), 64)),
    "adobe deflate": (32946, compressed_zeros(zlib.compressobj(1), 64)),
    "lzma": (34925, compressed_zeros(lzma.LZMACompressor(preset=0), 64)),
    "packbits": (32773, b"\x81\x00" * 2**19),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_no_more_is_inflated_than_the_image_has(tmp_path, kind):
    compression, data = BOMBS[kind]
    write_segment(tmp_path / "bomb.tif", data, compression)
    tracemalloc.start()
    try:
        with suppress(ValueError):  # the PackBits of imagecodecs refuses it
            assert read_image(tmp_path / "bomb.tif").shape == (10, 10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**24


@pytest.mark.parametrize("compression", [1, 5, 8, 34925])
def test_tiles_that_are_not_there_are_not_looked_for(tmp_path, compression):
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, np.zeros((16, 16), np.uint8), tile=(16, 16), photometric="minisblack")
    sides = {"ImageWidth": 13_000, "ImageLength": 13_000, "TileWidth": 1, "TileLength": 1}
    change(path, **sides, Compression=compression)
    with pytest.raises(ValueError, match=r"bomb\.tif is cut short: it has 1 of 169000000 strips"):
        read_image(path)


def test_tiles_are_not_far_larger_than_the_image(tmp_path):
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, GREY, tile=(64, 64), compression="zlib")
    np.testing.assert_array_equal(read_image(path), GREY)
    change(path, TileWidth=2**20, TileLength=2**20)
    with pytest.raises(ValueError, match=r"bomb\.tif.*tiles of 1048576x1048576 pixels.* 37x50"):
        read_image(path)


def test_bytes_that_cannot_hold_the_pixels_take_no_memory(tmp_path):
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, np.zeros((10, 10), np.uint8), compression="zlib")
    change(path, ImageWidth=13_000, ImageLength=13_000, RowsPerStrip=13_000)
    with pytest.raises(ValueError, match=r"bomb\.tif is cut short: \d+ bytes cannot hold"):
        read_image(path)


def damaged_segment(path, what, value):
    """Set the third entry of the offsets or byte counts of the first page of a file."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        tag = page.tags[("Tile" if page.is_tiled else "Strip") + what]
        values = [*tag.value[:2], value, *tag.value[3:]]
    change(path, **{tag.name: values})


@pytest.mark.parametrize("value", [0, 2**16 - 1])
@pytest.mark.parametrize("what", ["Offsets", "ByteCounts"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("parts", [STRIPS, TILES])
def test_a_segment_that_is_empty_or_elsewhere_is_refused(tmp_path, parts, compression, what, value):
    path = tmp_path / "sparse.tif"
    for pages in (GREY, np.stack([GREY] * 3)):
        options = {"photometric": "minisblack", "metadata": None, "compression": compression}
        tifffile.imwrite(path, pages, **options, **parts)
        damaged_segment(path, what, value)
        read = read_image if pages.ndim == 2 else lambda path: TiffStack(path).read()
        with pytest.raises(ValueError, match=r"sparse\.tif.* is cut short: some of its strips"):
            read(path)


def test_missing_segments_are_refused_whatever_reads_the_file(tmp_path):
    path = tmp_path / "sparse.tif"
    tifffile.imwrite(path, DEEP, photometric="rgb", **STRIPS)
    change(path, RowsPerStrip=4)
    with pytest.raises(ValueError, match=r"sparse\.tif is cut short: it has 4 of 13 strips"):
        read_image(path)
    Image.fromarray(GREY).convert("P").save(path)
    change(path, StripByteCounts=0)
    with pytest.raises(ValueError, match=r"sparse\.tif.* is cut short"):
        read_image(path)


def test_a_stream_without_its_end_is_refused(tmp_path):
    data = zlib.compress(GREY.tobytes())
    for cut in (data[:-1], data[:-4] + b"abcd", data[: len(data) // 2]):
        write_segment(tmp_path / "cut.tif", cut, 8, GREY.shape)
        with pytest.raises(ValueError, match=r"cut\.tif cannot be read"):
            read_image(tmp_path / "cut.tif")


def test_what_tifffile_would_log_is_an_error_alone(tmp_path, caplog):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 20, 30), np.uint8), imagej=True)
    whole = (tmp_path / "a.tif").read_bytes()
    for length in range(200, len(whole), 250):
        (tmp_path / "a.tif").write_bytes(whole[:length])
        with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match=r"a\.tif"):
            read_image(tmp_path / "a.tif")
    assert [record for record in caplog.records if record.name == "tifffile"] == []
    assert logging.getLogger("tifffile").filters == []
