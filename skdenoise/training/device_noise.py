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

from skdenoise.backend.devices import active, has_accelerator
from skdenoise.images.pixels import UNIT, PixelFormat, dtype_limits
from skdenoise.noise.model import check_limits
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, derived_seed
from skdenoise.supervision.pairs import CleanPairs, Pairs


@dataclass(frozen=True)
class Storage:
    """What becomes of images after noise was drawn on them; equal ones may share compiled code.

    Parameters
    ----------
    pixels : PixelFormat
        How they are stored; of floats, whose format decides nothing, `UNIT`.
    clip : bool
        Whether they are limited to the value range.
    padding : tuple of (size, padded size)
        Of height and width, where they are padded.
    """

    pixels: PixelFormat
    clip: bool
    padding: tuple[tuple[int, int] | None, ...]

    @classmethod
    def of(cls, pixels, clip, size, padded_size):
        """Keep only what decides."""
        sides = zip(size, padded_size, strict=True)
        return cls(
            pixels if pixels.is_integer else UNIT,
            pixels.is_integer if clip is None else clip,
            tuple(side if side[0] < side[1] else None for side in sides),
        )


def storage_on_device(pairs, plan) -> Storage | None:
    """Return how the device is to store the images of pairs, or None where the host draws the noise.

    The device does so where it is a single accelerator, for Gaussian noise on floats or on integers
    of up to 16 bits, which float32 holds exactly. Not for a user's own network, which may train in
    its own way, nor where callbacks are to see the network.
    """
    if (
        type(pairs) is not Pairs
        or pairs.noisy is not None
        or type(pairs.noise) is not GaussianNoise
        or (pairs.noisy_pixels.is_integer and pairs.noisy_pixels.dtype.itemsize > 2)
        or not plan.architecture.is_built_in
        or plan.callbacks
        or active() is not None
        or not has_accelerator()
    ):
        return None
    return Storage.of(pairs.noisy_pixels, pairs.clip, pairs.size, pairs.padded_size)


def without_noise(pairs):
    """Return the same pairs, clean twice."""
    return CleanPairs(**vars(pairs))


def with_noise(network, layer):
    """Return a network that takes clean images to learn from, and noisy ones in validation."""
    inputs = keras.Input((None, None, network.input_shape[-1]))
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
        """Draw what follows from seed, epoch and step alone, whatever was drawn before.

        The state of the generator moves on with the steps that are made, not with the batches that
        are made ready.
        """
        self.seeds.state.assign([derived_seed(seed, Stream.FIT, epoch), 0])

    def call(self, images, training=False):
        """Return noisy images in training, else the same."""
        if not training:
            return images
        low, high = ops.unstack(ops.convert_to_tensor(self.sigma))
        shape, draw = ops.shape(images), {"seed": self.seeds, "dtype": "float32"}
        strength = low + (high - low) * keras.random.uniform((shape[0], 1, 1, 1), **draw)
        return self.stored(images + strength * keras.random.normal(shape, **draw))

    def stored(self, unit):
        """Do what `PixelFormat.stored` and `pad_to_multiple` do."""
        pixels = self.storage.pixels
        if self.storage.clip:
            unit = ops.clip(unit, 0, 1)
        if pixels.is_integer:
            low, high = pixels.value_range
            values = ops.clip(ops.round(unit * (high - low) + low), *dtype_limits(pixels.dtype))
            unit = (values - low) / (high - low)
        for axis, sides in enumerate(self.storage.padding, start=1):
            if sides is not None:
                size, padded = sides
                seen = np.pad(np.arange(size), (0, padded - size), mode="reflect")
                unit = ops.take(unit, seen, axis=axis)
        return unit
