"""The bias-free network: predicts the noise in photographs, at any strength."""

from dataclasses import replace

import keras
from keras import layers

from skdenoise.networks.base import Network
from skdenoise.networks.compact import RECIPE, u_net
from skdenoise.networks.layers import (
    CentredOrthogonal,
    DepthToSpace,
    SpaceToDepth,
    convolution,
    seeds,
)


def bias_free(input_shape, filters=(64, 96), dtype="float32", linear=False, seed=0):
    """Build a U-Net of the layers of `compact`, without biases, that predicts the noise.

    Its convolutions have no biases and its output has no sigmoid, so that scaling the input scales the
    output. This also holds at noise levels that were not trained on. Its ReLUs are leaky: without
    biases, plain ReLUs die one channel after the other and never recover. The predicted noise is
    subtracted from the image. It is made for photographs (`UNetDenoiser.for_photographs`). With the
    default filters it has 489,984 parameters and 45 thousand multiply-adds a pixel (grey).

    Parameters
    ----------
    input_shape, filters, dtype, seed
        As in `compact`.
    linear : bool
        Whether the output is the image itself, and not the noise that is subtracted from it, so that no
        path leads straight from a pixel to itself.

    Returns
    -------
    keras.Model

    References
    ----------
    S. Mohan, Z. Kadkhodaie, E. P. Simoncelli and C. Fernandez-Granda, "Robust and Interpretable Blind
    Image Denoising via Bias-Free Convolutional Neural Networks", ICLR 2020.
    """
    draws = (CentredOrthogonal(seed=seed) for seed in seeds(seed))
    inputs = keras.Input(input_shape)
    pixels = SpaceToDepth(dtype=dtype)(inputs)
    x = u_net(pixels, filters, draws, dtype, activation="leaky_relu", use_bias=False)
    last = next(draws) if linear else keras.initializers.Zeros()
    x = convolution(x, 4 * input_shape[-1], last, "float32", activation=None, use_bias=False)
    outputs = DepthToSpace(dtype="float32")(x)
    if not linear:
        outputs = layers.Subtract(dtype="float32")([inputs, outputs])
    return keras.Model(inputs, outputs, name="bias_free")


NETWORK = Network(
    bias_free,
    filters=(64, 96),
    recipe=replace(
        RECIPE,
        learning_rate=2e-3,
        constant_learning_rate=5e-4,
        batch_size=8,
        loss="mae",
        loss_of_pairs="mse",
        steps=10_000,
    ),
    halvings=len,
    is_bounded=False,
    scales_with_input=True,
)
