"""Networks: the U-Nets, as functions that return a ``keras.Model``."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from numbers import Integral
from typing import Any

import keras
import numpy as np
from keras import layers

from skdenoise.threads import obey_thread_limit


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
        x = layers.MaxPooling2D(dtype=dtype)(x)
    x = _conv(x, bottleneck, dtype)
    for n, skip in zip(reversed(encoder), reversed(skips), strict=True):
        x = layers.UpSampling2D(dtype=dtype)(x)
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
    its output: it keeps its quality at strengths of noise that it was never trained on. Its ReLUs are
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
        x = conv(layers.MaxPooling2D(dtype=dtype)(x), n)
    for _ in range(2):
        x = activated_sum(x, conv(conv(x, filters[-1]), filters[-1], activation=None))
    for n, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = layers.Conv2D(4 * n, 1, dtype=dtype, **params)(x)
        x = conv(activated_sum(DepthToSpace(dtype=dtype)(x), skip), n)
    return x


def logit(images):
    """Invert the sigmoid, for values that are at least 0.02 from black and from white."""
    images = keras.ops.clip(images, 0.02, 0.98)
    return keras.ops.log(images) - keras.ops.log(1 - images)


def _conv(x, filters, dtype, activation="relu", **params):
    params |= {"activation": activation, "dtype": dtype}
    return layers.Conv2D(filters, 3, padding="same", **params)(x)


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


@keras.saving.register_keras_serializable("skdenoise")
class SpaceToDepth(layers.Layer):
    """Turn blocks of 2x2 pixels into channels: (h, w, c) to (h / 2, w / 2, 4 c)."""

    def call(self, inputs):
        """Rearrange the pixels."""
        return keras.ops.space_to_depth(inputs, 2, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """Return the shape of the output for that of the input."""
        n, height, width, channels = input_shape
        return n, height and height // 2, width and width // 2, channels * 4

    def get_config(self):
        """Return the parameters of any layer; Keras's own way fails on a dtype policy."""
        return super().get_config()


@keras.saving.register_keras_serializable("skdenoise")
class DepthToSpace(layers.Layer):
    """Turn channels into blocks of 2x2 pixels: (h, w, 4 c) to (2 h, 2 w, c)."""

    def call(self, inputs):
        """Rearrange the pixels."""
        return keras.ops.depth_to_space(inputs, 2, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """Return the shape of the output for that of the input."""
        n, height, width, channels = input_shape
        return n, height and height * 2, width and width * 2, channels // 4

    def get_config(self):
        """Return the parameters of any layer; Keras's own way fails on a dtype policy."""
        return super().get_config()


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


@dataclass(frozen=True)
class Architecture:
    """All that decides a network but its weights; equal architectures may share compiled code."""

    network: str | Callable[..., Any]
    filters: tuple[int, ...] | None
    channels: int
    linear: bool = False

    @property
    def is_built_in(self) -> bool:
        """Whether the network is one of this package."""
        return isinstance(self.network, str)

    @property
    def is_bounded(self) -> bool:
        """Whether it is a network of this package that cannot leave the value range."""
        return self.is_built_in and NETWORKS[self.network].is_bounded and not self.linear

    @property
    def multiple(self) -> int:
        """What height and width must be a multiple of; 1 for a user's own network."""
        return NETWORKS[self.network].multiple(self.filters) if self.is_built_in else 1

    def as_linear(self):
        """Return the same with a linear output; a user's own network is what it is."""
        return replace(self, linear=self.is_built_in)

    def input_shape(self, size):
        """Return the shape that the network is built for, to take images of `size`.

        Networks of this package are built once for all sizes; a user's own is built for each, since
        it may hold layers that need to know the size.
        """
        return (None, None, self.channels) if self.is_built_in else (*size, self.channels)

    def build(self, size, precision, seed):
        """Build the network, with the initial weights that `seed` gives.

        Parameters
        ----------
        size : (height, width)
            Of the images that it will be given.
        precision : "float32" or "bfloat16"
            Compute dtype; variables and output are float32.
        seed : int
            Decides the initial weights; a user's own network may ignore it.

        Returns
        -------
        keras.Model
        """
        obey_thread_limit()
        shape = self.input_shape(size)
        if not self.is_built_in:
            return _build_own(self.network, shape, self.filters, seed, precision)
        policy = _policy(precision)
        model = NETWORKS[self.network].build(shape, self.filters, policy, self.linear)
        initialize(model, seed)
        return model


@dataclass(frozen=True)
class Footprint:
    """What a pixel of a network's output takes.

    Parameters
    ----------
    margin : int
        How far from it the input pixels may lie that it depends on, as a multiple of what height and
        width must be a multiple of.
    values : float
        How many numbers all layers put out for it.
    """

    margin: int
    values: float


@cache
def footprint(architecture) -> Footprint:
    """Measure a network of this package, layer by layer."""
    obey_thread_limit()
    multiple = architecture.multiple
    shape = (multiple, multiple, architecture.channels)
    model = NETWORKS[architecture.network].build(shape, architecture.filters)
    reach = multiple  # of all poolings
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            reach += layer.kernel_size[0] // 2 * (multiple // layer.output.shape[1])
    values = sum(math.prod(layer.output.shape[1:]) for layer in model.layers)
    return Footprint(multiple * math.ceil(reach / multiple), values / multiple**2)


def check_architecture(network, filters, channels, linear=False) -> Architecture:
    """Check the parameters `network` and `filters`, and return what they stand for."""
    if callable(network):
        return Architecture(network, filters if filters is None else tuple(filters), channels)
    if network not in NETWORKS:
        raise ValueError(
            f"network={network!r} is neither one of {', '.join(sorted(NETWORKS))} nor a function "
            "that returns a keras.Model."
        )
    filters = NETWORKS[network].filters if filters is None else filters
    if not np.iterable(filters) or not all(isinstance(n, Integral) and n > 0 for n in filters):
        raise ValueError(f"filters={filters!r} is not a tuple of positive integers, one per level.")
    if not len(filters):
        raise ValueError("filters=() has no level; give the number of filters of each level.")
    return Architecture(network, tuple(int(n) for n in filters), channels, linear)


def initialize(model, seed):
    """Draw the initial weights of a network of this package anew, from explicit seeds."""
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    seeds = np.random.SeedSequence(seed).generate_state(len(convolutions))
    for layer, layer_seed in zip(convolutions, seeds, strict=True):
        config = layer.kernel_initializer.get_config()
        if "seed" in config:
            config["seed"] = int(layer_seed >> 1)
        draw = type(layer.kernel_initializer).from_config(config)
        layer.kernel.assign(draw(layer.kernel.shape, dtype="float32"))
        if layer.use_bias:
            layer.bias.assign(np.zeros(layer.bias.shape, dtype=np.float32))


def _policy(precision):
    return keras.DTypePolicy("float32" if precision == "float32" else f"mixed_{precision}")


def _build_own(function, input_shape, filters, seed, precision):
    """Call a user's network function with those arguments that its signature has."""
    offered = {
        "input_shape": input_shape,
        "filters": filters,
        "seed": seed,
        "dtype": _policy(precision),
    }
    parameters = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        wanted = offered
    else:
        wanted = {name: value for name, value in offered.items() if name in parameters}
    model = function(**wanted)
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"network={function!r} returned {type(model).__name__}; expected a keras.Model."
        )
    _check_output_shape(model, function, input_shape)
    return model


def _check_output_shape(model, function, input_shape):
    try:
        output = model.compute_output_shape((1, *input_shape))
    except Exception as error:
        raise ValueError(
            f"network={function!r} cannot take images of shape {input_shape}: {error}"
        ) from error
    if not isinstance(output, tuple) or tuple(output[1:]) != tuple(input_shape):
        raise ValueError(
            f"network={function!r} turns images of shape {input_shape} into {output[1:]}; a denoiser "
            "must return images of the shape that it was given."
        )
