"""Light: changes of brightness and contrast, and fog.

The severities are from ImageNet-C and CIFAR-C (Hendrycks and Dietterich, "Benchmarking Neural
Network Robustness to Common Corruptions and Perturbations", ICLR 2019).
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from skdenoise.images.pixels import chunks
from skdenoise.noise.model import (
    CatalogueModel,
    check_number,
    draw_strength,
    kept_share,
    severity_table,
)
from skdenoise.typing import Strength, UnitImages


class Brightness(CatalogueModel):
    """Change the brightness: add ``delta`` to the value (V of HSV) of each pixel.

    Parameters
    ----------
    delta : float or (low, high), default=0.3
        Change of the value, in units of the value range. Negative numbers darken images. If a
        range, drawn uniformly for each image.

    Notes
    -----
    In images with three channels, the value is the maximum of the channels; hue and saturation do
    not change. In other images, each channel is changed separately. The new value is clipped to
    0..1.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Brightness
    >>> orange = np.full((1, 8, 8, 3), [0.6, 0.3, 0.0], dtype=np.float32)
    >>> print(Brightness(delta=0.2)(orange, np.random.default_rng(0))[0, 0, 0])
    [0.8 0.4 0. ]
    """

    severities = severity_table(
        "delta", cifar=(0.05, 0.1, 0.15, 0.2, 0.3), imagenet=(0.1, 0.2, 0.3, 0.4, 0.5)
    )

    def __init__(self, delta: Strength = 0.3) -> None:
        self.delta = delta

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Scale the channels of each pixel to the new value."""
        delta = draw_strength("delta", self.delta, len(images), rng, low=-1, high=1)
        visible = np.maximum(images, 0)
        value = visible.max(axis=3, keepdims=True) if images.shape[3] == 3 else visible
        new_value = np.clip(value + delta, 0, 1)
        black = value == 0
        scaled = visible * (new_value / np.where(black, 1, value))
        return np.where(delta == 0, images, np.where(black, new_value, scaled))

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``delta=noise_factor``."""
        return cls(delta=noise_factor)


class Contrast(CatalogueModel):
    """Reduce the contrast: move each channel towards its mean over the image.

    Parameters
    ----------
    contrast : float or (low, high), default=0.4
        Share of the contrast that is kept, between 0 and 1; 1 is the identity. If a range, drawn
        uniformly for each image.

    Notes
    -----
    The `noise_factor` is ``1 - contrast``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Contrast
    >>> halves = np.repeat([0.0, 1.0], 4).astype(np.float32).reshape(1, 1, 8, 1)
    >>> print(np.unique(Contrast(contrast=0.5)(halves, np.random.default_rng(0))))
    [0.25 0.75]
    """

    severities = severity_table(
        "contrast", cifar=(0.75, 0.5, 0.4, 0.3, 0.15), imagenet=(0.4, 0.3, 0.2, 0.1, 0.05)
    )

    def __init__(self, contrast: Strength = 0.4) -> None:
        self.contrast = contrast

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Scale the difference between each value and the mean of its channel."""
        contrast = draw_strength("contrast", self.contrast, len(images), rng, high=1)
        means = images.mean(axis=(1, 2), keepdims=True)
        return np.where(contrast == 1, images, (images - means) * contrast + means)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``contrast = 1 - noise_factor``."""
        return cls(contrast=kept_share(noise_factor))


class Fog(CatalogueModel):
    """Add fog: bright clouds over the image, scaled so that its maximum does not change.

    Parameters
    ----------
    strength : float or (low, high), default=1
        Brightness of the thickest fog, in units of the value range. If a range, drawn uniformly for
        each image.
    decay : float, default=2
        Smoothness of the clouds. From each scale to the next, half as large, the amplitude is
        divided by ``decay**2``.

    Notes
    -----
    The clouds are a plasma fractal from the diamond-square algorithm [1]_, scaled to 0..1. They are
    the same in all channels.

    References
    ----------
    .. [1] A. Fournier, D. Fussell and L. Carpenter, "Computer Rendering of Stochastic Models",
       Communications of the ACM 25(6), 1982.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Fog
    >>> white = np.ones((1, 32, 32, 1), dtype=np.float32)
    >>> foggy = Fog(strength=1)(white, np.random.default_rng(0))
    >>> print(f"{foggy.min():.1f} {foggy.max():.1f}")  # of (1 + clouds) / 2
    0.5 1.0
    """

    severities = severity_table(
        "strength decay",
        cifar=((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
        imagenet=((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    )

    def __init__(self, strength: Strength = 1.0, decay: float = 2.0) -> None:
        self.strength = strength
        self.decay = decay

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Add clouds, and scale the sum to the maximum of the image."""
        decay = check_number("decay", self.decay, 1)
        strength = draw_strength("strength", self.strength, len(images), rng)
        n_images, height, width, _ = images.shape
        side = max(height, width)
        clouds = np.empty((n_images, height, width), dtype=np.float32)
        # The clouds of a strip are cropped from squares, which are much larger.
        for part in chunks(images, values_per_image=4 * side**2):
            clouds[part] = plasma(len(images[part]), side, decay, rng)[:, :height, :width]
        brightest = np.maximum(images.max(axis=(1, 2, 3), keepdims=True), np.float32(1e-3))
        foggy = images + strength * clouds[..., np.newaxis]
        return np.where(strength > 0, foggy * (brightest / (brightest + strength)), images)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``strength=noise_factor``."""
        return cls(strength=noise_factor)


def plasma(n_maps: int, size: int, decay: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw plasma fractals with the diamond-square algorithm. Opposite edges match.

    Parameters
    ----------
    n_maps, size : int
        Number of fractals, and their minimum side, which is rounded up to a power of two.
    decay : float
        The amplitude of each scale is the amplitude of the next coarser one, divided by
        ``decay**2``.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_maps, side, side), float32
        The fractals, each scaled to 0..1.
    """
    side = max(2, 1 << (size - 1).bit_length())
    maps = np.zeros((n_maps, side, side), dtype=np.float32)
    amplitude, step = 1.0, side

    def jittered(sums):
        jitter = rng.random(sums.shape, dtype=np.float32)
        return sums / 4 + np.float32(2 * amplitude) * (jitter - np.float32(0.5))

    while step > 1:
        half = step // 2
        corners = maps[:, ::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=1)
        centres = maps[:, half::step, half::step] = jittered(pairs + np.roll(pairs, -1, axis=2))
        above = centres + np.roll(centres, 1, axis=1)
        beside = corners + np.roll(corners, -1, axis=2)
        maps[:, ::step, half::step] = jittered(above + beside)
        above = corners + np.roll(corners, -1, axis=1)
        beside = centres + np.roll(centres, 1, axis=2)
        maps[:, half::step, ::step] = jittered(above + beside)
        step, amplitude = half, amplitude / decay**2
    maps -= maps.min(axis=(1, 2), keepdims=True)
    maps /= np.maximum(maps.max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
    return maps
