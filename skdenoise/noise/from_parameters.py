"""From parameters: the noise model that the parameters of a function or estimator stand for."""

from typing import Any

from sklearn.base import clone

from skdenoise.noise.by_name import named_model, noise_names
from skdenoise.noise.model import (
    CatalogueModel,
    NoiseModel,
    check_noise_factor,
    warn_of_grey_levels,
)
from skdenoise.noise.severity import CommonCorruption
from skdenoise.typing import NoiseFunction, Severity, Strength


def resolve_noise(
    noise: str | NoiseFunction,
    noise_factor: Strength | None = None,
    *,
    severity: Severity | None = None,
    scale: str | None = None,
    **noise_params: Any,
) -> NoiseFunction:
    """Return the noise model for the parameters of a function or estimator.

    Parameters
    ----------
    noise : str or callable
        A name, a noise model, of which a clone is returned, or any function with the same
        signature.
    noise_factor : float, (low, high) or None
        Strength of a named model. If None, uses its default.
    severity, scale
        Strength of a named model, as in `CommonCorruption`.
    **noise_params
        Parameters of a named model, such as ``amount``.

    Raises
    ------
    ValueError
        If the name is unknown, the strength is given twice, or a strength is given together with a
        noise model, which has its own.
    """
    strengths = {"noise_factor": noise_factor, "severity": severity, "scale": scale}
    given = {name: value for name, value in strengths.items() if value is not None} | noise_params
    if isinstance(noise, str):
        return _named_noise(noise, given)
    if not callable(noise) or isinstance(noise, type):
        raise TypeError(
            f"noise={noise!r} is neither a name, one of {noise_names()}, nor a noise model such as "
            "GaussianNoise(sigma=0.2)."
        )
    if given:
        raise ValueError(
            f"noise={noise!r} is a noise model, which has its own strength. Remove {given}, or "
            "set it on the model."
        )
    _warn_of_grey_levels(noise)
    return clone(noise) if isinstance(noise, NoiseModel) else noise


def _warn_of_grey_levels(model):
    name = model.strength_in_range if isinstance(model, CatalogueModel) else None
    if name is not None and name != "noise_factor":
        warn_of_grey_levels(name, getattr(model, name))


def _named_noise(name, given):
    model = named_model(name)
    if "severity" in given:
        _check_alone("severity", given, beside=("scale",))
        return CommonCorruption(name, **given)
    if "scale" in given:
        raise ValueError(
            f"scale={given['scale']!r} needs a severity. Give severity=, or remove scale."
        )
    if "noise_factor" in given:
        _check_alone("noise_factor", given)
        check_noise_factor(given["noise_factor"])
        if model.strength_in_range is not None:
            warn_of_grey_levels("noise_factor", given["noise_factor"])
        return model.from_factor(given["noise_factor"])
    return _with_params(model, given)


def _check_alone(strength, given, beside=()):
    others = {name: value for name, value in given.items() if name not in (strength, *beside)}
    if others:
        raise ValueError(
            f"Give either {strength}={given[strength]!r} or {others}: both set the strength."
        )


def _with_params(model, params):
    known = model().get_params()
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise TypeError(
            f"{model.__name__} has no parameter {', '.join(unknown)}; it has {', '.join(known)}."
        )
    made = model(**params)
    _warn_of_grey_levels(made)
    return made
