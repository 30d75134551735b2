"""Batches of pairs, in the order and with the noise of an epoch."""

import math
from functools import lru_cache

import keras
import numpy as np

from skdenoise.backend import devices
from skdenoise.backend.tensorflow_dataset import dataset_of
from skdenoise.seeding import Stream, generator


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
        self._n_devices = devices.n_devices()

    def __len__(self):
        return math.ceil(len(self.indices) / self.batch_size)

    def for_keras(self):
        """Return what Keras is to be given: with TensorFlow a ``tf.data.Dataset``, else ``self``."""
        is_tensorflow = keras.backend.backend() == "tensorflow"
        return dataset_of(self.__getitem__, len(self)) if is_tensorflow else self

    def release(self):
        """Let go of all that a fit needs: TensorFlow never frees what makes batches for it."""
        self.pairs = self.indices = self.failure = None

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

    Both follow from (seed, epoch, batch) alone, since the first batches are made twice, once to see
    their shapes, and the next ones ahead of time. An epoch of fewer `steps` than the images fill is a random part
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

    def release(self):
        """Let go of the order too."""
        super().release()
        self._order.cache_clear()


class ValidationBatches(Batches):
    """Batches whose noise is one fixed draw."""

    def __getitem__(self, index):
        return self._batch(self.indices, index, generator(self.seed, Stream.VALIDATION, index))
