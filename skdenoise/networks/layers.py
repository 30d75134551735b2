"""What Keras lacks for the U-Nets: two layers, and a way to draw initial weights."""

import math

import keras
import numpy as np


@keras.saving.register_keras_serializable("skdenoise")
class CentredOrthogonal(keras.initializers.Initializer):
    """Start convolutions as orthogonal maps of the channels, in the centre of the kernel.

    What passes many layers keeps its strength then. With usual ways to start, a network without
    biases learns at first to leave images as they are, and stays there for long. Scaled for ReLU.

    Parameters
    ----------
    seed : int or None
        Decides what is drawn.

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
    """A layer without parameters; Keras's own way to describe one fails on a dtype policy."""

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
        """Return the shape of the output; with PyTorch, Keras would try odd sizes to find it."""
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
