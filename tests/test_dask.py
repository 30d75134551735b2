"""Denoising on a cluster: two real worker processes of Dask, with two threads each."""

import contextlib
import io
import os
import signal
import time
import urllib.request
from pathlib import Path

import dask
import dask.array as da
import joblib
import numpy as np
import pytest
import zarr
from conftest import quick_denoiser
from distributed import Client, LocalCluster, futures_of, progress
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import FilterDenoiser, ImageFlattener, UNetDenoiser, compare_denoising, map_images

pytestmark = pytest.mark.several


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def images(digits):
    return digits[0].reshape(-1, 8, 8).astype(np.float32)


@pytest.fixture(scope="module")
def denoiser(images):
    return UNetDenoiser(filters=(4,), epochs=1, random_state=0).fit(images)


def in_chunks(images, size=200):
    return da.from_array(images, chunks=(size, *images.shape[1:]))


class Counted(BaseEstimator):
    """Counts how often it has been unpickled in this process."""

    arrivals = 0

    def __setstate__(self, state):
        Counted.arrivals += 1
        super().__setstate__(state)

    def transform(self, X):
        return X


def arrivals():
    return Counted.arrivals


def test_map_blocks_is_lazy_and_the_result_is_the_local_one(client, denoiser, images):
    lazy = in_chunks(images).map_blocks(denoiser.transform, dtype=images.dtype)
    assert (lazy.shape, lazy.dtype) == (images.shape, images.dtype)
    np.testing.assert_allclose(lazy.compute(), denoiser.transform(images), atol=1e-5)


def test_map_images_gives_the_same(client, denoiser, images):
    lazy = map_images(denoiser.transform, in_chunks(images))
    assert (lazy.shape, lazy.dtype) == (images.shape, images.dtype)
    np.testing.assert_allclose(lazy.compute(), denoiser.transform(images), atol=1e-5)


def test_a_pipeline_predicts_on_flat_rows(client, digits):
    X, y = digits
    pipeline = make_pipeline(quick_denoiser(filters=(4,)), SVC()).fit(X[:300], y[:300])
    expected = pipeline.predict(X)
    plain = in_chunks(X).map_blocks(pipeline.predict, dtype=y.dtype, drop_axis=1)
    once = map_images(pipeline.predict, in_chunks(X), dtype=y.dtype, drop_axis=1)
    for lazy in (plain, once):
        assert (lazy.shape, lazy.dtype) == (y.shape, y.dtype)
        np.testing.assert_array_equal(lazy.compute(), expected)


def test_the_estimator_travels_to_each_worker_once(client, images):
    before = client.run(arrivals)
    map_images(Counted().transform, in_chunks(images, 20)).compute()
    after = client.run(arrivals)
    assert all(after[worker] - before[worker] <= 1 for worker in after)


def threads_of_tensorflow():
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads()


def test_tensorflow_has_the_threads_of_its_worker(client, denoiser, images):
    map_images(denoiser.transform, in_chunks(images, 100)).compute()
    assert set(client.run(threads_of_tensorflow).values()) == {2}


def threads_that_are_granted():
    from skdenoise.backend.threads import _threads_of_dask_worker

    return _threads_of_dask_worker()


def test_a_worker_in_the_process_of_the_user_limits_nothing(client):
    assert client.submit(threads_that_are_granted).result() == 2
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster, set_as_default=False) as own,
    ):
        assert own.submit(threads_that_are_granted).result() == 0
    assert threads_that_are_granted() == 0


@pytest.mark.parametrize("chunks", [(100, 4, 8), (100, 8, 4), (100, 4, 4)])
def test_chunks_that_cut_images_are_refused(denoiser, images, chunks):
    with pytest.raises(ValueError, match=r"images are cut.*rechunk\(\('auto', 8, 8\)\)"):
        map_images(denoiser.transform, da.from_array(images, chunks=chunks))


def test_a_worker_that_is_killed_half_way_changes_nothing(client, denoiser, images):
    many = np.tile(images, (20, 1, 1))
    denoised = map_images(denoiser.transform, in_chunks(many, 200)).persist()
    futures = futures_of(denoised)
    while sum(future.done() for future in futures) < len(futures) // 3:
        time.sleep(0.01)
    victim = next(iter(client.run(os.getpid).values()))
    os.kill(victim, signal.SIGKILL)
    np.testing.assert_allclose(denoised.compute(), denoiser.transform(many), atol=1e-5)
    client.wait_for_workers(2)
    assert victim not in client.run(os.getpid).values()


def peak_memory():
    """Return the most memory that this process has held, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_the_memory_of_a_worker_is_bounded(client, tmp_path):
    """200,000 images, 195 MiB as they come and as they go, through workers that hold a few chunks."""
    shape, chunks = (200_000, 16, 16), (1000, 16, 16)
    source = zarr.create_array(tmp_path / "noisy.zarr", shape=shape, chunks=chunks, dtype="f4")
    part = np.random.default_rng(0).random((20_000, 16, 16), np.float32)
    for start in range(0, shape[0], len(part)):
        source[start : start + len(part)] = part
    denoiser = UNetDenoiser(filters=(2,), epochs=1, random_state=0).fit(part[:200])
    denoised = map_images(denoiser.transform, da.from_zarr(source))
    denoised[:20_000].to_zarr(tmp_path / "start.zarr")
    before = client.run(peak_memory)
    denoised.to_zarr(tmp_path / "denoised.zarr")
    after = client.run(peak_memory)
    assert max(after[worker] - before[worker] for worker in after) < 80
    target = zarr.open_array(tmp_path / "denoised.zarr")
    np.testing.assert_allclose(target[-5:], denoiser.transform(part[-5:]), atol=1e-5)


def test_what_cannot_be_mapped_is_refused(denoiser, images):
    with pytest.raises(TypeError, match=r"Expected a Dask array, such as dask\.array\.from_zarr"):
        map_images(denoiser.transform, images)
    with pytest.raises(TypeError, match=r"Expected a method of a fitted estimator"):
        map_images(np.sqrt, in_chunks(images))


class FailsOnce(BaseEstimator):
    """Fails on the chunk that begins with the image `at`, unless `mended` exists."""

    def __init__(self, at, mended):
        self.at = at
        self.mended = mended

    def transform(self, X):
        if X[0, 0, 0] == self.at and not self.mended.exists():
            raise OSError("the disk is full")
        return X + 1


def denoise_store(estimator, source, path, part):
    """Denoise in parts, and keep with the images how many are done."""
    noisy = da.from_zarr(source)
    clean = zarr.open_array(
        path, mode="a", shape=noisy.shape, chunks=noisy.chunksize, dtype=noisy.dtype
    )
    denoised = map_images(estimator.transform, noisy)
    for start in range(clean.attrs.get("images_done", 0), len(noisy), part):
        rows = slice(start, min(start + part, len(noisy)))
        denoised[rows].to_zarr(clean, region=(rows, slice(None), slice(None)))
        clean.attrs["images_done"] = rows.stop
    return clean


def test_a_run_that_has_failed_leaves_whole_chunks_and_is_taken_up_again(client, tmp_path):
    images = np.broadcast_to(np.arange(1000, dtype=np.int32)[:, None, None], (1000, 4, 4))
    source = zarr.create_array(tmp_path / "noisy.zarr", data=np.array(images), chunks=(50, 4, 4))
    path, mended = tmp_path / "clean.zarr", tmp_path / "mended"
    estimator = FailsOnce(650, mended)
    with pytest.raises(OSError, match="the disk is full"):
        denoise_store(estimator, source, path, part=200)
    half = zarr.open_array(path, mode="r")
    assert half.attrs["images_done"] == 600
    for start in range(0, 1000, 50):
        chunk = half[start : start + 50]
        whole = (chunk == images[start : start + 50] + 1).all()
        assert whole if start < 600 else whole or not chunk.any()
    mended.touch()
    np.testing.assert_array_equal(denoise_store(estimator, source, path, part=200)[:], images + 1)


def test_a_grid_search_finds_the_same_on_a_cluster(client, digits):
    X, y = digits[0][:200], digits[1][:200]
    pipeline = make_pipeline(quick_denoiser(filters=(4,)), SVC())
    search = GridSearchCV(pipeline, {"svc__C": [0.1, 10]}, cv=2)
    local = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="dask"):
        far = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(far, local, atol=0.02)


def test_a_comparison_is_the_same_on_a_cluster(client, digits):
    X, y = digits
    arguments = (SVC(), X[:200], y[:200], X[200:400], y[200:400])
    settings = {
        "noise_factors": (0.2, 0.5),
        "denoisers": [FilterDenoiser("gaussian")],
        "n_copies": (1,),
        "random_state": 0,
    }
    local = compare_denoising(*arguments, **settings)
    with joblib.parallel_config(backend="dask"):
        far = compare_denoising(*arguments, **settings)
    columns = ["condition", "noise_factor", "score", "clean_score"]
    assert far.frame[columns].equals(local.frame[columns])


def test_progress_is_seen_in_a_bar_and_on_the_dashboard(client, denoiser, images):
    denoised = map_images(denoiser.transform, in_chunks(images)).persist()
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        progress(denoised, notebook=False)
    assert "100% Completed" in shown.getvalue()
    with urllib.request.urlopen(client.dashboard_link) as page:
        assert page.status == 200


def test_a_local_scheduler_needs_no_cluster(denoiser, images):
    with dask.config.set(scheduler="threads"):
        denoised = map_images(denoiser.transform, in_chunks(images)).compute()
    np.testing.assert_allclose(denoised, denoiser.transform(images), atol=1e-5)


def test_empty_blocks_of_a_selection_are_kept(images):
    selected = in_chunks(images)[da.from_array(np.arange(len(images)) < 300, chunks=200)]
    smooth = FilterDenoiser("gaussian").fit(images)
    classifier = make_pipeline(FilterDenoiser("gaussian"), ImageFlattener(), SVC())
    classifier.fit(images[:200], np.arange(200) % 2)
    flattened = classifier[:-1]
    for lazy in (selected, selected.compute_chunk_sizes()):
        rows = map_images(flattened.transform, lazy, drop_axis=2).compute(scheduler="threads")
        np.testing.assert_array_equal(rows, flattened.transform(images[:300]))
        found = map_images(smooth.transform, lazy).compute(scheduler="threads")
        np.testing.assert_array_equal(found, smooth.transform(images[:300]))
        labels = map_images(classifier.predict, lazy, dtype=int, drop_axis=(1, 2))
        np.testing.assert_array_equal(
            labels.compute(scheduler="threads"), classifier.predict(images[:300])
        )
