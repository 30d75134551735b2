"""A user's classifier that is a Keras model, as a function of denoised images."""

import numpy as np
from keras import ops
from sklearn.exceptions import NotFittedError

# Probabilities are not less than this before their logarithm is taken.
_LEAST_PROBABILITY = 1e-7


class KerasClassifier:
    """A fitted Keras model that classifies images.

    Parameters
    ----------
    model : keras.Model
        Returns a probability or logit for each class, or for the second of two classes.
    pixels : PixelFormat
        Format of the images that it takes, which are not rounded.
    shape : tuple of int
        Shape of an image that it takes.
    images : ndarray of shape (n, height, width, channels)
        A few images in units of the value range, which show whether it returns probabilities.

    Attributes
    ----------
    classes : ndarray of int
        0, 1 and so on.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not built.
    ValueError
        If the model does not take such images, or does not return one value for each class.
    """

    def __init__(self, model, pixels, shape, images):
        self._model = model
        self._range = pixels.value_range
        self._shape = shape
        self._size = images.shape[1:3]
        outputs = self._tried(images)
        self._is_single = outputs.shape[1] == 1
        self._is_probability = _are_probabilities(outputs)
        self.classes = np.arange(max(2, outputs.shape[1]))

    def logits(self, denoised):
        """Return the logits of the classes, as a tensor, for padded images in units of the value range."""
        outputs = self._outputs(denoised)
        if self._is_single:
            other = 1 - outputs if self._is_probability else ops.zeros_like(outputs)
            outputs = ops.concatenate([other, outputs], axis=1)
        if self._is_probability:
            outputs = ops.log(ops.maximum(outputs, _LEAST_PROBABILITY))
        return outputs

    def _outputs(self, denoised):
        low, high = self._range
        height, width = self._size
        images = denoised[:, :height, :width] * (high - low) + low
        return self._model(ops.reshape(images, (-1, *self._shape)), training=False)

    def _tried(self, images):
        name = self._model.name
        if not self._model.built:
            raise NotFittedError(
                f"classifier, the Keras model {name!r}, is not built, so that it cannot be fitted. Fit it first."
            )
        try:
            outputs = ops.convert_to_numpy(self._outputs(ops.convert_to_tensor(images)))
        except Exception as error:  # each backend raises errors of its own
            raise ValueError(
                f"classifier, the Keras model {name!r}, does not take images of shape "
                f"{(len(images), *self._shape)}, as they are given to fit: {error}"
            ) from error
        if outputs.ndim != 2 or not np.isfinite(outputs).all():
            raise ValueError(
                f"classifier, the Keras model {name!r}, returns an array of shape {outputs.shape} for "
                f"{len(images)} images; expected finite numbers of shape (n, n_classes), or (n, 1) for two "
                "classes."
            )
        return outputs


def _are_probabilities(outputs):
    if outputs.min() < 0 or outputs.max() > 1:
        return False
    return outputs.shape[1] == 1 or bool(np.all(np.abs(outputs.sum(axis=1) - 1) < 1e-3))
