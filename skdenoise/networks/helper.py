"""Helper: a small network behind a denoiser, which learns labels from denoised images."""

import math

import keras
from keras import layers, ops

from skdenoise.networks.layers import CHANNELS_LAST, convolution, seeds

# Images are halved until no side is longer than this.
_MOST_PIXELS = 8


def with_helper(network, size, layout, seed, dtype="float32"):
    """Return a model with two outputs: the denoised images, and what a helper predicts from them.

    The helper has two or more convolutions of stride 2, one more convolution and a dense layer. It is there
    while a denoiser is trained, and not kept for anything else.

    Parameters
    ----------
    network : keras.Model
        The denoiser.
    size : (height, width)
        Size of the images.
    layout : tuple of (bool, int)
        Columns of the labels, as `supervision.labels.Labels.layout`.
    seed : int
        Seed of the initial weights of the helper.
    dtype : str or keras.DTypePolicy
        Compute dtype of all layers except the output, which is float32.

    Returns
    -------
    keras.Model
        Its first weights are those of the denoiser.
    """
    draws = (keras.initializers.GlorotUniform(seed=each) for each in seeds(seed))
    inputs = keras.Input((*size, network.input_shape[-1]))
    denoised = network(inputs)
    x, n_filters = denoised, 16
    for _ in range(max(2, math.ceil(math.log2(max(size) / _MOST_PIXELS)))):
        x = convolution(x, n_filters, next(draws), dtype, strides=2)
        n_filters = min(2 * n_filters, 64)
    x = convolution(x, 64, next(draws), dtype)
    x = layers.Flatten(**CHANNELS_LAST, dtype=dtype)(x)
    n_targets = sum(width for _, width in layout)
    labels = layers.Dense(
        n_targets, kernel_initializer=next(draws), dtype="float32", name="labels"
    )(x)
    # The names of the outputs are those of the losses in ``history_``: pixels_loss and labels_loss.
    pixels = layers.Identity(name="pixels", dtype="float32")(denoised)
    return keras.Model(inputs, [pixels, labels], name="denoiser_with_helper")


def fresh_weights(helper_layers, seed):
    """Return the weights that `with_helper` would give the layers of a helper with another seed."""
    draws = (keras.initializers.GlorotUniform(seed=each) for each in seeds(seed))
    return [
        next(draws)(weight.shape, dtype="float32")
        if len(weight.shape) > 1
        else ops.zeros(weight.shape)
        for layer in helper_layers
        for weight in layer.weights
    ]


def label_loss(layout):
    """Return the loss of a helper: cross-entropy of classes, and the squared error of numbers.

    Parameters
    ----------
    layout : tuple of (bool, int)
        Columns of the labels, as `supervision.labels.Labels.layout`.

    Returns
    -------
    callable
        A loss of Keras, the mean over the columns.
    """

    def loss(targets, predicted):
        losses, start = [], 0
        for is_classes, width in layout:
            part = slice(start, start + width)
            losses.append(_loss_of(is_classes)(targets[:, part], predicted[:, part]))
            start += width
        return ops.mean(ops.stack(losses), axis=0)

    return loss


def _loss_of(is_classes):
    if not is_classes:
        return keras.losses.mean_squared_error
    return lambda targets, logits: keras.losses.categorical_crossentropy(
        targets, logits, from_logits=True
    )
