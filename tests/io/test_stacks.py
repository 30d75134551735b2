"""TIFF files of several pages: read, written alike, and used by the command line."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from skdenoise import FilterDenoiser, ImageFolder
from skdenoise.cli import app
from skdenoise.cli.train import _split
from skdenoise.io import tiff as tiff_files
from skdenoise.io.image_files import read_image, read_shape, write_image
from skdenoise.io.stacks import (
    StackLayout,
    TiffStack,
    _as_ascii,
    is_stack_file,
    n_images_in,
    opened_stack,
    write_stack,
)

IMAGEJ = {"axes": "TZCYX", "spacing": 2.5, "unit": "um", "finterval": 0.5}


def pages(*shape, dtype=np.uint16):
    return np.random.default_rng(0).integers(0, 255, shape).astype(dtype)


HYPERSTACK = pages(2, 3, 4, 20, 30)
SLICES = pages(5, 20, 30)
COLOURS = pages(5, 20, 30, 3, dtype=np.uint8)
FILES = {
    "ImageJ": (HYPERSTACK, {"imagej": True, "metadata": IMAGEJ, "resolution": (3.0, 3.0)}),
    "ImageJ, other byte order": (SLICES, {"imagej": True, "byteorder": ">"}),
    "ImageJ, floats": (SLICES.astype(np.float32), {"imagej": True}),
    "ImageJ, colours": (COLOURS, {"imagej": True}),
    "tifffile": (HYPERSTACK, {"photometric": "minisblack", "metadata": {"axes": "TZCYX"}}),
    "pages": (SLICES, {"photometric": "minisblack", "metadata": None}),
    "compressed pages": (
        SLICES,
        {"photometric": "minisblack", "metadata": None, "compression": "zlib"},
    ),
    "colour pages": (COLOURS, {"photometric": "rgb", "metadata": None}),
    "colour planes": (
        np.ascontiguousarray(np.moveaxis(COLOURS, 3, 1)),
        {"photometric": "rgb", "metadata": None, "planarconfig": "separate"},
    ),
    "OME": (HYPERSTACK, {"ome": True, "metadata": {"axes": "TZCYX"}}),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_stack_is_read_and_written_as_it_was(tmp_path, kind):
    written, options = FILES[kind]
    tifffile.imwrite(tmp_path / "a.tif", written, **options)
    stack = TiffStack(tmp_path / "a.tif")
    read = stack.read()
    if kind == "colour planes":
        written = np.moveaxis(written, 1, -1)
    np.testing.assert_array_equal(read, written.reshape(read.shape))
    assert read.dtype == written.dtype
    assert stack.page_shape == read_shape(tmp_path / "a.tif") == read.shape[1:]
    assert n_images_in(tmp_path / "a.tif") == len(stack) == len(read)
    for index in (0, 2, -1):
        np.testing.assert_array_equal(stack[index], read[index])

    write_stack(tmp_path / "b.tif", read, stack.layout)
    again = TiffStack(tmp_path / "b.tif")
    np.testing.assert_array_equal(again.read(), read)
    assert again.layout == stack.layout


def test_a_hyperstack_keeps_its_axes_and_its_scale(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", HYPERSTACK, **FILES["ImageJ"][1])
    stack = TiffStack(tmp_path / "a.tif")
    write_stack(tmp_path / "b.tif", stack.read(), stack.layout)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert (file.series[0].axes, file.series[0].shape) == ("TZCYX", HYPERSTACK.shape)
        assert file.imagej_metadata["spacing"] == 2.5
        assert file.imagej_metadata["unit"] == "um"
        assert file.imagej_metadata["finterval"] == 0.5
        assert file.pages[0].resolution == (3.0, 3.0)


def test_pages_of_several_sizes_are_no_stack(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(COLOURS[0], photometric="rgb", metadata=None)
        file.write(COLOURS[1, :10], photometric="rgb", metadata=None)
    with pytest.raises(ValueError, match=r"a\.tif has 2 pages, which are not a plain stack"):
        TiffStack(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["ImageJ", "pages", "compressed pages", "OME"])
def test_a_stack_that_is_cut_short_anywhere_is_refused_or_whole(tmp_path, kind):
    stack = pages(4, 5, 6, dtype=np.uint8)
    options = {**FILES[kind][1], "metadata": {"axes": "ZYX"} if kind == "OME" else None}
    if kind == "ImageJ":
        options = {"imagej": True}
    tifffile.imwrite(tmp_path / "whole.tif", stack, **options)
    whole = (tmp_path / "whole.tif").read_bytes()
    (tmp_path / "whole.tif").unlink()
    for length in range(8, len(whole), 3):
        (tmp_path / "cut.tif").write_bytes(whole[:length])
        try:
            read = list(ImageFolder(tmp_path))
        except ValueError as error:
            if "cut.tif" not in str(error):
                raise
        else:
            np.testing.assert_array_equal(read, stack)


def test_each_page_is_turned_as_it_says(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for orientation in (1, 3):
            tags = [(274, "H", 1, orientation, True)]
            file.write(SLICES[0], photometric="minisblack", metadata=None, extratags=tags)
    first, second = TiffStack(tmp_path / "a.tif").read()
    np.testing.assert_array_equal(first, SLICES[0])
    np.testing.assert_array_equal(second, SLICES[0][::-1, ::-1])


def test_a_unit_with_other_letters_is_kept_as_imagej_writes_it(tmp_path):
    layout = StackLayout((5,), "Z", "imagej", {"metadata": {"unit": _as_ascii("\u00b5m")}})
    write_stack(tmp_path / "a.tif", SLICES, layout)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.imagej_metadata["unit"] == r"\u00B5m"


def test_a_stack_is_only_written_as_tiff(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", SLICES, imagej=True)
    with pytest.raises(ValueError, match=r"5 pages can only be written as \.tif"):
        write_stack(tmp_path / "a.png", SLICES, TiffStack(tmp_path / "a.tif").layout)
    assert not (tmp_path / "a.png").exists()


@pytest.fixture
def folder(tmp_path):
    """A folder with a stack of five pages and another image of the same kind."""
    folder = tmp_path / "folder"
    folder.mkdir()
    tifffile.imwrite(folder / "stack.tif", SLICES, imagej=True)
    write_image(folder / "last.tif", SLICES[0])
    return folder


def test_a_folder_has_an_image_for_each_page(folder):
    images = ImageFolder(folder)
    assert [path.name for path in images.paths] == ["last.tif", *["stack.tif"] * 5]
    assert images.pages == [0, 0, 1, 2, 3, 4]
    assert images.read_shapes() == [(20, 30)] * 6
    np.testing.assert_array_equal(images[4], SLICES[3])
    np.testing.assert_array_equal(images.subset([5, 0])[0], SLICES[4])


@pytest.mark.parametrize("shape", [(5, 20, 30), (1, 20, 30), (5, 20, 30, 3), (2, 20, 30, 1)])
def test_a_stack_in_an_npy_file_has_images_as_pages(tmp_path, shape):
    images = pages(*shape)
    np.save(tmp_path / "a.npy", images)
    stack = opened_stack(tmp_path / "a.npy")
    assert is_stack_file(tmp_path / "a.npy")
    np.testing.assert_array_equal(stack.read(), images)
    np.testing.assert_array_equal(stack[-1], images[-1])
    assert n_images_in(tmp_path / "a.npy") == len(stack) == len(ImageFolder(tmp_path)) == shape[0]
    assert stack.page_shape == read_shape(tmp_path / "a.npy") == shape[1:]
    write_stack(tmp_path / "b.npy", stack.read(), stack.layout)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), images)
    if shape[0] > 1:
        with pytest.raises(ValueError, match=rf"a\.npy holds {shape[0]} images.*expected one"):
            read_image(tmp_path / "a.npy")
    else:
        np.testing.assert_array_equal(read_image(tmp_path / "a.npy"), images[0])


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 2), (20, 30, 4), (64, 60, 7)])
def test_an_image_of_channels_in_an_npy_file_is_no_stack(tmp_path, shape):
    np.save(tmp_path / "a.npy", pages(*shape))
    assert not is_stack_file(tmp_path / "a.npy")
    assert n_images_in(tmp_path / "a.npy") == 1
    assert read_image(tmp_path / "a.npy").shape == read_shape(tmp_path / "a.npy") == shape
    with pytest.raises(ValueError, match=r"a\.npy holds one image"):
        opened_stack(tmp_path / "a.npy")


def skdenoise(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_denoise_writes_a_stack_as_a_stack(folder, tmp_path):
    FilterDenoiser("median").fit(SLICES).save(tmp_path / "median.skdenoise")
    result = skdenoise("denoise", tmp_path / "median.skdenoise", folder, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    expected = FilterDenoiser("median").fit(SLICES).transform(SLICES)
    denoised = TiffStack(tmp_path / "out" / "stack.tif")
    np.testing.assert_array_equal(denoised.read(), expected)
    assert denoised.layout == TiffStack(folder / "stack.tif").layout
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "last.tif"), expected[0])


@pytest.mark.parametrize("shape", [(5, 20, 30), (1, 20, 30), (20, 30, 1), (20, 30)])
def test_denoise_keeps_the_shape_of_an_array(tmp_path, shape):
    FilterDenoiser("median").fit(SLICES).save(tmp_path / "median.skdenoise")
    array = pages(*shape)
    np.save(tmp_path / "a.npy", array)
    command = ("denoise", tmp_path / "median.skdenoise", tmp_path / "a.npy")
    result = skdenoise(*command, "-o", tmp_path / "b.npy")
    assert result.exit_code == 0, result.output
    images = array if shape[0] in (1, 5) else array[np.newaxis]
    expected = FilterDenoiser("median").fit(SLICES).transform(images)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), expected.reshape(shape))
    result = skdenoise(*command, "-o", tmp_path / "b.png")
    is_stack = len(images) > 1 or shape == (1, 20, 30)
    assert ("can only be written as .tif or .npy" in result.stderr) == is_stack


def test_train_learns_from_all_pages(folder, tmp_path):
    quick = ("--epochs", 1, "--patch-size", 16)
    result = skdenoise("train", folder, "-o", tmp_path / "a.skdenoise", *quick)
    assert result.exit_code in (0, 3), result.output  # 3: one epoch may teach nothing
    assert "training on patches of 16x16 pixels of 6 images" in result.output
    assert "trained on 6 image(s)" in result.output


def test_train_names_a_file_of_several_bad_pages_once(folder, tmp_path):
    options = {"photometric": "minisblack", "metadata": None, "compression": "zlib"}
    tifffile.imwrite(folder / "small.tif", pages(4, 5, 6), **options)
    tifffile.imwrite(folder / "short.tif", pages(4, 20, 30), **options)
    with tifffile.TiffFile(folder / "short.tif", mode="r+") as file:
        for page in file.pages:
            page.tags["StripByteCounts"].overwrite(0)
    np.save(folder / "float.npy", pages(4, 20, 30).astype(np.float32))
    quick = ("--epochs", 1, "--patch-size", 16)
    result = skdenoise("train", folder, "-o", tmp_path / "a.skdenoise", *quick)
    for name, words in (
        ("short.tif", "cut short"),
        ("small.tif", "smaller than a patch"),
        ("float.npy", "grey float32"),
    ):
        (line,) = (line for line in result.stderr.splitlines() if name in line)
        assert words in line
    assert "3 more page(s) of this file" in result.stderr
    assert "12 image(s) left out" in result.output


def test_train_takes_pairs_of_stacks(folder, tmp_path):
    clean = tmp_path / "clean"
    clean.mkdir()
    tifffile.imwrite(clean / "stack.tif", SLICES // 2, imagej=True)
    write_image(clean / "last.tif", SLICES[0] // 2)
    quick = ("--epochs", 1, "--patch-size", 16, "--clean", clean)
    result = skdenoise("train", folder, "-o", tmp_path / "a.skdenoise", *quick)
    assert result.exit_code in (0, 3), result.output  # 3: one epoch may teach nothing
    assert "trained on 6 image(s)" in result.output


def test_train_refuses_another_number_of_clean_pages(folder, tmp_path):
    clean = tmp_path / "clean"
    clean.mkdir()
    write_image(clean / "stack.tif", SLICES[0])
    write_image(clean / "last.tif", SLICES[0])
    result = skdenoise("train", folder, "-o", tmp_path / "a.skdenoise", "--clean", clean)
    assert result.exit_code == 2
    assert "5 usable page(s)" in result.output


def test_whole_files_or_the_last_pages_are_held_out(folder):
    (_, _), (held_out, _) = _split(ImageFolder(folder), None, seed=0)
    assert len(held_out) == 0  # of six images, none
    for number in range(2, 8):
        write_image(folder / f"{number}.tif", SLICES[0])
    (learning, _), (held_out, _) = _split(ImageFolder(folder), None, seed=0)
    assert len(held_out) == 1
    assert held_out.paths[0].name != "stack.tif"
    tifffile.imwrite(folder / "stack.tif", pages(30, 20, 30), imagej=True)
    for path in folder.iterdir():
        if path.name != "stack.tif":
            path.unlink()
    (learning, _), (held_out, _) = _split(ImageFolder(folder), None, seed=0)
    assert (learning.pages, held_out.pages) == (list(range(27)), [27, 28, 29])


def test_a_stack_that_needs_a_package_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_files, "_needs_imagecodecs", lambda page: page.compression == 5)
    first, *others = (Image.fromarray(page) for page in SLICES.astype("uint8"))
    first.save(tmp_path / "a.tif", save_all=True, append_images=others, compression="tiff_lzw")
    with pytest.raises(ValueError, match="LZW compression, which needs the package imagecodecs"):
        TiffStack(tmp_path / "a.tif")
