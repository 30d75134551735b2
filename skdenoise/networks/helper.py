"""Helper: a small network behind a denoiser, which says what its labels are from denoised images.

A helper may learn along with the denoiser. Or it is fixed: it has learned before to answer as a classifier
does, or it is that classifier, a Keras model. The denoiser then learns what suits the classifier.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from skdenoise.networks.layers import CHANNELS_LAST, convolution, seeds

# Images are halved until no side is longer than this.
_MOST_PIXELS = 8


@dataclass(frozen=True)
class Helper:
    """What stands behind the denoiser while it is trained.

    Parameters
    ----------
    layout : tuple of (bool, int)
        Columns of the labels, as `supervision.labels.Labels.layout`.
    is_fixed : bool
        Whether its weights stay as they are.
    classifier : callable or None
        Takes denoised images to logits, in place of a network of its own. It is fixed.
    """

    layout: tuple
    is_fixed: bool = False
    classifier: Any = None

    def behind(self, network, size, seed, dtype="float32"):
        """Return a model with two outputs: the denoised images, and what the helper says of them.

        Parameters
        ----------
        network : keras.Model
            The denoiser.
        size : (height, width)
            Size of the images.
        seed : int
            Seed of the initial weights of the helper.
        dtype : str or keras.DTypePolicy
            Compute dtype of all layers except the output, which is float32.

        Returns
        -------
        keras.Model
            Its first weights are those of the denoiser.
        """
        inputs = keras.Input((*size, network.input_shape[-1]))
        denoised = network(inputs)
        if self.classifier is None:
            labels = _predicted(denoised, size, self.layout, seed, dtype, self.is_fixed)
        else:
            # In a function, the weights of the classifier are no part of the model, which would train them.
            n_targets = sum(width for _, width in self.layout)
            labels = layers.Lambda(
                self.classifier, output_shape=(n_targets,), dtype="float32", name="labels"
            )(denoised)
        # The names of the outputs are those of the losses in ``history_``: pixels_loss and labels_loss.
        pixels = layers.Identity(name="pixels", dtype="float32")(denoised)
        return keras.Model(inputs, [pixels, labels], name="denoiser_with_helper")


def helper_alone(size, channels, layout, seed):
    """Return a fixed helper as a model of images, with the weights that it has behind a denoiser."""
    images = keras.Input((*size, channels))
    labels = _predicted(images, size, layout, seed, "float32", True, trainable=True)
    return keras.Model(images, labels, name="helper")


def _predicted(images, size, layout, seed, dtype, is_fixed, trainable=None):
    """Apply two or more convolutions of stride 2, one more convolution and a dense layer.

    A fixed helper also has a dense layer from the pixels to the labels, since linear classifiers would be
    difficult to imitate without.
    """
    trainable = not is_fixed if trainable is None else trainable
    draws = (keras.initializers.GlorotUniform(seed=each) for each in seeds(seed))
    n_targets = sum(width for _, width in layout)
    x, n_filters = images, 16
    for _ in range(max(2, math.ceil(math.log2(max(size) / _MOST_PIXELS)))):
        x = convolution(x, n_filters, next(draws), dtype, strides=2, trainable=trainable)
        n_filters = min(2 * n_filters, 64)
    x = convolution(x, 64, next(draws), dtype, trainable=trainable)

    def dense(x, name, dtype):
        x = layers.Flatten(**CHANNELS_LAST, dtype=dtype)(x)
        return layers.Dense(
            n_targets,
            kernel_initializer=next(draws),
            dtype="float32",
            name=name,
            trainable=trainable,
        )(x)

    if not is_fixed:
        return dense(x, "labels", dtype)
    linear = dense(images, "linear", "float32")
    return layers.Add(dtype="float32", name="labels")([dense(x, "curved", dtype), linear])


def fresh_weights(helper_layers, seed):
    """Return the weights that the layers of a helper would have with another seed."""
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
