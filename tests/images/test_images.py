import numpy as np
import pandas as pd
import pytest

from skdenoise.images.layout import (
    check_image_shape,
    check_images,
    infer_image_shape,
    like_table,
    pad_to_multiple,
)
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range, check_value_range_of_pairs


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
    assert like_table(rows, rows) is rows
