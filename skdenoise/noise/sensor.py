"""Sensor noise: noise of values and photons, failed pixels, and too few grey levels.

The severities are from ImageNet-C and CIFAR-C (Hendrycks and Dietterich, "Benchmarking Neural
Network Robustness to Common Corruptions and Perturbations", ICLR 2019) if they have the model.
"""

import math
from typing import Self

import numpy as np

from skdenoise.noise.model import (
    CatalogueModel,
    check_limits,
    check_number,
    draw_strength,
    map_strength,
    severity_table,
    strength_range,
)
from skdenoise.typing import Strength, UnitImages

_GAUSSIAN = {"cifar": (0.04, 0.06, 0.08, 0.09, 0.10), "imagenet": (0.08, 0.12, 0.18, 0.26, 0.38)}


class GaussianNoise(CatalogueModel):
    """Additive white Gaussian noise (AWGN), ``x + sigma * normal(0, 1)``.

    Parameters
    ----------
    sigma : float or (low, high), default=0.4
        Standard deviation in units of the value range (0.1 is 25.5 grey levels of uint8). If a
        range, drawn uniformly for each image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import GaussianNoise
    >>> grey = np.full((100, 8, 8, 1), 0.5, dtype=np.float32)
    >>> noisy = GaussianNoise(sigma=0.1)(grey, np.random.default_rng(0))
    >>> print(f"{noisy.std():.2f}")
    0.10
    """

    strength_in_range = "sigma"
    severities = severity_table("sigma", **_GAUSSIAN)

    def __init__(self, sigma: Strength = 0.4) -> None:
        self.sigma = sigma

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add normal noise to each value."""
        sigma = draw_strength("sigma", self.sigma, len(images), rng)
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        noise *= sigma
        noise += images
        return noise

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``sigma=noise_factor``."""
        return cls(sigma=noise_factor)


class SpeckleNoise(CatalogueModel):
    """Multiplicative noise, ``x + sigma * x * normal(0, 1)``, as in radar and ultrasound images.

    Parameters
    ----------
    sigma : float or (low, high), default=0.4
        Standard deviation relative to the value of the pixel. If a range, drawn uniformly for each
        image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import SpeckleNoise
    >>> black = np.zeros((1, 8, 8, 1), dtype=np.float32)
    >>> print(
    ...     SpeckleNoise()(black, np.random.default_rng(0)).max()
    ... )  # black stays black
    0.0
    """

    strength_in_range = "sigma"
    severities = severity_table(
        "sigma", cifar=(0.06, 0.1, 0.12, 0.16, 0.2), imagenet=(0.15, 0.2, 0.35, 0.45, 0.6)
    )

    def __init__(self, sigma: Strength = 0.4) -> None:
        self.sigma = sigma

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add normal noise, proportional to each value."""
        sigma = draw_strength("sigma", self.sigma, len(images), rng)
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        noise *= sigma
        noise += 1
        noise *= images
        return noise

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``sigma=noise_factor``."""
        return cls(sigma=noise_factor)


class SaltAndPepperNoise(CatalogueModel):
    """Impulse noise: random values become white (salt) or black (pepper), equally often.

    Parameters
    ----------
    amount : float or (low, high), default=0.1
        Probability that a value is replaced, between 0 and 1. If a range, drawn uniformly for each
        image.

    Notes
    -----
    Each channel is replaced independently, as in ImageNet-C [1]_, which uses
    ``skimage.util.random_noise(mode="s&p")``.

    References
    ----------
    .. [1] D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common
       Corruptions and Perturbations", ICLR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import SaltAndPepperNoise
    >>> grey = np.full((100, 8, 8, 1), 0.5, dtype=np.float32)
    >>> noisy = SaltAndPepperNoise(amount=0.2)(grey, np.random.default_rng(0))
    >>> print(np.unique(noisy), f"{np.mean(noisy != 0.5):.1f}")
    [0.  0.5 1. ] 0.2
    """

    severities = severity_table(
        "amount", cifar=(0.01, 0.02, 0.03, 0.05, 0.07), imagenet=(0.03, 0.06, 0.09, 0.17, 0.27)
    )

    def __init__(self, amount: Strength = 0.1) -> None:
        self.amount = amount

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Replace random values with 0 or 1."""
        amount = draw_strength("amount", self.amount, len(images), rng, high=1)
        uniform = rng.random(images.shape, dtype=np.float32)
        salted = np.where(uniform < amount / 2, np.float32(1), images)
        return np.where(uniform >= 1 - amount / 2, np.float32(0), salted)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``amount=noise_factor``."""
        return cls(amount=noise_factor)


class PoissonNoise(CatalogueModel):
    """Shot noise: each pixel counts photons, ``poisson(x * photons) / photons``.

    Parameters
    ----------
    photons : float or (low, high), default=6.25
        Mean number of photons at white; infinity is the identity. The ``noise_factor`` is ``1 /
        sqrt(photons)``, the standard deviation at white; the default is a factor of 0.4. If a
        range, the noise factor is drawn uniformly for each image.

    Notes
    -----
    Values below black have no photons.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import PoissonNoise
    >>> white = np.ones((100, 8, 8, 1), dtype=np.float32)
    >>> noisy = PoissonNoise(photons=100)(white, np.random.default_rng(0))
    >>> print(f"{noisy.std():.1f}")
    0.1
    """

    strength_in_range = "noise_factor"
    severities = severity_table(
        "photons", cifar=(500, 250, 100, 75, 50), imagenet=(60, 25, 12, 5, 3)
    )

    def __init__(self, photons: Strength = 6.25) -> None:
        self.photons = photons

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Draw the number of photons of each value."""
        factors = draw_strength("1 / sqrt(photons)", self._factor(), len(images), rng)
        noisy = images.copy()
        # With more photons, the noise is less than the precision of float32.
        exposed = np.flatnonzero(factors > 1e-8)
        photons = factors[exposed] ** -2.0
        counts = rng.poisson(np.maximum(images[exposed], 0) * photons)
        noisy[exposed] = counts / photons
        return noisy

    def _factor(self):
        low, _ = strength_range("photons", self.photons)
        if low <= 0:
            raise ValueError(
                f"photons={self.photons!r}: the mean number of photons must be above 0."
            )
        return map_strength("photons", self.photons, lambda photons: photons**-0.5)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``photons = 1 / noise_factor**2``."""
        return cls(
            photons=map_strength(
                "noise_factor", noise_factor, lambda f: 1 / f**2 if f else math.inf
            )
        )


class UniformNoise(CatalogueModel):
    """Additive noise, uniform between ``-half_width`` and ``half_width``.

    Parameters
    ----------
    half_width : float or (low, high), default=0.5
        Half the width of the distribution, in units of the value range; its standard deviation is
        ``half_width / sqrt(3)``. If a range, drawn uniformly for each image.

    Notes
    -----
    There are no published severities. This package uses the standard deviations of Gaussian noise.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import UniformNoise
    >>> grey = np.full((100, 8, 8, 1), 0.5, dtype=np.float32)
    >>> noisy = UniformNoise(half_width=0.1)(grey, np.random.default_rng(0))
    >>> print(f"{noisy.min():.1f} {noisy.max():.1f}")
    0.4 0.6
    """

    strength_in_range = "half_width"
    severities = severity_table(
        "half_width",
        **{scale: [s * math.sqrt(3) for s in sigmas] for scale, sigmas in _GAUSSIAN.items()},
    )

    def __init__(self, half_width: Strength = 0.5) -> None:
        self.half_width = half_width

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add uniform noise to each value."""
        half_width = draw_strength("half_width", self.half_width, len(images), rng)
        noise = rng.random(images.shape, dtype=np.float32)
        noise -= np.float32(0.5)
        noise *= 2 * half_width
        noise += images
        return noise

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``half_width=noise_factor``."""
        return cls(half_width=noise_factor)


class DeadPixels(CatalogueModel):
    """Failed pixels of the sensor: always black (dead) or white (hot), in all channels.

    Parameters
    ----------
    amount : float or (low, high), default=0.05
        Probability that a pixel has failed, between 0 and 1. If a range, drawn uniformly for each
        image.
    hot : float, default=0.5
        Share of the failed pixels that are white.
    sensor : int, default=None
        Seed of a sensor, which has the same failed pixels in all images. If None, each image is
        from a different sensor.

    Notes
    -----
    There are no published severities. This package uses amounts from 0.005 to 0.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import DeadPixels
    >>> grey = np.full((2, 8, 8, 3), 0.5, dtype=np.float32)
    >>> one, two = DeadPixels(amount=0.1, sensor=7)(grey, np.random.default_rng(0))
    >>> np.array_equal(one, two)
    True
    """

    severities = severity_table("amount", ours=(0.005, 0.01, 0.02, 0.05, 0.1))

    def __init__(
        self, amount: Strength = 0.05, hot: float = 0.5, sensor: int | None = None
    ) -> None:
        self.amount = amount
        self.hot = hot
        self.sensor = sensor

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Replace pixels with 0 or 1."""
        hot = np.float32(check_number("hot", self.hot, 0, 1))
        amount = draw_strength("amount", self.amount, len(images), rng, high=1)
        n_sensors, sensors = len(images), rng
        if self.sensor is not None:
            n_sensors, sensors = 1, np.random.default_rng(self.sensor)
        uniform = sensors.random((n_sensors, *images.shape[1:3], 1), dtype=np.float32)
        noisy = np.where(uniform < amount, np.float32(0), images)
        return np.where(uniform < amount * hot, np.float32(1), noisy)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``amount=noise_factor``."""
        return cls(amount=noise_factor)


class Quantization(CatalogueModel):
    """Too few grey levels: round values to ``levels`` levels, evenly spaced from 0 to 1.

    Parameters
    ----------
    levels : float or (low, high), default=4
        Number of levels, at least 2, rounded to an integer; infinity is the identity. If a range,
        the step between levels, ``1 / (levels - 1)``, is drawn uniformly for each image.

    Notes
    -----
    The levels continue outside 0..1 at the same distance. There are no published severities. This
    package uses 32, 16, 8, 4 and 2 levels.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Quantization
    >>> ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    >>> np.unique(Quantization(levels=3)(ramp, np.random.default_rng(0)))
    array([0. , 0.5, 1. ], dtype=float32)
    """

    severities = severity_table("levels", ours=(32, 16, 8, 4, 2))

    def __init__(self, levels: Strength = 4) -> None:
        self.levels = levels

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Round each value to the nearest level."""
        low, _ = strength_range("levels", self.levels)
        if low < 2:
            raise ValueError(f"levels={self.levels!r}: expected at least 2.")
        steps = map_strength("levels", self.levels, lambda levels: 1 / (levels - 1))
        step = draw_strength("1 / (levels - 1)", steps, len(images), rng)
        n_steps = np.rint(1 / np.where(step > 0, step, 1))
        rounded = np.rint(images * n_steps) / n_steps
        return np.where(step > 0, rounded, images)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with a step of about ``noise_factor`` between levels."""
        check_limits("noise_factor", noise_factor, 0, 1)
        return cls(
            levels=map_strength(
                "noise_factor", noise_factor, lambda f: 1 / f + 1 if f else math.inf
            )
        )
