"""Compiled networks, kept for reuse: compiling is slow, and Keras never frees compiled code.

Compiling a network takes seconds, and TensorFlow keeps 20 MiB for the default network, even after the
model is deleted. So a fit or a transform borrows a compiled network, loads its own weights into it, and
returns it for the next one.

A network is kept only if plain values describe it in full. A user's function may return another network
at the next call, for instance because a global that it reads has changed.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from threading import Lock

import keras
import numpy as np

from skdenoise.backend import devices
from skdenoise.backend.allocator import keep_freed_memory
from skdenoise.backend.retracing import without_retracing_warnings

# At most this many networks are kept, since each takes memory while it is idle.
CAPACITY = 8

# Keras makes this many steps before it returns to Python, which takes as long as a step of a small network.
_STEPS_PER_EXECUTION = 8

# In the order of their last use: the network that has been idle longest is dropped first.
_idle: OrderedDict = OrderedDict()
_lock = Lock()


class CompiledNetwork:
    """A compiled ``keras.Model``, and what reusing it needs.

    Parameters
    ----------
    model : keras.Model
        The compiled model, with an optimizer if it will be trained.
    schedule : LearningRateSchedule or None
        The learning rate schedule of the optimizer, if it has one of this package.
    draw_initial : callable or None
        ``draw_initial(seed)`` returns the initial weights of a seed, without building the network again.
    network : keras.Model or None
        The part of the model that denoises. If None, the whole model.

    Attributes
    ----------
    is_reusable : bool
        A borrower that leaves the network in an unknown state sets it to False.
    """

    def __init__(self, model, schedule=None, draw_initial=None, network=None):
        self.model = model
        self.network = model if network is None else network
        self.schedule = schedule
        self.draw_initial = draw_initial
        self.is_reusable = True
        # The list that was loaded last. Lists are compared by identity, which is free; comparing their
        # arrays would cost as much as loading them. The reference also keeps its id from being reused.
        self._loaded = None
        self._optimizer_start = None

    def load(self, weights):
        """Load weights, unless this same list was loaded last."""
        if self._loaded is not weights:
            self.model.set_weights(weights)
            self._loaded = weights

    def optimizer_state(self):
        """Return a copy of the optimizer's variables, as arrays."""
        variables = self.model.optimizer.variables
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

    def reset_optimizer(self, state=None):
        """Set the optimizer to a state from `optimizer_state`; if None, to its initial state."""
        optimizer = self.model.optimizer
        # Keras creates the variables of an optimizer when it is built. Their initial values are copied
        # before the first step changes them, so that the next fit can start from them.
        if self._optimizer_start is None:
            optimizer.build(self.model.trainable_variables)
            self._optimizer_start = self.optimizer_state()
        values = self._optimizer_start if state is None else state
        for variable, value in zip(optimizer.variables, values, strict=True):
            variable.assign(value)


@contextmanager
def borrowed(key, make: Callable[[], CompiledNetwork]):
    """Lend the compiled network of `key` during a ``with`` block.

    Nobody else uses it during that time: a second thread with the same key gets another network. After an
    exception it is not kept, since its state is unknown.

    Parameters
    ----------
    key : hashable or None
        Networks with equal keys differ only in their weights and in the devices that they are compiled
        for, which are those of the active distribution. If None, makes a network that is not kept.
    make : callable
        Returns a new `CompiledNetwork`.
    """
    if key is None:
        with without_retracing_warnings():
            yield _made(make)
        return
    # Variables live on the devices of the distribution, so that another one needs another network.
    key = (devices.active(), key)
    with _lock:
        compiled = _idle.pop(key, None)  # taken out, so that no other thread can borrow it
    if compiled is None:
        compiled = _made(make)  # outside the lock, since compiling takes seconds
    with without_retracing_warnings():
        yield compiled
    if not compiled.is_reusable:
        return
    with _lock:
        _idle[key] = compiled
        while len(_idle) > CAPACITY:
            _idle.popitem(last=False)


def _made(make):
    keep_freed_memory()
    return make()


def steps_per_execution():
    """Return how many steps Keras should make before it returns to Python."""
    return _STEPS_PER_EXECUTION if devices.can_execute_several_steps() else 1


def set_jit_compile(model):
    """Switch XLA off with TensorFlow on a CPU. Elsewhere, leave the choice to Keras.

    On a CPU, XLA only costs time: training in bfloat16 took four times as long. JAX cannot compile without
    it.
    """
    if keras.backend.backend() == "tensorflow" and not devices.has_accelerator():
        model.jit_compile = False
