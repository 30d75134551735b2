"""Loop: train a network, and return what it has learned."""

import math
from dataclasses import dataclass, field
from functools import partial

import keras
import numpy as np

from skdenoise.backend.compiled import (
    CompiledNetwork,
    borrowed,
    set_jit_compile,
    steps_per_execution,
)
from skdenoise.errors import DivergedError
from skdenoise.interrupts import raise_noted_interrupt
from skdenoise.networks.helper import Helper, fresh_weights, label_loss
from skdenoise.networks.initial_weights import can_be_drawn, initial_weights
from skdenoise.progress import progress_callbacks
from skdenoise.seeding import Stream, derived_seed
from skdenoise.training.batches import TrainingBatches, ValidationBatches
from skdenoise.training.keys import optimizer_identity, training_key
from skdenoise.training.schedule import Schedule

_LEAST_ERROR = 1e-10  # 100 dB, which no fit reaches


@dataclass
class Outcome:
    """The result of a fit.

    Parameters
    ----------
    weights : list of ndarray
        Weights of the network.
    optimizer_state : tuple of (identity, list of ndarray) or None
        State of the optimizer, and what distinguishes it from other optimizers. None after an interrupt.
    history : dict of list of float
        Loss of each epoch and its PSNR and, with validation images, ``val_loss`` and ``val_psnr``.
    interrupt : KeyboardInterrupt, Exception or None
        What ended the fit early, after at least one epoch: the user, or images that could not be read.
    model : keras.Model or None
        The trained model, if it is a user's own network.
    helper_weights : list of ndarray
        Weights of the helper that learned labels. Empty if there was none.
    """

    weights: list
    optimizer_state: tuple | None
    history: dict
    interrupt: BaseException | None = None
    model: keras.Model | None = None
    helper_weights: list = field(default_factory=list)


def joined(before, now):
    """Return the history of two fits, with NaN where one of its values was not computed."""
    n_before, n_now = (len(history.get("loss", [])) for history in (before, now))
    return {
        name: before.get(name, [math.nan] * n_before) + now.get(name, [math.nan] * n_now)
        for name in (before | now)
    }


def train(
    plan,
    pairs,
    training,
    validation,
    *,
    labels=None,
    helper=None,
    weights=None,
    helper_weights=(),
    optimizer_state=None,
) -> Outcome:
    """Train a network.

    Parameters
    ----------
    plan : Plan
        How to train.
    pairs : Pairs
        What to train on.
    training, validation : ndarray of int
        Indices of the images to train on, and of the images to hold out (may be empty).
    labels : Labels or None
        Labels of all images, for a helper to learn.
    helper : Helper or None
        The helper. If None, and there are labels, one that learns along.
    weights : list of ndarray or None
        Weights to continue from. If None, uses the initial weights of the plan's seed.
    helper_weights : list of ndarray
        Weights of the helper to continue from. If empty, uses initial ones.
    optimizer_state : tuple or None
        State to continue from, as in `Outcome`. Ignored if it is the state of another optimizer.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If the loss becomes infinite or NaN.
    KeyboardInterrupt, or what was raised while a batch was made
        In the first epoch. After it, the exception is part of the outcome.
    """
    if helper is None and labels is not None:
        helper = Helper(labels.layout)
    key = training_key(
        plan.architecture,
        plan.precision,
        (plan.loss, plan.measures_psnr),
        _optimizer_parameters(plan),
        _helper_parameters(helper, pairs.padded_size, plan.label_weight),
    )
    with borrowed(key, lambda: _compile(plan, pairs.padded_size, helper)) as compiled:
        # A reused network holds the weights, the optimizer's state and the rate of another fit, so that
        # all three are set here.
        _set_weights(plan, compiled, weights)
        _set_helper_weights(plan, compiled, helper_weights)
        identity, state = optimizer_state or (None, None)
        own = _optimizer_identity(plan, helper)
        compiled.reset_optimizer(state if identity == own else None)
        _set_learning_rate(plan, compiled)
        return _fit(plan, pairs, labels, training, validation, compiled, own)


def _fit(plan, pairs, labels, training, validation, compiled, optimizer_identity):
    trainable = _trainable(compiled.network)
    batches = TrainingBatches(
        pairs,
        training,
        plan.batch_size,
        plan.seed,
        plan.first_epoch,
        plan.steps_per_epoch,
        labels,
    )
    held_out = None
    if len(validation):
        held_out = ValidationBatches(pairs, validation, plan.batch_size, plan.seed, labels)
    # First in the list: it advances the batches before any other callback of the epoch runs.
    record = EpochRecord(batches, compiled)
    progress = progress_callbacks(plan.verbose, plan.epochs, len(batches))
    callbacks = [record, *plan.callbacks, *progress]
    if plan.patience is not None:
        stop = keras.callbacks.EarlyStopping(patience=plan.patience, restore_best_weights=True)
        callbacks.append(stop)
    try:
        compiled.model.fit(
            batches.for_keras(),
            epochs=plan.epochs,
            validation_data=None if held_out is None else held_out.for_keras(),
            callbacks=callbacks,
            shuffle=False,  # the batches have an order of their own, which follows from the seed
            verbose=0,  # the callbacks show progress
        )
    except (KeyboardInterrupt, Exception) as error:
        # Keras on TensorFlow raises an error of its own for a batch that could not be made; the batches
        # kept the original.
        interrupt = _interrupt(error, batches, held_out)
        if interrupt is None:
            raise
        if record.weights is None:
            raise interrupt from interrupt.__cause__
        # As after any exception its state is unknown: it may have stopped in the middle of a step.
        compiled.is_reusable = False
        return Outcome(
            record.weights,
            None,
            record.history,
            interrupt,
            _own_model(plan, compiled),
            record.helper_weights,
        )
    finally:
        # Keras does not call it after an exception, and bars would stay open.
        for callback in progress:
            callback.on_train_end()
        for dataset in (batches, held_out):
            if dataset is not None:
                dataset.release()
    if not record.history:
        raise ValueError(
            "The fit had no epoch: a callback ended it before the first one, as BackupAndRestore does if "
            "its backup is from a fit of the same length. Remove the backup, or leave the callback out."
        )
    if _restores(plan.callbacks) or _trainable(compiled.network) != trainable:
        # The next fit that borrowed it would start in the middle too, or with frozen layers.
        compiled.is_reusable = False
    state = optimizer_identity, compiled.optimizer_state()
    return Outcome(
        compiled.network.get_weights(),
        state,
        record.history,
        model=_own_model(plan, compiled),
        helper_weights=_helper_weights(compiled),
    )


def _own_model(plan, compiled):
    """Return the model of a user's own network, since a second call may build another one."""
    return None if plan.architecture.is_built_in else compiled.network


def _helper_weights(compiled):
    """Return the weights of the helper, which come after those of the denoiser."""
    return compiled.model.get_weights()[len(compiled.network.weights) :]


def _restores(callbacks):
    return any(isinstance(one, keras.callbacks.BackupAndRestore) for one in callbacks)


def _trainable(network):
    """Return which layers are trainable, which callbacks may change."""
    return [layer.trainable for layer in network.layers]


def _interrupt(error, *batches):
    """Return what interrupted a fit: the user, or a batch that could not be made; else None."""
    if isinstance(error, KeyboardInterrupt):
        return error
    return next((b.failure for b in batches if b is not None and b.failure is not None), None)


class EpochRecord(keras.callbacks.Callback):
    """Advance the batches to each epoch, and record losses and weights.

    Weights are copied here because with JAX the model does not hold them during ``fit``. After an
    interrupt it would be too late to read them.
    """

    def __init__(self, batches, compiled):
        super().__init__()
        self.batches = batches
        self.compiled = compiled
        self.history = {}
        self.weights = None
        self.helper_weights = []

    def on_epoch_begin(self, epoch, logs=None):
        """Advance the batches."""
        self.batches.start_epoch(epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Record losses and weights, and stop if the loss is not finite."""
        if not np.isfinite(logs["loss"]):
            raise DivergedError(f"The loss became {logs['loss']} in epoch {epoch + 1}")
        weights = self.compiled.network.get_weights()
        # A ReLU may turn NaN into 0, so that neither the loss nor the output show it.
        for variable, weight in zip(self.compiled.network.weights, weights, strict=True):
            if variable.trainable and not np.isfinite(weight).all():
                raise DivergedError(f"A weight became infinite or NaN in epoch {epoch + 1}")
        for name, value in logs.items():
            name = name.replace("pixels_psnr", "psnr")  # the same with a helper as without
            # Before the first epoch here, there are others if BackupAndRestore took up an earlier fit.
            self.history.setdefault(name, [math.nan] * epoch).append(float(value))
        self.weights = weights
        self.helper_weights = _helper_weights(self.compiled)
        raise_noted_interrupt()  # after the epoch is recorded, so that it is kept


def _compile(plan, size, helper):
    seed = derived_seed(plan.seed, Stream.WEIGHTS)
    network = plan.architecture.build(size, plan.precision, seed)
    is_drawn = plan.architecture.is_built_in and can_be_drawn(network, seed)
    draw = partial(initial_weights, network, seed) if is_drawn else None
    model, loss, loss_weights = network, _named("loss", plan.loss, keras.losses.get), None
    if helper is not None:
        model = helper.attached_to(network, size, _helper_seed(plan))
        loss, loss_weights = [loss, label_loss(helper.layout)], [1.0, plan.label_weight]
    optimizer, schedule = _optimizer(plan)
    model.compile(
        optimizer=optimizer,
        loss=loss,
        loss_weights=loss_weights,
        metrics=_metrics(plan, helper),
        steps_per_execution=steps_per_execution(),
    )
    set_jit_compile(model)
    return CompiledNetwork(model, schedule, draw, network)


class _PSNR(keras.metrics.MeanSquaredError):
    """PSNR in dB of all images of an epoch together, whose values of black and white are 0 and 1."""

    def __init__(self):
        super().__init__(name="psnr")

    def result(self):
        return -10 * keras.ops.log10(keras.ops.maximum(super().result(), _LEAST_ERROR))


def _metrics(plan, helper):
    """Return what is measured of each output: the pixels and, with a helper, the labels."""
    of_pixels = [_PSNR()] if plan.measures_psnr else []
    return of_pixels if helper is None else [of_pixels, []]


def _optimizer(plan):
    """Return a new optimizer, and the schedule of its learning rate or None."""
    if not isinstance(plan.optimizer, str | None):
        # A copy: the user's instance keeps no state of this fit, and can be given to several denoisers.
        return type(plan.optimizer).from_config(plan.optimizer.get_config()), None
    kind = keras.optimizers.Adam
    if plan.optimizer is not None:
        kind = type(_named("optimizer", plan.optimizer, keras.optimizers.get))
    if plan.warmup is None:  # a plain number, which callbacks may change
        return kind(learning_rate=plan.learning_rate, **dict(plan.adam)), None
    schedule = Schedule(plan.warmup)
    optimizer = kind(learning_rate=schedule, **dict(plan.adam))
    schedule.bind(optimizer)
    return optimizer, schedule


def _named(parameter, value, get):
    """Return the object that Keras has for a name."""
    try:
        return get(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{parameter}={value!r} is not known to Keras: {error}") from error


def _set_learning_rate(plan, compiled):
    if compiled.schedule is not None:
        compiled.schedule.peak.assign(plan.learning_rate)
        # The last step has rate 0, so that a single one would learn nothing.
        compiled.schedule.steps.assign(max(2, plan.epochs * plan.steps_per_epoch))
    elif isinstance(plan.optimizer, str | None):
        compiled.model.optimizer.learning_rate = plan.learning_rate


def _set_weights(plan, compiled, weights):
    """Load `weights`, or if None the initial ones of the plan's seed."""
    if weights is not None:
        compiled.network.set_weights(weights)
        return
    if not plan.architecture.is_built_in:
        return  # a user's own network was just built, with the seed
    seed = derived_seed(plan.seed, Stream.WEIGHTS)
    if compiled.draw_initial is not None:
        compiled.network.set_weights(compiled.draw_initial(seed))
    else:
        again = plan.architecture.build(None, plan.precision, seed)
        compiled.network.set_weights(again.get_weights())


def _set_helper_weights(plan, compiled, weights):
    """Load the weights of the helper, if there is one, or if they are empty the initial ones of its seed."""
    if compiled.model is compiled.network:
        return
    helper = [layer for layer in compiled.model.layers if layer is not compiled.network]
    own = compiled.model.weights[len(compiled.network.weights) :]
    weights = weights or fresh_weights(helper, _helper_seed(plan))
    for variable, values in zip(own, weights, strict=True):
        variable.assign(values)


def _helper_seed(plan):
    return derived_seed(plan.seed, Stream.HELPER)


def _optimizer_parameters(plan):
    """Return all that determines the compiled optimizer. Learning rates are set for each fit."""
    return plan.optimizer, plan.adam, plan.warmup


def _helper_parameters(helper, size, weight):
    """Return all that determines the compiled helper, or None if there is none."""
    if helper is None:
        return None
    size = tuple(map(int, size))
    return size, helper.layout, helper.is_fixed, helper.classifier, weight


def _optimizer_identity(plan, helper):
    """Return what must be equal for an optimizer's state to be used in another fit."""
    trained = None if helper is None or helper.is_fixed else helper.layout
    return optimizer_identity(plan.optimizer), plan.adam, plan.warmup, trained
