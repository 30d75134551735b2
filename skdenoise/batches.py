"""Batches of pairs: their order, their noise, and how Keras is given them."""

import math
from functools import lru_cache

import keras
import numpy as np

from skdenoise import distribution
from skdenoise.seeding import Stream, generator

# Batches that are made ahead of the step that learns from them, with TensorFlow.
_AHEAD = 2


class Batches(keras.utils.PyDataset):
    """Batches of pairs, each filled up with images of others to a multiple of the devices.

    Attributes
    ----------
    failure : Exception or None
        What went wrong when a batch was made: Keras on TensorFlow tells of it as text alone.
    """

    def __init__(self, pairs, indices, batch_size, seed):
        super().__init__()
        self.pairs = pairs
        self.indices = indices
        self.batch_size = batch_size
        self.seed = seed
        self.failure = None
        self._n_devices = distribution.n_devices()

    def __len__(self):
        return math.ceil(len(self.indices) / self.batch_size)

    def for_keras(self):
        """Return what Keras is to be given: on TensorFlow a ``tf.data.Dataset``, elsewhere these.

        The dataset that Keras makes of a ``PyDataset`` tunes itself. The thread that does so sleeps
        for 10 ms, then 20, 40 and so on, and the end of an epoch waits until it has slept enough:
        epochs of two seconds took up to two and a half. There is nothing here that it could tune.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        first = self[0]
        specs = [tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in first]

        def batch(index):
            parts = tf.numpy_function(self.__getitem__, [index], [spec.dtype for spec in specs])
            return tuple(map(tf.ensure_shape, parts, [spec.shape for spec in specs]))

        options = tf.data.Options()
        options.autotune.enabled = False
        dataset = tf.data.Dataset.range(len(self)).map(batch).prefetch(_AHEAD)
        return dataset.with_options(options)

    def release(self):
        """Let go of the images: Keras on TensorFlow never frees the batches of a fit."""
        self.pairs = None

    def _batch(self, order, index, rng):
        part = order[index * self.batch_size : (index + 1) * self.batch_size]
        part = np.append(part, np.resize(order, -len(part) % self._n_devices))
        try:
            return self.pairs.batch(part, rng)
        except Exception as error:
            self.failure = error
            raise


class TrainingBatches(Batches):
    """Batches in an order, and with noise, that are new in every epoch.

    Both follow from (seed, epoch, batch) alone, since Keras asks for its first batches twice and
    for the next ones ahead of time. An epoch of fewer `steps` than the images fill is a random part
    of them. Where patches are drawn, images that are fewer than a step holds give several.
    """

    def __init__(self, pairs, indices, batch_size, seed, first_epoch, steps=None):
        super().__init__(pairs, indices, batch_size, seed)
        self.steps = super().__len__() if steps is None else steps
        self.first_epoch = first_epoch
        self.epoch = first_epoch
        self._order = lru_cache(maxsize=1)(self._draw_order)

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        rng = generator(self.seed, Stream.FIT, self.epoch, index)
        return self._batch(self._order(self.epoch), index, rng)

    def _draw_order(self, epoch):
        order = self.pairs.shuffled(self.indices, generator(self.seed, Stream.SHUFFLE, epoch))
        is_short = self.pairs.patch_size is not None and len(order) < self.batch_size
        return np.resize(order, self.batch_size) if is_short else order

    def start_epoch(self, epoch):
        """Go to an epoch, counted from the first of this fit.

        Not by the dataset's own ``on_epoch_begin``, which Keras on JAX calls once more at first.
        """
        self.epoch = self.first_epoch + epoch


class ValidationBatches(Batches):
    """Batches whose noise is one fixed draw."""

    def __getitem__(self, index):
        return self._batch(self.indices, index, generator(self.seed, Stream.VALIDATION, index))
