"""Camera pipeline: the noise that is left in the pictures that cameras and phones write."""

from typing import Self

import numpy as np

from skdenoise.images.opponent import join_channels, split_channels
from skdenoise.noise.camera import (
    CameraNoise,
    demosaic,
    draw_shot_and_read,
    from_linear,
    sensor_noise,
    to_linear,
)
from skdenoise.noise.digital import JPEGCompression
from skdenoise.noise.model import CatalogueModel, check_limits, draw_strength, map_strength
from skdenoise.noise.optics import MOST_SIGMA, GaussianBlur
from skdenoise.typing import Severity, Strength, UnitImages

# Unsharp masking adds what a Gaussian blur of this standard deviation, in pixels, takes away.
_UNSHARP = GaussianBlur(sigma=1)
# Weights of red, green and blue in the brightness of a picture (Rec. 601, as in JPEG).
_BRIGHTNESS = np.array([0.299, 0.587, 0.114], dtype=np.float32)


class CameraPipeline(CatalogueModel):
    """Noise of a camera as its pictures show it: after processing and JPEG compression.

    The noise of the sensor passes through demosaicing, white balance, a colour matrix, gamma, blur,
    sharpening and JPEG compression. It is then correlated between neighbouring pixels and between
    colours, and depends on the brightness.

    Parameters
    ----------
    shot : float or (low, high), default=(1e-4, 1.2e-2)
        Variance of the photon noise at white, as in `CameraNoise`.
    read : float or (low, high), default=None
        Variance of the read-out noise. If None, drawn given `shot` as in `CameraNoise`.
    white_balance : float or (low, high), default=(1.2, 2.4)
        Factor by which the camera multiplies red, and another by which it multiplies blue. At least
        1, since a sensor is most sensitive to green.
    colour_mixing : float or (low, high), default=(0, 0.25)
        Share of each other colour that the colour matrix subtracts from a colour. It makes colours
        more vivid, and noise stronger.
    gamma : float, default=2.2
        Linear light is ``x ** gamma``.
    mosaic : bool, default=True
        Whether the sensor has one colour per pixel (a Bayer mosaic, RGGB). Use False for pictures
        that were made much smaller after they were taken. Images that are one pixel wide have none.
    blur : float or (low, high), default=(0, 1)
        Standard deviation, in pixels, of the Gaussian that blurs the noise, as denoising in the
        camera and enlarging a picture do.
    sharpening : float or (low, high), default=(0, 0.8)
        Strength of unsharp masking with a radius of 1 pixel.
    quality : int or (low, high), default=(60, 100)
        Quality of the JPEG compression. With 100 there is none.

    See Also
    --------
    CameraNoise : Noise before all processing, as in raw files and most scientific cameras.
    CorrelatedGaussianNoise : Noise with a given correlation, and the same strength everywhere.

    Notes
    -----
    Ranges are drawn uniformly for each image, `shot` log-uniformly. What is in the image is not
    processed, apart from JPEG compression: the model adds the difference between the processed
    noisy light and the processed clean light. Thus clean images are pictures as a camera writes
    them, such as the average of many shots, and a denoiser does not learn to undo blur or
    sharpening. Values are clipped to 0..1. Images without noise, with `shot` and `read` of 0, are
    unchanged.

    Images with three channels are RGB. In other images each channel is a grey picture: the
    brightness of a picture in colour.

    The steps follow Brooks et al. [1]_, as do the ranges of `shot` and `read` and, roughly, of the
    white balance. Zhang et al. [2]_ show that denoisers for real pictures need such a chain, with
    random strengths. The other ranges were chosen on photographs. The `noise_factor` is
    ``sqrt(shot)``. There are no published severities. This package uses the values of `shot` of
    `CameraNoise`.

    References
    ----------
    .. [1] T. Brooks et al., "Unprocessing Images for Learned Raw Denoising", CVPR 2019.
    .. [2] K. Zhang et al., "Practical Blind Image Denoising via Swin-Conv-UNet and Data Synthesis",
       Machine Intelligence Research 20, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import CameraPipeline
    >>> grey = np.full((1, 64, 64, 3), 0.5, dtype=np.float32)
    >>> noise = (
    ...     CameraPipeline(shot=0.01, read=0, blur=0.8)(grey, np.random.default_rng(0))
    ...     - grey
    ... )
    >>> bool(
    ...     np.corrcoef(noise[0, :, 1:].ravel(), noise[0, :, :-1].ravel())[0, 1] > 0.5
    ... )
    True
    """

    strength_in_range = "noise_factor"
    severities = CameraNoise.severities

    def __init__(
        self,
        shot: Strength = (1e-4, 1.2e-2),
        read: Strength | None = None,
        white_balance: Strength = (1.2, 2.4),
        colour_mixing: Strength = (0, 0.25),
        gamma: float = 2.2,
        mosaic: bool = True,
        blur: Strength = (0, 1),
        sharpening: Strength = (0, 0.8),
        quality: Severity = (60, 100),
    ) -> None:
        self.shot = shot
        self.read = read
        self.white_balance = white_balance
        self.colour_mixing = colour_mixing
        self.gamma = gamma
        self.mosaic = mosaic
        self.blur = blur
        self.sharpening = sharpening
        self.quality = quality

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add the noise, as the camera processes it, and compress the images."""
        shot, read = draw_shot_and_read(self.shot, self.read, len(images), rng)
        is_rgb = images.shape[3] == 3
        pictures = images if is_rgb else np.repeat(split_channels(images), 3, axis=3)
        n_parts = 1 if is_rgb else images.shape[3]  # pictures of one image
        noise = self._processed_noise(
            pictures, np.tile(shot, (n_parts, 1, 1, 1)), np.tile(read, (n_parts, 1, 1, 1)), rng
        )
        if not is_rgb:
            noise = join_channels(noise @ _BRIGHTNESS[:, np.newaxis], n_parts)
        noisy = JPEGCompression(self.quality)(np.clip(images + noise, 0, 1), rng)
        return np.where((shot > 0) | (read > 0), noisy, images)

    def _processed_noise(self, pictures, shot, read, rng):
        """Return what the camera makes of the noise of RGB pictures."""
        n_pictures = len(pictures)
        balance = np.ones((n_pictures, 1, 1, 3), dtype=np.float32)
        for colour in (0, 2):
            drawn = draw_strength("white_balance", self.white_balance, n_pictures, rng, low=1)
            balance[..., colour] = drawn[..., 0]
        mixing = draw_strength("colour_mixing", self.colour_mixing, n_pictures, rng, high=1)
        light = to_linear(np.minimum(pictures, 1), self.gamma)
        # Before the colour matrix, which keeps the sum of the colours, and before the white balance.
        light = (light + mixing * light.sum(axis=3, keepdims=True)) / (1 + 3 * mixing)
        light /= balance
        noisy = light + sensor_noise(light, shot, read, rng)
        noise = self._develop(noisy, balance, mixing) - self._develop(light, balance, mixing)
        check_limits("blur", self.blur, 0, MOST_SIGMA)  # GaussianBlur would call it sigma
        noise = GaussianBlur(self.blur)(noise, rng)
        sharpening = draw_strength("sharpening", self.sharpening, n_pictures, rng)
        return noise + sharpening * (noise - _UNSHARP(noise, rng))

    def _develop(self, light, balance, mixing):
        """Return pictures from the light that the sensor has measured."""
        light = np.clip(light, 0, 1)
        if self.mosaic and min(light.shape[1:3]) > 1:
            light = demosaic(light)
        light = np.minimum(light * balance, 1)
        # Each colour minus a share of the two others; grey stays grey.
        light = light + mixing * (3 * light - light.sum(axis=3, keepdims=True))
        return from_linear(np.minimum(light, 1), self.gamma)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``shot = noise_factor**2``."""
        return cls(shot=map_strength("noise_factor", noise_factor, lambda factor: factor**2))
