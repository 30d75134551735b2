"""What images keep from file to file: compression, colour profile and resolution."""

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.JpegImagePlugin import get_sampling

from skdenoise.io.image_files import read_image, write_image
from skdenoise.io.kept import kept_of
from skdenoise.io.stacks import TiffStack, write_stack

COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
GREY = COLOURS[..., 0]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def copied(source, target):
    """Write the image in a file to another one, with what is kept."""
    write_image(target, read_image(source), kept_of(source))
    return target


@pytest.mark.parametrize("ending", [".jpg", ".png", ".tif", ".bmp", ".webp"])
@pytest.mark.parametrize("source", [".jpg", ".png", ".tif"])
def test_profile_and_resolution_are_kept_where_a_format_has_them(tmp_path, source, ending):
    path = tmp_path / f"a{source}"
    Image.fromarray(COLOURS).save(path, dpi=(300, 150), icc_profile=SRGB)
    with Image.open(copied(path, tmp_path / f"b{ending}")) as picture:
        if ending != ".bmp":
            assert picture.info["icc_profile"] == SRGB
        if ending != ".webp":
            assert picture.info["dpi"] == pytest.approx((300, 150), abs=0.1)


def test_a_profile_of_other_colours_is_not_kept(tmp_path):
    inks = SRGB[:16] + b"CMYK" + SRGB[20:]
    for mode, profile in (("CMYK", inks), ("L", SRGB)):
        path = tmp_path / f"{mode}.jpg"
        Image.new(mode, (8, 8)).save(path, icc_profile=profile)
        with Image.open(copied(path, tmp_path / "b.jpg")) as picture:
            assert "icc_profile" not in picture.info


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_an_image_is_turned_upright_once_and_its_resolution_with_it(tmp_path, name):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(COLOURS // 8 * 8).save(tmp_path / name, exif=exif, dpi=(300, 150))
    upright = read_image(tmp_path / name)
    assert upright.shape == (30, 20, 3)
    path = copied(tmp_path / name, tmp_path / f"b{name}")
    assert read_image(path).shape == upright.shape
    if not name.endswith(".webp"):
        with Image.open(path) as picture:
            assert picture.info["dpi"] == pytest.approx((150, 300), abs=0.1)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_a_jpeg_keeps_its_subsampling(tmp_path, subsampling):
    Image.fromarray(COLOURS).save(tmp_path / "a.jpg", subsampling=subsampling)
    with Image.open(copied(tmp_path / "a.jpg", tmp_path / "b.jpg")) as picture:
        assert get_sampling(picture) == subsampling
    Image.fromarray(GREY).save(tmp_path / "grey.jpg")
    with Image.open(copied(tmp_path / "grey.jpg", tmp_path / "b.jpg")) as picture:
        assert picture.mode == "L"


@pytest.mark.parametrize("profile", [None, SRGB])
def test_a_lossless_webp_stays_lossless(tmp_path, profile):
    path = tmp_path / "a.webp"
    Image.fromarray(COLOURS).save(path, lossless=True, icc_profile=profile)
    np.testing.assert_array_equal(read_image(copied(path, tmp_path / "b.webp")), COLOURS)
    Image.fromarray(COLOURS).save(path, lossless=False, icc_profile=profile)
    assert kept_of(path).coding == {}


@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("compression", [None, "zlib", "lzma"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_tiff_keeps_its_compression(tmp_path, dtype, compression, predictor):
    image = COLOURS.astype(dtype)
    options = {"predictor": predictor} if compression and dtype != "float32" else {}
    options |= {"compression": compression, "photometric": "rgb"}
    options |= {"resolution": (7, 9), "resolutionunit": 3}
    tifffile.imwrite(tmp_path / "a.tif", image, **options)
    np.testing.assert_array_equal(read_image(copied(tmp_path / "a.tif", tmp_path / "b.tif")), image)
    with tifffile.TiffFile(tmp_path / "a.tif") as a, tifffile.TiffFile(tmp_path / "b.tif") as b:
        for name in ("compression", "predictor", "resolution", "resolutionunit"):
            assert getattr(a.pages[0], name) == getattr(b.pages[0], name)


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "jpeg", "group4"])
def test_a_tiff_of_another_compression_is_compressed_again(tmp_path, compression):
    image = np.kron(GREY > 100, np.ones((9, 9), bool))
    is_bilevel = compression == "group4"
    Image.fromarray(image if is_bilevel else image * np.uint8(255)).save(
        tmp_path / "a.tif", compression=compression
    )
    path = copied(tmp_path / "a.tif", tmp_path / "b.tif")
    np.testing.assert_array_equal(read_image(path), read_image(tmp_path / "a.tif"))
    assert path.stat().st_size < image.size / 4


def test_a_stack_keeps_its_compression_and_profile(tmp_path):
    tags = [(34675, 7, len(SRGB), SRGB, True)]
    options = {"photometric": "rgb", "metadata": None, "extratags": tags, "compression": "lzma"}
    tifffile.imwrite(tmp_path / "a.tif", np.stack([COLOURS] * 3), predictor=True, **options)
    stack = TiffStack(tmp_path / "a.tif")
    write_stack(tmp_path / "b.tif", stack.read(), stack.layout)
    assert TiffStack(tmp_path / "b.tif").layout == stack.layout
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert [int(page.compression) for page in file.pages] == [34925] * 3
        assert bytes(file.pages[0].tags[34675].value) == SRGB


def test_a_resolution_that_no_file_can_hold_is_dropped(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", COLOURS, photometric="rgb", resolution=(1e8, 1))
    assert kept_of(tmp_path / "a.tif").resolution is None
    copied(tmp_path / "a.tif", tmp_path / "b.jpg")
