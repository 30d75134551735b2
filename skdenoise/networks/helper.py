"""Helper: a small network after the denoiser, which predicts labels from denoised images.

A helper may learn along with the denoiser. Or it is fixed: it has learned before to predict what a classifier
predicts, or it is that classifier, a Keras model. The denoiser then learns what suits the classifier.
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
    """What follows the denoiser while it is trained.

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

    def attached_to(self, network, size, seed):
        """Return a model with two outputs: the denoised images, and what the helper predicts from them.

        Parameters
        ----------
        network : keras.Model
            The denoiser.
        size : (height, width)
            Size of the images.
        seed : int
            Seed of the initial weights of the helper.

        Returns
        -------
        keras.Model
            Its first weights are those of the denoiser.
        """
        inputs = keras.Input((*size, network.input_shape[-1]))
        denoised = network(inputs)
        if self.classifier is None:
            labels = _predicted(
                denoised,
                size,
                self.layout,
                seed,
                has_linear_part=self.is_fixed,
                trainable=not self.is_fixed,
            )
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
    """Return a fixed helper as a model of images, with the weights that it has after a denoiser."""
    images = keras.Input((*size, channels))
    labels = _predicted(images, size, layout, seed, has_linear_part=True, trainable=True)
    return keras.Model(images, labels, name="helper")


def _predicted(images, size, layout, seed, *, has_linear_part, trainable):
    """Apply two or more convolutions of stride 2, one more convolution and a dense layer.

    The linear part is a dense layer from the pixels to the labels. Linear classifiers would be difficult to
    imitate without it.
    """
    draws = (keras.initializers.GlorotUniform(seed=each) for each in seeds(seed))
    n_targets = sum(width for _, width in layout)
    x, n_filters = images, 16
    for _ in range(max(2, math.ceil(math.log2(max(size) / _MOST_PIXELS)))):
        x = convolution(x, n_filters, next(draws), "float32", strides=2, trainable=trainable)
        n_filters = min(2 * n_filters, 64)
    x = convolution(x, 64, next(draws), "float32", trainable=trainable)

    def dense(x, name):
        x = layers.Flatten(**CHANNELS_LAST, dtype="float32")(x)
        return layers.Dense(
            n_targets,
            kernel_initializer=next(draws),
            dtype="float32",
            name=name,
            trainable=trainable,
        )(x)

    if not has_linear_part:
        return dense(x, "labels")
    linear = dense(images, "linear")
    return layers.Add(dtype="float32", name="labels")([dense(x, "curved"), linear])


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
