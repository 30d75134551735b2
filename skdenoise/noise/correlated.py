"""Correlated noise: Gaussian noise that is similar in neighbouring pixels, or along rows and columns."""

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
# The axes of NHWC images along which the lines of row noise run.
_ALONG = {"row": 2, "column": 1}


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


class RowNoise(CatalogueModel):
    """Additive Gaussian noise that is alike along each row, or each column.

    Lines of sensors and scanners that are read out together share their noise: it is seen as stripes.

    Parameters
    ----------
    sigma : float or (low, high), default=0.1
        Standard deviation in units of the value range. If a range, drawn uniformly for each image.
    correlation : float or (low, high), default=1.0
        Correlation between neighbouring pixels of a line. At a distance of ``d`` pixels it is
        ``correlation ** d``. With 1, all pixels of a line have the same noise; with 0, the model is
        `GaussianNoise`. If a range, drawn uniformly for each image.
    direction : {"row", "column"}, default="row"
        Which lines.

    See Also
    --------
    CorrelatedGaussianNoise : Noise that is alike in all directions.
    Compose : This noise and others, one after the other.

    Notes
    -----
    Different lines and channels are independent. The noise along a line is a first-order autoregressive process.
    Row noise of sensors is described in the standard EMVA 1288, where it is measured apart from that of
    single pixels. The severities are those of Gaussian noise.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import RowNoise
    >>> grey = np.full((1, 3, 4, 1), 0.5, dtype=np.float32)
    >>> noisy = RowNoise(sigma=0.1)(grey, np.random.default_rng(0))
    >>> noisy[0, :, :, 0].round(2)
    array([[0.61, 0.61, 0.61, 0.61],
           [0.56, 0.56, 0.56, 0.56],
           [0.48, 0.48, 0.48, 0.48]], dtype=float32)
    """

    strength_in_range = "sigma"
    severities = GaussianNoise.severities

    def __init__(
        self, sigma: Strength = 0.1, correlation: Strength = 1.0, direction: str = "row"
    ) -> None:
        self.sigma = sigma
        self.correlation = correlation
        self.direction = direction

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add normal noise that is correlated along lines."""
        if self.direction not in _ALONG:
            raise ValueError(f"direction={self.direction!r} is not one of {', '.join(_ALONG)}.")
        sigma = draw_strength("sigma", self.sigma, len(images), rng)
        correlation = draw_strength("correlation", self.correlation, len(images), rng, high=1)
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        along = np.moveaxis(noise, _ALONG[self.direction], 0)
        kept = np.moveaxis(correlation, _ALONG[self.direction], 0)[0]
        fresh = np.sqrt(1 - kept**2)
        for i in range(1, len(along)):
            along[i] = kept * along[i - 1] + fresh * along[i]
        return images + sigma * noise

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
