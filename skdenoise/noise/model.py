"""The noise model: what every corruption of images is, and how its strength is given."""

import math
from abc import ABC, abstractmethod
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator


class NoiseModel(BaseEstimator, ABC):
    """A corruption of images: ``model(images, rng) -> images``.

    A subclass implements ``__call__``. Its parameters may be searched over, as
    ``denoise__noise__sigma``.
    """

    @abstractmethod
    def __call__(self, images, rng):
        """Corrupt a batch of images.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels), float32
            Images in units of the value range: 0 is black, 1 is white. Left as they are.
        rng : numpy.random.Generator
            Where all randomness comes from.

        Returns
        -------
        ndarray of the same shape, float32
            Noise may go outside 0..1: to clip is up to what stores the images.
        """


class CatalogueModel(NoiseModel):
    """A noise model with a name, which a noise factor or a severity makes.

    Attributes
    ----------
    severities : dict of str to tuple of dict
        Parameters at the severities 1 to 5, by scale (``"cifar"``, ``"imagenet"``), or under
        ``"ours"`` where nobody has published any.
    typical_factors : tuple of float
        A moderate and a strong noise factor, for who asks for none.
    """

    severities: dict[str, tuple[dict, ...]]
    typical_factors = (0.2, 0.4)

    @classmethod
    @abstractmethod
    def from_factor(cls, noise_factor):
        """Make the model of a strength, or range of strengths, where 0 is the identity."""

    @classmethod
    def from_severity(cls, severity, scale):
        """Make the model of a severity from 1 to 5."""
        rows = cls.severities.get(scale) or cls.severities["ours"]
        return cls(**rows[severity - 1])


def severity_table(names, **scales):
    """Write out a table of severities.

    Parameters
    ----------
    names : str
        The parameters, separated by blanks.
    **scales
        For each scale the values at the severities 1 to 5; tuples where there are more names.

    Examples
    --------
    >>> severity_table("sigma", ours=(0.1, 0.2))
    {'ours': ({'sigma': 0.1}, {'sigma': 0.2})}
    >>> severity_table("radius alias_blur", ours=((3, 0.1),))
    {'ours': ({'radius': 3, 'alias_blur': 0.1},)}
    """
    names = names.split()

    def row(values):
        return dict(zip(names, values if len(names) > 1 else (values,), strict=True))

    return {scale: tuple(map(row, rows)) for scale, rows in scales.items()}


def draw_strength(name, strength, n_images, rng, low=0.0, high=math.inf):
    """Draw the strength of each image, uniformly where it is a range.

    Returns
    -------
    ndarray of shape (n_images, 1, 1, 1), float32
        To be broadcast over NHWC images.
    """
    bottom, top = check_limits(name, strength, low, high)
    if bottom == top:
        return np.full((n_images, 1, 1, 1), bottom, dtype=np.float32)
    return rng.uniform(bottom, top, (n_images, 1, 1, 1)).astype(np.float32)


def draw_log_uniform(name, strength, n_images, rng):
    """Draw the strength of each image, which must be above 0, uniformly in its logarithm."""
    logs = map_strength(name, strength, math.log)
    return np.exp(draw_strength(f"log({name})", logs, n_images, rng, low=-math.inf))


def draw_integers(name, strength, n_images, rng, low, high):
    """Draw an integer for each image, each of a range (ends included) as often as the others."""
    bottom, top = check_limits(name, strength, low, high)
    if bottom != int(bottom) or top != int(top):
        raise ValueError(f"{name}={strength!r} must be an integer, or a range of integers.")
    return rng.integers(int(bottom), int(top), n_images, endpoint=True)


def strength_range(name, strength):
    """Return (low, high) of a strength that is one number or a pair."""
    pair = (strength, strength) if isinstance(strength, Real) else strength
    if (
        not isinstance(pair, tuple | list)
        or len(pair) != 2
        or not all(isinstance(s, Real) and not math.isnan(s) for s in pair)
    ):
        raise ValueError(f"{name}={strength!r} is neither a number nor a range (low, high).")
    if pair[0] > pair[1]:
        raise ValueError(f"{name}={strength!r}: the low end of the range is above its high end.")
    return float(pair[0]), float(pair[1])


def check_limits(name, strength, low, high):
    """Return (low, high) of a strength; raise where it is outside its limits or infinite."""
    bottom, top = strength_range(name, strength)
    if bottom < low or top > high or math.isinf(top):
        limits = (
            f"at least {low:g}, and finite" if math.isinf(high) else f"between {low:g} and {high:g}"
        )
        raise ValueError(f"{name}={strength!r}: it must be {limits}.")
    return bottom, top


def check_number(name, value, low, high=math.inf):
    """Return a parameter that may not be a range, as a float."""
    if not isinstance(value, Real):
        raise ValueError(f"{name}={value!r} must be a number.")
    return check_limits(name, value, low, high)[0]


def check_noise_factor(noise_factor):
    """Raise where a noise factor is no number or range of at least 0."""
    low, _ = strength_range("noise_factor", noise_factor)
    if low < 0:
        raise ValueError(f"noise_factor={noise_factor!r}: it must not be negative; 0 is no noise.")


def map_strength(name, strength, function):
    """Return `function` of a strength, or the range of it where that is a range."""
    ends = sorted(function(end) for end in strength_range(name, strength))
    return ends[0] if ends[0] == ends[1] else tuple(ends)


def what_is_kept(noise_factor):
    """Return 1 - noise_factor, for models whose strength is the share that they keep."""
    check_limits("noise_factor", noise_factor, 0, 1)
    return map_strength("noise_factor", noise_factor, lambda factor: 1 - factor)


def apply_by_group(models, groups, images, rng):
    """Apply to each image the model that its group names; a group without a model stays as it is.

    Parameters
    ----------
    models : dict of int to noise model
        The model of each group.
    groups : ndarray of shape (n,)
        The group of each image.
    images : ndarray of shape (n, height, width, channels)
        The images.
    rng : numpy.random.Generator
        For the models.
    """
    noisy = images.copy()
    for group, model in models.items():
        members = np.flatnonzero(groups == group)
        if len(members):
            noisy[members] = model(images[members], rng)
    return noisy
