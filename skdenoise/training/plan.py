"""Plan: what the parameters of a U-Net denoiser decide, and what they leave to the recipe."""

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

# Images that early stopping holds out by itself: more would take longer and say no more.
_MOST_HELD_OUT = 1000

# Height and width of the patches of a list of images.
_PATCH_SIZE = 64
# A small image among larger ones that leaves less of them is warned of.
_LEAST_PATCH_SIZE = 32

_PATIENCE = 5


@dataclass(frozen=True)
class Plan:
    """One fit, with nothing left to decide.

    Parameters
    ----------
    architecture : Architecture
        The network.
    precision : "float32" or "bfloat16"
        Compute dtype.
    loss, optimizer
        As Keras takes them; no optimizer is Adam.
    adam : tuple of (name, value)
        Parameters of that Adam.
    learning_rate : float
        The rate, or its peak, of an optimizer given by name; an instance has its own.
    warmup : float or None
        As in `Recipe`.
    epochs, steps_per_epoch, batch_size : int
        Length of the fit, and size of a step.
    first_epoch : int
        Epochs done before: their order and noise are not drawn again.
    patience : int or None
        Epochs without progress of the validation loss after which the fit stops.
    callbacks : sequence of keras.callbacks.Callback
        Used as they are.
    verbose : int
        As in `UNetDenoiser`.
    seed : int
        Decides order, noise and initial weights.
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
    seed: int


def check_training_params(denoiser):
    """Check those parameters of a `UNetDenoiser` that say how it is trained."""
    _check_number("epochs", denoiser.epochs, Integral, 1, optional=True)
    _check_number("batch_size", denoiser.batch_size, Integral, 1, optional=True)
    _check_number("validation_split", denoiser.validation_split, Real, 0, below=1, optional=True)
    _check_number("early_stopping", denoiser.early_stopping, Integral, 0)
    _check_number("verbose", denoiser.verbose, Integral, 0)
    _check_number("learning_rate", denoiser.learning_rate, Real, 0, optional=True)
    if denoiser.learning_rate == 0:
        raise ValueError("learning_rate=0 must be above 0: nothing would be learned.")
    if denoiser.learning_rate is not None and not isinstance(denoiser.optimizer, str | None):
        raise ValueError(
            f"learning_rate={denoiser.learning_rate!r} stands beside an optimizer that has its "
            f"own, {type(denoiser.optimizer).__name__}; set it there, or give the optimizer by name."
        )
    _check_loss(denoiser.loss)
    if denoiser.early_stopping and denoiser.validation_split == 0:
        raise ValueError(
            "early_stopping watches val_loss, which needs held-out images: give a "
            "validation_split above 0."
        )


def resolve_patch_size(patch_size, images):
    """Return height and width of the patches to train on; None for whole images."""
    is_list = isinstance(images, ImageList)
    if patch_size is None:
        return _usual_patch_size(images) if is_list else None
    size = tuple(patch_size) if np.iterable(patch_size) else (patch_size, patch_size)
    if len(size) != 2 or not all(isinstance(side, Integral) and side > 0 for side in size):
        raise ValueError(
            f"patch_size={patch_size!r} is neither a positive integer nor a pair of such, "
            "(height, width)."
        )
    for shape in images.shapes if is_list else [images.shape[1:]]:
        if shape[0] < size[0] or shape[1] < size[1]:
            raise ValueError(
                f"patch_size={patch_size!r} is larger than an image of {shape[0]}x{shape[1]} pixels. "
                "Give a smaller one, or leave that image out."
            )
    return size


def _usual_patch_size(images):
    """Return the height and width of patches that fit in every image of a list."""
    sides = [min(shape[:2]) for shape in images.shapes]
    least, median = min(sides), int(np.median(sides))
    if least < _LEAST_PATCH_SIZE and median >= _PATCH_SIZE:
        index = sides.index(least)
        height, width = images.shapes[index][:2]
        warn_user(
            f"The patches to train on are {least}x{least} pixels, since {images.called(index)} is but "
            f"{height}x{width}; most images are at least {_PATCH_SIZE} pixels high and wide. Leave "
            f"small images out, or give patch_size={least} if that is meant.",
        )
    return (min(_PATCH_SIZE, least),) * 2


def split(denoiser, recipe, pairs, seed, partial=False):
    """Return the indices of the images to train on, and of those held out.

    Of images in a store, as few blocks as possible are held out.
    """
    n_images = len(pairs.clean)
    share, most = recipe.validation_split, n_images
    if denoiser.validation_split is not None:
        share = denoiser.validation_split
    elif denoiser.early_stopping and not share:
        share, most = 0.1, _MOST_HELD_OUT
    n_held_out = 0 if partial else min(most, math.ceil(n_images * share))
    if n_held_out == n_images:
        raise ValueError(
            f"validation_split={share} of {n_images} sample(s) leaves none to train on. Give "
            "more images, or validation_split=0."
        )
    order = pairs.shuffled(np.arange(n_images), generator(seed, Stream.SPLIT), mixed=1)
    return np.sort(order[n_held_out:]), np.sort(order[:n_held_out])


def make_plan(denoiser, architecture, loss, n_training, size, seed, *, first_epoch, partial):
    """Decide everything that the parameters of a `UNetDenoiser` leave open.

    Parameters
    ----------
    denoiser : UNetDenoiser
        Its parameters have been checked.
    architecture : Architecture
        The network.
    loss
        As Keras takes it.
    n_training : int
        Number of images to train on.
    size : (height, width)
        Of the images, or of the patches.
    seed : int
        Decides order, noise and initial weights.
    first_epoch : int
        Number of epochs done before.
    partial : bool
        Whether it is one epoch, of ``partial_fit``.

    Returns
    -------
    Plan
    """
    from skdenoise.backend.devices import n_devices
    from skdenoise.backend.precision import resolve_precision

    recipe = architecture.recipe
    if denoiser.epochs is None and denoiser.batch_size is None and not partial:
        recipe = recipe.for_images(n_training, size)
    warmup = None if partial else recipe.warmup
    if warmup is not None and isinstance(denoiser.optimizer, str | None):
        _check_callbacks(denoiser.callbacks or [])
    batch_size = denoiser.batch_size or recipe.batch_size
    batch_size += -batch_size % n_devices()
    epochs = 1 if partial else denoiser.epochs
    epochs, steps_per_epoch = recipe.length(n_training, batch_size, epochs)
    patience = _PATIENCE if denoiser.early_stopping is True else denoiser.early_stopping or None
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
        seed=seed,
    )


def _check_loss(loss):
    """Raise where copies of a loss, as clone and pickle make them, would not have its parameters."""
    if not hasattr(loss, "get_config"):
        return
    takes = inspect.signature(type(loss)).parameters.values()
    named = {p.name for p in takes if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    forgotten = sorted(named - set(loss.get_config()) - {"dtype"})
    if forgotten:
        raise ValueError(
            f"loss is a {type(loss).__name__}, whose copies, as clone, searches and pickle make them, "
            f"forget {', '.join(forgotten)}, since its get_config leaves that out. Give a function, "
            "such as functools.partial(keras.losses.huber, delta=0.1)."
        )


def _check_callbacks(callbacks):
    """Raise where a callback would set a learning rate that follows a schedule."""
    import keras

    setting = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
    for callback in callbacks:
        if isinstance(callback, setting):
            raise ValueError(
                f"{type(callback).__name__} is to set the learning rate, which follows a schedule "
                "already (see learning_rate). Leave it out, or give an optimizer with a rate of its own, "
                "such as keras.optimizers.Adam(1e-3)."
            )


def _check_number(name, value, kind, low, below=math.inf, optional=False):
    """Raise where a parameter is no number of its kind, or outside low <= value < below."""
    if optional and value is None:
        return
    if not isinstance(value, kind) or not low <= value < below:
        what = "an integer" if kind is Integral else "a number"
        limit = "" if below == math.inf else f" and below {below}"
        raise ValueError(f"{name}={value!r} is not {what} of at least {low}{limit}.")
