"""The noise model: the base classes of all corruptions of images, and their strengths."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skdenoise.typing import NoiseFunction, Severity, Strength, UnitImages
from skdenoise.user_warnings import warn_user


class NoiseModel(BaseEstimator, ABC):
    """A corruption of images: ``model(images, rng) -> images``.

    Subclasses implement ``__call__``. Their parameters can be searched over, such as
    ``denoise__noise__sigma``.
    """

    @abstractmethod
    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Corrupt a batch of images.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels), float32
            Images in units of the value range: 0 is black, 1 is white. They must not be changed.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        ndarray of the same shape, float32
            Corrupted images. Values may be outside 0..1; the caller clips them.
        """


class CatalogueModel(NoiseModel):
    """A named noise model, which can be made from a noise factor or a severity.

    Attributes
    ----------
    severities : dict of str to tuple of dict
        Parameters for the severities 1 to 5, for each scale (``"cifar"``, ``"imagenet"``). The
        scale is ``"ours"`` if there are no published severities.
    typical_factors : tuple of float
        A moderate and a strong noise factor, used if no factor is given.
    strength_in_range : str or None
        The parameter whose unit is the value range, or ``"noise_factor"`` if only the factor is.
        None for strengths in other units, such as pixels.
    """

    severities: dict[str, tuple[dict[str, float], ...]]
    strength_in_range: str | None = None
    typical_factors: tuple[float, ...] = (0.2, 0.4)

    @classmethod
    @abstractmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with a strength, or a range of strengths. 0 is the identity."""

    @classmethod
    def from_severity(cls, severity: int, scale: str) -> Self:
        """Make the model with a severity from 1 to 5."""
        rows = cls.severities.get(scale) or cls.severities["ours"]
        return cls(**rows[severity - 1])


def severity_table(names: str, **scales: Any) -> dict[str, tuple[dict[str, float], ...]]:
    """Make a table of severities.

    Parameters
    ----------
    names : str
        Names of the parameters, separated by spaces.
    **scales
        For each scale, the values for the severities 1 to 5. If there are several names, each value
        is a tuple.

    Examples
    --------
    >>> severity_table("sigma", ours=(0.1, 0.2))
    {'ours': ({'sigma': 0.1}, {'sigma': 0.2})}
    >>> severity_table("radius alias_blur", ours=((3, 0.1),))
    {'ours': ({'radius': 3, 'alias_blur': 0.1},)}
    """
    parameters = names.split()

    def row(values):
        return dict(zip(parameters, values if len(parameters) > 1 else (values,), strict=True))

    return {scale: tuple(map(row, rows)) for scale, rows in scales.items()}


def draw_strength(
    name: str,
    strength: Strength,
    n_images: int,
    rng: np.random.Generator,
    low: float = 0.0,
    high: float = math.inf,
) -> NDArray[np.float32]:
    """Draw a strength for each image, uniformly if a range is given.

    Returns
    -------
    ndarray of shape (n_images, 1, 1, 1), float32
        Strengths that broadcast over NHWC images.
    """
    bottom, top = check_limits(name, strength, low, high)
    if bottom == top:
        return np.full((n_images, 1, 1, 1), bottom, dtype=np.float32)
    return rng.uniform(bottom, top, (n_images, 1, 1, 1)).astype(np.float32)


def draw_log_uniform(
    name: str, strength: Strength, n_images: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a strength above 0 for each image, log-uniformly if a range is given."""
    logs = map_strength(name, strength, math.log)
    return np.exp(draw_strength(f"log({name})", logs, n_images, rng, low=-math.inf))


def draw_integers(
    name: str, strength: Severity, n_images: int, rng: np.random.Generator, low: int, high: int
) -> NDArray[np.int64]:
    """Draw an integer for each image, uniformly from a range, ends included."""
    bottom, top = check_limits(name, strength, low, high)
    if bottom != int(bottom) or top != int(top):
        raise ValueError(f"{name}={strength!r} must be an integer, or a range of integers.")
    return rng.integers(int(bottom), int(top), n_images, endpoint=True)


def strength_range(name: str, strength: Strength) -> tuple[float, float]:
    """Return (low, high) of a strength, which is a number or a pair."""
    pair = (strength, strength) if isinstance(strength, Real) else strength
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(map(_is_number, pair)):
        raise ValueError(f"{name}={strength!r:.200} is neither a number nor a range (low, high).")
    if pair[0] > pair[1]:
        raise ValueError(f"{name}={strength!r}: expected low <= high.")
    return float(pair[0]), float(pair[1])


def _is_number(value):
    """Return whether a value is a number that a float can hold, or infinity."""
    try:
        return isinstance(value, Real) and not math.isnan(value)
    except OverflowError:
        return False


def check_limits(name: str, strength: Strength, low: float, high: float) -> tuple[float, float]:
    """Return (low, high) of a strength, after a check that it is finite and within limits."""
    bottom, top = strength_range(name, strength)
    if bottom < low or top > high or math.isinf(top):
        limits = (
            f"at least {low:g}, and finite" if math.isinf(high) else f"between {low:g} and {high:g}"
        )
        raise ValueError(f"{name}={strength!r}: it must be {limits}.")
    return bottom, top


def check_number(name: str, value: float, low: float, high: float = math.inf) -> float:
    """Return a parameter as a float. Unlike a strength, it cannot be a range."""
    if not isinstance(value, Real):
        raise ValueError(f"{name}={value!r} must be a number.")
    return check_limits(name, value, low, high)[0]


def check_noise_factor(noise_factor: Strength) -> None:
    """Raise an error unless a noise factor is a number >= 0 or a range of such numbers."""
    low, _ = strength_range("noise_factor", noise_factor)
    if low < 0:
        raise ValueError(f"noise_factor={noise_factor!r}: it must not be negative; 0 is no noise.")


def warn_of_grey_levels(name: str, strength: Strength) -> None:
    """Warn of a strength above 1, if its unit is the value range: it is probably in grey levels."""
    _, high = strength_range(name, strength)
    if 1 < high < math.inf:
        warn_user(
            f"{name}={strength!r} is in units of the value range, in which black is 0 and white is 1: such "
            f"noise hides the images. If it is in grey levels of 0 to 255, divide it by 255: {high:g} of "
            f"255 is {high / 255:.3f}."
        )


def map_strength(name: str, strength: Strength, function: Callable[[float], float]) -> Any:
    """Apply a monotonic function to a strength, or to both ends of a range."""
    ends = sorted(function(end) for end in strength_range(name, strength))
    return ends[0] if ends[0] == ends[1] else tuple(ends)


def kept_share(noise_factor: Strength) -> Any:
    """Return ``1 - noise_factor``, for models whose strength is the share that they keep."""
    check_limits("noise_factor", noise_factor, 0, 1)
    return map_strength("noise_factor", noise_factor, lambda factor: 1 - factor)


def apply_by_group(
    models: dict[int, NoiseFunction],
    groups: NDArray[np.int64],
    images: UnitImages,
    rng: np.random.Generator,
) -> UnitImages:
    """Apply to each image the model of its group. Groups without a model are unchanged.

    Parameters
    ----------
    models : dict of int to noise model
        Noise models by group.
    groups : ndarray of shape (n,)
        The group of each image.
    images : ndarray of shape (n, height, width, channels)
        The images.
    rng : numpy.random.Generator
        Source of randomness for the models.
    """
    noisy = images.copy()
    for group, model in models.items():
        members = np.flatnonzero(groups == group)
        if len(members):
            noisy[members] = model(images[members], rng)
    return noisy
