"""Imitation: a helper learns to predict the same probabilities as a classifier that cannot be trained."""

import math
from dataclasses import dataclass

import keras
import numpy as np

from skdenoise.backend.compiled import (
    CompiledNetwork,
    borrowed,
    set_jit_compile,
    steps_per_execution,
)
from skdenoise.images.pixels import chunks
from skdenoise.networks.helper import fresh_weights, helper_alone, label_loss
from skdenoise.seeding import Stream, derived_seed, generator
from skdenoise.training.batches import TrainingBatches

# The helper learns from four versions of so many images, or of fewer if they are large.
_MOST_IMAGES, _MOST_VALUES = 2000, 2**25

_STEPS, _BATCH_SIZE, _LEARNING_RATE = 1500, 64, 2e-3


def imitation(classifier, layout, pairs, indices, denoise, seed):
    """Return the weights of a helper that has learned to predict what a classifier predicts.

    It learns from the probabilities that the classifier gives for clean and noisy images, for denoised ones,
    and for images halfway between clean and denoised, since what the denoiser returns changes as it learns.

    Parameters
    ----------
    classifier : FixedClassifier
        The classifier.
    layout : tuple of (bool, int)
        Columns of its probabilities, as `supervision.labels.Labels.layout`.
    pairs : Pairs
        Images.
    indices : ndarray of int
        Which of them to use.
    denoise : callable
        Takes noisy images to denoised ones, in units of the value range.
    seed : int
        Decides noise, order and initial weights.

    Returns
    -------
    list of ndarray
        The weights.
    """
    rng = generator(seed, Stream.IMITATION)
    examples = _examples(classifier, pairs, indices, denoise, rng)
    size, channels = pairs.padded_size, examples.images.shape[-1]
    key = "imitation", size, channels, layout
    with borrowed(key, lambda: _compile(size, channels, layout)) as compiled:
        start = derived_seed(seed, Stream.IMITATION, 0)
        compiled.model.set_weights(fresh_weights(compiled.model.layers, start))
        compiled.reset_optimizer()
        _learn(compiled.model, examples, derived_seed(seed, Stream.IMITATION, 1))
        return compiled.model.get_weights()


@dataclass(frozen=True)
class _Examples:
    """Images and their predicted probabilities, with the methods of `Pairs` that batches use."""

    images: np.ndarray
    probabilities: np.ndarray
    patch_size = None

    def shuffled(self, indices, rng):
        return rng.permutation(indices)

    def batch(self, indices, rng):
        return self.images[indices], self.probabilities[indices]


def _examples(classifier, pairs, indices, denoise, rng):
    """Return padded images with the probabilities that the classifier predicts."""
    height, width = pairs.size
    per_image = math.prod(pairs.clean.shape[1:])
    n_images = min(len(indices), _MOST_IMAGES, max(1, _MOST_VALUES // per_image))
    noisy, clean, *_ = pairs.batch(np.sort(rng.choice(indices, n_images, replace=False)), rng)
    denoised = denoise(noisy)
    images = np.concatenate([clean, noisy, denoised, (clean + denoised) / 2])
    probabilities = [
        classifier.probabilities(images[part][:, :height, :width]) for part in chunks(images)
    ]
    return _Examples(images, np.concatenate(probabilities))


def _learn(model, examples, seed):
    n_images = len(examples.images)
    batches = TrainingBatches(
        examples, np.arange(n_images), min(n_images, _BATCH_SIZE), seed, first_epoch=0
    )
    advance = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: batches.start_epoch(epoch)
    )
    try:
        model.fit(
            batches.for_keras(),
            epochs=math.ceil(_STEPS / len(batches)),
            callbacks=[advance],
            shuffle=False,
            verbose=0,
        )
    finally:
        batches.release()


def _compile(size, channels, layout):
    model = helper_alone(size, channels, layout, seed=0)
    model.compile(
        optimizer=keras.optimizers.Adam(_LEARNING_RATE),
        loss=label_loss(layout),
        steps_per_execution=steps_per_execution(),
    )
    set_jit_compile(model)
    return CompiledNetwork(model)
