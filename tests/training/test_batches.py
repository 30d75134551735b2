"""Batches: their order and their noise."""

import time

import keras
import numpy as np

from skdenoise import GaussianNoise
from skdenoise.backend.compiled import CompiledNetwork
from skdenoise.images.pixels import PixelFormat
from skdenoise.supervision.pairs import Pairs
from skdenoise.training.batches import TrainingBatches
from skdenoise.training.loop import EpochRecord


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
    callbacks = [EpochRecord(batches, CompiledNetwork(model)), Dawdle()]
    model.fit(batches.for_keras(), epochs=3, verbose=0, shuffle=False, callbacks=callbacks)
    # Before the first epoch, shapes are learned from a batch or two.
    assert drawn[-15:] == [(epoch, index) for epoch in range(3) for index in range(5)]


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


def test_an_epoch_of_more_steps_than_the_images_fill_makes_several_passes_over_them():
    few = batches_of(10, 4)
    several = TrainingBatches(few.pairs, few.indices, 4, seed=0, first_epoch=0, steps=7)
    clean = [several[i][1].ravel() for i in range(len(several))]
    passes = [np.concatenate(clean[start : start + 3]) for start in (0, 3)]
    for seen in passes:
        np.testing.assert_array_equal(np.sort(seen), np.arange(10, dtype=np.float32) / 10)
    assert not np.array_equal(*passes)
    assert clean[6].shape == (4,)
    # The first pass is that of an epoch with one.
    np.testing.assert_array_equal(passes[0], np.concatenate([few[i][1].ravel() for i in range(3)]))
