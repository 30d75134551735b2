"""Anscombe: make noise that grows with the signal equally strong everywhere, and back."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skdenoise.noise.camera import CameraNoise
from skdenoise.noise.sensor import PoissonNoise
from skdenoise.typing import UnitImages

# Beyond these, the variances of noise have no finite inverse or square in float64.
_SMALLEST, _LARGEST = 1e-30, 1e30
# The transform of 0 photons without read-out noise, below which there is no inverse.
_TRANSFORM_OF_ZERO = 2 * math.sqrt(3 / 8)


@dataclass(frozen=True)
class AnscombeTransform:
    """The generalised Anscombe transform, scaled so that black stays 0 and white stays 1.

    Turns noise of variance ``read + shot * x`` into noise that has nearly the same standard deviation
    at every intensity, and is nearly Gaussian.

    Parameters
    ----------
    shot, read : float
        Variances in units of the value range, as in `CameraNoise`. Without `shot`, nothing is changed.

    Notes
    -----
    With counts ``y = x / shot`` and read-out noise of variance ``v = read / shot**2``, the transform is
    ``2 * sqrt(y + 3 / 8 + v)`` (Starck et al. [1]_), whose noise has a variance of about 1. The mean of a
    transformed noisy value is not the transform of its mean, and the inverse accounts for this: it is
    the closed-form approximation of the exact unbiased inverse (Makitalo and Foi [2]_).

    References
    ----------
    .. [1] J.-L. Starck, F. Murtagh and A. Bijaoui, "Image Processing and Data Analysis", Cambridge
       University Press 1998.
    .. [2] M. Makitalo and A. Foi, "Optimal Inversion of the Generalized Anscombe Transformation for
       Poisson-Gaussian Noise", IEEE Transactions on Image Processing 22(1), 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import PoissonNoise
    >>> clean = np.repeat(np.float32([0.1, 0.9]), 100_000).reshape(2, -1, 1, 1)
    >>> noisy = PoissonNoise(photons=50)(clean, np.random.default_rng(0))
    >>> print(noisy.std(axis=1).ravel().round(2))
    [0.04 0.13]
    >>> transform = AnscombeTransform(shot=1 / 50, read=0)
    >>> stabilized = transform.forward(noisy)
    >>> print(stabilized.std(axis=1).ravel().round(2), round(transform.sigma, 2))
    [0.08 0.08] 0.08
    >>> means = stabilized.mean(axis=1, keepdims=True)
    >>> print(transform.inverse(means).ravel().round(2))
    [0.1 0.9]
    """

    shot: float
    read: float

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise after the transform."""
        if not self.shot:
            return math.sqrt(self.read)
        return math.sqrt(self.shot) / 2 * self._scale

    def forward(self, noisy: UnitImages) -> UnitImages:
        """Make the noise of images equally strong everywhere."""
        if not self.shot:
            return noisy
        above = np.maximum(noisy, np.float32(-self._offset))
        # The difference of two roots, without its rounding error where the roots are large.
        roots = np.sqrt(above + np.float32(self._offset)) + np.float32(math.sqrt(self._offset))
        return above * np.float32(self._scale) / roots

    def inverse(self, denoised: UnitImages) -> UnitImages:
        """Return to the intensities that denoised values are the means of."""
        if not self.shot:
            return denoised
        root, half = math.sqrt(self._offset), math.sqrt(self.shot) / 2
        difference = np.maximum(
            denoised / np.float32(self._scale), np.float32(half * _TRANSFORM_OF_ZERO - root)
        )
        inverted = np.float32(half) / (difference + np.float32(root))  # 1 / transformed counts
        correction = np.polynomial.Polynomial(
            [1 / 4, math.sqrt(3 / 2) / 4, -11 / 8, 5 / 8 * math.sqrt(3 / 2)]
        )
        intensity = difference * (difference + np.float32(2 * root))
        return (intensity + np.float32(self.shot) * correction(inverted)).astype(np.float32)

    @property
    def _offset(self):
        return 3 / 8 * self.shot + self.read / self.shot

    @property
    def _scale(self):
        return math.sqrt(1 + self._offset) + math.sqrt(self._offset)


def transform_for(noise: Any) -> AnscombeTransform:
    """Return the transform for a noise model whose variance is a straight line of the intensity.

    Raises
    ------
    ValueError
        For other noise models, for strengths that differ from image to image, and for strengths
        so small or so large that the transform would not be finite.
    """
    variances = ()
    if isinstance(noise, PoissonNoise) and isinstance(noise.photons, Real) and noise.photons > 0:
        variances = 1 / float(noise.photons), 0.0
    elif isinstance(noise, CameraNoise) and noise.gamma == 1 and not noise.mosaic:
        variances = noise.shot, noise.read
    if variances and all(_is_variance(one) for one in variances):
        return AnscombeTransform(*map(float, variances))
    raise ValueError(
        f"stabilize={noise!r} is not noise whose variance is read + shot * x, of one known strength. Give "
        "CameraNoise(shot=..., read=..., gamma=1), PoissonNoise(photons=...), the result of "
        "fit_noise_model, or 'estimate'."
    )


def _is_variance(one):
    return isinstance(one, Real) and (one == 0 or _SMALLEST <= one <= _LARGEST)
