"""Description: the parameters of a denoiser as JSON, and back, without any code."""

import numpy as np

from skdenoise import noise as noise_models
from skdenoise.images.value_range import check_value_range
from skdenoise.inference.base import InferenceStep
from skdenoise.inference.by_name import INFERENCE_STEPS
from skdenoise.noise.adding import corrupt_unit
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.noise.model import NoiseModel

# Noise models within each other, and items of all lists of a parameter. Noise of more parts than that
# would take for ever.
_DEEPEST, _MOST_ITEMS = 16, 1000
# Height and width, at most, of the image on which a noise model is tried.
_TRIED_SIDE = 16


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
        For objects that are not noise models or inference steps of this package, or are too many.
    """
    description = _encoded(value, name)
    _check_size(description, name)
    return description


def cannot_hold(what, instead=""):
    """Return the error for a parameter that is code; `instead` is another way to give it."""
    return ValueError(
        f"{what} cannot be described in a model file, which holds no code. {instead}Use pickle, for files that "
        "only you and those who trust you will load."
    )


def _encoded(value, name):
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [_encoded(item, name) for item in value]
    for kind, base in _KINDS.items():
        if isinstance(value, base) and _class_named(kind, type(value).__name__) is type(value):
            params = value.get_params(deep=False)
            return {
                kind: type(value).__name__,
                "parameters": {
                    key: _encoded(item, f"{name}__{key}") for key, item in params.items()
                },
            }
    raise cannot_hold(f"{name}={value!r}", f"Give {name} by name. ")


def decoded(value, name="a parameter"):
    """Return the parameter that `encoded` has described."""
    _check_size(value, name)
    return _decoded(value)


def _check_size(description, name):
    """Raise an error for a description that is too deep or too long, one level after the other."""
    level, n_items = [description], 0
    for _ in range(2 * _DEEPEST):
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
        n_items += len(level)
        if not level or n_items > _MOST_ITEMS:
            break
    if level:
        raise ValueError(
            f"{name} has more than {_MOST_ITEMS} items, or they are nested too deeply. A model file holds noise "
            "of fewer parts."
        )


def _decoded(value):
    if isinstance(value, dict):
        kind = next((kind for kind in _KINDS if kind in value), None)
        model = kind and _class_named(kind, value[kind])
        if not model:
            raise ValueError(f"it has an unknown object among its parameters: {value!r:.200}.")
        return model(**{name: _decoded(item) for name, item in value["parameters"].items()})
    if isinstance(value, list):
        items = [_decoded(item) for item in value]
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
    if not all(type(value) is int and least <= value < 2**31 for value in values):
        raise ValueError(f"{values!r:.200} are not integers >= {least}.")
    if number is not None and len(values) != number:
        raise ValueError(f"{values!r:.200} are not {number} integers.")
    return values


def value_range(values):
    """Return the values of black and white, checked as those that a user gives."""
    return check_value_range(tuple(values), None)


def noise(description, image_shape):
    """Return a noise model, or None, after adding noise to a small image of `image_shape`."""
    model = decoded(description, "its noise")
    if not isinstance(model, NoiseModel | None):
        raise ValueError(f"{model!r:.200} is not a noise model.")
    if model is not None:
        height, width, channels = image_shape
        sides = (min(side or _TRIED_SIDE, _TRIED_SIDE) for side in (height, width))
        image = np.full((1, *sides, min(channels, _TRIED_SIDE)), 0.5, np.float32)
        _try_noise(model, image)
    return model


def _try_noise(model, image):
    """Add noise to an image; with a model of several, each of them, since a draw would leave some out."""
    for part in getattr(model, "models", ()):
        _try_noise(resolve_noise(part), image)
    corrupt_unit(image, model, np.random.default_rng(0))
