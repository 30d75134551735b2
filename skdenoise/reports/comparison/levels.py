"""Noise levels: those to test at, and those to train for."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

from skdenoise.noise.by_name import named_model
from skdenoise.noise.from_parameters import resolve_noise

MATCHED = "matched"


@dataclass(frozen=True)
class NoiseLevel:
    """Noise of the test images.

    Parameters
    ----------
    label : float or str
        The noise factor, or the noise model in words.
    model : callable
        The noise model.
    """

    label: object
    model: Callable


@dataclass(frozen=True)
class TrainingLevel:
    """Noise of the training images.

    Parameters
    ----------
    label : float, (low, high) or str
        The noise factor, or the noise model in words.
    noise, noise_factor
        The same as parameters of a denoiser.
    model : callable
        The noise model.
    tests : tuple of int
        Indices of the test levels.
    """

    label: object
    noise: object
    noise_factor: object
    model: Callable
    tests: tuple
    matched: bool = False

    @property
    def block(self) -> str:
        """The part of the table it belongs to."""
        return MATCHED if self.matched else in_words(self.label)


def noise_levels(noise, noise_factors):
    """Return the test levels from the parameters of a comparison."""
    if not isinstance(noise, str):
        if noise_factors is not None:
            raise ValueError(
                f"noise={noise!r} is a noise model with its own strength. Leave noise_factors out, or give "
                "the name of a noise model."
            )
        model = resolve_noise(noise)
        return [NoiseLevel(str(model), model)]
    if noise_factors is None:
        noise_factors = named_model(noise).typical_factors
    factors = list(noise_factors) if hasattr(noise_factors, "__iter__") else [noise_factors]
    if (
        not factors
        or not all(isinstance(f, Real) for f in factors)
        or len(set(factors)) < len(factors)
    ):
        raise ValueError(
            f"noise_factors={noise_factors!r} must be different numbers, the levels to test at, "
            "such as (0.1, 0.2, 0.4)."
        )
    return [NoiseLevel(float(f), resolve_noise(noise, f)) for f in sorted(factors)]


def training_levels(noise, train_noise_factor, tests):
    """Return the training levels, in the given order."""
    wanted = train_noise_factor if isinstance(train_noise_factor, list) else [train_noise_factor]
    levels = [level for one in wanted for level in _levels_of(noise, one, tests)]
    if not levels:
        raise ValueError("train_noise_factor=[] names no level to train at.")
    if len({(level.block, level.label) for level in levels}) < len(levels):
        raise ValueError(f"train_noise_factor={train_noise_factor!r} names a level twice.")
    return levels


def _levels_of(noise, train_noise_factor, tests):
    if isinstance(train_noise_factor, str):
        if train_noise_factor != MATCHED:
            raise ValueError(
                f"train_noise_factor={train_noise_factor!r} must be {MATCHED!r}, a number, a range "
                "(low, high), or a list of these."
            )
        factors = [level.label if isinstance(noise, str) else None for level in tests]
        return [
            TrainingLevel(level.label, noise, factor, level.model, (index,), matched=True)
            for index, (level, factor) in enumerate(zip(tests, factors, strict=True))
        ]
    if not isinstance(noise, str):
        raise ValueError(
            f"noise={noise!r} has its own strength, so train_noise_factor must be 'matched'; got "
            f"{train_noise_factor!r}."
        )
    if train_noise_factor is None:
        raise ValueError(
            "train_noise_factor=None: give 'matched', a number or a range (low, high)."
        )
    model = resolve_noise(noise, train_noise_factor)
    label = (
        float(train_noise_factor)
        if isinstance(train_noise_factor, Real)
        else tuple(float(end) for end in train_noise_factor)
    )
    return [TrainingLevel(label, noise, train_noise_factor, model, tuple(range(len(tests))))]


def in_words(label) -> str:
    """Return the text of a level."""
    if isinstance(label, tuple):
        return f"{label[0]:g} to {label[1]:g}"
    return label if isinstance(label, str) else f"{label:g}"
