"""Fine-tuning: a trained denoiser is trained a little further, for a classifier that stays as it is."""

import dataclasses
import math

from skdenoise.networks.helper import Helper
from skdenoise.networks.keras_classifier import KerasClassifier
from skdenoise.training.imitation import imitation
from skdenoise.training.loop import Outcome, joined, train

# Length and learning rate, as shares of those of the fit before. Chosen on validation images of MNIST with noise of
# 0.4, where kNN gained 0.7 points with half this length, and 0.8 to 0.9 with this one or one and a half times as long.
_SHARE_OF_STEPS, _SHARE_OF_RATE = 0.8, 0.3
# A shorter schedule would have hardly any steps of a high rate.
_LEAST_STEPS = 20


def fine_tune(plan, outcome, images, labels, classifier, denoise) -> Outcome:
    """Return what a denoiser has learned after further training, through a classifier.

    Parameters
    ----------
    plan : Plan
        How it was trained.
    outcome : Outcome
        What it has learned so far.
    images : tuple of (Pairs, training, validation)
        As in `train`.
    labels : Labels
        Labels of all images, in the order of the classes of the classifier.
    classifier : FixedClassifier or KerasClassifier
        The classifier. A helper imitates one that is not a Keras model.
    denoise : callable
        Takes noisy images to denoised ones, in units of the value range, with the weights of `outcome`.

    Returns
    -------
    Outcome
        If it is interrupted before the end of its first epoch, or if images cannot be read, what was learned
        before.
    """
    pairs, training, _ = images
    helper = fixed_helper(labels, classifier)
    try:
        helper_weights = ()
        if helper.classifier is None:
            helper_weights = imitation(
                classifier, labels.layout, pairs, training, denoise, plan.seed
            )
        tuned = train(
            _shorter(plan, len(outcome.history["loss"])),
            *images,
            labels=labels,
            helper=helper,
            weights=outcome.weights,
            helper_weights=helper_weights,
        )
    except (KeyboardInterrupt, OSError) as interrupt:
        return dataclasses.replace(outcome, interrupt=interrupt)
    return dataclasses.replace(tuned, history=joined(outcome.history, tuned.history))


def fixed_helper(labels, classifier):
    """Return the helper of a classifier: a Keras model itself, or a network that imitates another one."""
    logits = classifier.logits if isinstance(classifier, KerasClassifier) else None
    return Helper(labels.layout, is_fixed=True, classifier=logits)


def _shorter(plan, n_epochs_before):
    """Return the plan of the fine-tuning that follows a fit."""
    steps = max(_LEAST_STEPS, round(_SHARE_OF_STEPS * n_epochs_before * plan.steps_per_epoch))
    epochs = math.ceil(steps / plan.steps_per_epoch)
    return dataclasses.replace(
        plan,
        learning_rate=_SHARE_OF_RATE * plan.learning_rate,
        epochs=epochs,
        steps_per_epoch=math.ceil(steps / epochs),
        first_epoch=plan.first_epoch + n_epochs_before,
        patience=None,
        callbacks=(),
    )
