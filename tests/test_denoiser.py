import dataclasses
import functools
import os
import pickle
import subprocess
import sys
import time
import warnings
from typing import ClassVar

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.datasets import load_sample_images
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator

from skdenoise import GaussianNoise, SaltAndPepperNoise, UNetDenoiser, add_noise, psnr
from skdenoise.backend import compiled
from skdenoise.backend.threads import _threads_of_environment
from skdenoise.images.pixels import PixelFormat
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.network import NETWORKS, network_named
from skdenoise.supervision.pairs import Pairs
from skdenoise.training.batches import TrainingBatches
from skdenoise.training.keys import training_key
from skdenoise.training.loop import EpochRecord
from skdenoise.training.plan import split
from skdenoise.training.schedule import Schedule


def mean_psnr(clean, denoised, data_range=1):
    return psnr(clean, np.clip(denoised, 0, data_range), data_range=data_range).mean()


def test_noise_is_removed_from_images_that_were_not_trained_on(trained, digits):
    clean = digits[0][1200:]
    noisy = add_noise(clean, noise_factor=0.4, random_state=1)
    assert mean_psnr(clean, trained.transform(noisy)) > mean_psnr(clean, noisy) + 4


def test_classic_network_learns(digits):
    X, _ = digits
    denoiser = UNetDenoiser(
        network="classic", filters=(16, 32, 64), epochs=3, batch_size=32, random_state=0
    ).fit(X[:1200])
    noisy = add_noise(X[1200:], random_state=1)
    assert denoiser.score(X[1200:]) > mean_psnr(X[1200:], noisy) + 2
    assert set(denoiser.history_) == {"loss", "val_loss"}


# Layouts, dtypes and sizes


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "float16", "float32", "float64"])
def test_output_has_shape_and_dtype_of_the_input(digits, dtype):
    X = digits[0][:200]
    X = (X * 255).astype(dtype) if dtype[0] in "iu" else X.astype(dtype)
    for images in (X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1)):
        denoised = quick_denoiser().fit(images).transform(images)
        assert denoised.shape == images.shape
        assert denoised.dtype == images.dtype


def test_layouts_are_denoised_alike(digits):
    X = digits[0][:300]
    flat = quick_denoiser().fit(X).transform(X)
    images = quick_denoiser().fit(X.reshape(-1, 8, 8)).transform(X.reshape(-1, 8, 8))
    np.testing.assert_array_equal(flat, images.reshape(X.shape))


def test_colour_photographs_of_another_size_than_in_training():
    photographs = np.stack(load_sample_images().images)
    patches = np.concatenate([photographs[:, i : i + 32, i : i + 48] for i in range(0, 320, 16)])
    denoiser = quick_denoiser(noise_factor=0.1, epochs=2).fit(patches)
    denoised = denoiser.transform(photographs[:, :101, :67])
    assert denoised.shape == (2, 101, 67, 3)
    assert denoised.dtype == np.uint8


def test_denoiser_of_flat_rows_takes_image_arrays_too(trained, digits):
    X = digits[0][:10]
    np.testing.assert_allclose(
        trained.transform(X.reshape(-1, 8, 8)).reshape(X.shape), trained.transform(X), atol=1e-6
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 9), (13, 8)])
def test_any_size_of_image_is_taken(shape):
    images = np.random.default_rng(0).random((20, *shape))
    assert quick_denoiser().fit(images).transform(images).shape == images.shape


def test_image_does_not_depend_on_those_beside_it(trained, digits):
    X = add_noise(digits[0][:300], random_state=1)
    together = trained.transform(X)
    apart = np.concatenate([trained.transform(X[:1]), trained.transform(X[1:])])
    np.testing.assert_allclose(apart, together, atol=1e-6)


def test_floats_outside_the_unit_range_keep_their_range(digits):
    X = digits[0] * 16
    denoiser = quick_denoiser(epochs=5).fit(X)
    assert denoiser.value_range_ == (0, 16)
    assert denoiser.transform(X).max() > 8


def test_clip_limits_the_noise_that_is_trained_on(digits):
    X = digits[0][:64].reshape(-1, 8, 8, 1)
    for values, clip, clipped in [
        (X, None, False),
        (X, True, True),
        ((X * 255).astype(np.uint8), None, True),
    ]:
        pixels = PixelFormat(values.dtype, (0.0, 1.0 if values.dtype.kind == "f" else 255.0))
        pairs = Pairs(values, pixels, None, pixels, GaussianNoise(), clip, 4)
        noisy, _ = pairs.batch(np.arange(64), np.random.default_rng(0))
        assert (noisy.min() >= 0 and noisy.max() <= 1) == clipped


def test_training_noise_is_that_of_add_noise_for_uint8():
    images = np.random.default_rng(0).integers(0, 256, (400, 8, 8, 1), dtype=np.uint8)
    pixels = PixelFormat(images.dtype, (0.0, 255.0))
    pairs = Pairs(images, pixels, None, pixels, GaussianNoise(0.4), None, 4)
    noisy, _ = pairs.batch(np.arange(400), np.random.default_rng(0))
    stored = noisy * 255
    np.testing.assert_allclose(stored, np.rint(stored), atol=1e-4)
    expected = add_noise(images, noise_factor=0.4, random_state=0)
    for white in (0, 255):
        assert np.mean(np.rint(stored) == white) == pytest.approx(
            np.mean(expected == white), rel=0.03
        )


# Real pairs


def test_clean_targets_are_learned_without_drawing_noise(digits):
    X = digits[0]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    denoiser = UNetDenoiser(noise=None, epochs=12, random_state=0).fit(noisy[:1200], clean=X[:1200])
    assert denoiser.noise_ is None
    score = denoiser.score(noisy[1200:], clean=X[1200:])
    assert score > mean_psnr(X[1200:], noisy[1200:]) + 4
    assert score == pytest.approx(mean_psnr(X[1200:], denoiser.transform(noisy[1200:])))


def test_value_range_comes_from_the_clean_images(digits):
    X = digits[0][:200]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    assert quick_denoiser().fit(noisy, clean=X).value_range_ == (0, 1)


def test_fit_transform_with_pairs_returns_denoised_noisy_or_clean_images(digits):
    X = digits[0][:200]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    for output in ("denoised_noisy", "denoised"):
        denoiser = quick_denoiser(train_output=output)
        np.testing.assert_array_equal(
            denoiser.fit_transform(noisy, clean=X), denoiser.transform(noisy)
        )
    denoiser = quick_denoiser(train_output="clean")
    np.testing.assert_array_equal(denoiser.fit_transform(noisy, clean=X), X)


# What fit_transform hands on


def test_train_output_decides_what_fit_transform_returns(digits):
    X = digits[0][:300]
    assert np.array_equal(quick_denoiser(train_output="clean").fit_transform(X), X)
    denoised = quick_denoiser(train_output="denoised")
    np.testing.assert_array_equal(denoised.fit_transform(X), denoised.transform(X))
    default = quick_denoiser()
    handed_on = default.fit_transform(X)
    assert not np.array_equal(handed_on, default.transform(X))
    np.testing.assert_array_equal(handed_on, quick_denoiser().fit_transform(X))


# Determinism


def test_same_seed_gives_the_same_denoiser_whatever_ran_before(digits):
    X = digits[0][:300]
    first = quick_denoiser(epochs=2).fit(X)
    quick_denoiser(epochs=1, random_state=5, noise_factor=0.1).fit(X[:100])
    keras.utils.set_random_seed(9)
    again = quick_denoiser(epochs=2).fit(X)
    assert first.history_ == again.history_
    for a, b in zip(first.model_.get_weights(), again.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_same_seed_gives_the_same_denoiser_in_another_process(digits, tmp_path):
    X = digits[0][:300]
    np.save(tmp_path / "X.npy", X)
    program = (
        "import sys; sys.path.insert(0, 'tests'); import numpy as np\n"
        "from conftest import quick_denoiser\n"
        f"X = np.load(r'{tmp_path / 'X.npy'}')\n"
        f"np.save(r'{tmp_path / 'denoised.npy'}', quick_denoiser().fit(X).transform(X))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    np.testing.assert_array_equal(
        np.load(tmp_path / "denoised.npy"), quick_denoiser().fit(X).transform(X)
    )


def test_other_seed_gives_another_denoiser(digits):
    X = digits[0][:300]
    histories = [quick_denoiser(random_state=seed).fit(X).history_ for seed in (0, 1)]
    assert histories[0] != histories[1]


def test_global_random_state_is_left_alone(digits):
    np.random.seed(0)
    expected = np.random.random()
    np.random.seed(0)
    quick_denoiser().fit(digits[0][:100]).score(digits[0][:50])
    assert np.random.random() == expected


def batches_of(n_images, batch_size, seed=0, first_epoch=0):
    images = np.arange(n_images, dtype=np.float32).reshape(-1, 1, 1, 1) / n_images
    pixels = PixelFormat(images.dtype, (0.0, 1.0))
    pairs = Pairs(images, pixels, None, pixels, GaussianNoise(0.1), None, 1)
    return TrainingBatches(pairs, np.arange(n_images), batch_size, seed, first_epoch)


def test_each_epoch_sees_every_image_once_with_fresh_noise_in_a_new_order():
    batches = batches_of(10, 4)
    epochs = []
    for epoch in range(2):
        batches.start_epoch(epoch)
        epochs.append([batches[i] for i in range(len(batches))])
    clean = [np.concatenate([c for _, c in epoch]).ravel() for epoch in epochs]
    noise = [np.concatenate([x - c for x, c in epoch]).ravel() for epoch in epochs]
    assert not np.array_equal(clean[0], clean[1])
    np.testing.assert_array_equal(np.sort(clean[0]), np.sort(clean[1]))
    assert not np.intersect1d(*noise).size


class Dawdle(keras.callbacks.Callback):
    """Gives a prefetching thread the time to run ahead between epochs."""

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.2)


def test_keras_draws_each_batch_of_each_epoch_in_order():
    drawn = []

    class Recorded(TrainingBatches):
        def __getitem__(self, index):
            drawn.append((self.epoch, index))
            return super().__getitem__(index)

    plain = batches_of(20, 4)
    batches = Recorded(plain.pairs, plain.indices, 4, 0, 0)
    model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Conv2D(1, 1)])
    model.compile("sgd", "mse", steps_per_execution=2)
    callbacks = [EpochRecord(batches), Dawdle()]
    model.fit(batches.for_keras(), epochs=3, verbose=0, shuffle=False, callbacks=callbacks)
    # Before the first epoch, shapes are learned from a batch or two.
    assert drawn[-15:] == [(epoch, index) for epoch in range(3) for index in range(5)]


def test_score_noises_the_same_way_each_time_and_not_as_fit_transform_does(trained, digits):
    X = digits[0][1200:]
    assert trained.score(X) == trained.score(X)
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    assert trained.score(X) != mean_psnr(X, trained.transform(noisy))


# Training


def test_schedule_warms_up_and_falls_to_zero():
    schedule = Schedule(0.1)
    optimizer = keras.optimizers.SGD(learning_rate=schedule)
    schedule.bind(optimizer)
    schedule.peak.assign(2.0)
    schedule.steps.assign(100)
    rates = [float(keras.ops.convert_to_numpy(schedule(step))) for step in range(100)]
    assert np.argmax(rates) == pytest.approx(9, abs=1)
    assert max(rates) == pytest.approx(2, rel=0.01)
    assert rates[0] == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(0, abs=1e-3)
    assert rates[54] == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("n_images", [1, 200, 1797, 10_000, 30_000, 54_000, 1_000_000])
def test_a_fit_is_2500_steps_by_default_whatever_the_number_of_images(n_images):
    epochs, steps = network_named("compact").recipe.length(n_images, 16)
    assert epochs * steps == pytest.approx(2500, rel=0.01)
    assert steps <= min(250, np.ceil(n_images / 16))


@pytest.mark.parametrize(
    ("n_images", "size", "steps", "batch_size"),
    [(64, (8, 8), 1000, 64), (63, (8, 8), 2500, 16), (500, (1, 257), 2500, 16)],
)
def test_many_tiny_images_are_learned_from_in_fewer_larger_steps(n_images, size, steps, batch_size):
    recipe = network_named("compact").recipe.for_images(n_images, size)
    assert (recipe.steps, recipe.batch_size) == (steps, batch_size)
    classic = network_named("classic").recipe
    assert classic.for_images(n_images, size) == classic


def test_an_epoch_of_fewer_steps_than_the_images_fill_is_a_random_part_of_them():
    whole = batches_of(100, 4)
    part = TrainingBatches(whole.pairs, whole.indices, 4, seed=0, first_epoch=0, steps=5)
    seen = []
    for epoch in range(2):
        part.start_epoch(epoch)
        clean = np.concatenate([part[i][1] for i in range(len(part))]).ravel()
        assert len(np.unique(clean)) == 20
        seen.append(set(clean))
    assert seen[0] != seen[1]


class CountSteps(keras.callbacks.Callback):
    """Writes down, where its deep copies do so too, how many steps were made by the end."""

    found: ClassVar = []

    def on_train_end(self, logs=None):
        self.found.append(int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)))


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, 2), ({"epochs": 2}, 226), ({"early_stopping": True}, 2), ({"batch_size": 600}, 3)],
)
def test_a_fit_makes_the_steps_of_its_recipe_or_of_its_epochs(
    digits, monkeypatch, params, expected
):
    network = network_named("compact")
    tiny = dataclasses.replace(network.recipe.tiny, steps=2)
    recipe = dataclasses.replace(network.recipe, steps=3, tiny=tiny)
    monkeypatch.setitem(NETWORKS, "compact", dataclasses.replace(network, recipe=recipe))
    CountSteps.found.clear()
    denoiser = UNetDenoiser(filters=(4,), callbacks=[CountSteps()], random_state=0, **params)
    denoiser.fit(digits[0])
    assert CountSteps.found == [expected]
    denoiser.set_params(warm_start=True, epochs=1).fit(digits[0][:32])
    assert denoiser.n_iter_ == len(denoiser.history_["loss"])


def test_early_stopping_holds_out_a_tenth_but_no_more_than_a_thousand():
    for n_images, expected in ((100, 10), (50_000, 1000)):
        denoiser = UNetDenoiser(early_stopping=True, random_state=0)
        _, held_out = split(
            denoiser, network_named("compact").recipe, batches_of(n_images, 4).pairs, seed=0
        )
        assert len(held_out) == expected


def test_partial_fit_learns_at_a_lower_rate_than_the_peak_of_a_fit(digits):
    denoiser = UNetDenoiser(filters=(4,), random_state=0).partial_fit(digits[0][:20])
    _, state = denoiser._optimizer_state
    state = [float(v) for v in state if np.ndim(v) == 0]
    assert pytest.approx(2e-3) in state


def test_a_fit_that_has_learned_nothing_says_so(digits):
    X = digits[0][:100]
    with pytest.warns(ConvergenceWarning, match="learned nothing.*learning_rate"):
        quick_denoiser(learning_rate=1e-9).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        quick_denoiser(noise_factor=0).fit(X)
        quick_denoiser(epochs=40, batch_size=16).fit(X)


def test_threads_are_limited_as_joblib_tells_its_workers_but_for_what_tensorflow_is_told():
    """In a process of its own, since TensorFlow can be told only once."""
    code = """
import numpy as np, tensorflow as tf
from skdenoise import UNetDenoiser
UNetDenoiser(filters=(4,), epochs=1).fit(np.random.default_rng(0).random((20, 8, 8)))
print(tf.config.threading.get_intra_op_parallelism_threads())
print(tf.config.threading.get_inter_op_parallelism_threads())
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM_")}
    told = {"KERAS_BACKEND": "tensorflow", "OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "1"}
    environment |= told
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    # 0: left to TensorFlow, which asks the environment.
    assert run.stdout.split() == ["0", "3"]


@pytest.mark.parametrize(("limit", "threads"), [("3", 3), ("", 0), ("many", 0), (None, 0)])
def test_the_limit_of_the_environment_is_a_number_or_none(monkeypatch, limit, threads):
    if limit is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert _threads_of_environment() == threads


def test_early_stopping_ends_the_fit_and_goes_back_to_the_best_weights(digits):
    X = digits[0][:300]
    stopped = quick_denoiser(epochs=60, learning_rate=0.3, early_stopping=2).fit(X)
    losses = stopped.history_["val_loss"]
    assert stopped.n_iter_ < 60
    assert losses.index(min(losses)) == len(losses) - 3


def test_clean_images_in_another_range_are_warned_of(digits):
    noisy = np.round(255 * digits[0][:100]).astype(np.uint8)
    with pytest.warns(UserWarning, match="reach from 0 to 1, but the value range is"):
        denoiser = quick_denoiser().fit(noisy, clean=noisy / 255)
    with pytest.warns(UserWarning, match="reach from 0 to 1, but the value range is"):
        denoiser.score(noisy, clean=noisy / 255)


def test_partial_fit_goes_on_learning(digits):
    X = digits[0]
    denoiser = quick_denoiser(learning_rate=2e-3, batch_size=32)
    denoiser.partial_fit(X[:600])
    first = denoiser.score(X[1200:])
    for _ in range(5):
        denoiser.partial_fit(X[600:1200])
    assert denoiser.n_iter_ == 6
    assert len(denoiser.history_["loss"]) == 6
    assert denoiser.score(X[1200:]) > first + 0.5


def test_partial_fit_keeps_the_value_range_of_the_first_call(digits):
    X = digits[0]
    denoiser = quick_denoiser().partial_fit(X[:100] * 16)
    denoiser.partial_fit(X[100:200] * 14)
    assert denoiser.value_range_ == (0, 16)


def test_partial_fit_goes_on_after_pickling_as_without_it(digits):
    X = digits[0][:200]
    one = quick_denoiser().partial_fit(X)
    other = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(
        one.partial_fit(X).transform(X), other.partial_fit(X).transform(X)
    )


def test_partial_fit_with_another_optimizer_starts_that_anew(digits):
    X = digits[0][:100]
    denoiser = quick_denoiser(optimizer=keras.optimizers.SGD(0.1)).partial_fit(X)
    before = denoiser.model_.get_weights()
    denoiser.set_params(optimizer=keras.optimizers.SGD(0.0)).partial_fit(X)
    for weight, same in zip(before, denoiser.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
    denoiser.set_params(optimizer="adamw").partial_fit(X)
    assert denoiser.n_iter_ == 3


def test_warm_start_goes_on_from_the_last_fit(digits):
    X = digits[0][:600]
    cold = quick_denoiser(epochs=3).fit(X)
    warm = quick_denoiser(epochs=3, warm_start=True).fit(X).fit(X)
    assert warm.n_iter_ == 6
    assert warm.history_["loss"][3] < cold.history_["loss"][0]


def test_losses_of_several_fits_stand_at_their_epochs(digits):
    denoiser = quick_denoiser(epochs=2, warm_start=True).fit(digits[0][:100])
    denoiser.set_params(validation_split=0.5).fit(digits[0][:100])
    denoiser.set_params(validation_split=0.0).fit(digits[0][:100])
    computed = np.isfinite(denoiser.history_["val_loss"])
    np.testing.assert_array_equal(computed, [False, False, True, True, False, False])
    assert np.isfinite(denoiser.history_["loss"]).all()


def test_fit_without_warm_start_starts_anew(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser().fit(X)
    history = denoiser.history_
    assert denoiser.fit(X).history_ == history


class CountEpochs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.count = 0

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        if self.count == 2:
            self.model.stop_training = True


def test_callbacks_are_copied_for_each_fit(digits):
    callback = CountEpochs()
    denoiser = quick_denoiser(epochs=4, callbacks=[callback])
    for _ in range(2):
        assert denoiser.fit(digits[0][:100]).n_iter_ == 2
    assert callback.count == 0


def test_a_fit_that_a_callback_takes_up_midway_leaves_no_mark_on_the_next(digits, tmp_path):
    X = digits[0][:100]
    whole = quick_denoiser(epochs=3).fit(X)

    def resumed():
        kept = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
        return quick_denoiser(epochs=3, callbacks=[kept]).fit(X)

    assert resumed().n_iter_ == 3
    with pytest.raises(ValueError, match="The fit had no epoch"):
        resumed()
    assert quick_denoiser(epochs=3).fit(X).history_ == whole.history_


class Freeze(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        next(layer for layer in self.model.layers if hasattr(layer, "kernel")).trainable = False


def test_a_layer_that_a_callback_has_frozen_is_free_in_the_next_fit(digits):
    X, params = digits[0][:100], {"filters": (4, 9), "epochs": 2}
    frozen = quick_denoiser(callbacks=[Freeze()], **params).fit(X)
    free = quick_denoiser(**params).fit(X)
    compiled._idle.clear()
    assert free.history_ == quick_denoiser(**params).fit(X).history_
    assert free.history_ != frozen.history_


@pytest.mark.parametrize(
    "params", [{"network": "classic"}, {"optimizer": keras.optimizers.Adam(1e-3)}]
)
def test_callbacks_set_a_learning_rate_that_is_a_number(digits, params):
    falling = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 1 else 0.0)
    denoiser = quick_denoiser(epochs=3, callbacks=[falling], validation_split=0.5, **params)
    losses = denoiser.fit(digits[0][:100]).history_["val_loss"]
    assert losses[1] == losses[2] == losses[0]
    plain = quick_denoiser(epochs=2, validation_split=0.5, **params).fit(digits[0][:100])
    assert plain.history_["val_loss"][1] < plain.history_["val_loss"][0]


@pytest.mark.parametrize("optimizer", [None, "sgd"])
def test_callbacks_that_would_set_a_scheduled_learning_rate_are_refused(digits, optimizer):
    callbacks = [keras.callbacks.ReduceLROnPlateau()]
    with pytest.raises(ValueError, match=r"ReduceLROnPlateau.*schedule.*Adam\(1e-3\)"):
        quick_denoiser(callbacks=callbacks, optimizer=optimizer).fit(digits[0][:100])


def test_optimizer_instance_is_copied_for_each_fit(digits):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    denoiser = quick_denoiser(optimizer=optimizer)
    first = denoiser.fit(digits[0][:200]).history_
    assert denoiser.fit(digits[0][:200]).history_ == first
    assert not optimizer.built


HUBER = keras.losses.huber


@pytest.mark.parametrize(
    "loss", ["mse", "mae", functools.partial(HUBER, delta=0.1), keras.losses.LogCosh()]
)
def test_loss_is_what_keras_takes(digits, loss):
    denoiser = quick_denoiser(loss=loss).fit(digits[0][:100])
    assert np.isfinite(denoiser.history_["loss"]).all()


def test_losses_that_differ_in_a_parameter_are_not_taken_for_each_other(digits):
    losses = [
        quick_denoiser(loss=functools.partial(HUBER, delta=delta))
        .fit(digits[0][:100])
        .history_["loss"][0]
        for delta in (0.001, 1.0)
    ]
    assert losses[1] > 10 * losses[0]


class MeanOfTwo(keras.losses.Loss):
    """A loss that is made of others."""

    def __init__(self, delta):
        super().__init__()
        self.delta = delta
        self.parts = [keras.losses.Huber(delta), keras.losses.MeanSquaredError()]

    def call(self, y_true, y_pred):
        return sum(part(y_true, y_pred) for part in self.parts) / 2

    def get_config(self):
        return {"delta": self.delta}


def linear_network(input_shape):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(1, 3, padding="same")])


def key_of(loss="mse", optimizer=None, network="compact"):
    architecture = check_architecture(network, None, channels=1)
    return training_key(architecture, "float32", loss, (optimizer, (("beta_2", 0.98),), 0.05))


@pytest.mark.parametrize("make", [keras.losses.Huber, lambda d: functools.partial(HUBER, delta=d)])
def test_a_loss_of_keras_is_known_again_by_its_parts(make):
    assert key_of(loss=make(0.1)) == key_of(loss=make(0.1)) is not None
    assert key_of(loss=make(0.1)) != key_of(loss=make(0.2))


@pytest.mark.parametrize("optimizer", [None, "sgd", keras.optimizers.Adam(0.1)])
def test_an_optimizer_of_keras_is_known_again(optimizer):
    again = (
        optimizer if optimizer is None or isinstance(optimizer, str) else keras.optimizers.Adam(0.1)
    )
    assert key_of(optimizer=optimizer) == key_of(optimizer=again) is not None
    assert key_of(optimizer=optimizer) != key_of(optimizer=keras.optimizers.Adam(0.2))


class OwnSGD(keras.optimizers.SGD):
    """An optimizer of the user's own."""


@pytest.mark.parametrize(
    "own",
    [
        {"loss": MeanOfTwo(0.1)},
        {"loss": lambda y_true, y_pred: y_pred - y_true},
        {"optimizer": OwnSGD(0.1)},
        {"network": linear_network},
    ],
)
def test_what_the_user_has_written_is_not_kept_for_reuse(own):
    assert key_of(**own) is None


ACTIVATION = "relu"


def network_with_a_global(input_shape, seed):
    inputs = keras.Input(input_shape)
    draw = keras.initializers.GlorotUniform(seed=seed)
    layer = {"padding": "same", "kernel_initializer": draw}
    x = keras.layers.Conv2D(4, 3, activation=ACTIVATION, **layer)(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(1, 3, **layer)(x))


def test_a_network_function_whose_global_has_changed_gives_another_denoiser(digits, monkeypatch):
    X = digits[0][:100]
    denoiser = quick_denoiser(network=network_with_a_global, filters=None, loss="mse")
    with_relu = denoiser.fit(X).transform(X)
    monkeypatch.setattr(sys.modules[__name__], "ACTIVATION", "tanh")
    assert np.abs(denoiser.transform(X) - with_relu).max() == 0  # as it was trained
    assert np.abs(denoiser.fit(X).transform(X) - with_relu).max() > 1e-3
    monkeypatch.setattr(sys.modules[__name__], "ACTIVATION", "relu")
    np.testing.assert_array_equal(denoiser.fit(X).transform(X), with_relu)


@pytest.mark.parametrize("loss", [keras.losses.Huber(0.1), keras.losses.CosineSimilarity(axis=1)])
def test_a_loss_whose_copies_forget_what_it_was_given_is_refused(digits, loss):
    with pytest.raises(ValueError, match=r"forget (delta|axis).*functools\.partial"):
        quick_denoiser(loss=loss).fit(digits[0][:100])


def with_dropout(input_shape, seed):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.Dropout(0.5, seed=seed)(x)
    return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(x))


def test_a_network_that_draws_random_numbers_draws_the_same_in_each_fit(digits):
    denoiser = quick_denoiser(network=with_dropout, filters=None, loss="mse")
    keras.utils.set_random_seed(0)
    first = denoiser.fit(digits[0][:100]).history_
    keras.utils.set_random_seed(0)
    assert denoiser.fit(digits[0][:100]).history_ == first


def test_bfloat16_learns_what_float32_learns(digits):
    X = digits[0]
    scores = [
        UNetDenoiser(epochs=3, precision=precision, random_state=0).fit(X[:1200]).score(X[1200:])
        for precision in ("float32", "bfloat16")
    ]
    assert scores[0] == pytest.approx(scores[1], abs=0.2)


def test_verbose_prints_a_line_per_epoch(digits, capsys):
    quick_denoiser(epochs=2, verbose=2).fit(digits[0][:100])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_interrupt_in_the_first_epoch_leaves_the_estimator_as_it_was(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser(callbacks=[Interrupt(0)])
    with pytest.raises(KeyboardInterrupt):
        denoiser.fit(X)
    assert not hasattr(denoiser, "image_shape_")
    fitted = quick_denoiser().fit(X)
    expected = fitted.transform(X)
    fitted.set_params(callbacks=[Interrupt(0)])
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X.reshape(-1, 4, 16))
    np.testing.assert_array_equal(fitted.transform(X), expected)


def test_interrupt_later_keeps_what_whole_epochs_have_learned(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser(epochs=5, callbacks=[Interrupt(2)])
    with pytest.raises(KeyboardInterrupt):
        denoiser.fit(X)
    assert denoiser.n_iter_ == 2
    assert denoiser.transform(X).shape == X.shape


def test_divergence_is_reported(digits):
    denoiser = quick_denoiser(
        loss="mse", network=linear_network, learning_rate=1e30, optimizer="sgd", epochs=5
    )
    with pytest.raises(ValueError, match="training diverged"):
        denoiser.fit(digits[0][:300])


# Networks of the user's own


def seeded_network(input_shape, filters, seed, dtype):
    initializer = keras.initializers.GlorotUniform(seed=seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(
                filters[0], 3, padding="same", kernel_initializer=initializer, dtype=dtype
            ),
            layers.Conv2D(input_shape[-1], 1, activation="sigmoid", dtype="float32"),
        ]
    )


def dense_network(input_shape):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )


def test_own_network_gets_the_arguments_that_it_asks_for(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser(network=seeded_network, filters=(6,)).fit(X)
    assert denoiser.model_.layers[0].filters == 6
    assert quick_denoiser(network=linear_network, filters=None).fit(X).transform(X).shape == X.shape


def test_own_convolutional_network_takes_other_sizes_and_a_dense_one_says_why_not(digits):
    images = digits[0][:200].reshape(-1, 8, 8)
    larger = np.ones((2, 12, 10))
    convolutional = quick_denoiser(network=linear_network, filters=None).fit(images)
    assert convolutional.transform(larger).shape == larger.shape
    dense = quick_denoiser(network=dense_network, filters=None).fit(images)
    with pytest.raises(ValueError, match="cannot take images of size"):
        dense.transform(larger)


# The scikit-learn object


def test_pickle_clone_and_joblib_keep_the_denoiser(trained, digits, tmp_path):
    X = digits[0][:50]
    expected = trained.transform(X)
    joblib.dump(trained, tmp_path / "denoiser.joblib")
    for copied in (
        pickle.loads(pickle.dumps(trained)),
        joblib.load(tmp_path / "denoiser.joblib"),
        FrozenEstimator(trained),
    ):
        np.testing.assert_array_equal(copied.transform(X), expected)
    assert not hasattr(clone(trained), "image_shape_")


def test_pickle_works_in_another_process(trained, digits, tmp_path):
    X = digits[0][:50]
    joblib.dump((trained, X), tmp_path / "denoiser.joblib")
    program = (
        "import joblib, numpy as np\n"
        f"denoiser, X = joblib.load(r'{tmp_path / 'denoiser.joblib'}')\n"
        f"np.save(r'{tmp_path / 'denoised.npy'}', denoiser.transform(X))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "denoised.npy"), trained.transform(X))


def test_hash_is_stable(digits):
    denoiser = quick_denoiser().fit(digits[0][:100])
    before = joblib.hash(denoiser)
    denoiser.transform(digits[0][:10])
    assert denoiser.model_ is denoiser.model_
    assert joblib.hash(denoiser) == before
    assert joblib.hash(pickle.loads(pickle.dumps(denoiser))) == before
    assert joblib.hash(quick_denoiser().fit(digits[0][:100])) == before


def test_model_is_a_keras_model_and_changing_it_changes_the_denoiser(digits):
    X = digits[0][:100]
    denoiser = quick_denoiser().fit(X)
    before = denoiser.transform(X)
    assert isinstance(denoiser.model_, keras.Model)
    np.testing.assert_array_equal(denoiser.transform(X), before)
    denoiser.model_.set_weights([np.zeros_like(w) for w in denoiser.model_.get_weights()])
    np.testing.assert_allclose(denoiser.transform(X), 0.5)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(denoiser)).transform(X), 0.5)


def test_model_can_be_saved_by_keras(digits, tmp_path):
    denoiser = quick_denoiser().fit(digits[0][:100])
    denoiser.model_.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    images = digits[0][:4].reshape(-1, 8, 8, 1).astype(np.float32)
    np.testing.assert_allclose(
        loaded.predict_on_batch(images), denoiser.model_.predict_on_batch(images), atol=1e-6
    )


def test_tables_keep_their_column_names(trained, digits):
    X = pd.DataFrame(digits[0][:20]).rename(columns=lambda i: f"pixel{i}")
    denoiser = quick_denoiser().set_output(transform="pandas").fit(X)
    assert list(denoiser.transform(X).columns) == list(X.columns)
    assert list(denoiser.get_feature_names_out()) == list(X.columns)
    polars = quick_denoiser().set_output(transform="polars").fit(X).transform(X)
    assert type(polars).__module__.startswith("polars")


def test_image_arrays_leave_no_feature_attributes(digits):
    X = digits[0][:50]
    denoiser = quick_denoiser().fit(X)
    assert denoiser.n_features_in_ == 64
    denoiser.fit(X.reshape(-1, 8, 8))
    assert not hasattr(denoiser, "n_features_in_")
    assert denoiser.image_shape_ == (8, 8, 1)


def test_noise_model_parameters_can_be_set_from_outside():
    denoiser = UNetDenoiser(noise=SaltAndPepperNoise(0.1)).set_params(noise__amount=0.3)
    assert denoiser.noise.amount == 0.3
