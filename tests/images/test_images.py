import re

import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_digits, load_sample_image

from skdenoise import FilterDenoiser
from skdenoise.images.layout import (
    check_image_shape,
    check_images,
    infer_image_shape,
    like_table,
    pad_to_multiple,
)
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import (
    check_value_range,
    check_value_range_of_pairs,
    range_of_images,
)


@pytest.mark.parametrize(
    ("n_features", "shape"), [(784, (28, 28, 1)), (64, (8, 8, 1)), (1, (1, 1, 1)), (10, (1, 10, 1))]
)
def test_flat_rows_are_square_or_a_strip(n_features, shape):
    assert infer_image_shape(n_features) == shape


def test_what_looks_like_colour_and_is_read_as_grey_is_said():
    with pytest.warns(UserWarning, match=r"give image_shape=\(32, 32, 3\)"):
        check_image_shape(None, np.zeros((2, 3072)))
    with pytest.warns(UserWarning, match="one colour image, give it a leading axis"):
        check_images(np.zeros((20, 30, 3)))


def test_image_shape_may_leave_out_the_channel_of_grey_images():
    assert check_image_shape((4, 5), np.zeros((2, 20))) == (4, 5, 1)
    assert check_image_shape((2, 2, 3), np.zeros((2, 12))) == (2, 2, 3)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.zeros((1, 2, 2), bool), (0, 1)),
        (np.full((1, 2, 2), 7, np.uint8), (0, 255)),
        (np.full((1, 2, 2), 255, np.int64), (0, 255)),
        (np.full((1, 2, 2), 256, np.int64), (0, 511)),
        (np.full((1, 2, 2), 4000, np.uint16), (0, 4095)),
        (np.full((1, 2, 2), 65535, np.uint16), (0, 65535)),
        (np.array([[0.25, 0.5]]), (0, 1)),
        (np.array([[-2.0, 5.0]]), (-2, 5)),
        (np.array([[0.0, 16.0]]), (0, 16)),
    ],
)
def test_value_range_is_inferred_from_dtype_and_values(images, expected):
    assert check_value_range(None, images) == expected


def with_one(value, images):
    images = images.copy()
    images[3, 2, 1] = value
    return images


DIM = np.random.default_rng(0).integers(0, 1000, (20, 16, 16)).astype(np.uint16)


@pytest.mark.parametrize(
    ("images", "inferred", "better"),
    [
        (with_one(65535, DIM), "(0, 65535)", r"value_range=\(0, 1023\)"),
        (with_one(4096, DIM), "(0, 8191)", r"value_range=\(0, 1023\)"),
        (with_one(65535, DIM)[3:4], "(0, 65535)", r"value_range=\(0, 1023\)"),
        (with_one(65535, DIM.astype(np.float32)), "(0, 65535)", r"value_range=\([0-9], 99[0-9]\)"),
        (with_one(-9999, DIM.astype(float)), "(-9999, 999)", r"value_range=\([0-9], 99[0-9]\)"),
        (with_one(50, DIM / 1000), "(0, 50)", r"value_range=\(0.*, 0.99[0-9]\)"),
    ],
)
def test_a_range_that_few_values_set_is_warned_of(images, inferred, better):
    with pytest.warns(UserWarning, match=re.escape(f"inferred as {inferred}") + f".*{better}"):
        check_value_range(None, images)
    check_value_range((0, 1023), images)  # a warning would be an error


@pytest.mark.parametrize(
    "images",
    [
        DIM,
        with_one(2047, DIM),
        with_one(255, DIM // 5),
        load_digits().images[:100].astype(int),
        np.concatenate([DIM] * 4 + [DIM[:2] * 60]),  # bright images among dark ones
        with_one(255, (DIM // 5).astype(np.uint8)),
        np.random.default_rng(0).normal(0, 100, (50, 100, 100)),
        with_one(4000, np.zeros_like(DIM)),
        load_sample_image("china.jpg")[np.newaxis].astype(np.uint16) * 257,
        np.rint((load_sample_image("china.jpg")[np.newaxis] / 255) ** 2.2 * 60000).astype(
            np.uint16
        ),
    ],
)
def test_dark_images_and_noise_are_not_warned_of(images):
    check_value_range(None, images)


@pytest.mark.parametrize("X", ["array", "list", "store"])
def test_hot_pixels_are_noticed_in_a_fit_on_any_kind_of_images(X, tmp_path):
    hot = with_one(65535, DIM)
    if X == "list":
        hot = [*hot, DIM[0, :9]]
    elif X == "store":
        stored = np.memmap(tmp_path / "images", hot.dtype, "w+", shape=hot.shape)
        stored[:] = hot
        hot = stored
    for supervision in ("clean", "self"):
        params = {"supervision": supervision} | ({"patch_size": 8} if X == "list" else {})
        denoiser = quick_denoiser(train_output="denoised", **params)
        with pytest.warns(UserWarning, match=r"value_range=\(0, 1023\)"):
            denoiser.fit(hot)


def test_floats_in_two_ranges_are_noticed_in_a_fit():
    unit = DIM / 1000
    bytes_ = np.concatenate([unit[:10], 255 * unit[10:]])
    for mixed in (bytes_, [*bytes_, bytes_[0, :9]]):
        with pytest.warns(UserWarning, match="are in 0 to 1. Scale all images alike"):
            FilterDenoiser("gaussian").fit(mixed)
    FilterDenoiser("gaussian").fit(255 * unit)
    dark = np.concatenate([255 * unit, np.zeros((10, 16, 16)), np.eye(16)[np.newaxis]])
    FilterDenoiser("gaussian").fit(dark)


def test_a_hot_pixel_does_not_hide_the_range_of_floats():
    with pytest.warns(UserWarning, match="because of very few values"):
        assert range_of_images(with_one(200, DIM / 1000), None) == (0, 255)
    assert range_of_images(255.0 * DIM / 1000, None) == (0, 255)


def test_range_of_pairs_is_that_of_the_clean_ones_unless_both_are_noisy():
    rng = np.random.default_rng(0)
    clean = rng.uniform(0, 100, (50, 20, 20))
    first, second = (clean + rng.normal(0, 10, clean.shape) for _ in range(2))
    low, high = check_value_range_of_pairs(None, first, clean)
    assert (low, high) == (clean.min(), clean.max())
    assert check_value_range_of_pairs(None, clean, clean) == (low, high)
    low, high = check_value_range_of_pairs(None, first, second)
    both = np.stack([first, second])
    assert (low, high) == pytest.approx(np.percentile(both, (1, 99)))
    assert check_value_range_of_pairs((0, 100), first, second) == (0, 100)
    # A short exposure, and a long one without noise.
    assert check_value_range_of_pairs(None, first / 10, clean) == (clean.min(), clean.max())


def test_range_of_pairs_within_0_to_1_and_of_integers_does_not_depend_on_noise():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 50, 20, 20))
    assert check_value_range_of_pairs(None, first, second) == (0, 1)
    bytes_ = (255 * first).astype(np.uint8)
    assert check_value_range_of_pairs(None, bytes_, 300 * second) == (0, 255)
    assert check_value_range_of_pairs(None, 300 * second, bytes_) == (0, 255)


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "int16", "int64", "float16", "float32", "float64", "bool"]
)
def test_stored_values_survive_the_way_to_units_and_back(dtype):
    values = np.arange(256).reshape(1, 16, 16, 1).astype(dtype)
    pixels = PixelFormat(values.dtype, check_value_range(None, values))
    unit = pixels.to_unit(values)
    assert unit.dtype == np.float32
    assert 0 <= unit.min() < unit.max() <= 1
    restored = pixels.from_unit(unit)
    assert restored.dtype == values.dtype
    # float32 has 24 bits: 255 survives it to 2e-5, integers exactly.
    np.testing.assert_allclose(restored.astype(float), values.astype(float), atol=1e-4)


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (0.5, 1.0), (0.0, 2.0), (-1.0, 1.0)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_units_are_shares_of_the_value_range(value_range, dtype):
    low, high = value_range
    values = np.linspace(low, high, 9, dtype=dtype).reshape(1, 3, 3, 1)
    pixels = PixelFormat(values.dtype, value_range)
    unit = pixels.to_unit(values)
    np.testing.assert_allclose(unit.ravel(), np.linspace(0, 1, 9), atol=1e-3)
    np.testing.assert_allclose(pixels.from_unit(unit), values, atol=1e-3)


def test_integers_are_rounded_and_clipped_and_floats_are_not():
    unit = np.array([-0.5, 0.5, 1.5], np.float32)
    np.testing.assert_array_equal(
        PixelFormat(np.dtype("uint8"), (0.0, 255.0)).from_unit(unit), [0, 128, 255]
    )
    floats = PixelFormat(np.dtype("float64"), (0.0, 10.0))
    np.testing.assert_array_equal(floats.from_unit(unit), [-5, 5, 15])
    np.testing.assert_array_equal(floats.from_unit(unit, clip=True), [0, 5, 10])


def test_integers_that_are_not_clipped_stay_within_their_dtype():
    pixels = PixelFormat(np.dtype("int16"), (0.0, 255.0))
    np.testing.assert_array_equal(
        pixels.from_unit(np.array([-1, 2, 1000], np.float32), clip=False), [-255, 510, 32767]
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (5, 7), (8, 8), (3, 11)])
def test_padding_reaches_the_multiple_and_is_undone_by_cropping(shape):
    images = np.random.default_rng(0).random((2, *shape, 3), dtype=np.float32)
    padded = pad_to_multiple(images, 4)
    assert padded.shape[1] % 4 == padded.shape[2] % 4 == 0
    np.testing.assert_array_equal(padded[:, : shape[0], : shape[1]], images)


def test_padding_reflects():
    row = np.array([1, 2, 3], np.float32).reshape(1, 1, 3, 1)
    np.testing.assert_array_equal(pad_to_multiple(row, 4)[0, 0, :, 0], [1, 2, 3, 2])


@pytest.mark.parametrize("side", [7, 8])
def test_rows_of_colour_images_are_warned_of_from_8_pixels_a_side(side):
    rows = np.zeros((2, 3 * side * side))
    if side < 8:
        assert check_image_shape(None, rows) == (1, 147, 1)
    else:
        with pytest.warns(UserWarning, match=r"image_shape=\(8, 8, 3\)"):
            check_image_shape(None, rows)


@pytest.mark.parametrize("shape", [(9, 9, 3, 1), (9, 9, 3, 3), (9, 9, 2), (9, 7, 3)])
def test_narrow_images_are_not_taken_for_one_colour_image(shape):
    images = np.zeros(shape)
    assert check_images(images).shape == shape  # a warning would be an error


def test_rows_become_a_table_like_the_one_they_came_from():
    rows = np.arange(4.0).reshape(2, 2)
    table = pd.DataFrame({"a": [0, 0], "b": [0, 0]}, index=[3, 5])
    pd.testing.assert_frame_equal(
        like_table(rows, table), pd.DataFrame(rows, columns=["a", "b"], index=[3, 5])
    )
    more = like_table(np.zeros((3, 2)), table)
    assert list(more.index) == [0, 1, 2]
    polars = pytest.importorskip("polars")
    restored = like_table(rows, polars.DataFrame({"a": [0, 0], "b": [0, 0]}))
    assert restored.equals(polars.DataFrame({"a": [0.0, 2.0], "b": [1.0, 3.0]}))
    # As many rows as columns, in the order in memory of what comes from a table of Polars.
    restored = like_table(np.asfortranarray(rows), restored)
    assert restored.equals(polars.DataFrame({"a": [0.0, 2.0], "b": [1.0, 3.0]}))
    assert like_table(rows, rows) is rows
