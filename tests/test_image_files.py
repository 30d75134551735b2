"""Reading and writing image files, and folders of them."""

import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from skdenoise import ImageFolder
from skdenoise.image_files import read_image, read_shape, write_image


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
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_jpeg_is_close_and_booleans_are_black_and_white(tmp_path):
    smooth = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8)
    write_image(tmp_path / "smooth.jpg", smooth)
    assert np.abs(read_image(tmp_path / "smooth.jpg").astype(int) - smooth).max() < 8
    write_image(tmp_path / "mask.png", grey("bool"))
    np.testing.assert_array_equal(read_image(tmp_path / "mask.png"), grey("bool") * 255)


@pytest.mark.parametrize(
    ("ending", "dtype", "colours"),
    [(".png", "float32", 1), (".jpg", "uint16", 1), (".png", "uint16", 3), (".bmp", "uint8", 2)],
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


def read_or_named(path):
    try:
        return read_image(path).size > 0
    except ValueError as error:
        return path.name in str(error)


def test_mutated_files_are_read_or_named(tmp_path):
    rng = np.random.default_rng(0)
    for ending in (".png", ".jpg", ".bmp", ".tif", ".npy"):
        write_image(tmp_path / f"image{ending}", grey("uint8"))
        original = np.frombuffer((tmp_path / f"image{ending}").read_bytes(), np.uint8)
        for _ in range(100):
            mutated = original.copy()
            mutated[rng.integers(len(mutated), size=3)] = rng.integers(256, size=3)
            path = tmp_path / f"mutated{ending}"
            path.write_bytes(mutated[: rng.integers(1, len(mutated) + 1)].tobytes())
            assert read_or_named(path)


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
    assert len(images._kept) == 2


def test_folders_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no images"):
        ImageFolder(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        ImageFolder(tmp_path / "nowhere")
