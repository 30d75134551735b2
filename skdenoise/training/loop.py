"""Training: the fit loop, its schedule and what it leaves behind."""

import functools
import json
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import joblib
import keras
import numpy as np

from skdenoise.backend import devices
from skdenoise.backend.compiled import CompiledNetwork, borrowed, set_jit_compile
from skdenoise.networks.architecture import Architecture, initialize
from skdenoise.progress import progress_callbacks
from skdenoise.seeding import Stream, derived_seed
from skdenoise.training.batches import TrainingBatches, ValidationBatches
from skdenoise.training.device_noise import (
    DeviceNoise,
    storage_on_device,
    with_noise,
    without_noise,
)

# Steps between two returns to Python: fewer returns leave more of the processor to a small network.
_STEPS_PER_EXECUTION = 8


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly to its peak, then falls to zero along half a cosine.

    Peak and length are variables of the optimizer, not constants of the compiled code, so that one
    compiled network serves fits of any learning rate and length.

    Parameters
    ----------
    warmup : float
        Share of the steps in which the rate rises.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.
    """

    def __init__(self, warmup):
        self.warmup = warmup
        self.peak = None
        self.steps = None

    def bind(self, optimizer):
        """Keep peak and length among the variables of `optimizer`."""
        self.peak = optimizer.add_variable((), dtype="float32", name="peak_learning_rate")
        self.steps = optimizer.add_variable((), initializer="ones", dtype="float32", name="steps")

    def __call__(self, step):
        """Return the learning rate of a step."""
        ops = keras.ops
        peak = ops.convert_to_tensor(self.peak)
        done = (ops.cast(step, "float32") + 1) / ops.convert_to_tensor(self.steps)
        rising = done / self.warmup
        falling = (1 + ops.cos(math.pi * ops.clip(_share(done, self.warmup), 0, 1))) / 2
        return peak * ops.where(done < self.warmup, rising, falling)

    def get_config(self):
        """Return the parameters."""
        return {"warmup": self.warmup}


def _share(done, warmup):
    """Return how much is done of what follows the warm-up."""
    return (done - warmup) / (1 - warmup)


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

    architecture: Architecture
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


@dataclass
class Outcome:
    """What a fit has learned.

    Parameters
    ----------
    weights : list of ndarray
        Of the network.
    optimizer_state : tuple of (key, list of ndarray) or None
        Of the optimizer, and what tells it from others; ``None`` after an interrupt.
    history : dict of list of float
        Loss per epoch and, with validation images, ``val_loss``.
    interrupt : KeyboardInterrupt, Exception or None
        What ended it early, after at least one epoch: the user, or images that could not be read.
    """

    weights: list
    optimizer_state: tuple | None
    history: dict
    interrupt: BaseException | None = None


def train(plan, pairs, training, validation, *, weights=None, optimizer_state=None) -> Outcome:
    """Train a network.

    Parameters
    ----------
    plan : Plan
        How.
    pairs : Pairs
        On what.
    training, validation : ndarray of int
        Which images to train on, and which to hold out (may be none).
    weights : list of ndarray or None
        What to continue from; ``None`` starts anew.
    optimizer_state : tuple or None
        As in `Outcome`, to continue from; that of another optimizer counts for nothing.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        Where the loss became infinite or NaN.
    KeyboardInterrupt, or what was raised when a batch was made
        In the first epoch. Later it is handed over in the outcome.
    """
    size, storage = pairs.padded_size, storage_on_device(pairs, plan)
    pool_key = _pool_key(plan, size, storage)
    with borrowed(pool_key, lambda: _compile(plan, size, storage)) as compiled:
        _set_weights(plan, size, compiled.network, weights)
        key, state = optimizer_state or (None, None)
        compiled.reset_optimizer(state if key == optimizer_key(plan) else None)
        _set_learning_rate(plan, compiled)
        if storage is not None:
            compiled.device_noise.start_fit(pairs.noise)
        return _fit(plan, pairs, training, validation, compiled)


def _fit(plan, pairs, training, validation, compiled):
    trainable = _trainable(compiled.network)
    learned_from = pairs if compiled.device_noise is None else without_noise(pairs)
    batches = TrainingBatches(
        learned_from, training, plan.batch_size, plan.seed, plan.first_epoch, plan.steps_per_epoch
    )
    held_out = None
    if len(validation):
        held_out = ValidationBatches(pairs, validation, plan.batch_size, plan.seed)
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
            shuffle=False,
            verbose=0,
        )
    except (KeyboardInterrupt, Exception) as error:
        interrupt = _interrupt(error, batches, held_out)
        if interrupt is None:
            raise
        if record.weights is None:
            raise interrupt from interrupt.__cause__
        compiled.is_reusable = False
        return Outcome(record.weights, None, record.history, interrupt)
    finally:
        for callback in progress:
            callback.on_train_end()
        for dataset in (batches, held_out):
            if dataset is not None:
                dataset.release()
    if not record.history:
        raise ValueError(
            "The fit had no epoch: one of the callbacks has ended it before the first, as "
            "BackupAndRestore does where its backup is of a fit that was as long."
        )
    if _restores(plan.callbacks) or _trainable(compiled.network) != trainable:
        # A next fit would be taken up midway too, or with layers that are frozen.
        compiled.is_reusable = False
    state = optimizer_key(plan), compiled.optimizer_state()
    return Outcome(compiled.network.get_weights(), state, record.history)


def _restores(callbacks):
    return any(isinstance(one, keras.callbacks.BackupAndRestore) for one in callbacks)


def _trainable(network):
    return [layer.trainable for layer in network.layers]


def _interrupt(error, *batches):
    """Return what ended a fit, where that was the user, or a batch that could not be made."""
    if isinstance(error, KeyboardInterrupt):
        return error
    return next((b.failure for b in batches if b is not None and b.failure is not None), None)


class EpochRecord(keras.callbacks.Callback):
    """Leads the batches, and the noise of a device, from epoch to epoch, and keeps what each ends with.

    It keeps the losses and, in case of an interrupt, the weights: they cannot be asked of the model
    then, since JAX has them elsewhere meanwhile.
    """

    def __init__(self, batches, compiled):
        super().__init__()
        self.batches = batches
        self.compiled = compiled
        self.history = {}
        self.weights = None

    def on_epoch_begin(self, epoch, logs=None):
        """Let the batches be those of the epoch."""
        self.batches.start_epoch(epoch)
        if self.compiled.device_noise is not None:
            self.compiled.device_noise.start_epoch(self.batches.seed, self.batches.epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Keep the results of an epoch."""
        if not np.isfinite(logs["loss"]):
            raise ValueError(
                f"The loss became {logs['loss']} in epoch {epoch + 1}: training diverged. Lower "
                "the learning_rate, or check value_range against the images."
            )
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.weights = self.compiled.network.get_weights()


def _compile(plan, size, storage):
    network = model = plan.architecture.build(size, plan.precision, plan.seed)
    # A user's own network may draw random numbers, as dropout does. Their state is no weight.
    draws = len(network.variables) > len(network.weights)
    noise = None
    if storage is not None:
        noise = DeviceNoise(storage)
        model = with_noise(network, noise)
    optimizer, schedule = _optimizer(plan)
    model.compile(
        optimizer=optimizer,
        loss=_named("loss", plan.loss, keras.losses.get),
        steps_per_execution=(_STEPS_PER_EXECUTION if devices.can_execute_several_steps() else 1),
    )
    set_jit_compile(model)
    compiled = CompiledNetwork(model, schedule, network, noise)
    compiled.is_reusable = not draws
    return compiled


def _optimizer(plan):
    """Return an optimizer, and the schedule that its learning rate follows, if it does."""
    if not isinstance(plan.optimizer, str | None):
        return type(plan.optimizer).from_config(plan.optimizer.get_config()), None
    kind = keras.optimizers.Adam
    if plan.optimizer is not None:
        kind = type(_named("optimizer", plan.optimizer, keras.optimizers.get))
    if plan.warmup is None:  # a number, which callbacks may change
        return kind(learning_rate=plan.learning_rate, **dict(plan.adam)), None
    schedule = Schedule(plan.warmup)
    optimizer = kind(learning_rate=schedule, **dict(plan.adam))
    schedule.bind(optimizer)
    return optimizer, schedule


def _named(parameter, value, get):
    """Return what Keras knows by this name."""
    try:
        return get(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{parameter}={value!r} is not known to Keras: {error}") from error


def _set_learning_rate(plan, compiled):
    if compiled.schedule is not None:
        compiled.schedule.peak.assign(plan.learning_rate)
        compiled.schedule.steps.assign(plan.epochs * plan.steps_per_epoch)
    elif isinstance(plan.optimizer, str | None):
        compiled.model.optimizer.learning_rate = plan.learning_rate


def _set_weights(plan, size, network, weights):
    """Give a network `weights`, or where there are none the initial ones of the plan's seed."""
    seed = derived_seed(plan.seed, Stream.WEIGHTS)
    if weights is not None:
        network.set_weights(weights)
    elif plan.architecture.is_built_in:
        initialize(network, seed)
    else:
        network.set_weights(plan.architecture.build(size, plan.precision, seed).get_weights())


def _pool_key(plan, size, storage):
    return (
        "training",
        storage,
        plan.architecture,
        plan.architecture.input_shape(size),
        plan.precision,
        _loss_key(plan.loss),
        optimizer_key(plan),
    )


def _loss_key(loss):
    """Return what tells a loss, or what one is made of, from others.

    Of a function with bound arguments it is these and the function. Of an instance it is class and
    state, but for its name; not its configuration, from which it may leave out some parameters. A
    layer is like nothing but itself.
    """
    if isinstance(loss, functools.partial):
        return loss.func, _loss_key(loss.args), _loss_key(loss.keywords)
    if isinstance(loss, keras.losses.Loss):
        state = {name: value for name, value in vars(loss).items() if name != "name"}
        return type(loss), _loss_key(state)
    if isinstance(loss, dict):
        return tuple((name, _loss_key(value)) for name, value in sorted(loss.items()))
    if isinstance(loss, list | tuple):
        return tuple(map(_loss_key, loss))
    if isinstance(loss, keras.DTypePolicy):
        return loss.name
    return loss if isinstance(loss, Hashable) else joblib.hash(loss)


def optimizer_key(plan):
    """Return what tells the optimizer of a plan from others."""
    optimizer = plan.optimizer
    if hasattr(optimizer, "get_config"):
        optimizer = (
            type(optimizer),
            json.dumps(optimizer.get_config(), sort_keys=True, default=repr),
        )
    return optimizer, plan.adam, plan.warmup
