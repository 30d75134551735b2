"""The compact network: a lighter U-Net that works at half resolution."""

from dataclasses import replace

import keras
from keras import layers

from skdenoise.networks.base import Network
from skdenoise.networks.layers import (
    CHANNELS_LAST,
    DepthToSpace,
    SpaceToDepth,
    convolution,
    seeds,
)
from skdenoise.networks.recipes import Recipe


def compact(input_shape, filters=(32, 64), dtype="float32", linear=False, seed=0):
    """Build the lighter U-Net that works at half resolution.

    Space to depth turns 2x2 pixels into channels. The encoder has two 3x3 convolutions at the first
    level and one, after max pooling, at each further level. The bottleneck is two residual blocks. The
    decoder turns channels into 2x2 pixels (a 1x1 convolution, then depth to space), adds the encoder's
    level and convolves. The last convolution also sees the image itself and its logit, so that pixels
    that need no change pass the final sigmoid unchanged. With the default filters on (28, 28, 1) it has
    195,652 parameters and 13 million multiply-adds; `classic` has 203 million.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Height and width are multiples of ``2 ** len(filters)``, or None.
    filters : tuple of int
        Number of filters per level, from half resolution to the bottleneck.
    dtype : str or keras.DTypePolicy
        Compute dtype of all layers except the output, which is float32.
    linear : bool
        Whether the sigmoid is left out. The last convolution does not see the image then, so that no
        path leads straight from a pixel to itself.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    keras.Model
    """
    draws = (keras.initializers.GlorotUniform(seed=seed) for seed in seeds(seed))
    inputs = keras.Input(input_shape)
    pixels = SpaceToDepth(dtype=dtype)(inputs)
    x = u_net(pixels, filters, draws, dtype)
    if not linear:
        logits = SpaceToDepth(dtype=dtype)(logit(inputs))
        x = layers.Concatenate(dtype=dtype)([x, pixels, logits])
    x = convolution(x, 4 * input_shape[-1], next(draws), "float32", activation=None)
    outputs = DepthToSpace(dtype="float32")(x)
    if not linear:
        outputs = layers.Activation("sigmoid", dtype="float32")(outputs)
    return keras.Model(inputs, outputs, name="compact")


def u_net(pixels, filters, draws, dtype, activation="relu", **params):
    """Apply the U-Net of `compact` to pixels at half resolution, without the output layer.

    Parameters
    ----------
    pixels : keras.KerasTensor
        The image at half resolution, 2x2 pixels as channels.
    filters : tuple of int
        Number of filters per level.
    draws : iterator of keras.initializers.Initializer
        One for each convolution.
    dtype : str or keras.DTypePolicy
        Compute dtype.
    activation : str
        Of the convolutions and of the sums.
    **params
        Other parameters of the convolutions.
    """

    def conv(x, n, **own):
        params_of_layer = {"activation": activation, **params, **own}
        return convolution(x, n, next(draws), dtype, **params_of_layer)

    def activated_sum(x, y):
        return layers.Activation(activation, dtype=dtype)(layers.Add(dtype=dtype)([x, y]))

    first, *deeper = filters
    x = conv(conv(pixels, first), first)
    skips = []
    for n in deeper:
        skips.append(x)
        x = conv(layers.MaxPooling2D(**CHANNELS_LAST, dtype=dtype)(x), n)
    for _ in range(2):
        x = activated_sum(x, conv(conv(x, filters[-1]), filters[-1], activation=None))
    for n, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = conv(x, 4 * n, size=1, activation=None)
        x = conv(activated_sum(DepthToSpace(dtype=dtype)(x), skip), n)
    return x


def logit(images):
    """Invert the sigmoid, for values clipped to 0.02 from black and from white."""
    images = keras.ops.clip(images, 0.02, 0.98)
    return keras.ops.log(images) - keras.ops.log(1 - images)


# experiments/recipe.py and tiny_images.py measure what each choice is worth.
RECIPE = Recipe(
    5e-3,
    2e-3,
    0.05,
    batch_size=16,
    validation_split=0.0,
    steps=2500,
    linear_losses=(
        "mse",
        "mean_squared_error",
        "mae",
        "mean_absolute_error",
        "huber",
        "huber_loss",
        "log_cosh",
    ),
    adam=(("beta_2", 0.98), ("clipnorm", 1.0)),
)

NETWORK = Network(
    compact,
    filters=(32, 64),
    recipe=replace(RECIPE, tiny=replace(RECIPE, batch_size=64, steps=1000)),
    halvings=len,
)
