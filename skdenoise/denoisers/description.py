"""Description: the parameters of a denoiser as JSON, and back, without any code."""

import math

import numpy as np

from skdenoise import noise as noise_models
from skdenoise.inference.base import InferenceStep
from skdenoise.inference.by_name import INFERENCE_STEPS
from skdenoise.noise.model import NoiseModel


def encoded(value, name):
    """Return a parameter as JSON: a tuple as a list, an object by its class and parameters.

    Parameters
    ----------
    value
        The parameter.
    name : str
        Its name, for the error message.

    Raises
    ------
    ValueError
        For objects that are not noise models or inference steps of this package.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [encoded(item, name) for item in value]
    for kind, base in _KINDS.items():
        if isinstance(value, base) and _class_named(kind, type(value).__name__) is type(value):
            params = value.get_params(deep=False)
            return {
                kind: type(value).__name__,
                "parameters": {
                    key: encoded(item, f"{name}__{key}") for key, item in params.items()
                },
            }
    raise ValueError(
        f"{name}={value!r} cannot be described in a model file, which holds no code. Give {name} by "
        "name, or use pickle, for files that only you and those who trust you will load."
    )


def decoded(value):
    """Return the parameter that `encoded` has described."""
    if isinstance(value, dict):
        kind = next((kind for kind in _KINDS if kind in value), None)
        model = kind and _class_named(kind, value[kind])
        if not model:
            raise ValueError(f"it has an unknown object among its parameters: {value!r:.200}.")
        return model(**{name: decoded(item) for name, item in value["parameters"].items()})
    if isinstance(value, list):
        items = [decoded(item) for item in value]
        is_list_of_objects = any(isinstance(item, (*_KINDS.values(), str)) for item in items)
        return items if is_list_of_objects else tuple(items)
    return value


_KINDS = {"noise_model": NoiseModel, "inference_step": InferenceStep}


def _class_named(kind, name):
    """Return the noise model or inference step of this package that has a name, None for others."""
    if kind == "inference_step":
        return {step.__name__: step for step in INFERENCE_STEPS.values()}.get(name)
    model = getattr(noise_models, name, None) if name in noise_models.__all__ else None
    is_model = isinstance(model, type) and issubclass(model, NoiseModel)
    return model if is_model else None


def integers(values, number=None, least=1):
    """Return a tuple of integers >= `least`, as many as `number`."""
    values = tuple(values)
    if not all(isinstance(value, int) and least <= value < 2**31 for value in values):
        raise ValueError(f"{values} are not integers >= {least}.")
    if number is not None and len(values) != number:
        raise ValueError(f"{values} are not {number} integers.")
    return values


def value_range(values):
    """Return a pair of finite numbers, the first below the second."""
    low, high = (float(value) for value in values)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"value_range={(low, high)} is not a range.")
    return low, high


def noise(description):
    """Return a noise model, or None."""
    model = decoded(description)
    if not isinstance(model, NoiseModel | None):
        raise ValueError(f"{model!r} is not a noise model.")
    return model
