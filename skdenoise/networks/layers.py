"""Layers: what the U-Nets are built of, and what Keras lacks for them."""

import math

import keras
import numpy as np

# Whatever `keras.config.image_data_format` says.
CHANNELS_LAST = {"data_format": "channels_last"}


def seeds(seed):
    """Yield seeds for initializers, always the same ones for a seed.

    Keras draws the seed of an initializer that has none from the global random state.
    """
    sequence, number = np.random.SeedSequence(seed), 0
    while True:
        number += 1
        yield int(sequence.generate_state(number)[-1] >> 1)


def convolution(x, filters, initializer, dtype, *, size=3, activation="relu", **params):
    """Apply a convolution with 'same' padding.

    Parameters
    ----------
    x : keras.KerasTensor
        What it is applied to.
    filters : int
        Number of filters.
    initializer : keras.initializers.Initializer
        Draws the kernel, from an explicit seed.
    dtype : str or keras.DTypePolicy
        Compute dtype.
    size : int
        Height and width of the kernel.
    activation : str or None
        As Keras takes it.
    **params
        Other parameters of `keras.layers.Conv2D`.
    """
    layer = keras.layers.Conv2D(
        filters,
        size,
        padding="same",
        kernel_initializer=initializer,
        activation=activation,
        dtype=dtype,
        **CHANNELS_LAST,
        **params,
    )
    return layer(x)


@keras.saving.register_keras_serializable("skdenoise")
class CentredOrthogonal(keras.initializers.Initializer):
    """Initialize convolutions as orthogonal maps of the channels, in the centre of the kernel.

    Signals keep their strength through many layers. With the usual initial weights, a network without
    biases first learns the identity, and takes long to leave it. Scaled for ReLU.

    Parameters
    ----------
    seed : int or None
        Seed of the draw.

    References
    ----------
    L. Xiao et al., "Dynamical Isometry and a Mean Field Theory of CNNs: How to Train 10,000-Layer
    Vanilla Convolutional Neural Networks", ICML 2018.
    """

    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        """Draw a kernel of shape (height, width, channels in, channels out)."""
        height, width, *channels = shape
        draw = keras.initializers.Orthogonal(gain=math.sqrt(2), seed=self.seed)
        kernel = np.zeros(shape, np.float32)
        kernel[height // 2, width // 2] = keras.ops.convert_to_numpy(draw(channels, "float32"))
        return keras.ops.convert_to_tensor(kernel, dtype)

    def get_config(self):
        """Return the seed."""
        return {"seed": self.seed}


class _Rearrangement(keras.layers.Layer):
    """A layer without parameters; the default `get_config` of Keras fails on a dtype policy."""

    def get_config(self):
        """Return the parameters of any layer."""
        return super().get_config()


@keras.saving.register_keras_serializable("skdenoise")
class SpaceToDepth(_Rearrangement):
    """Turn blocks of 2x2 pixels into channels: (h, w, c) to (h / 2, w / 2, 4 c)."""

    def call(self, inputs):
        """Rearrange the pixels."""
        return keras.ops.space_to_depth(inputs, 2, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """Return the shape of the output. With PyTorch, Keras would run the layer on odd sizes."""
        n, height, width, channels = input_shape
        return n, height and height // 2, width and width // 2, channels * 4


@keras.saving.register_keras_serializable("skdenoise")
class DepthToSpace(_Rearrangement):
    """Turn channels into blocks of 2x2 pixels: (h, w, 4 c) to (2 h, 2 w, c)."""

    def call(self, inputs):
        """Rearrange the pixels."""
        return keras.ops.depth_to_space(inputs, 2, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """Return the shape of the output."""
        n, height, width, channels = input_shape
        return n, height and height * 2, width and width * 2, channels // 4
