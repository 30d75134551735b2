"""Batches: pairs of images in the order, and with the noise, of an epoch."""

import math
from functools import lru_cache

import keras
import numpy as np

from skdenoise.backend import devices
from skdenoise.backend.tensorflow_dataset import dataset_of
from skdenoise.seeding import Stream, generator


class Batches(keras.utils.PyDataset):
    """Batches of pairs. Each is filled up with other images to a multiple of the number of devices.

    With `labels`, a batch also holds what the helper learns.

    Attributes
    ----------
    failure : Exception or None
        What was raised while a batch was made. Keras on TensorFlow only reports its text.
    """

    def __init__(self, pairs, indices, batch_size, seed, labels=None):
        super().__init__()
        self.pairs = pairs
        self.labels = labels
        self.indices = indices
        self.batch_size = batch_size
        self.seed = seed
        self.failure = None
        self._n_devices = devices.n_devices()

    def __len__(self):
        return math.ceil(len(self.indices) / self.batch_size)

    def for_keras(self):
        """Return what to give to Keras: with TensorFlow a ``tf.data.Dataset``, else ``self``."""
        is_tensorflow = keras.backend.backend() == "tensorflow"
        return dataset_of(self.__getitem__, len(self)) if is_tensorflow else self

    def release(self):
        """Drop the images and all else that a fit needs, since TensorFlow never frees these batches."""
        self.pairs = self.labels = self.indices = self.failure = None

    def _batch(self, order, index, rng):
        part = order[index * self.batch_size : (index + 1) * self.batch_size]
        # Devices share a batch equally. The last batch takes images from the start of the order to fill
        # its share.
        part = np.append(part, np.resize(order, -len(part) % self._n_devices))
        try:
            batch = self.pairs.batch(part, rng)
            return batch if self.labels is None else self.labels.add_to(batch, part)
        except Exception as error:
            self.failure = error
            raise


class TrainingBatches(Batches):
    """Batches whose order and noise are new in every epoch.

    Both depend only on (seed, epoch, batch), and not on which batches were made before: the first batch is
    also made once to learn its shape, and later batches are made ahead of time. An epoch with fewer
    `steps` than the images would fill uses a random subset of them, and one with more makes several passes
    over them, each in an order of its own. With patches, images that do not fill a batch are used several
    times in it.
    """

    def __init__(self, pairs, indices, batch_size, seed, first_epoch, steps=None, labels=None):
        super().__init__(pairs, indices, batch_size, seed, labels)
        self._steps_of_a_pass = super().__len__()
        self.steps = self._steps_of_a_pass if steps is None else steps
        self.first_epoch = first_epoch
        self.epoch = first_epoch
        # All batches of a pass share one order, and it is drawn once.
        self._order = lru_cache(maxsize=1)(self._draw_order)

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        rng = generator(self.seed, Stream.FIT, self.epoch, index)
        number, within = divmod(index, self._steps_of_a_pass)
        return self._batch(self._order(self.epoch, number), within, rng)

    def _draw_order(self, epoch, number):
        """Return the order of a pass over the images; an epoch has one, or several if they are few."""
        draw = (epoch, number) if number else (epoch,)
        order = self.pairs.shuffled(self.indices, generator(self.seed, Stream.SHUFFLE, *draw))
        # Each patch is cut at another place, so that an image may be in a batch more than once.
        is_short = self.pairs.patch_size is not None and len(order) < self.batch_size
        return np.resize(order, self.batch_size) if is_short else order

    def start_epoch(self, epoch):
        """Go to an epoch, counted from the first one of this fit.

        This is not the dataset's own ``on_epoch_begin``, which Keras on JAX calls an extra time at the
        start.
        """
        self.epoch = self.first_epoch + epoch

    def release(self):
        """Drop the order too."""
        super().release()
        self._order.cache_clear()


class ValidationBatches(Batches):
    """Batches with one fixed draw of noise, so that ``val_loss`` can be compared between epochs."""

    def __getitem__(self, index):
        return self._batch(self.indices, index, generator(self.seed, Stream.VALIDATION, index))
