"""Compiled networks, kept for reuse: compiling is slow, and Keras never frees what it compiles.

Compiling a network takes seconds, and TensorFlow keeps 20 MiB of it for the default network, even after
the model is deleted. So a fit or a transform borrows a compiled network, loads its own weights into it,
and gives it back for the next one.

Only what plain values describe in full is kept. A user's function may return another network at the next
call, for instance because a global that it reads has changed.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from threading import Lock

import keras
import numpy as np

from skdenoise.backend import devices
from skdenoise.backend.allocator import keep_freed_memory

CAPACITY = 8

_idle: OrderedDict = OrderedDict()
_lock = Lock()


class CompiledNetwork:
    """A compiled ``keras.Model``, and what is needed to use it again.

    Parameters
    ----------
    model : keras.Model
        Compiled, with an optimizer if it is to be trained.
    schedule : LearningRateSchedule or None
        The learning rate schedule of the optimizer, if it is one of this package.

    Attributes
    ----------
    is_reusable : bool
        Set to False by a borrower who leaves it in an unknown state.
    """

    def __init__(self, model, schedule=None):
        self.model = model
        self.schedule = schedule
        self.is_reusable = True
        # The list that was loaded last, and not only one with equal arrays: comparing identities is free.
        self._loaded = None
        self._optimizer_start = None

    def load(self, weights):
        """Load weights, unless this very list was the last one loaded."""
        if self._loaded is not weights:
            self.model.set_weights(weights)
            self._loaded = weights

    def optimizer_state(self):
        """Return a copy of the optimizer's variables, as arrays."""
        variables = self.model.optimizer.variables
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

    def reset_optimizer(self, state=None):
        """Set the optimizer to a state that `optimizer_state` returned, by default its first."""
        optimizer = self.model.optimizer
        if self._optimizer_start is None:
            optimizer.build(self.model.trainable_variables)
            self._optimizer_start = self.optimizer_state()
        values = self._optimizer_start if state is None else state
        for variable, value in zip(optimizer.variables, values, strict=True):
            variable.assign(value)


@contextmanager
def borrowed(key, make: Callable[[], CompiledNetwork]):
    """Lend the compiled network of `key` for the time of a ``with`` block.

    Nobody else has it in that time: a second thread with the same key gets a network of its own. After an
    exception it is not kept, since its state is unknown.

    Parameters
    ----------
    key : hashable or None
        Equal keys mean networks that differ in nothing but their weights, and the devices that they are
        compiled for, those of the active distribution. None makes a network that is not kept.
    make : callable
        Makes a `CompiledNetwork`.
    """
    if key is None:
        yield _made(make)
        return
    key = (devices.active(), key)
    with _lock:
        compiled = _idle.pop(key, None)
    if compiled is None:
        compiled = _made(make)
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


def set_jit_compile(model):
    """Switch XLA off with TensorFlow on a CPU; elsewhere leave it to Keras.

    On a CPU it only costs time: bfloat16 training took four times as long. JAX cannot compile without it.
    """
    if keras.backend.backend() == "tensorflow" and not devices.has_accelerator():
        model.jit_compile = False
