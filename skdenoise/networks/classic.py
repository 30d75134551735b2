"""The classic network: the U-Net of the original recipe."""

import keras
from keras import layers

from skdenoise.networks.base import Network
from skdenoise.networks.layers import CHANNELS_LAST, convolution, seeds
from skdenoise.networks.recipes import Recipe


def classic(input_shape, filters=(64, 128, 256), dtype="float32", linear=False, seed=0):
    """Build the U-Net of the original recipe.

    Each level has a 3x3 convolution, then max pooling. The bottleneck has one more convolution. On the
    way up, each level has nearest-neighbour upsampling, the concatenation with the encoder's level,
    and a convolution. All convolutions have 'same' padding and ReLU, except the last one, which has a
    sigmoid. On (28, 28, 1) it has 923,393 parameters.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Height and width are multiples of ``2 ** (len(filters) - 1)``, or None.
    filters : tuple of int
        Number of filters per level, from full resolution to the bottleneck.
    dtype : str or keras.DTypePolicy
        Compute dtype of all layers except the output, which is float32.
    linear : bool
        Whether the sigmoid is left out.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    keras.Model
    """
    draws = (keras.initializers.GlorotUniform(seed=seed) for seed in seeds(seed))
    *encoder, bottleneck = filters
    inputs = x = keras.Input(input_shape)
    skips = []
    for n in encoder:
        x = convolution(x, n, next(draws), dtype)
        skips.append(x)
        x = layers.MaxPooling2D(**CHANNELS_LAST, dtype=dtype)(x)
    x = convolution(x, bottleneck, next(draws), dtype)
    for n, skip in zip(reversed(encoder), reversed(skips), strict=True):
        x = layers.UpSampling2D(**CHANNELS_LAST, dtype=dtype)(x)
        x = layers.Concatenate(dtype=dtype)([x, skip])
        x = convolution(x, n, next(draws), dtype)
    activation = None if linear else "sigmoid"
    outputs = convolution(x, input_shape[-1], next(draws), "float32", activation=activation)
    return keras.Model(inputs, outputs, name="classic")


NETWORK = Network(
    classic,
    filters=(64, 128, 256),
    recipe=Recipe(1e-3, 1e-3, None, batch_size=128, validation_split=0.1, epochs=10),
    halvings=lambda filters: len(filters) - 1,
)
