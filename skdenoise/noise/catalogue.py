"""The catalogue: which noise model a name, a factor or an instance stands for."""

from sklearn.base import clone

from skdenoise.noise.models import (
    GaussianNoise,
    NoiseModel,
    PoissonNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
    check_noise_factor,
)

_MODELS = {
    "gaussian": GaussianNoise,
    "poisson": PoissonNoise,
    "salt_and_pepper": SaltAndPepperNoise,
    "speckle": SpeckleNoise,
}

# The names of ImageNet-C, whose data sets many users come from.
_ALIASES = {
    "gaussian_noise": "gaussian",
    "shot_noise": "poisson",
    "impulse_noise": "salt_and_pepper",
    "speckle_noise": "speckle",
}


def noise_names() -> list[str]:
    """Return the names of the noise models, sorted.

    Examples
    --------
    >>> from skdenoise import noise_names
    >>> noise_names()
    ['gaussian', 'poisson', 'salt_and_pepper', 'speckle']
    """
    return sorted(_MODELS)


def resolve_noise(noise, noise_factor=None, **noise_params):
    """Return the noise model that the parameters of a function or estimator mean.

    Parameters
    ----------
    noise : str or callable
        A name, or a noise model: an instance, of which a clone is returned, or any callable with
        its signature.
    noise_factor : float, (low, high) or None
        The strength of a named model; ``None`` is its default.
    **noise_params
        Parameters of a named model, such as ``amount``.

    Raises
    ------
    ValueError
        For an unknown name, and for a factor or parameters beside an instance, which has its own.
    """
    if isinstance(noise, str):
        return _named_noise(noise, noise_factor, noise_params)
    if not callable(noise) or isinstance(noise, type):
        raise TypeError(
            f"noise={noise!r} is neither a name, one of {noise_names()}, nor a noise model such as "
            "GaussianNoise(sigma=0.2)."
        )
    if noise_factor is not None or noise_params:
        given = noise_params if noise_factor is None else {"noise_factor": noise_factor}
        raise ValueError(
            f"noise={noise!r} is a noise model with a strength of its own; leave out {given}, or "
            "set it on the model."
        )
    return clone(noise) if isinstance(noise, NoiseModel) else noise


def _named_noise(name, noise_factor, noise_params):
    model = _MODELS.get(_ALIASES.get(name, name))
    if model is None:
        raise ValueError(
            f"noise={name!r} is not a known noise model; the names are {noise_names()}."
        )
    if noise_factor is None:
        return _with_params(model, noise_params)
    if noise_params:
        raise ValueError(
            f"Give either noise_factor={noise_factor!r} or {noise_params}: both set the strength."
        )
    check_noise_factor(noise_factor)
    return model.from_factor(noise_factor)


def _with_params(model, params):
    known = model().get_params()
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise TypeError(
            f"{model.__name__} has no parameter {', '.join(unknown)}; it has {', '.join(known)}."
        )
    return model(**params)
