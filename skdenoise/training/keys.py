"""Keys: describe a compiled network in plain values, so that it can be found and used again.

A network is kept only if plain values describe it in full. Classes and functions of Keras count as plain
and are described by their names. A user's own do not: their code, or a global that they read, may change
between two fits.
"""

import functools
import json

import keras

from skdenoise.networks.architecture import Architecture

_PLAIN = (str, int, float, bool, bytes, type(None))


class _NotPlainError(Exception):
    """Plain values cannot describe this value in full."""


def training_key(architecture: Architecture, precision, loss, optimizer, helper=None):
    """Return the key of a compiled network for training, or None if it must not be kept.

    Parameters
    ----------
    architecture : Architecture
        The network.
    precision : str
        Compute dtype.
    loss
        As Keras takes it.
    optimizer : tuple
        All that determines the optimizer: name or instance, parameters and schedule.
    helper : tuple or None
        All that determines the helper that learns labels, if there is one.
    """
    if not architecture.is_built_in:
        return None
    try:
        described = _described(loss), _described(optimizer), _described(helper)
        return "training", architecture, architecture.declared.source, precision, *described
    except _NotPlainError:
        return None


def forward_key(architecture: Architecture, precision):
    """Return the key of a compiled forward pass, or None for a user's own network."""
    if not architecture.is_built_in:
        return None
    return "forward", architecture, architecture.declared.source, precision


def optimizer_identity(optimizer):
    """Return what distinguishes an optimizer from others, since its state must not go to another."""
    if hasattr(optimizer, "get_config"):
        return type(optimizer), json.dumps(optimizer.get_config(), sort_keys=True, default=repr)
    return optimizer


def _described(value):
    if isinstance(value, _PLAIN):
        # With the type, since True, 1 and 1.0 are equal, but may compile to different code.
        return type(value).__name__, value
    if isinstance(value, list | tuple):
        return tuple(map(_described, value))
    if isinstance(value, dict):
        _check_serialized(value)
        return tuple((name, _described(item)) for name, item in sorted(value.items()))
    if isinstance(value, functools.partial):
        return _described((value.func, value.args, value.keywords))
    if isinstance(value, keras.DTypePolicy):
        return "dtype", value.name
    if isinstance(value, keras.losses.Loss):
        # The attributes, since the configuration of some losses leaves out parameters.
        state = {name: item for name, item in vars(value).items() if name != "name"}
        return _named(type(value)), _described(state)
    if isinstance(value, keras.optimizers.Optimizer):
        config = value.get_config()
        return _named(type(value)), _described({**config, "name": None})  # Keras numbers names
    if callable(value):
        return _named(value)
    raise _NotPlainError


def _named(thing):
    """Return module and name of a class or function of Keras."""
    module, name = getattr(thing, "__module__", ""), getattr(thing, "__qualname__", "")
    # "<locals>" or "<lambda>": made anew at each call, with a closure that the name does not show.
    if not module.startswith("keras.") or "<" in name:
        raise _NotPlainError
    return module, name


def _check_serialized(config):
    """Refuse the configuration of a class that is not part of Keras."""
    if "class_name" in config and not str(config.get("module")).startswith("keras."):
        raise _NotPlainError
