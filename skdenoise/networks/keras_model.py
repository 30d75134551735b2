"""Keras model: a graph as a ``keras.Model``."""

import keras
from keras import layers

from skdenoise.networks.graph import CLIPPED_FOR_LOGIT
from skdenoise.networks.layers import (
    CHANNELS_LAST,
    CentredOrthogonal,
    DepthToSpace,
    SpaceToDepth,
    convolution,
    seeds,
)

_INITIALIZERS = {
    "glorot_uniform": keras.initializers.GlorotUniform,
    "centred_orthogonal": CentredOrthogonal,
}


def keras_model(graph, input_shape, *, initializer, dtype="float32", seed=0):
    """Return a graph as a Keras model.

    Parameters
    ----------
    graph : Graph
        The network.
    input_shape : (height, width, channels)
        Height and width may be None.
    initializer : {"glorot_uniform", "centred_orthogonal"}
        How the initial kernels are drawn.
    dtype : str or keras.DTypePolicy
        Compute dtype, except of what the graph says is exact.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    keras.Model
    """
    draws = (_INITIALIZERS[initializer](seed=own) for own in seeds(seed))
    inputs = keras.Input(input_shape)
    made = {graph.image.index: inputs}
    for operator in graph.operators:
        given = [made[values.index] for values in operator.inputs]
        own = "float32" if operator.output.is_exact else dtype
        if operator.kind == "convolution":
            params = dict(operator.params)
            starts_at_zero = params.pop("starts_at_zero", False)
            drawn = keras.initializers.Zeros() if starts_at_zero else next(draws)
            x = convolution(*given, operator.output.channels, drawn, own, **params)
        else:
            x = _OPERATORS[operator.kind](given, own, **operator.params)
        made[operator.output.index] = x
    return keras.Model(inputs, x, name=graph.name)


def _logit(images):
    images = keras.ops.clip(images, CLIPPED_FOR_LOGIT, 1 - CLIPPED_FOR_LOGIT)
    return keras.ops.log(images) - keras.ops.log(1 - images)


def _activated_sum(given, dtype, activation):
    return layers.Activation(activation, dtype=dtype)(layers.Add(dtype=dtype)(given))


# Each takes a list of inputs, the compute dtype and the parameters of the operator.
_OPERATORS = {
    "max_pooling": lambda given, dtype: layers.MaxPooling2D(**CHANNELS_LAST, dtype=dtype)(*given),
    "upsampling": lambda given, dtype: layers.UpSampling2D(**CHANNELS_LAST, dtype=dtype)(*given),
    "space_to_depth": lambda given, dtype: SpaceToDepth(dtype=dtype)(*given),
    "depth_to_space": lambda given, dtype: DepthToSpace(dtype=dtype)(*given),
    "activated_sum": _activated_sum,
    "difference": lambda given, dtype: layers.Subtract(dtype=dtype)(given),
    "concatenate": lambda given, dtype: layers.Concatenate(dtype=dtype)(given),
    "logit": lambda given, dtype: _logit(*given),
    "sigmoid": lambda given, dtype: layers.Activation("sigmoid", dtype=dtype)(*given),
}
