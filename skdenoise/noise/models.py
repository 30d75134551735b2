"""Noise models: small objects that corrupt a batch of images."""

import math
from abc import ABC, abstractmethod
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator


class NoiseModel(BaseEstimator, ABC):
    """A corruption of images: ``model(images, rng) -> images``.

    A subclass implements ``__call__`` and, to be reachable by name and ``noise_factor``,
    ``from_factor``. Its parameters may be searched over, as ``denoise__noise__sigma``.
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
            Not clipped: noise may go outside 0..1.
        """

    @classmethod
    @abstractmethod
    def from_factor(cls, noise_factor):
        """Make the model of a strength, or range of strengths, where 0 is the identity."""


class GaussianNoise(NoiseModel):
    """Additive white Gaussian noise (AWGN), ``x + sigma * normal(0, 1)``.

    Parameters
    ----------
    sigma : float or (low, high), default=0.4
        Standard deviation in units of the value range (0.1 is 25.5 grey levels of uint8). A range
        is drawn from uniformly, once per image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import GaussianNoise
    >>> grey = np.full((100, 8, 8, 1), 0.5, dtype=np.float32)
    >>> noisy = GaussianNoise(sigma=0.1)(grey, np.random.default_rng(0))
    >>> print(f"{noisy.std():.2f}")
    0.10
    """

    def __init__(self, sigma=0.4):
        self.sigma = sigma

    def __call__(self, images, rng):
        """Add normal noise to each value."""
        sigma = _draw("sigma", self.sigma, len(images), rng)
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        noise *= sigma
        noise += images
        return noise

    @classmethod
    def from_factor(cls, noise_factor):
        """Make the model with ``sigma=noise_factor``."""
        return cls(sigma=noise_factor)


class SpeckleNoise(NoiseModel):
    """Multiplicative noise, ``x + sigma * x * normal(0, 1)``, as in radar and ultrasound images.

    Parameters
    ----------
    sigma : float or (low, high), default=0.4
        Standard deviation relative to the value of the pixel. A range is drawn from uniformly, once
        per image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import SpeckleNoise
    >>> black = np.zeros((1, 8, 8, 1), dtype=np.float32)
    >>> print(SpeckleNoise()(black, np.random.default_rng(0)).max())  # black stays black
    0.0
    """

    def __init__(self, sigma=0.4):
        self.sigma = sigma

    def __call__(self, images, rng):
        """Add normal noise in proportion to each value."""
        sigma = _draw("sigma", self.sigma, len(images), rng)
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        noise *= sigma
        noise += 1
        noise *= images
        return noise

    @classmethod
    def from_factor(cls, noise_factor):
        """Make the model with ``sigma=noise_factor``."""
        return cls(sigma=noise_factor)


class SaltAndPepperNoise(NoiseModel):
    """Impulse noise: random pixels turn white (salt) or black (pepper), half of them each.

    Parameters
    ----------
    amount : float or (low, high), default=0.1
        Probability, between 0 and 1, that a value is replaced. A range is drawn from uniformly, once
        per image.

    Notes
    -----
    Each channel is hit by itself, as in ImageNet-C [1]_, whose numbers come from
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

    def __init__(self, amount=0.1):
        self.amount = amount

    def __call__(self, images, rng):
        """Replace random values with 0 or 1."""
        amount = _draw("amount", self.amount, len(images), rng, high=1)
        uniform = rng.random(images.shape, dtype=np.float32)
        salted = np.where(uniform < amount / 2, np.float32(1), images)
        return np.where(uniform >= 1 - amount / 2, np.float32(0), salted)

    @classmethod
    def from_factor(cls, noise_factor):
        """Make the model with ``amount=noise_factor``."""
        return cls(amount=noise_factor)


class PoissonNoise(NoiseModel):
    """Shot noise: each pixel counts photons, ``poisson(x * photons) / photons``.

    Parameters
    ----------
    photons : float or (low, high), default=6.25
        Mean number of photons at white; infinity is the identity. At white the standard deviation
        is ``1 / sqrt(photons)``, which is the ``noise_factor``; the default is a factor of 0.4. A
        range is drawn from uniformly in the noise factor, once per image.

    Notes
    -----
    Values below black count no photons.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import PoissonNoise
    >>> white = np.ones((100, 8, 8, 1), dtype=np.float32)
    >>> noisy = PoissonNoise(photons=100)(white, np.random.default_rng(0))
    >>> print(f"{noisy.std():.1f}")
    0.1
    """

    def __init__(self, photons=6.25):
        self.photons = photons

    def __call__(self, images, rng):
        """Draw a number of photons for each value."""
        factors = _draw("1 / sqrt(photons)", self._factor(), len(images), rng)
        noisy = images.copy()
        exposed = np.flatnonzero(factors)
        photons = factors[exposed] ** -2.0
        counts = rng.poisson(np.maximum(images[exposed], 0) * photons)
        noisy[exposed] = counts / photons
        return noisy

    def _factor(self):
        low, high = _strength_range("photons", self.photons)
        if low <= 0:
            raise ValueError(
                f"photons={self.photons!r}: the mean number of photons must be positive."
            )
        return high**-0.5, low**-0.5

    @classmethod
    def from_factor(cls, noise_factor):
        """Make the model with ``photons = 1 / noise_factor**2``."""
        low, high = _strength_range("noise_factor", noise_factor)
        photons = tuple(1 / f**2 if f else math.inf for f in (high, low))
        return cls(photons=photons if low != high else photons[0])


def _draw(name, strength, n_images, rng, high=math.inf):
    """Draw the strength of each image, shaped to be broadcast over NHWC images."""
    bottom, top = _strength_range(name, strength)
    if bottom < 0 or top > high or math.isinf(top):
        limits = "0 or more, and finite" if math.isinf(high) else f"between 0 and {high}"
        raise ValueError(f"{name}={strength!r}: a strength must be {limits}.")
    if bottom == top:
        return np.full((n_images, 1, 1, 1), bottom, dtype=np.float32)
    return rng.uniform(bottom, top, (n_images, 1, 1, 1)).astype(np.float32)


def _strength_range(name, strength):
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


def check_noise_factor(noise_factor):
    """Raise where a noise factor is no number or range of at least 0."""
    low, _ = _strength_range("noise_factor", noise_factor)
    if low < 0:
        raise ValueError(f"noise_factor={noise_factor!r}: it must not be negative; 0 is no noise.")
