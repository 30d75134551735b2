"""Labels in a fit: encode them, check the classifier that they are for, and train with both."""

import dataclasses
import functools

import keras
import numpy as np

from skdenoise.images.pixels import UNIT, PixelFormat
from skdenoise.images.ragged import ImageList
from skdenoise.networks.keras_classifier import KerasClassifier
from skdenoise.seeding import Stream, generator
from skdenoise.supervision.fixed_classifier import FixedClassifier, check_fixed_classifier
from skdenoise.supervision.labels import HALF_WEIGHT_NOISE_OF_FIXED, Classes, encode_labels
from skdenoise.training.fine_tuning import fine_tune, fixed_helper
from skdenoise.training.loop import train
from skdenoise.training.plan import resolve_label_weight

# So many images, clean and noisy, show whether a classifier takes them.
_N_TRIED = 32


def fixed_classifier(denoiser, images, pairs):
    """Return the classifier that a denoiser is made for, or None.

    Parameters
    ----------
    denoiser : UNetDenoiser
        With parameters that were checked.
    images : ndarray, ImageList or StoredImages
        Images in the layout in which the classifier is given them.
    pairs : Pairs
        The same images, as they are trained on.

    Returns
    -------
    FixedClassifier, KerasClassifier or None

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        If it does not take these images, or cannot say what to learn.
    """
    if denoiser.classifier is None or not resolve_label_weight(denoiser):
        return None
    if pairs.patch_size is not None or isinstance(images, ImageList):
        raise ValueError(
            f"classifier is given with patch_size={denoiser.patch_size!r}, or with images of several sizes. "
            "A classifier needs whole images: give an array of images of one size, and no patch_size."
        )
    height, width = pairs.size
    few = np.unique(np.linspace(0, len(images) - 1, _N_TRIED).astype(int))
    noisy, clean, *_ = pairs.batch(few, generator(denoiser._seed, Stream.CHECK))
    few = np.concatenate([clean, noisy])[:, :height, :width]
    pixels, shape = PixelFormat(images.dtype, denoiser.value_range_), images.shape[1:]
    if isinstance(denoiser.classifier, keras.Model):
        return KerasClassifier(denoiser.classifier, pixels, shape, few)
    check_fixed_classifier(denoiser.classifier)
    classifier = FixedClassifier(denoiser.classifier, pixels, shape)
    classifier.probabilities(few)  # raises if it does not take these images
    return classifier


def labels_of_fit(denoiser, y, n_images, classifier, kept):
    """Return the labels of a fit, or None if they do not count.

    Parameters
    ----------
    denoiser : UNetDenoiser
        With parameters that were checked.
    y : array-like or None
        As in ``fit``.
    n_images : int
        Number of images.
    classifier : FixedClassifier, KerasClassifier or None
        The classifier that the denoiser is made for.
    kept : TrainedHelper or None
        The helper of an earlier fit with the same classifier, or with none, which is continued.
    """
    if not resolve_label_weight(denoiser):
        return None
    if classifier is None:
        return encode_labels(y, n_images, None if kept is None else kept.columns)
    labels = encode_labels(y, n_images, (Classes(classifier.classes, "classifier"),))
    if kept is None and not labels.weights.any():
        raise ValueError(
            f"classifier is given, but y marks all {n_images} images as unlabelled (-1). Give the labels of "
            "some, or set classifier=None."
        )
    return dataclasses.replace(labels, half_weight_noise=HALF_WEIGHT_NOISE_OF_FIXED)


def train_with_labels(plan, images, labels, classifier, *, kept, partial, start, trained):
    """Train a network; with a classifier, on pixels first and then through it.

    Parameters
    ----------
    plan : Plan
        How to train.
    images : tuple of (Pairs, training, validation)
        As in `train`.
    labels, classifier, kept
        As in `labels_of_fit`.
    partial : bool
        Whether this is a call of ``partial_fit``. If a helper imitates the classifier already, the
        denoiser learns from pixels and labels at once.
    start : dict
        Weights and optimizer state to continue from, as `train` takes them.
    trained : callable
        Takes an outcome to the network that it describes.

    Returns
    -------
    Outcome
    """
    helper_weights = [] if kept is None else kept.weights
    if classifier is None:
        return train(plan, *images, labels=labels, helper_weights=helper_weights, **start)
    if partial and kept is not None:
        helper = fixed_helper(labels, classifier)
        given = {"labels": labels, "helper": helper, "helper_weights": helper_weights}
        return train(plan, *images, **given, **start)
    outcome = train(plan, *images, **start)
    if outcome.interrupt is not None:
        return outcome
    denoise = functools.partial(trained(outcome).denoise, pixels=UNIT)
    return fine_tune(plan, outcome, images, labels, classifier, denoise)
