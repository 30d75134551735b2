"""Plan: all decisions of a fit, from the parameters of a U-Net denoiser and its recipe."""

import copy
import inspect
import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from skdenoise.images.ragged import ImageList
from skdenoise.seeding import Stream, generator
from skdenoise.user_warnings import warn_user

# Early stopping holds out at most this many images by default. More would take longer without a benefit.
_MOST_HELD_OUT = 1000

# Height and width of the patches of a list of images.
_PATCH_SIZE = 64
# A warning is raised if a small image among larger ones makes the patches smaller than this.
_LEAST_PATCH_SIZE = 32

# With a classifier. On validation images of MNIST with noise of 0.4 (means of two seeds), weights of 1, 2 and 4 gave
# kNN 0.9, 1.0 and 1.2 points more than a denoiser of pixels, a forest 2.0, 2.3 and 2.5, logistic regression 1.4, 1.7
# and 1.6, and an MLP 0.6, 0.7 and 0.7. The denoised images lost 0.3 to 0.9, 0.6 to 1.6 and 0.9 to 2.4 dB. (Labels of
# noisy images counted less then than `HALF_WEIGHT_NOISE_OF_FIXED` makes them count.)
_LABEL_WEIGHT = 2.0

# Epochs without progress, with early_stopping=True.
_PATIENCE = 5


@dataclass(frozen=True)
class Plan:
    """One fit, with all decisions made.

    Parameters
    ----------
    architecture : Architecture
        The network.
    precision : "float32" or "bfloat16"
        Compute dtype.
    loss, optimizer
        As Keras takes them. If the optimizer is None, uses Adam.
    adam : tuple of (name, value)
        Parameters of Adam if the optimizer is None.
    learning_rate : float
        The rate, or its peak, of an optimizer given by name. An instance has its own.
    warmup : float or None
        As in `Recipe`.
    epochs, steps_per_epoch, batch_size : int
        Length of the fit, and images per step.
    first_epoch : int
        Number of epochs done in earlier fits. Their order and noise are not drawn again.
    patience : int or None
        The fit stops after this many epochs without progress of the validation loss. If None, never.
    callbacks : sequence of keras.callbacks.Callback
        Used as they are, without copies.
    verbose : int
        As in `UNetDenoiser`.
    label_weight : float
        Weight of the loss of a helper that learns labels. 0 if there is no helper.
    measures_psnr : bool
        Whether the PSNR of each epoch is computed, for which the targets must be clean.
    seed : int
        Determines order, noise and initial weights.
    """

    architecture: Any
    precision: str
    loss: Any
    optimizer: Any
    adam: tuple
    learning_rate: float
    warmup: float | None
    epochs: int
    steps_per_epoch: int
    batch_size: int
    first_epoch: int
    patience: int | None
    callbacks: tuple
    verbose: int
    label_weight: float
    measures_psnr: bool
    seed: int


def check_training_params(denoiser):
    """Check the parameters of a `UNetDenoiser` that control training."""
    _check_number("epochs", denoiser.epochs, Integral, 1, optional=True)
    _check_number("batch_size", denoiser.batch_size, Integral, 1, optional=True)
    _check_number("validation_split", denoiser.validation_split, Real, 0, below=1, optional=True)
    _check_number("early_stopping", _early_stopping(denoiser), Integral, 0)
    _check_number("label_weight", denoiser.label_weight, Real, 0, optional=True)
    _check_number("verbose", denoiser.verbose, Integral, 0)
    _check_number("learning_rate", denoiser.learning_rate, Real, 0, optional=True)
    if denoiser.learning_rate == 0:
        raise ValueError("learning_rate=0 must be a number > 0; with 0 nothing is learned.")
    if denoiser.learning_rate is not None and not isinstance(denoiser.optimizer, str | None):
        raise ValueError(
            f"learning_rate={denoiser.learning_rate!r} is given with an optimizer that has its own, "
            f"{type(denoiser.optimizer).__name__}. Set it there, or give the optimizer by name."
        )
    _check_loss(denoiser.loss)
    if denoiser.early_stopping and denoiser.validation_split == 0:
        raise ValueError(
            "validation_split=0 with early_stopping: val_loss needs held-out images. Give a "
            "validation_split > 0, or leave early_stopping out."
        )


def _early_stopping(denoiser):
    """Return the parameter, a boolean of NumPy as one of Python."""
    value = denoiser.early_stopping
    return bool(value) if isinstance(value, np.bool_) else value


def resolve_label_weight(denoiser):
    """Return the weight of the labels, 0 if they do not count."""
    if denoiser.label_weight is None:
        return 0.0 if denoiser.classifier is None else _LABEL_WEIGHT
    return float(denoiser.label_weight)


def resolve_patch_size(patch_size, images):
    """Return height and width of the training patches, or None to train on whole images."""
    is_list = isinstance(images, ImageList)
    if patch_size is None:
        return _usual_patch_size(images) if is_list else None
    size = tuple(patch_size) if np.iterable(patch_size) else (patch_size, patch_size)
    if len(size) != 2 or not all(isinstance(side, Integral) and side > 0 for side in size):
        raise ValueError(
            f"patch_size={patch_size!r} is neither a positive integer nor a pair (height, width) of "
            "positive integers."
        )
    for shape in images.shapes if is_list else [images.shape[1:]]:
        if shape[0] < size[0] or shape[1] < size[1]:
            raise ValueError(
                f"patch_size={patch_size!r} is larger than an image of {shape[0]}x{shape[1]} pixels. "
                "Give a smaller patch_size, or leave that image out."
            )
    return int(size[0]), int(size[1])


def _usual_patch_size(images):
    """Return the default height and width of patches, which fit in every image of a list."""
    sides = [min(shape[:2]) for shape in images.shapes]
    least, median = min(sides), int(np.median(sides))
    if least < _LEAST_PATCH_SIZE and median >= _PATCH_SIZE:
        index = sides.index(least)
        height, width = images.shapes[index][:2]
        warn_user(
            f"The training patches are {least}x{least} pixels, since {images.called(index)} has only "
            f"{height}x{width}, while most images are at least {_PATCH_SIZE} pixels high and wide. Leave "
            f"small images out, or give patch_size={least} if you want such small patches.",
        )
    return (min(_PATCH_SIZE, least),) * 2


def split(denoiser, recipe, pairs, seed, partial=False):
    """Return the indices of the images to train on, and of the images to hold out.

    If the images are in a store, the held-out images come from as few blocks as possible, so that
    validation reads few of them.
    """
    n_images = len(pairs.clean)
    share, most = recipe.validation_split, n_images
    if denoiser.validation_split is not None:
        share = denoiser.validation_split
    elif denoiser.early_stopping and not share:
        share, most = 0.1, _MOST_HELD_OUT
    # A call of partial_fit has few images, and one epoch, after which nothing could stop early.
    n_held_out = 0 if partial else min(most, math.ceil(n_images * share))
    if n_held_out == n_images:
        raise ValueError(
            f"validation_split={share} of {n_images} sample(s) leaves none to train on. Give more images, "
            "or validation_split=0."
        )
    order = pairs.shuffled(np.arange(n_images), generator(seed, Stream.SPLIT), mixed=1)
    # Sorted, so that the images of a block are read together.
    return np.sort(order[n_held_out:]), np.sort(order[:n_held_out])


def make_plan(
    denoiser,
    architecture,
    loss,
    n_training,
    size,
    seed,
    *,
    first_epoch,
    partial,
    measures_psnr,
    starts_trained=False,
):
    """Decide everything that a fit needs, from the parameters of a `UNetDenoiser` and its recipe.

    Parameters
    ----------
    denoiser : UNetDenoiser
        With parameters that were checked.
    architecture : Architecture
        The network.
    loss
        As Keras takes it.
    n_training : int
        Number of images to train on.
    size : (height, width)
        Size of the images or of the patches.
    seed : int
        Determines order, noise and initial weights.
    first_epoch : int
        Number of epochs done in earlier fits.
    partial : bool
        Whether this is the one epoch of ``partial_fit``.
    measures_psnr : bool
        Whether the targets are clean, so that the PSNR of each epoch is of use.
    starts_trained : bool
        Whether the fit starts from weights that remove such noise, and so needs fewer steps.

    Returns
    -------
    Plan
    """
    from skdenoise.backend.devices import n_devices
    from skdenoise.backend.precision import resolve_precision

    recipe = architecture.recipe
    # The recipe for tiny images changes the batch size and the length, which the user has not set then.
    if denoiser.epochs is None and denoiser.batch_size is None and not partial:
        recipe = recipe.for_images(n_training, size)
    recipe = recipe.from_start() if starts_trained else recipe
    # partial_fit does not know how many calls will follow, so its learning rate has no schedule.
    warmup = None if partial else recipe.warmup
    has_schedule = warmup is not None and isinstance(denoiser.optimizer, str | None)
    _check_callbacks(denoiser.callbacks or [], has_schedule)
    batch_size = denoiser.batch_size or recipe.batch_size
    batch_size += -batch_size % n_devices()  # each device takes an equal share
    epochs = 1 if partial else denoiser.epochs
    epochs, steps_per_epoch = recipe.length(n_training, batch_size, epochs)
    # True is also the integer 1, so it is compared by identity.
    stopping = _early_stopping(denoiser)
    patience = _PATIENCE if stopping is True else stopping or None
    return Plan(
        architecture=architecture,
        precision=resolve_precision(denoiser.precision),
        loss=loss,
        optimizer=denoiser.optimizer,
        adam=recipe.adam if denoiser.optimizer is None else (),
        learning_rate=denoiser.learning_rate
        or (recipe.constant_learning_rate if partial else recipe.learning_rate),
        warmup=warmup,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        batch_size=batch_size,
        first_epoch=first_epoch,
        patience=None if partial else patience,
        callbacks=tuple(copy.deepcopy(denoiser.callbacks or [])),
        verbose=denoiser.verbose,
        label_weight=resolve_label_weight(denoiser),
        measures_psnr=measures_psnr,
        seed=seed,
    )


def _check_loss(loss):
    """Raise if copies of a loss, made by clone or pickle, would lose its parameters."""
    if not hasattr(loss, "get_config"):
        return
    takes = inspect.signature(type(loss)).parameters.values()
    named = {p.name for p in takes if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    forgotten = sorted(named - set(loss.get_config()) - {"dtype"})
    if forgotten:
        raise ValueError(
            f"loss is a {type(loss).__name__}. Its copies, which clone, searches and pickle make, "
            f"forget {', '.join(forgotten)}, since its get_config leaves that out. Give a function "
            "instead, such as functools.partial(keras.losses.huber, delta=0.1)."
        )


def _check_callbacks(callbacks, has_schedule):
    """Raise if `callbacks` is not a list, or if one of them would set a learning rate that follows a schedule."""
    import keras

    if not np.iterable(callbacks):
        raise TypeError(f"callbacks={callbacks!r} is not a list. Give a list of callbacks.")
    setting = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
    for callback in callbacks:
        if has_schedule and isinstance(callback, setting):
            raise ValueError(
                f"{type(callback).__name__} would set the learning rate, which already follows a "
                "schedule (see learning_rate). Leave it out, or give an optimizer with its own rate, such "
                "as keras.optimizers.Adam(1e-3)."
            )


def _check_number(name, value, kind, low, below=math.inf, optional=False):
    """Raise if a parameter is not a number of its kind, or not in low <= value < below."""
    if optional and value is None:
        return
    if not isinstance(value, kind) or not low <= value < below:
        what = "an integer" if kind is Integral else "a number"
        limit = "" if below == math.inf else f" and < {below}"
        raise ValueError(f"{name}={value!r} is not {what} >= {low}{limit}.")
