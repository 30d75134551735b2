"""Noise on the device: Gaussian noise that is drawn where the network computes.

A GPU would wait for noise that NumPy draws. So there each batch is clean images twice, and the first
layer of what is trained draws noise on the first: with the distribution that the host would draw
from, then stored and padded as the host would do it.
"""

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from skdenoise import distribution
from skdenoise.images import PixelFormat, dtype_limits
from skdenoise.noise.model import check_limits
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.pairs import CleanPairs, Pairs
from skdenoise.seeding import Stream, derived_seed


@dataclass(frozen=True)
class Storage:
    """What becomes of an image after noise was drawn on it.

    Parameters
    ----------
    pixels : PixelFormat
        How it is stored.
    clip : bool or None
        As in `PixelFormat.stored`.
    size, padded_size : (height, width)
        Before and after `pad_to_multiple`.
    """

    pixels: PixelFormat
    clip: bool | None
    size: tuple[int, int]
    padded_size: tuple[int, int]


def storage_on_device(pairs) -> Storage | None:
    """Return how the device is to store the images of pairs, or None where the host draws the noise.

    The device does so where it is a single accelerator, for Gaussian noise on floats or on integers
    of up to 16 bits, which float32 holds exactly.
    """
    if (
        type(pairs) is not Pairs
        or pairs.noisy is not None
        or type(pairs.noise) is not GaussianNoise
        or (pairs.noisy_pixels.is_integer and pairs.noisy_pixels.dtype.itemsize > 2)
        or distribution.active() is not None
        or not distribution.has_accelerator()
    ):
        return None
    return Storage(pairs.noisy_pixels, pairs.clip, tuple(pairs.size), pairs.padded_size)


def without_noise(pairs):
    """Return the same pairs, clean twice."""
    return CleanPairs(**vars(pairs))


def with_noise(network, layer):
    """Return a network that takes clean images to learn from, and noisy ones in validation."""
    inputs = keras.Input(network.input_shape[1:])
    return keras.Model(inputs, network(layer(inputs)))


class DeviceNoise(keras.layers.Layer):
    """Draw Gaussian noise on images, store and pad them; in training alone.

    Parameters
    ----------
    storage : Storage
        How.
    """

    def __init__(self, storage):
        super().__init__(dtype="float32")
        self.storage = storage
        self.sigma = self.add_weight(shape=(2,), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator(0)

    def start_fit(self, noise):
        """Draw noise of the strengths of `noise` from now on."""
        self.sigma.assign(check_limits("sigma", noise.sigma, 0, math.inf))

    def start_epoch(self, seed, epoch):
        """Draw what follows from seed, epoch and batch alone, whatever was drawn before."""
        self.seeds.state.assign([derived_seed(seed, Stream.FIT, epoch), 0])

    def call(self, images, training=False):
        """Return noisy images in training, else the same."""
        if not training:
            return images
        low, high = ops.unstack(ops.convert_to_tensor(self.sigma))
        shape = ops.shape(images)
        strength = low + (high - low) * keras.random.uniform((shape[0], 1, 1, 1), seed=self.seeds)
        noise = keras.random.normal(shape, seed=self.seeds)
        return self._padded(self._stored(images + strength * noise))

    def _stored(self, unit):
        """Do what `PixelFormat.stored` does."""
        pixels, clip = self.storage.pixels, self.storage.clip
        if clip or (clip is None and pixels.is_integer):
            unit = ops.clip(unit, 0, 1)
        if not pixels.is_integer:
            return unit
        low, high = pixels.value_range
        values = ops.clip(ops.round(unit * (high - low) + low), *dtype_limits(pixels.dtype))
        return (values - low) / (high - low)

    def _padded(self, images):
        """Do what `pad_to_multiple` does."""
        sizes = zip(self.storage.size, self.storage.padded_size, strict=True)
        for axis, (size, padded) in enumerate(sizes, start=1):
            if padded > size:
                seen = np.pad(np.arange(size), (0, padded - size), mode="reflect")
                images = ops.take(images, seen, axis=axis)
        return images
