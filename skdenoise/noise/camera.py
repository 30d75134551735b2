"""Camera noise: the noise of photons and electrons in linear light."""

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve

from skdenoise.noise.model import (
    CatalogueModel,
    check_limits,
    check_number,
    draw_log_uniform,
    draw_strength,
    kept_share,
    map_strength,
    severity_table,
    strength_range,
)
from skdenoise.typing import Strength, UnitImages

# Weights of the neighbours of a pixel in bilinear interpolation of a mosaic.
_BILINEAR = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float32)


class CameraNoise(CatalogueModel):
    """Noise of a camera: Gaussian in linear light, with variance ``read + shot * x``.

    Parameters
    ----------
    shot : float or (low, high), default=(1e-4, 1.2e-2)
        Variance of the photon noise at white, which is 1 over the number of photons at white (the
        gain). If a range, drawn log-uniformly for each image. If the range begins at 0, its square
        root is drawn uniformly.
    read : float or (low, high), default=None
        Variance of the read-out noise, which is the same for all pixels. If None, drawn given
        `shot` as in real cameras: ``log(read)`` is normal with mean ``2.18 * log(shot) + 1.20`` and
        standard deviation 0.26. If a range, drawn uniformly for each image.
    gamma : float, default=2.2
        Linear light is ``x ** gamma``. Use 1 for images that are already linear.
    mosaic : bool, default=False
        Whether the sensor has one colour per pixel (a Bayer mosaic, RGGB) and the other two colours
        are interpolated. The noise is then correlated between neighbouring pixels and between
        channels. Denoisers trained on white noise do not remove such noise. Requires images with
        three channels and at least 2x2 pixels.

    Notes
    -----
    The model and the ranges are those of Brooks et al. [1]_, measured on the Darmstadt Noise
    Dataset. The `noise_factor` is ``sqrt(shot)``, the standard deviation at white. If `gamma` is
    not 1, values below black are clipped before and after the noise is added. The mosaic is
    interpolated bilinearly. There are no published severities. This package uses ``shot`` 4e-4,
    1.2e-3, 4e-3, 1.2e-2 and 4e-2.

    References
    ----------
    .. [1] T. Brooks et al., "Unprocessing Images for Learned Raw Denoising", CVPR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import CameraNoise
    >>> grey = np.full((100, 8, 8, 1), 0.25, dtype=np.float32)
    >>> noisy = CameraNoise(shot=0.01, read=0, gamma=1)(grey, np.random.default_rng(0))
    >>> print(f"{noisy.std():.2f}")  # sqrt(0.01 * 0.25)
    0.05
    """

    strength_in_range = "noise_factor"
    severities = severity_table("shot", ours=(4e-4, 1.2e-3, 4e-3, 1.2e-2, 4e-2))

    def __init__(
        self,
        shot: Strength = (1e-4, 1.2e-2),
        read: Strength | None = None,
        gamma: float = 2.2,
        mosaic: bool = False,
    ) -> None:
        self.shot = shot
        self.read = read
        self.gamma = gamma
        self.mosaic = mosaic

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Convert images to linear light, add the noise, and convert them back."""
        shot, read = draw_shot_and_read(self.shot, self.read, len(images), rng)
        light = to_linear(images, self.gamma)
        light += sensor_noise(light, shot, read, rng)
        if self.mosaic:
            light = demosaic(light)
        return np.where((shot > 0) | (read > 0), from_linear(light, self.gamma), images)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``shot = noise_factor**2``."""
        return cls(shot=map_strength("noise_factor", noise_factor, lambda factor: factor**2))


class LowLight(CatalogueModel):
    """A picture taken in low light, and then brightened.

    In this order: reduce the exposure, count photons, add the read noise of the sensor, apply the
    gain, and convert linear light to a picture.

    Parameters
    ----------
    exposure : float or (low, high), default=0.1
        Share of the full light, above 0. With 1 (and no `gain`), images are unchanged.
    photons : float or (low, high), default=1000
        Mean number of photons at white in full light (the full well of the sensor).
    read_noise : float or (low, high), default=3
        Standard deviation of the read-out noise, in electrons.
    gain : float or (low, high), default=None
        Factor that the signal is multiplied by; with 1 the picture stays dark. If None, uses
        ``1 / exposure``.
    gamma : float, default=2.2
        Linear light is ``x ** gamma``.

    Notes
    -----
    Ranges are drawn uniformly for each image. The `noise_factor` is ``1 - exposure``. There are no
    published severities. This package uses exposures of 0.5, 0.25, 0.1, 0.05 and 0.02.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import LowLight
    >>> grey = np.full((100, 8, 8, 1), 0.5, dtype=np.float32)
    >>> dark = LowLight(exposure=0.1, gain=1)(grey, np.random.default_rng(0))
    >>> brightened = LowLight(exposure=0.1)(grey, np.random.default_rng(0))
    >>> print(f"{dark.mean():.1f} {brightened.mean():.1f}")
    0.2 0.5
    """

    severities = severity_table("exposure", ours=(0.5, 0.25, 0.1, 0.05, 0.02))

    def __init__(
        self,
        exposure: Strength = 0.1,
        photons: Strength = 1000,
        read_noise: Strength = 3,
        gain: Strength | None = None,
        gamma: float = 2.2,
    ) -> None:
        self.exposure = exposure
        self.photons = photons
        self.read_noise = read_noise
        self.gain = gain
        self.gamma = gamma

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Simulate a picture of each image in low light."""
        exposure, photons, read_noise, gain = self._draw(len(images), rng)
        light = np.maximum(to_linear(images, self.gamma), 0)
        electrons = rng.poisson(light * (exposure * photons)).astype(np.float32)
        noise = rng.standard_normal(images.shape, dtype=np.float32)
        noise *= read_noise
        electrons += noise
        electrons *= gain / photons
        taken = (exposure < 1) | (gain != 1)
        return np.where(taken, from_linear(electrons, self.gamma), images)

    def _draw(self, n_images, rng):
        exposure = draw_strength("exposure", self.exposure, n_images, rng, high=1)
        # Larger counts do not fit the integers that they are drawn as.
        photons = draw_strength("photons", self.photons, n_images, rng, high=1e12)
        read_noise = draw_strength("read_noise", self.read_noise, n_images, rng)
        if strength_range("exposure", self.exposure)[0] == 0 or not photons.all():
            raise ValueError(
                f"exposure={self.exposure!r}, photons={self.photons!r}: expected both above 0. "
                "Without light there is no picture."
            )
        if self.gain is None:
            return exposure, photons, read_noise, 1 / exposure
        return exposure, photons, read_noise, draw_strength("gain", self.gain, n_images, rng)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``exposure = 1 - noise_factor``."""
        return cls(exposure=kept_share(noise_factor))


def draw_shot_and_read(
    shot: Strength, read: Strength | None, n_images: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw the variances of the photon noise and of the read-out noise of each image.

    `shot` and `read` are the parameters of `CameraNoise`.
    """
    low, _ = check_limits("shot", shot, 0, math.inf)
    if low == 0:
        roots = map_strength("shot", shot, math.sqrt)
        shots = draw_strength("sqrt(shot)", roots, n_images, rng) ** 2
    else:
        shots = draw_log_uniform("shot", shot, n_images, rng)
    if read is not None:
        return shots, draw_strength("read", read, n_images, rng)
    spread = np.exp(0.26 * rng.standard_normal(shots.shape, dtype=np.float32))
    return shots, np.float32(math.exp(1.20)) * shots ** np.float32(2.18) * spread


def sensor_noise(
    light: UnitImages,
    shot: NDArray[np.float32],
    read: NDArray[np.float32],
    rng: np.random.Generator,
) -> UnitImages:
    """Draw the noise of a sensor in linear light, of variance ``read + shot * light``."""
    variance = np.maximum(light, 0)
    variance *= shot
    variance += read
    noise = rng.standard_normal(light.shape, dtype=np.float32)
    noise *= np.sqrt(variance, out=variance)
    return noise


def to_linear(images: UnitImages, gamma: float) -> UnitImages:
    """Convert images to linear light, in a new array."""
    if not check_number("gamma", gamma, 0):
        raise ValueError(f"gamma={gamma!r} must be above 0.")
    if gamma == 1:
        return images.copy()
    return np.maximum(images, 0) ** np.float32(gamma)


def from_linear(light: UnitImages, gamma: float) -> UnitImages:
    """Convert linear light to images as they are displayed."""
    return light if gamma == 1 else np.maximum(light, 0) ** np.float32(1 / gamma)


def demosaic(images: UnitImages) -> UnitImages:
    """Sample RGB images with a Bayer mosaic (RGGB), and interpolate the missing colours.

    Examples
    --------
    >>> import numpy as np
    >>> flat = np.full((1, 4, 4, 3), [0.1, 0.2, 0.3])
    >>> bool(np.allclose(demosaic(flat), flat))
    True
    """
    if images.shape[3] != 3 or min(images.shape[1:3]) < 2:
        raise ValueError(
            f"mosaic=True got images of shape {images.shape[1:]}; expected three channels (RGB) "
            "and at least 2x2 pixels. Set mosaic=False."
        )
    samples = np.zeros((1, *images.shape[1:]), dtype=images.dtype)
    samples[:, ::2, ::2, 0] = 1
    samples[:, ::2, 1::2, 1] = 1
    samples[:, 1::2, ::2, 1] = 1
    samples[:, 1::2, 1::2, 2] = 1
    weights = _BILINEAR[np.newaxis, :, :, np.newaxis]
    seen = convolve(images * samples, weights, mode="mirror")
    seen /= np.maximum(convolve(samples, weights, mode="mirror"), np.finfo(np.float32).tiny)
    return np.where(samples > 0, images, seen)
