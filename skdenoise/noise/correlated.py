"""Correlated noise: Gaussian noise that is similar in neighbouring pixels."""

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from skdenoise.noise.model import CatalogueModel, draw_strength, strength_range
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.typing import Strength, UnitImages

# The noise has a period. Pixels that are this weakly correlated may be neighbours across its ends.
_NEGLIGIBLE = 1e-3
# Noise that is more alike is not distinguishable from content.
_HIGHEST = 0.98


class CorrelatedGaussianNoise(CatalogueModel):
    """Additive Gaussian noise that is correlated between neighbouring pixels.

    Parameters
    ----------
    sigma : float or (low, high), default=0.2
        Standard deviation in units of the value range. If a range, drawn uniformly for each image.
    correlation : float or (low, high), default=0.7
        Correlation between neighbouring pixels, across and down, from 0 to 0.98. With 0, the model
        is `GaussianNoise`. If a range, drawn uniformly for each image.

    See Also
    --------
    CameraPipeline : Noise of pictures, which also depends on the brightness.
    estimate_noise : Measures the correlation if ``return_correlation=True``.

    Notes
    -----
    At a distance of ``d`` pixels, the correlation is ``correlation ** (d**2)``, that of white noise
    after a Gaussian blur with a standard deviation of ``sqrt(-1 / (4 * log(correlation)))`` pixels:
    0.84 for 0.7. Channels are independent of each other. The severities are those of Gaussian
    noise.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import CorrelatedGaussianNoise
    >>> grey = np.full((1, 200, 200, 1), 0.5, dtype=np.float32)
    >>> noise = (
    ...     CorrelatedGaussianNoise(0.1, correlation=0.7)(
    ...         grey, np.random.default_rng(0)
    ...     )
    ...     - grey
    ... )
    >>> print(f"{noise.std():.2f}")
    0.10
    >>> print(f"{np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]:.1f}")
    0.7
    """

    strength_in_range = "sigma"
    severities = GaussianNoise.severities

    def __init__(self, sigma: Strength = 0.2, correlation: Strength = 0.7) -> None:
        self.sigma = sigma
        self.correlation = correlation

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add correlated normal noise to each channel."""
        sigma = draw_strength("sigma", self.sigma, len(images), rng)
        correlation = draw_strength(
            "correlation", self.correlation, len(images), rng, high=_HIGHEST
        )
        _, highest = strength_range("correlation", self.correlation)
        margin = _reach(highest)
        height, width = (next_fast_len(side + margin, real=True) for side in images.shape[1:3])
        shape = (len(images), height, width, images.shape[3])
        noise = rng.standard_normal(shape, dtype=np.float32)
        for axis in (1, 2):
            noise = _correlate(noise, axis, correlation)
        return images + sigma * noise[:, : images.shape[1], : images.shape[2]]

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``sigma=noise_factor``."""
        return cls(sigma=noise_factor)


def _reach(correlation):
    """Return the distance from which on pixels are hardly correlated."""
    if correlation == 0:
        return 0
    return math.ceil(math.sqrt(math.log(_NEGLIGIBLE) / math.log(correlation)))


def _correlate(noise: UnitImages, axis: int, correlation: NDArray[np.float32]) -> UnitImages:
    """Return white noise with a correlation of ``correlation ** (d**2)`` along an axis."""
    length = noise.shape[axis]
    distance = np.minimum(np.arange(length), length - np.arange(length)).astype(np.float32)
    along = [1, 1, 1, 1]
    along[axis] = length
    # The spectrum of the noise is the Fourier transform of its correlation.
    spectrum = rfft(correlation ** (distance.reshape(along) ** 2), axis=axis).real
    amplitude = np.sqrt(np.maximum(spectrum, 0))
    return irfft(rfft(noise, axis=axis) * amplitude, length, axis=axis)
