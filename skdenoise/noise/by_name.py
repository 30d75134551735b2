"""Resolution of noise: which model the parameters of a function or estimator stand for."""

from sklearn.base import clone

from skdenoise.noise.catalogue import named_model, noise_names
from skdenoise.noise.model import NoiseModel, check_noise_factor
from skdenoise.noise.severity import CommonCorruption


def resolve_noise(noise, noise_factor=None, *, severity=None, scale=None, **noise_params):
    """Return the noise model that the parameters of a function or estimator mean.

    Parameters
    ----------
    noise : str or callable
        A name, or a noise model: an instance, of which a clone is returned, or any callable with
        its signature.
    noise_factor : float, (low, high) or None
        The strength of a named model; ``None`` is its default.
    severity, scale
        The strength of a named model, as in `CommonCorruption`.
    **noise_params
        Parameters of a named model, such as ``amount``.

    Raises
    ------
    ValueError
        For an unknown name, for a strength that is given twice, and for a strength beside an
        instance, which has its own.
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
            f"noise={noise!r} is a noise model with a strength of its own; leave out {given}, or "
            "set it on the model."
        )
    return clone(noise) if isinstance(noise, NoiseModel) else noise


def _named_noise(name, given):
    model = named_model(name)
    if "severity" in given:
        _check_alone("severity", given, beside=("scale",))
        return CommonCorruption(name, **given)
    if "scale" in given:
        raise ValueError(f"scale={given['scale']!r} says which severity is meant: give severity=.")
    if "noise_factor" in given:
        _check_alone("noise_factor", given)
        check_noise_factor(given["noise_factor"])
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
    return model(**params)
