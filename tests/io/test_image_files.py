"""Reading and writing image files, and folders of them."""

import pickle
import shutil
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image

from skdenoise import FilterDenoiser, ImageFolder
from skdenoise.io import tiff as tiff_files
from skdenoise.io.image_files import read_header, read_image, read_shape, write_image
from skdenoise.io.kept import kept_of
from skdenoise.io.safety import is_lasting
from skdenoise.io.stacks import opened_stack


def grey(dtype):
    values = np.random.default_rng(0).integers(0, 256, (7, 5))
    return (values > 100) if dtype == "bool" else values.astype(dtype)


@pytest.mark.parametrize(
    ("ending", "dtype", "colours"),
    [
        (".png", "uint8", 1),
        (".png", "uint8", 3),
        (".png", "uint16", 1),
        (".bmp", "uint8", 3),
        (".tif", "uint8", 3),
        (".tif", "uint16", 3),
        (".tiff", "float32", 1),
        (".tif", "float64", 3),
        (".npy", "float16", 3),
        (".npy", "int64", 1),
        (".ppm", "uint8", 3),
        (".pgm", "uint8", 1),
        (".pgm", "uint16", 1),
        (".pnm", "uint8", 3),
        (".pbm", "bool", 1),
    ],
)
def test_what_is_written_is_read_again(tmp_path, ending, dtype, colours):
    image = grey(dtype) if colours == 1 else np.stack([grey(dtype)] * 3, axis=-1)
    path = tmp_path / f"image{ending}"
    write_image(path, image)
    read = read_image(path)
    assert read.dtype == image.dtype
    np.testing.assert_array_equal(read, image)
    assert read_shape(path) == image.shape
    assert read_header(path) == (image.shape, image.dtype)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".JPG"])
def test_jpeg_has_several_endings(tmp_path, ending):
    image = np.full((8, 8, 3), 99, np.uint8)
    write_image(tmp_path / f"a{ending}", image)
    with Image.open(tmp_path / f"a{ending}") as picture:
        assert picture.format == "JPEG"
    assert [file.shape for file in ImageFolder(tmp_path)] == [(8, 8, 3)]


@pytest.mark.parametrize("kind", [b"P3", b"P6"])
def test_colours_of_16_bits_in_a_ppm_are_refused(tmp_path, kind):
    pixels = b"1 2 3 " * 4 if kind == b"P3" else bytes(24)
    (tmp_path / "deep.ppm").write_bytes(kind + b"\n2 2\n65535\n" + pixels)
    for read in (read_image, read_shape):
        with pytest.raises(ValueError, match=r"deep\.ppm has colours of more than 8 bits"):
            read(tmp_path / "deep.ppm")


def test_a_folder_converts_images_of_one_channel(tmp_path):
    np.save(tmp_path / "a.npy", grey("uint8")[..., np.newaxis])
    assert ImageFolder(tmp_path)[0].shape == (7, 5, 1)
    np.testing.assert_array_equal(ImageFolder(tmp_path, colour=False)[0], grey("uint8"))
    assert ImageFolder(tmp_path, colour=True)[0].shape == (7, 5, 3)


def test_links_to_images_that_are_not_there_are_named(tmp_path):
    write_image(tmp_path / "a.png", grey("uint8"))
    (tmp_path / "good.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.warns(UserWarning, match=r"Left out 1 link.* not there, such as gone\.png"):
        folder = ImageFolder(tmp_path)
    assert [path.name for path in folder.paths] == ["a.png", "good.png"]


def test_images_of_other_formats_are_counted_once(tmp_path):
    write_image(tmp_path / "a.png", grey("uint8"))
    (tmp_path / "more").mkdir()
    for name in ("a.gif", "more/b.gif", "c.tga"):
        Image.fromarray(grey("uint8")).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.warns(UserWarning, match=r"Left out 3 .*\.gif, \.tga\. Convert") as caught:
        images = ImageFolder(tmp_path)
    assert len(caught) == len(images) == 1


def test_jpeg_is_close_and_booleans_are_black_and_white(tmp_path):
    smooth = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8)
    write_image(tmp_path / "smooth.jpg", smooth)
    assert np.abs(read_image(tmp_path / "smooth.jpg").astype(int) - smooth).max() < 8
    mask = np.arange(64).reshape(8, 8) > 31
    write_image(tmp_path / "mask.jpg", mask)
    np.testing.assert_array_equal(read_image(tmp_path / "mask.jpg") > 127, mask)


@pytest.mark.parametrize(
    ("ending", "dtype", "colours"),
    [
        (".png", "float32", 1),
        (".jpg", "uint16", 1),
        (".png", "uint16", 3),
        (".bmp", "uint8", 2),
        (".pgm", "uint8", 3),
        (".pbm", "uint8", 1),
        (".ppm", "uint16", 3),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_leaves_no_file(tmp_path, ending, dtype, colours):
    image = grey(dtype) if colours == 1 else np.stack([grey(dtype)] * colours, axis=-1)
    with pytest.raises(ValueError, match=r"write \.tif"):
        write_image(tmp_path / f"image{ending}", image)
    with pytest.raises(ValueError, match="endings"):
        write_image(tmp_path / "image.gif", image)
    assert not list(tmp_path.iterdir())


def test_photographs_are_turned_upright(tmp_path):
    picture = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by a quarter, clockwise
    picture.save(tmp_path / "turned.png", exif=exif)
    upright = np.rot90(np.arange(12).reshape(3, 4), -1)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), upright)
    assert read_shape(tmp_path / "turned.png") == (4, 3)


def test_orientation_after_the_pixels_of_a_png_is_found(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)).save(tmp_path / "a.png", exif=exif)
    whole = (tmp_path / "a.png").read_bytes()
    start = whole.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(whole[start : start + 4], "big")
    last = whole.index(b"IEND") - 4
    (tmp_path / "a.png").write_bytes(
        whole[:start] + whole[end:last] + whole[start:end] + whole[last:]
    )
    assert read_image(tmp_path / "a.png").shape == read_shape(tmp_path / "a.png") == (4, 3)


def test_header_of_a_png_is_read_without_its_pixels(tmp_path):
    write_image(tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (60, 50), np.uint8))
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    assert read_header(tmp_path / "a.png") == ((60, 50), np.uint8)
    with pytest.raises(ValueError, match=r"a\.png cannot be read"):
        read_image(tmp_path / "a.png")


MODES = {
    ".png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    ".jpg": ("L", "RGB", "CMYK"),
    ".bmp": ("1", "L", "P", "RGB"),
    ".webp": ("L", "RGB", "RGBA"),
    ".tif": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"),
}


@pytest.mark.parametrize(
    ("ending", "mode"), [(ending, mode) for ending in MODES for mode in MODES[ending]]
)
def test_a_header_states_what_is_read(tmp_path, ending, mode):
    values = np.arange(35, dtype=np.uint8).reshape(7, 5)
    if mode == "I;16":
        picture = Image.fromarray(values.astype(np.uint16) * 9)
    else:
        picture = Image.fromarray(values).convert("RGB" if mode == "CMYK" else "L").convert(mode)
    path = tmp_path / f"a{ending}"
    picture.save(path)
    image = read_image(path)
    assert read_header(path) == (image.shape, image.dtype)


def png_with(path, image, before=(), after=()):
    """Write a PNG with further chunks before and after its pixels."""
    Image.fromarray(image).save(path)
    whole = path.read_bytes()
    start, end = whole.index(b"IDAT") - 4, whole.index(b"IEND") - 4
    parts = [whole[:start], *map(png_chunk, before), whole[start:end], *map(png_chunk, after)]
    path.write_bytes(b"".join([*parts, whole[end:]]))


def png_chunk(name_and_data):
    data = b"".join(name_and_data)
    return struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


def orientation_chunks(orientation):
    """Return the ways in which a PNG states an orientation: EXIF, text with EXIF, and XMP."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif = exif.tobytes()
    text = b"\nexif\n      %d\n" % len(exif) + exif.hex().encode()
    xmp = b'<x tiff:Orientation="%d"/>' % orientation
    yield b"eXIf", exif.removeprefix(b"Exif\0\0")
    yield b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)
    yield b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_shape_of_a_png_is_known_before_its_pixels_are_decoded(tmp_path, orientation, where):
    path = tmp_path / "turned.png"
    for chunk in orientation_chunks(orientation):
        png_with(path, grey("uint8"), **{where: [chunk]})
        upright = UPRIGHT[orientation](grey("uint8"))
        np.testing.assert_array_equal(read_image(path), upright)
        assert read_shape(path) == upright.shape
        # Damaged pixels are not noticed, since nobody looks at them.
        whole = path.read_bytes()
        pixels = whole.index(b"IDAT") + 4
        path.write_bytes(whole[:pixels] + bytes(8) + whole[pixels + 8 :])
        assert read_shape(path) == upright.shape
        with pytest.raises(ValueError, match=r"turned\.png"):
            read_image(path)


@pytest.mark.parametrize("name", ["turned.webp", "turned.jpg", "turned.tif"])
def test_the_shapes_of_turned_pictures_are_those_of_their_pixels(tmp_path, name):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((16, 32), np.uint8)).save(tmp_path / name, exif=exif)
    assert read_shape(tmp_path / name)[:2] == read_image(tmp_path / name).shape[:2] == (32, 16)


@pytest.mark.parametrize(
    ("mode", "pixel", "colour", "other"),
    [
        ("L", 7, 7, 8),
        ("RGB", (1, 2, 3), (1, 2, 3), (1, 2, 4)),
        ("I;16", 700, 700, 701),
        ("1", 1, 1, 0),
    ],
)
def test_a_transparent_colour_matters_where_pixels_have_it(tmp_path, mode, pixel, colour, other):
    image = np.array(Image.new(mode, (5, 4), pixel))
    for transparent in (colour, other):
        values = np.ravel(transparent).astype(">u2").tobytes()
        png_with(tmp_path / "a.png", image, before=[(b"tRNS", values)])
        if transparent == other:
            np.testing.assert_array_equal(read_image(tmp_path / "a.png"), image)
        else:
            with pytest.raises(ValueError, match=r"a\.png is transparent in places"):
                read_image(tmp_path / "a.png")


def test_cmyk_and_palettes_become_rgb(tmp_path):
    for mode, name in (("CMYK", "print.jpg"), ("P", "palette.png")):
        Image.new("RGB", (6, 4), (200, 10, 10)).convert(mode).save(tmp_path / name)
        assert read_image(tmp_path / name).shape == read_shape(tmp_path / name) == (4, 6, 3)


def broken_files(folder):
    """Write files that are no images, each with what its error says."""
    write_image(folder / "whole.png", np.zeros((60, 60), np.uint8))
    whole = (folder / "whole.png").read_bytes()
    rng = np.random.default_rng(0)
    write_image(folder / "noise.jpg", rng.integers(0, 255, (60, 60), dtype=np.uint8))
    jpeg = (folder / "noise.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes(whole[:40])
    (folder / "text.tif").write_text("no image")
    (folder / "text.npy").write_text("no array")
    np.save(folder / "objects.npy", np.array([{}]), allow_pickle=True)
    np.save(folder / "stack.npy", np.zeros((2, 3, 4, 1)))
    tifffile.imwrite(folder / "pages.tif", np.zeros((3, 4, 4), np.uint8), photometric="minisblack")
    Image.new("RGBA", (4, 4), (1, 2, 3, 9)).save(folder / "transparent.png")
    (folder / "bomb.png").write_bytes(png_header(60_000, 60_000, depth=8, colours=0))
    for colours in (2, 4, 6):
        (folder / f"deep{colours}.png").write_bytes(png_header(6, 4, depth=16, colours=colours))
    return [path for path in folder.iterdir() if path.name not in ("whole.png", "noise.jpg")]


def png_header(width, height, depth, colours):
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk


def test_files_that_are_no_images_are_named(tmp_path):
    for path in broken_files(tmp_path):
        with pytest.raises(ValueError, match=path.name):
            read_image(path)


def claim(path, height, width):
    """Write a file whose header says that an image of this size, of 8 bits, follows; nothing does."""
    if path.suffix == ".png":
        pixels = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
        path.write_bytes(png_header(width, height, depth=8, colours=0) + pixels)
    elif path.suffix == ".tif":
        tifffile.imwrite(path, np.zeros((4, 4), np.uint8))
        with tifffile.TiffFile(path, mode="r+") as file:
            file.pages[0].tags["ImageWidth"].overwrite(width)
            file.pages[0].tags["ImageLength"].overwrite(height)
    else:
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(height, width)).flush()


@pytest.mark.parametrize("ending", [".png", ".tif", ".npy"])
def test_images_of_more_than_179_megapixels_are_refused_before_they_are_read(tmp_path, ending):
    claim(tmp_path / f"bomb{ending}", 14_000, 14_000)
    for read in (read_image, read_shape):
        with pytest.raises(ValueError, match=r"bomb.*(179 megapixels|decompression bomb)"):
            read(tmp_path / f"bomb{ending}")


def test_a_tiff_that_claims_more_than_any_memory_is_a_value_error(tmp_path):
    claim(tmp_path / "bomb.tif", 3_000_000, 3_000_000)
    with pytest.raises(ValueError, match=r"bomb\.tif holds an image of 3000000x3000000"):
        read_image(tmp_path / "bomb.tif")


UPRIGHT = {
    1: lambda image: image,
    2: np.fliplr,
    3: lambda image: np.rot90(image, 2),
    4: np.flipud,
    5: lambda image: np.swapaxes(image, 0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: np.rot90(np.swapaxes(image, 0, 1), 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_tiffs_are_turned_upright_whatever_reads_them(tmp_path, orientation, compression):
    path = tmp_path / "turned.tif"
    for image in (grey("uint8"), np.stack([grey("uint8")] * 3, axis=-1), grey("uint16") * 257):
        tags = {"compression": compression, "tiffinfo": {274: orientation}}
        Image.fromarray(image).save(path, **tags)
        read = read_image(path)
        assert read.dtype == image.dtype
        np.testing.assert_array_equal(read, UPRIGHT[orientation](image))
        assert read_shape(path) == read.shape


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("extra", [None, "unassalpha", "assocalpha", "unspecified"])
def test_colours_of_16_bits_keep_them_beside_an_opaque_channel_and_plane_by_plane(
    tmp_path, planar, extra
):
    path = tmp_path / "deep.tif"
    image = np.random.default_rng(0).integers(0, 2**16, (7, 5, 3), dtype=np.uint16)
    opaque = np.full((7, 5, 1), 2**16 - 1, np.uint16)
    stored = image if extra is None else np.concatenate([image, opaque], axis=-1)
    stored = stored if planar == "contig" else np.moveaxis(stored, -1, 0)
    kinds = None if extra is None else [extra]
    tifffile.imwrite(path, stored, photometric="rgb", planarconfig=planar, extrasamples=kinds)
    read = read_image(path)
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, image)
    assert read_shape(path) == image.shape
    assert read_header(path) == (image.shape, image.dtype)


@pytest.mark.parametrize(
    ("extra", "message"),
    [("unassalpha", "transparent"), ("unspecified", "4 channels, more than its colours")],
)
def test_channels_beside_the_colours_are_not_dropped_where_they_say_something(
    tmp_path, extra, message
):
    image = np.random.default_rng(0).integers(0, 2**16, (7, 5, 4), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", extrasamples=[extra])
    with pytest.raises(ValueError, match=rf"a\.tif.*{message}"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16"])
def test_tiffs_whose_white_is_0_are_turned_to_black(tmp_path, dtype):
    image = grey(dtype)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="miniswhite")
    white = True if dtype == "bool" else np.iinfo(dtype).max
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image ^ white)


def test_inks_of_16_bits_are_refused(tmp_path):
    image = np.zeros((7, 5, 4), np.uint16)
    tifffile.imwrite(tmp_path / "ink.tif", image, photometric="separated")
    for read in (read_image, read_shape):
        with pytest.raises(ValueError, match=r"ink\.tif.*uint16.*without loss"):
            read(tmp_path / "ink.tif")


def claim_lzw(path, image):
    """Write a TIFF that says that it is of LZW compression, which it is not."""
    tifffile.imwrite(path, image, photometric="rgb", compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["Compression"].overwrite(5)


def test_a_compression_that_would_lose_bits_names_the_package_that_keeps_them(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tiff_files, "_needs_imagecodecs", lambda page: page.compression == 5)
    claim_lzw(tmp_path / "deep.tif", np.zeros((7, 5, 3), np.uint16))
    for read in (read_image, read_shape):
        with pytest.raises(ValueError, match=r"deep\.tif.*uint16.*LZW.*pip install imagecodecs"):
            read(tmp_path / "deep.tif")


def test_grey_levels_of_lzw_keep_all_bits_without_imagecodecs(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_files, "_needs_imagecodecs", lambda page: page.compression == 5)
    for image in (grey("uint16") * 257, grey("float32") / 7, grey("int32") - 99):
        Image.fromarray(image).save(tmp_path / "a.tif", compression="tiff_lzw")
        read = read_image(tmp_path / "a.tif")
        assert read.dtype == image.dtype
        np.testing.assert_array_equal(read, image)


def test_a_stack_of_imagej_is_no_image(tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((3, 7, 5), np.uint8), imagej=True)
    with pytest.raises(ValueError, match=r"stack\.tif has 3 pages"):
        read_image(tmp_path / "stack.tif")


def test_a_tiff_by_another_name_keeps_its_bits(tmp_path):
    image = np.stack([grey("uint16") * 257] * 3, axis=-1)
    write_image(tmp_path / "a.tif", image)
    (tmp_path / "a.tif").rename(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), image)


def test_of_the_pictures_in_a_jpeg_of_a_phone_the_first_is_read(tmp_path):
    first, second = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=[second])
    with Image.open(tmp_path / "phone.jpg") as picture:
        assert picture.n_frames == 2
    assert read_image(tmp_path / "phone.jpg")[0, 0, 0] > 200
    assert read_shape(tmp_path / "phone.jpg") == (4, 6, 3)
    first.save(tmp_path / "moving.webp", save_all=True, append_images=[second])
    with pytest.raises(ValueError, match=r"moving\.webp has 2 pages"):
        read_image(tmp_path / "moving.webp")


def test_an_image_of_another_shape_than_was_told_is_an_error(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((7, 5), np.uint8))
    images = ImageFolder(tmp_path)
    assert images.read_shapes() == [(7, 5)]
    write_image(tmp_path / "a.png", np.zeros((5, 7), np.uint8))
    with pytest.raises(ValueError, match=r"a\.png holds an image of shape \(5, 7\).*\(7, 5\)"):
        images[0]


def test_a_folder_is_walked_in_order_and_hidden_files_are_left_out(tmp_path):
    for name in ("b/2.png", "b/1.jpg", "a.TIF", ".hidden/3.png", "b/.4.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write_image(path.with_suffix(path.suffix.lower()), grey("uint8"))
    (tmp_path / "a.tif").rename(tmp_path / "a.TIF")
    (tmp_path / "notes.txt").write_text("no image")
    images = ImageFolder(tmp_path)
    assert [path.name for path in images.paths] == ["a.TIF", "1.jpg", "2.png"]
    assert "3 images" in repr(images)
    assert images.read_shapes() == [(7, 5)] * 3


def test_a_folder_keeps_the_images_that_were_used_last(tmp_path):
    for i in range(3):
        write_image(tmp_path / f"{i}.npy", np.full((512, 512), i, np.float32))
    images = ImageFolder(tmp_path, cache=2)
    first = images[0]
    assert images[1] is images[1]
    assert images[0] is first
    assert images[2].mean() == 2
    assert images[0] is first
    assert len(images._images._kept) == 2


def test_a_folder_travels_without_the_images_that_it_keeps(tmp_path):
    write_image(tmp_path / "a.npy", np.ones((256, 256), np.float32))
    images = ImageFolder(tmp_path)
    images.read_shapes()
    kept = images[0]
    packed = pickle.dumps(images)
    assert len(packed) < kept.nbytes / 10
    np.testing.assert_array_equal(pickle.loads(packed)[0], kept)


def test_a_folder_is_read_by_several_threads(tmp_path):
    for i in range(6):
        write_image(tmp_path / f"{i}.npy", np.full((256, 256), i, np.float32))
    images = ImageFolder(tmp_path, cache=1)  # holds four of them
    order = np.random.default_rng(0).integers(6, size=400)
    with ThreadPoolExecutor(4) as threads:
        means = list(threads.map(lambda i: images[i].mean(), order))
    np.testing.assert_array_equal(means, order)


def test_values_that_are_no_pixels_are_errors_that_name_the_file(tmp_path):
    write_image(tmp_path / "a.npy", np.zeros((7, 5), np.float32))
    write_image(tmp_path / "b.npy", np.full((7, 5), np.nan, np.float32))
    write_image(tmp_path / "c.npy", np.full((7, 5), 1e30, np.float32))
    images = ImageFolder(tmp_path)
    with pytest.raises(ValueError, match=r"b\.npy contains NaN"):
        FilterDenoiser("median").fit(images).transform(images)
    with pytest.raises(ValueError, match=r"c\.npy has values up to 1e\+30"):
        images[2]


def test_folders_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no images"):
        ImageFolder(tmp_path)
    with pytest.raises(FileNotFoundError, match="not a folder"):
        ImageFolder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("kind", "maxval"),
    [("P5", 4095), ("P5", 100), ("P5", 1), ("P6", 100), ("P5", 255), ("P5", 65535)],
)
def test_pgm_and_ppm_are_scaled_and_keep_their_maxval(tmp_path, kind, maxval):
    shape = (7, 5) if kind == "P5" else (7, 5, 3)
    values = np.random.default_rng(0).integers(0, maxval + 1, shape)
    header = f"{kind}\n5 7\n{maxval}\n".encode()
    stored = header + values.astype("u1" if maxval < 256 else ">u2").tobytes()
    (tmp_path / "a.ppm").write_bytes(stored)
    read = read_image(tmp_path / "a.ppm")
    largest = 255 if maxval < 256 else 65535
    np.testing.assert_array_equal(read, np.rint(values * largest / maxval))
    write_image(tmp_path / "b.ppm", read, kept_of(tmp_path / "a.ppm"))
    assert (tmp_path / "b.ppm").read_bytes() == stored
    write_image(
        tmp_path / "b.ppm",
        np.full_like(read, np.iinfo(read.dtype).max),
        kept_of(tmp_path / "a.ppm"),
    )
    assert read_image(tmp_path / "b.ppm").min() == largest


@pytest.mark.parametrize("ending", [".png", ".bmp"])
def test_black_and_white_is_written_with_one_bit(tmp_path, ending):
    image = grey("bool")
    write_image(tmp_path / f"a{ending}", image)
    with Image.open(tmp_path / f"a{ending}") as picture:
        assert picture.mode == "1"
    np.testing.assert_array_equal(read_image(tmp_path / f"a{ending}"), image)


def test_images_of_a_folder_cannot_be_changed_in_place(tmp_path):
    for name in "ab":
        write_image(tmp_path / f"{name}.png", grey("uint8"))
    folder = ImageFolder(tmp_path)
    image = folder[0]
    with pytest.raises(ValueError, match="read-only"):
        image //= 2
    np.testing.assert_array_equal(folder[0], grey("uint8"))


def test_a_slice_of_a_folder_is_a_folder(tmp_path):
    for name in "abc":
        write_image(tmp_path / f"{name}.png", grey("uint8"))
    part = ImageFolder(tmp_path)[1:]
    assert isinstance(part, ImageFolder)
    assert [path.name for path in part.paths] == ["b.png", "c.png"]


def test_tiff_files_name_the_reason_if_there_is_no_room(tmp_path, monkeypatch):
    def write_nothing(*arguments, **options):
        raise OSError("Not enough free space to write 70 bytes after offset 272")

    monkeypatch.setattr(tiff_files.tifffile, "imwrite", write_nothing)
    with pytest.raises(OSError, match="Not enough free space") as other:
        write_image(tmp_path / "a.tif", grey("uint16"))
    assert other.value.errno is None
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr("skdenoise.io.safety.shutil.disk_usage", lambda folder: full)
    with pytest.raises(OSError, match="No space left") as error:
        write_image(tmp_path / "a.tif", grey("uint16"))
    assert is_lasting(error.value, tmp_path)
    assert not list(tmp_path.iterdir())


def test_arrays_of_both_byte_orders_are_images_of_one_folder(tmp_path):
    for order in "<>":
        np.save(tmp_path / f"{ord(order)}.npy", np.full((8, 9), 0.5, f"{order}f4"))
        np.save(tmp_path / "stack.npy", np.full((8, 20, 20), 0.5, f"{order}f4"))
        assert opened_stack(tmp_path / "stack.npy")[0].dtype == np.dtype("f4")
        (tmp_path / "stack.npy").unlink()
    images = ImageFolder(tmp_path)
    assert [images[i].dtype for i in range(2)] == [np.dtype("f4")] * 2


@pytest.mark.parametrize("colour", [True, False])
def test_more_channels_than_colours_are_refused_where_colours_are_asked_for(tmp_path, colour):
    np.save(tmp_path / "a.npy", np.zeros((20, 20, 4), np.uint8))
    with pytest.raises(ValueError, match=r"4 channels; expected grey or RGB. Give colour=None"):
        ImageFolder(tmp_path, colour=colour)[0]


def test_a_tiff_of_complex_numbers_is_refused_with_the_reason(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 20), np.complex128))
    with pytest.raises(ValueError, match="complex numbers are no pixels"):
        read_image(tmp_path / "a.tif")
