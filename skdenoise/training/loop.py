"""Loop: a fit, and what it has learned."""

from dataclasses import dataclass

import keras
import numpy as np

from skdenoise.backend import devices
from skdenoise.backend.compiled import CompiledNetwork, borrowed, set_jit_compile
from skdenoise.networks.architecture import initial_weights
from skdenoise.progress import progress_callbacks
from skdenoise.seeding import Stream, derived_seed
from skdenoise.training.batches import TrainingBatches, ValidationBatches
from skdenoise.training.keys import optimizer_identity, training_key
from skdenoise.training.schedule import Schedule

# Steps between two returns to Python, which take as long as a step of a small network.
_STEPS_PER_EXECUTION = 8


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
    model : keras.Model or None
        The trained model, if it is a user's own network.
    """

    weights: list
    optimizer_state: tuple | None
    history: dict
    interrupt: BaseException | None = None
    model: keras.Model | None = None


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
    key = training_key(plan.architecture, plan.precision, plan.loss, _optimizer_parameters(plan))
    with borrowed(key, lambda: _compile(plan, pairs.padded_size)) as compiled:
        _set_weights(plan, compiled.model, weights)
        identity, state = optimizer_state or (None, None)
        compiled.reset_optimizer(state if identity == _optimizer_identity(plan) else None)
        _set_learning_rate(plan, compiled)
        return _fit(plan, pairs, training, validation, compiled)


def _fit(plan, pairs, training, validation, compiled):
    trainable = _trainable(compiled.model)
    batches = TrainingBatches(
        pairs, training, plan.batch_size, plan.seed, plan.first_epoch, plan.steps_per_epoch
    )
    held_out = None
    if len(validation):
        held_out = ValidationBatches(pairs, validation, plan.batch_size, plan.seed)
    record = EpochRecord(batches)
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
        return Outcome(record.weights, None, record.history, interrupt, _own_model(plan, compiled))
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
    if _restores(plan.callbacks) or _trainable(compiled.model) != trainable:
        # A next fit would be taken up midway too, or with layers that are frozen.
        compiled.is_reusable = False
    state = _optimizer_identity(plan), compiled.optimizer_state()
    weights = compiled.model.get_weights()
    return Outcome(weights, state, record.history, model=_own_model(plan, compiled))


def _own_model(plan, compiled):
    """Return the model of a user's own network, which a second call might build in another way."""
    return None if plan.architecture.is_built_in else compiled.model


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
    """Advance the batches to each epoch, and record losses and weights.

    Weights are copied here because with JAX the model does not hold them during ``fit``, so that an
    interrupt could not ask it for them.
    """

    def __init__(self, batches):
        super().__init__()
        self.batches = batches
        self.history = {}
        self.weights = None

    def on_epoch_begin(self, epoch, logs=None):
        """Advance the batches."""
        self.batches.start_epoch(epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Record what the epoch has given."""
        if not np.isfinite(logs["loss"]):
            raise ValueError(
                f"The loss became {logs['loss']} in epoch {epoch + 1}: training diverged. Lower "
                "the learning_rate, or check value_range against the images."
            )
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.weights = self.model.get_weights()


def _compile(plan, size):
    model = plan.architecture.build(size, plan.precision, derived_seed(plan.seed, Stream.WEIGHTS))
    optimizer, schedule = _optimizer(plan)
    model.compile(
        optimizer=optimizer,
        loss=_named("loss", plan.loss, keras.losses.get),
        steps_per_execution=_STEPS_PER_EXECUTION if devices.can_execute_several_steps() else 1,
    )
    set_jit_compile(model)
    return CompiledNetwork(model, schedule)


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


def _set_weights(plan, model, weights):
    """Load `weights`, or if None the initial ones of the plan's seed."""
    if weights is not None:
        model.set_weights(weights)
    elif plan.architecture.is_built_in:  # a user's own network was built just now, with the seed
        seed = derived_seed(plan.seed, Stream.WEIGHTS)
        model.set_weights(initial_weights(plan.architecture, seed))


def _optimizer_parameters(plan):
    """Return what decides the optimizer, except learning rates that are set for each fit."""
    return plan.optimizer, plan.adam, plan.warmup


def _optimizer_identity(plan):
    return optimizer_identity(plan.optimizer), plan.adam, plan.warmup
