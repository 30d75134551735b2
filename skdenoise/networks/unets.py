"""Networks: the U-Nets, as functions that return a ``keras.Model``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import keras
from keras import layers

from skdenoise.networks.layers import CentredOrthogonal, DepthToSpace, SpaceToDepth

# Whatever `keras.config.image_data_format` says.
_CHANNELS_LAST = {"data_format": "channels_last"}


def classic(input_shape, filters=(64, 128, 256), dtype="float32", linear=False):
    """Build the U-Net of the original recipe.

    A 3x3 convolution, then max pooling, per level; at the bottom one more; then per level, upwards,
    nearest-neighbour upsampling, the concatenation with the encoder's level and a convolution. All
    with 'same' padding and ReLU; the last one has a sigmoid. On (28, 28, 1), 923,393 parameters.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Height and width are multiples of ``2 ** (len(filters) - 1)``, or None.
    filters : tuple of int
        Number of filters per level, from full resolution to the bottleneck.
    dtype : str or keras.DTypePolicy
        Compute dtype of all layers but the output, which is float32.
    linear : bool
        Whether there is no sigmoid.

    Returns
    -------
    keras.Model
    """
    *encoder, bottleneck = filters
    inputs = x = keras.Input(input_shape)
    skips = []
    for n in encoder:
        x = _conv(x, n, dtype)
        skips.append(x)
        x = layers.MaxPooling2D(**_CHANNELS_LAST, dtype=dtype)(x)
    x = _conv(x, bottleneck, dtype)
    for n, skip in zip(reversed(encoder), reversed(skips), strict=True):
        x = layers.UpSampling2D(**_CHANNELS_LAST, dtype=dtype)(x)
        x = layers.Concatenate(dtype=dtype)([x, skip])
        x = _conv(x, n, dtype)
    activation = None if linear else "sigmoid"
    outputs = _conv(x, input_shape[-1], "float32", activation=activation)
    return keras.Model(inputs, outputs, name="classic")


def compact(input_shape, filters=(32, 64), dtype="float32", linear=False):
    """Build the lighter U-Net that works at half resolution.

    Space to depth turns 2x2 pixels into channels. The encoder has two 3x3 convolutions at the first
    level and one, after max pooling, at each further level; the bottleneck is two residual blocks.
    The decoder turns channels into 2x2 pixels (a 1x1 convolution, then depth to space), adds the
    encoder's level and convolves. The last convolution sees, beside the decoder's channels, the
    image itself and its logit, so that what needs no change passes the final sigmoid unchanged.
    With the default filters on (28, 28, 1): 195,652 parameters and 13 million multiply-adds,
    against 203 million of `classic`.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Height and width are multiples of ``2 ** len(filters)``, or None.
    filters : tuple of int
        Number of filters per level, from half resolution to the bottleneck.
    dtype : str or keras.DTypePolicy
        Compute dtype of all layers but the output, which is float32.
    linear : bool
        Whether there is no sigmoid. The last convolution does not see the image then, so that no
        path hands a pixel through (see `BlindSpots`).

    Returns
    -------
    keras.Model
    """
    inputs = keras.Input(input_shape)
    pixels = SpaceToDepth(dtype=dtype)(inputs)
    x = _u_net(pixels, filters, dtype)
    if not linear:
        logits = SpaceToDepth(dtype=dtype)(logit(inputs))
        x = layers.Concatenate(dtype=dtype)([x, pixels, logits])
    x = _conv(x, 4 * input_shape[-1], "float32", activation=None)
    outputs = DepthToSpace(dtype="float32")(x)
    if not linear:
        outputs = layers.Activation("sigmoid", dtype="float32")(outputs)
    return keras.Model(inputs, outputs, name="compact")


def bias_free(input_shape, filters=(64, 96), dtype="float32", linear=False):
    """Build a U-Net of the layers of `compact` without biases, which tells the noise.

    Its convolutions have no biases and it ends in no sigmoid, so that to scale its input is to scale
    its output, at strengths of noise that it was never trained on as well. Its ReLUs are
    leaky, since without biases they die, one channel after the other, and never come back. What it
    tells is subtracted from the image. For photographs, which `UNetDenoiser.for_photographs` sets up.
    With the default filters: 489,984 parameters and 45 thousand multiply-adds a pixel (grey).

    Parameters
    ----------
    input_shape, filters, dtype
        As in `compact`.
    linear : bool
        Whether the output is the image itself, not what is subtracted from it, so that no path hands
        a pixel through (see `BlindSpots`).

    Returns
    -------
    keras.Model

    References
    ----------
    S. Mohan, Z. Kadkhodaie, E. P. Simoncelli and C. Fernandez-Granda, "Robust and Interpretable Blind
    Image Denoising via Bias-Free Convolutional Neural Networks", ICLR 2020.
    """
    inputs = keras.Input(input_shape)
    pixels = SpaceToDepth(dtype=dtype)(inputs)
    orthogonal = {"use_bias": False, "kernel_initializer": CentredOrthogonal()}
    x = _u_net(pixels, filters, dtype, activation="leaky_relu", **orthogonal)
    start = orthogonal if linear else orthogonal | {"kernel_initializer": "zeros"}
    x = _conv(x, 4 * input_shape[-1], "float32", activation=None, **start)
    outputs = DepthToSpace(dtype="float32")(x)
    if not linear:
        outputs = layers.Subtract(dtype="float32")([inputs, outputs])
    return keras.Model(inputs, outputs, name="bias_free")


def _u_net(pixels, filters, dtype, activation="relu", **params):
    """Return what the U-Net of `compact` makes of pixels at half resolution, before the output.

    `params` are those of its convolutions.
    """
    conv = partial(_conv, dtype=dtype, activation=activation, **params)

    def activated_sum(x, y):
        return layers.Activation(activation, dtype=dtype)(layers.Add(dtype=dtype)([x, y]))

    first, *deeper = filters
    x = conv(conv(pixels, first), first)
    skips = []
    for n in deeper:
        skips.append(x)
        x = conv(layers.MaxPooling2D(**_CHANNELS_LAST, dtype=dtype)(x), n)
    for _ in range(2):
        x = activated_sum(x, conv(conv(x, filters[-1]), filters[-1], activation=None))
    for n, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = layers.Conv2D(4 * n, 1, dtype=dtype, **_CHANNELS_LAST, **params)(x)
        x = conv(activated_sum(DepthToSpace(dtype=dtype)(x), skip), n)
    return x


def logit(images):
    """Invert the sigmoid, for values that are at least 0.02 from black and from white."""
    images = keras.ops.clip(images, 0.02, 0.98)
    return keras.ops.log(images) - keras.ops.log(1 - images)


def _conv(x, filters, dtype, activation="relu", **params):
    params |= {"activation": activation, "dtype": dtype}
    return layers.Conv2D(filters, 3, padding="same", **_CHANNELS_LAST, **params)(x)


@dataclass(frozen=True)
class BuiltIn:
    """A network of this package.

    Parameters
    ----------
    build : function of input_shape, filters, dtype and linear
        Returns it.
    filters : tuple of int
        The default ones.
    halvings_beyond_levels : int
        How often it halves the resolution, beyond once between two levels.
    is_bounded : bool
        Whether its output cannot leave the value range, unless it is made linear.
    """

    build: Callable
    filters: tuple[int, ...]
    halvings_beyond_levels: int
    is_bounded: bool = True

    def multiple(self, filters):
        """Return what height and width must be a multiple of."""
        return 2 ** (len(filters) - 1 + self.halvings_beyond_levels)


NETWORKS = {
    "classic": BuiltIn(classic, (64, 128, 256), halvings_beyond_levels=0),
    "compact": BuiltIn(compact, (32, 64), halvings_beyond_levels=1),
    "bias_free": BuiltIn(bias_free, (64, 96), halvings_beyond_levels=1, is_bounded=False),
}
