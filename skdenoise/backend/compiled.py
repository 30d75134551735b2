"""The pool of compiled networks, which are costly to make and never freed by Keras.

Compiling a network takes seconds, and what TensorFlow keeps of it (20 MiB for the default network,
measured by ``benchmarks/memory_of_repeated_fits.py``) is not given back when the model is deleted.
So a compiled network is borrowed for a fit or a transform, given the weights of its borrower, and
put back for the next one.
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
    schedule : training.Schedule or None
        The learning rate schedule of the optimizer, where it is one of ours.
    network : keras.Model or None
        The network itself, whose weights `model` shares; ``None`` where it is `model`.
    device_noise : DeviceNoise or None
        The layer of `model` that draws noise before the network.

    Attributes
    ----------
    is_reusable : bool
        Set to False by a borrower who leaves it in an unknown state.
    """

    def __init__(self, model, schedule=None, network=None, device_noise=None):
        self.model = model
        self.schedule = schedule
        self.network = model if network is None else network
        self.device_noise = device_noise
        self.is_reusable = True
        self._holds = None
        self._optimizer_start = None

    def load(self, weights):
        """Give the network these weights, unless it holds the very same list already."""
        if self._holds is not weights:
            self.network.set_weights(weights)
            self._holds = weights

    def optimizer_state(self):
        """Return a copy of the optimizer's variables, as arrays."""
        variables = self.model.optimizer.variables
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

    def reset_optimizer(self, state=None):
        """Bring the optimizer to a state that `optimizer_state` returned, by default its first."""
        optimizer = self.model.optimizer
        if self._optimizer_start is None:
            optimizer.build(self.model.trainable_variables)
            self._optimizer_start = self.optimizer_state()
        values = self._optimizer_start if state is None else state
        for variable, value in zip(optimizer.variables, values, strict=True):
            variable.assign(value)


@contextmanager
def borrowed(key, make: Callable[[], CompiledNetwork]):
    """Lend the compiled network of `key`, made if there is none idle, for the time of a ``with``.

    Nobody else holds it meanwhile: a second thread with the same key gets one of its own. After an
    exception it is not put back, since its state is unknown then.

    Parameters
    ----------
    key : hashable
        Equal keys mean networks that differ in nothing but their weights and the devices that they
        are made for, those of the active distribution.
    make : callable
        Makes a `CompiledNetwork`.
    """
    key = (devices.active(), key)
    with _lock:
        compiled = _idle.pop(key, None)
    if compiled is None:
        keep_freed_memory()
        compiled = make()
    yield compiled
    if not compiled.is_reusable:
        return
    with _lock:
        _idle[key] = compiled
        while len(_idle) > CAPACITY:
            _idle.popitem(last=False)


def set_jit_compile(model):
    """Switch XLA off with TensorFlow on a CPU; elsewhere leave it to Keras.

    On a CPU it only cost time (bfloat16 training took four times as long); JAX compiles nothing
    without it.
    """
    if keras.backend.backend() == "tensorflow" and not devices.has_accelerator():
        model.jit_compile = False
