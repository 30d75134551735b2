"""Training from stores: memmaps, and arrays of Zarr, HDF5 and Dask, larger than memory."""

import gc
import tracemalloc
import weakref

import h5py
import numpy as np
import pytest
from conftest import quick_denoiser

from skdenoise import add_noise
from skdenoise.images import stored as stored_images
from skdenoise.images.stored import Blocks, StoredImages, is_stored
from skdenoise.networks.recipes import OWN
from skdenoise.training.plan import split


@pytest.fixture(scope="module")
def images(digits):
    """Digits as 600 grey images, uint8."""
    return (digits[0][:600] * 255).astype(np.uint8).reshape(-1, 8, 8)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of about 50 digits, of which five are kept, so that digits do not fit in memory."""
    monkeypatch.setattr(stored_images, "_BYTES_READ", 50 * 64)
    monkeypatch.setattr(stored_images, "_BYTES_KEPT", 5 * 50 * 64)


def as_memmap(images, folder, length):
    array = np.lib.format.open_memmap(folder / "images.npy", "w+", images.dtype, images.shape)
    array[:] = images
    return array


def as_zarr(images, folder, length):
    zarr = pytest.importorskip("zarr")
    chunks = (length, *images.shape[1:])
    array = zarr.open_array(
        str(folder / "images.zarr"), mode="w", shape=images.shape, chunks=chunks, dtype=images.dtype
    )
    array[:] = images
    return array


def as_hdf5(images, folder, length):
    file = h5py.File(folder / "images.h5", "w")
    return file.create_dataset("images", data=images, chunks=(length, *images.shape[1:]))


def as_dask(images, folder, length):
    dask_array = pytest.importorskip("dask.array")
    # Chunks that differ in length, and cut the images too.
    return dask_array.from_array(
        images, chunks=((3, length, len(images) - length - 3), 4, *[-1] * (images.ndim - 2))
    )


STORES = [as_memmap, as_zarr, as_hdf5, as_dask]


class Recording:
    """An array in chunks that writes down what is asked of it, and may fail."""

    def __init__(self, array, length, fails_after=None):
        self.array, self.shape, self.dtype, self.ndim = array, array.shape, array.dtype, array.ndim
        self.chunks = (length, *array.shape[1:])
        self.fails_after = fails_after
        self.read = []

    def __getitem__(self, part):
        if self.fails_after is not None and len(self.read) >= self.fails_after:
            raise ConnectionError("the bucket has gone")
        self.read.append((part.start, part.stop))
        return self.array[part]


# What is learned


@pytest.mark.parametrize("store", STORES)
def test_a_store_that_fits_in_memory_is_learned_as_the_array_is(images, tmp_path, store):
    params = {"epochs": 2, "validation_split": 0.1}
    expected = quick_denoiser(**params).fit(images)
    found = quick_denoiser(**params).fit(store(images, tmp_path, 70))
    assert found.history_ == expected.history_
    np.testing.assert_array_equal(found.transform(images), expected.transform(images))


@pytest.mark.parametrize("store", STORES)
def test_a_store_of_flat_floats_with_clean_ones_is_learned_as_the_arrays_are(
    digits, tmp_path, store
):
    clean = digits[0][:300]
    noisy = add_noise(clean, noise_factor=0.3, random_state=0)
    stored = [store(X, tmp_path / name, 70) for name, X in _in_folders(tmp_path, noisy, clean)]
    expected = quick_denoiser().fit(noisy, clean=clean)
    found = quick_denoiser().fit(stored[0], clean=stored[1])
    assert found.history_ == expected.history_
    assert found.value_range_ == expected.value_range_
    assert found.n_features_in_ == 64
    np.testing.assert_array_equal(
        quick_denoiser().fit(noisy, clean=stored[1]).transform(noisy), expected.transform(noisy)
    )


def _in_folders(folder, *arrays):
    for index, array in enumerate(arrays):
        (folder / str(index)).mkdir()
        yield str(index), array


@pytest.mark.parametrize("supervision", ["self", "recorrupted"])
def test_noisy_images_alone_may_be_in_a_store(digits, tmp_path, supervision):
    noisy = add_noise(digits[0][:300].reshape(-1, 8, 8), noise_factor=0.1, random_state=0)
    params = {"supervision": supervision, "noise_factor": 0.1, "train_output": "denoised"}
    expected = quick_denoiser(**params).fit(noisy)
    found = quick_denoiser(**params).fit(as_zarr(noisy, tmp_path, 70))
    assert found.history_ == expected.history_
    assert found.value_range_ == expected.value_range_


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("params", [{}, {"patch_size": 6, "augment": True}])
def test_a_store_beyond_memory_is_learned_nearly_as_well_and_repeatably(images, tmp_path, params):
    params = {"epochs": 6, "batch_size": 16, **params}
    stored = as_zarr(images, tmp_path, 50)
    first, again = (quick_denoiser(**params).fit(stored) for _ in range(2))
    assert first.history_ == again.history_
    in_memory = quick_denoiser(**params).fit(images)
    assert first.history_ != in_memory.history_
    assert first.score(images) == pytest.approx(in_memory.score(images), abs=0.5)


@pytest.mark.usefixtures("small_blocks")
def test_partial_fit_reads_a_store_block_by_block(images):
    stored = Recording(images, 50)
    denoiser = quick_denoiser().partial_fit(stored).partial_fit(stored)
    assert denoiser.n_iter_ == 2
    # Twelve blocks, and the checks before.
    assert len(stored.read) < 2 * 3 * 12


def test_other_methods_read_a_store_whole(images, tmp_path):
    stored = as_zarr(images, tmp_path, 70)
    denoiser = quick_denoiser().fit(images)
    np.testing.assert_array_equal(denoiser.transform(stored), denoiser.transform(images))
    assert denoiser.score(stored) == denoiser.score(images)
    np.testing.assert_array_equal(
        quick_denoiser().fit_transform(stored), quick_denoiser().fit_transform(images)
    )


# What is read, and when


@pytest.mark.parametrize("n_images", [1200, 1234])
def test_an_epoch_sees_every_image_once_and_few_blocks_at_a_time(n_images):
    blocks = Blocks(np.append(np.arange(0, n_images, 50), n_images), kept=5)
    rng = np.random.default_rng(0)
    first, second = (blocks.shuffled(np.arange(n_images), rng) for _ in range(2))
    assert not np.array_equal(first, second)
    for order in (first, second):
        np.testing.assert_array_equal(np.sort(order), np.arange(n_images))
        numbers = blocks.of(order)
        for number in range(len(blocks)):
            # From its first image to its last, few others are asked for.
            when = np.flatnonzero(numbers == number)
            assert len(np.unique(numbers[when[0] : when[-1] + 1])) < 3 * blocks.kept
        batches = np.split(numbers[: n_images // 100 * 100], n_images // 100)
        assert np.mean([len(np.unique(batch)) for batch in batches]) > 3


@pytest.mark.usefixtures("small_blocks")
def test_an_epoch_reads_every_block_once_but_for_some_images_before_and_after(images):
    stored = Recording(images, 50)
    quick_denoiser(epochs=4, batch_size=20).fit(stored)
    # Twelve blocks; the first are looked at before (for values, and by Keras), and after the fit.
    assert 4 * 12 <= len(stored.read) <= 4 * 12 + 12
    assert {stop - start for start, stop in stored.read} == {50}


def test_small_chunks_are_read_together_and_large_ones_alone(monkeypatch):
    images = np.zeros((5000, 32, 32), np.uint8)  # of 1 KiB
    assert len(StoredImages(Recording(images, 1)).blocks) == 2
    monkeypatch.setattr(stored_images, "_BYTES_READ", 2**20)
    assert StoredImages(Recording(images, 600)).blocks.bounds.tolist() == [
        0,
        1200,
        2400,
        3600,
        4800,
        5000,
    ]
    assert StoredImages(Recording(images, 3000)).blocks.bounds.tolist() == [0, 3000, 5000]


@pytest.mark.usefixtures("small_blocks")
def test_images_of_as_few_blocks_as_possible_are_held_out(images):
    denoiser = quick_denoiser(validation_split=0.2)

    class Stored:
        clean = StoredImages(Recording(images, 50))

        def shuffled(self, *arguments, **keywords):
            return self.clean.blocks.shuffled(*arguments, **keywords)

    training, held_out = split(denoiser, OWN, Stored(), seed=0)
    assert len(held_out) == 120
    assert len(np.unique(held_out // 50)) == 3
    assert not np.intersect1d(training, held_out).size


@pytest.mark.usefixtures("small_blocks")
def test_pairs_in_different_chunks_share_the_blocks_of_the_longer(images):
    noisy, clean = Recording(images, 100), Recording(images / 1.0, 20)
    X, targets = stored_images.as_stored(noisy, clean)
    assert X.blocks is targets.blocks
    assert set(np.diff(X.blocks.bounds)) == {100}
    quick_denoiser(epochs=2).fit(noisy, clean=clean)


def test_memory_stays_within_what_is_kept_of_a_store(monkeypatch):
    dask_array = pytest.importorskip("dask.array")
    monkeypatch.setattr(stored_images, "_BYTES_KEPT", 2**24)
    chunks = (500, 32, 32)
    images = dask_array.random.default_rng(0).integers(
        0, 256, (60_000, 32, 32), dtype=np.uint8, chunks=chunks
    )
    denoiser = quick_denoiser(filters=(4,), patch_size=4, batch_size=512)
    denoiser.fit(np.zeros((2, 32, 32), np.uint8) + np.arange(32, dtype=np.uint8))  # compiles
    tracemalloc.start()
    denoiser.fit(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert images.nbytes > 55 * 2**20
    assert peak < 40 * 2**20


def test_blocks_are_freed_when_a_fit_ends(images):
    stored = Recording(images, 50)
    quick_denoiser(validation_split=0.1).fit(stored)
    freed = weakref.ref(stored)
    del stored
    gc.collect()
    assert freed() is None


@pytest.mark.usefixtures("small_blocks")
def test_blocks_are_freed_when_a_fit_fails(images):
    # All are read once for their range, in 12 reads; the next ones are those of a fit.
    stored = Recording(images, 50, fails_after=18)
    with pytest.raises(OSError, match="gone"):
        quick_denoiser(validation_split=0.1).fit(stored)
    freed = weakref.ref(stored)
    del stored
    gc.collect()
    assert freed() is None


# What goes wrong


def test_a_store_that_fails_in_the_first_epoch_leaves_the_denoiser_as_it_was(images):
    denoiser = quick_denoiser().fit(images)
    before = denoiser.transform(images)
    with pytest.raises(OSError, match=r"X\[0:600\] could not be read .* bucket has gone") as caught:
        denoiser.fit(Recording(images, 50, fails_after=0))
    assert isinstance(caught.value.__cause__, ConnectionError)
    np.testing.assert_array_equal(denoiser.transform(images), before)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("validation_split", [0, 0.1])
def test_a_store_that_fails_later_leaves_what_the_last_whole_epoch_has_learned(
    images, validation_split
):
    params = {"batch_size": 20, "validation_split": validation_split, "learning_rate": 1e-3}
    whole = quick_denoiser(epochs=4, **params).fit(images[:])
    denoiser = quick_denoiser(epochs=4, **params)
    with pytest.raises(OSError, match=r"X\[\d+:\d+\] could not be read from its store .* has gone"):
        denoiser.fit(Recording(images, 50, fails_after=12 + 2 * 14))
    assert 1 <= denoiser.n_iter_ < 4
    assert len(denoiser.history_["loss"]) == denoiser.n_iter_
    assert denoiser.score(images) > whole.score(images) - 3
    # The network that was interrupted is not used again.
    assert quick_denoiser(epochs=4, **params).fit(images).history_ == whole.history_


@pytest.mark.usefixtures("small_blocks")
def test_a_value_that_is_no_number_is_found_when_it_is_read(digits):
    X = digits[0][:600].reshape(-1, 8, 8).copy()
    X[321, 3, 3] = np.nan
    denoiser = quick_denoiser()
    with pytest.raises(ValueError, match=r"X\[312:324\] contains NaN"):
        denoiser.fit(Recording(X, 6))
    assert not hasattr(denoiser, "history_")
    with pytest.raises(ValueError, match=r"X\[312:324\] contains NaN"):
        denoiser.set_params(value_range=(0, 1)).fit(Recording(X, 6))
    assert not hasattr(denoiser, "history_")


def test_masked_values_in_a_dask_array_are_refused(images):
    dask_array = pytest.importorskip("dask.array")
    masked = dask_array.ma.masked_less(dask_array.from_array(images, chunks=(100, 8, 8)), 1)
    with pytest.raises(ValueError, match=r"masked value.* X\[0:\d+\].filled"):
        quick_denoiser().fit(masked)


def test_a_dask_array_of_unknown_length_is_refused(images):
    dask_array = pytest.importorskip("dask.array")
    unknown = dask_array.from_array(images, chunks=(100, 8, 8))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        quick_denoiser().fit(unknown[unknown.sum(axis=(1, 2)) > 0])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 8, 8), "complex64"), "Complex"),
        (np.zeros((0, 8, 8)), "0 sample"),
        (np.zeros((4, 0, 8)), "no pixels"),
        (np.zeros((2, 3, 8, 8, 3)), "5 dimensions"),
        (np.full((4, 8, 8), "a"), "strings.; expected booleans"),
    ],
)
def test_a_store_of_no_images_is_refused(array, message):
    with pytest.raises(ValueError, match=message):
        quick_denoiser().fit(Recording(array, 2))


def test_clean_images_of_another_shape_are_refused(images):
    with pytest.raises(ValueError, match="clean has shape"):
        quick_denoiser().fit(Recording(images, 50), clean=Recording(images[:50], 50))


@pytest.mark.parametrize("X", [[[0.0, 1.0]], np.zeros((2, 2)), np.zeros((2, 2))[:1]])
def test_arrays_in_memory_are_no_stores(X):
    assert not is_stored(X)


def test_a_memmap_of_one_axis_gets_the_error_of_an_array(tmp_path):
    flat = as_memmap(np.zeros(64), tmp_path, None)
    with pytest.raises(ValueError, match="X has 1 dimension"):
        quick_denoiser().fit(flat)
