"""Arrays of any content, and files with bytes changed: treated right or refused with a clear error.

Hypothesis draws 1,920 arrays anew in each run, of any shape and dtype; what it finds once, it tries again
(``.hypothesis``). 1,120 damaged files, the same in each run, make that 3,040 cases in all.
"""

import warnings

import hypothesis.extra.numpy as some
import numpy as np
import pytest
from conftest import quick_denoiser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_image

from skdenoise import FilterDenoiser, NoiseAugmenter, add_noise, estimate_noise, psnr
from skdenoise.io.image_files import read_header, read_image, write_image
from skdenoise.io.npy import read_archive

DTYPES = st.sampled_from(
    ["bool", "uint8", "uint16", "uint32", "int8", "int16", "int64", "float16", "float32", "float64"]
)
# Rows, grey images, colour images, and what is none of them; small ones, since most mistakes are.
SHAPES = some.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=9)
IMAGE_SHAPES = st.tuples(
    st.integers(1, 3), st.integers(1, 20), st.integers(1, 20), st.integers(1, 4)
) | st.tuples(st.integers(1, 3), st.integers(1, 20), st.integers(1, 20))

ANYTHING = DTYPES.flatmap(lambda dtype: some.arrays(dtype, SHAPES | IMAGE_SHAPES))
GREY = DTYPES.flatmap(
    lambda dtype: some.arrays(
        dtype, st.tuples(st.integers(1, 3), st.integers(1, 30), st.integers(1, 30))
    )
)


def fuzz(n_examples):
    """Return what sets up a test with so many examples, which may be slow."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=n_examples, deadline=None, suppress_health_check=checks)


def result_of(function, *arguments, **keywords):
    """Return what a function returns, or None where it refuses its input with a clear error."""
    with warnings.catch_warnings():
        # Shapes that look like others, ranges that cannot be meant: that is what they are for.
        warnings.simplefilter("ignore", UserWarning)
        # scikit-learn sums all values to see whether they are finite.
        warnings.filterwarnings("ignore", "invalid value encountered in reduce")
        try:
            return function(*arguments, **keywords)
        except (ValueError, TypeError) as error:
            message = str(error)
    assert len(message) > 20
    return None


def check_like(result, images):
    """Check that images came back as what they were."""
    if result is not None:
        assert result.shape == images.shape
        assert result.dtype == images.dtype
        assert np.isfinite(result).all()


@fuzz(300)
@given(ANYTHING, st.floats(0, 2), st.sampled_from([None, False, True]))
def test_noise_is_added_or_the_images_are_refused(images, noise_factor, clip):
    params = {"noise_factor": noise_factor, "clip": clip, "random_state": 0}
    check_like(result_of(add_noise, images, **params), images)


@fuzz(200)
@given(ANYTHING, st.sampled_from(["poisson", "salt_and_pepper", "motion_blur", "jpeg_compression"]))
def test_noise_of_other_kinds_is_added_or_the_images_are_refused(images, noise):
    check_like(result_of(add_noise, images, noise, random_state=0), images)


@fuzz(300)
@given(ANYTHING)
def test_noise_is_estimated_or_the_images_are_refused(images):
    found = result_of(estimate_noise, images)
    if found is not None:
        assert found.shape == (len(images),)
        assert (np.isnan(found) | (found >= 0)).all()


@fuzz(300)
@given(ANYTHING)
def test_an_augmenter_keeps_shape_and_dtype_or_refuses(images):
    check_like(result_of(NoiseAugmenter(random_state=0).fit_transform, images), images)


@fuzz(300)
@given(ANYTHING)
def test_a_filter_keeps_shape_and_dtype_or_refuses(images):
    check_like(result_of(FilterDenoiser("median").fit_transform, images), images)


@fuzz(300)
@given(ANYTHING, ANYTHING)
def test_the_psnr_is_a_number_for_each_image_or_the_images_are_refused(clean, denoised):
    found = result_of(psnr, clean, denoised, data_range=1)
    assert found is None or (found.shape == (len(clean),) and not np.isnan(found).any())


@pytest.fixture(scope="module")
def fitted():
    """A denoiser of grey images."""
    images = np.random.default_rng(0).integers(256, size=(20, 12, 12), dtype=np.uint8)
    return quick_denoiser(filters=(2, 3)).fit(images)


@fuzz(200)
@given(images=GREY | ANYTHING)
def test_a_denoiser_keeps_shape_and_dtype_or_refuses(fitted, images):
    check_like(result_of(fitted.transform, images), images)


@fuzz(20)
@given(images=GREY | ANYTHING)
def test_a_denoiser_is_fitted_or_left_as_it_was(images):
    denoiser = quick_denoiser(filters=(2, 3), train_output="denoised")
    denoised = result_of(denoiser.fit_transform, images)
    check_like(denoised, images)
    assert (denoised is None) == (not hasattr(denoiser, "value_range_"))


@pytest.fixture(scope="module")
def pictures():
    """A few random pixels, and a part of a photograph."""
    random = np.random.default_rng(0).integers(0, 256, (7, 5), dtype=np.uint8)
    return {"random": random, "photograph": load_sample_image("flower.jpg")[200:232, 300:340]}


def read_or_named(path):
    """Tell whether a file is read as what its header says, or the error names it."""
    try:
        if path.suffix == ".npz":
            return bool(read_archive(path))
        image = read_image(path)
        return read_header(path) == (image.shape, image.dtype)
    except ValueError as error:
        return path.name in str(error)


@pytest.mark.parametrize("picture", ["random", "photograph"])
@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp", ".webp", ".tif", ".npy", ".npz"])
def test_damaged_files_are_read_or_named(tmp_path, pictures, ending, picture):
    path, rng = tmp_path / f"image{ending}", np.random.default_rng(0)
    if ending == ".npz":
        np.savez_compressed(path, X=pictures[picture][np.newaxis], y=np.array(["flower"]))
    else:
        write_image(path, pictures[picture])
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for case in range(80):
        damaged = whole.copy()
        # Most of a photograph's file is pixels: half of the damage is done to the header.
        changed = rng.integers(len(whole) if case % 2 else min(len(whole), 200), size=3)
        damaged[changed] = rng.integers(256, size=3)
        end = len(whole) if case % 4 < 2 else rng.integers(1, len(whole) + 1)
        path.write_bytes(damaged[:end].tobytes())
        assert read_or_named(path)
