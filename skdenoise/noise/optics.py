"""Optics: blur of a lens that is out of focus or in motion.

Each image is convolved with its own kernel. Edge pixels are repeated beyond the edges. The
severities are from ImageNet-C and CIFAR-C (Hendrycks and Dietterich, "Benchmarking Neural Network
Robustness to Common Corruptions and Perturbations", ICLR 2019).
"""

import math
from typing import Self

import numpy as np
from scipy.ndimage import gaussian_filter

from skdenoise.images.pixels import chunks
from skdenoise.noise.model import CatalogueModel, check_number, draw_strength, severity_table
from skdenoise.typing import Strength, UnitImages

# Kernels of more pixels would fill the memory.
MOST_SIGMA, _MOST_RADIUS, _MOST_LENGTH = 200, 500, 1000


class GaussianBlur(CatalogueModel):
    """Blur with a Gaussian kernel.

    Parameters
    ----------
    sigma : float or (low, high), default=1
        Standard deviation of the kernel, in pixels, at most 200. If a range, drawn uniformly for each
        image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import GaussianBlur
    >>> point = np.zeros((1, 9, 9, 1), dtype=np.float32)
    >>> point[0, 4, 4] = 1
    >>> print(
    ...     f"{GaussianBlur(sigma=1)(point, np.random.default_rng(0))[0, 4, 4, 0]:.2f}"
    ... )
    0.16
    """

    severities = severity_table("sigma", cifar=(0.4, 0.6, 0.7, 0.8, 1), imagenet=(1, 2, 3, 4, 6))
    typical_factors = (1, 2)

    def __init__(self, sigma: Strength = 1.0) -> None:
        self.sigma = sigma

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Convolve each image with its kernel."""
        sigmas = draw_strength("sigma", self.sigma, len(images), rng, high=MOST_SIGMA)
        return _convolve(images, _kernels(_gaussian_kernel, sigmas))

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``sigma=noise_factor``, in pixels."""
        return cls(sigma=noise_factor)


class DefocusBlur(CatalogueModel):
    """Blur of a lens that is out of focus: points become disks.

    Parameters
    ----------
    radius : float or (low, high), default=2
        Radius of the disk, in pixels, at most 500; 0 is the identity. If a range, drawn uniformly
        for each image.
    alias_blur : float, default=0.5
        Standard deviation, in pixels, of the Gaussian that softens the edge of the disk.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import DefocusBlur
    >>> point = np.zeros((1, 9, 9, 1), dtype=np.float32)
    >>> point[0, 4, 4] = 1
    >>> blurred = DefocusBlur(radius=2, alias_blur=0.1)(
    ...     point, np.random.default_rng(0)
    ... )
    >>> int((blurred > 0.01).sum())
    13
    """

    severities = severity_table(
        "radius alias_blur",
        cifar=((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
        imagenet=((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    )
    typical_factors = (2, 4)

    def __init__(self, radius: Strength = 2.0, alias_blur: float = 0.5) -> None:
        self.radius = radius
        self.alias_blur = alias_blur

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Convolve each image with its disk."""
        check_number("alias_blur", self.alias_blur, 0)
        radii = draw_strength("radius", self.radius, len(images), rng, high=_MOST_RADIUS)
        return _convolve(images, _kernels(self._disk, radii))

    def _disk(self, radius):
        if not radius:
            return np.ones((1, 1), dtype=np.float32)
        # The authors of the benchmark cut the softening kernel off at this width.
        soft = 1 if radius <= 8 else 2
        across = np.arange(-math.ceil(radius) - soft, math.ceil(radius) + soft + 1)
        disk = np.float32(across**2 + across[:, np.newaxis] ** 2 <= radius**2)
        disk = gaussian_filter(disk, self.alias_blur, radius=soft, mode="constant")
        return disk / disk.sum()

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``radius=noise_factor``, in pixels."""
        return cls(radius=noise_factor)


class MotionBlur(CatalogueModel):
    """Blur of a camera or object that moves along a line.

    Parameters
    ----------
    length : float or (low, high), default=5
        Length of the motion, in pixels, at most 1000; 0 is the identity. If a range, drawn uniformly
        for each image.
    angle : float or (low, high), default=(-45, 45)
        Direction of the motion in degrees, clockwise from the right. If a range, drawn uniformly
        for each image.
    sigma : float, default=None
        If None, the motion is even and centred. If a number, the standard deviation, in pixels, of
        a Gaussian trail that fades against the direction, as in ImageMagick and ImageNet-C.

    Notes
    -----
    The kernel is sampled along the line, with samples at most one pixel apart. Each sample is
    shared between the four nearest pixels; ImageMagick uses the nearest one. The published (radius,
    sigma) are ``length = 2 * radius`` and `sigma`. Both scales are in pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import MotionBlur
    >>> point = np.zeros((1, 9, 9, 1), dtype=np.float32)
    >>> point[0, 4, 4] = 1
    >>> blurred = MotionBlur(length=2, angle=0)(point, np.random.default_rng(0))
    >>> print(blurred[0, 4, 2:7, 0].round(2))
    [0.   0.33 0.33 0.33 0.  ]
    """

    severities = severity_table(
        "length sigma",
        cifar=((12, 1), (12, 1.5), (12, 2), (16, 2), (18, 2.5)),
        imagenet=((20, 3), (30, 5), (30, 8), (30, 12), (40, 15)),
    )
    typical_factors = (3, 6)

    def __init__(
        self, length: Strength = 5.0, angle: Strength = (-45, 45), sigma: float | None = None
    ) -> None:
        self.length = length
        self.angle = angle
        self.sigma = sigma

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Convolve each image with its line kernel."""
        lengths = draw_strength("length", self.length, len(images), rng, high=_MOST_LENGTH)
        angles = draw_strength("angle", self.angle, len(images), rng, low=-360, high=360)
        if self.sigma is not None:
            # Samples further away have less than 4e-6 of the weight of the nearest one.
            furthest = math.ceil(5 * check_number("sigma", self.sigma, 0))
            lengths = np.minimum(lengths, np.float32(furthest))
        if not lengths.any():
            return images.copy()
        lengths, angles = lengths.ravel(), np.deg2rad(angles.ravel())
        return _convolve(images, _line_kernels(*self._samples(lengths), angles))

    def _samples(self, lengths):
        """Return positions of the samples along the line of each image, and their weights."""
        lengths = lengths[:, np.newaxis].astype(np.float64)
        # Images with a shorter line have fewer samples, and so the same kernel as alone.
        n_samples = np.ceil(lengths) + 1
        place = np.arange(n_samples.max())
        is_used = place < n_samples
        along = np.where(is_used, place * lengths / np.maximum(n_samples - 1, 1), 0)
        if self.sigma is None:
            return along - lengths / 2, is_used / n_samples
        fading = is_used * np.exp(-((along / max(self.sigma, 1e-3)) ** 2) / 2)
        return -along, fading / fading.sum(axis=1, keepdims=True)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``length=noise_factor``, in pixels."""
        return cls(length=noise_factor)


def _convolve(images, kernels):
    """Convolve each image with its kernel, or all images with one; kernels are (n, size, size)."""
    # Slow to import, and only used by blurs.
    from scipy.signal import fftconvolve

    reach = kernels.shape[1] // 2
    if not reach:
        return images.copy()
    kernels = kernels[..., np.newaxis]
    blurred = np.empty_like(images)
    height, width, channels = images.shape[1:]
    edges = ((0, 0), (reach, reach), (reach, reach), (0, 0))
    for part in chunks(images, (height + 2 * reach) * (width + 2 * reach) * channels):
        padded = np.pad(images[part], edges, mode="edge")
        own = kernels[part] if len(kernels) > 1 else kernels
        blurred[part] = fftconvolve(padded, own, mode="valid", axes=(1, 2))
    return blurred


def _kernels(make, strengths):
    """Make the kernel of each strength, padded to the size of the largest."""
    strengths = strengths.ravel()
    if len(set(strengths.tolist())) == 1:
        strengths = strengths[:1]
    kernels = [make(float(strength)) for strength in strengths] or [np.ones((1, 1), np.float32)]
    size = max(len(kernel) for kernel in kernels)
    return np.stack([np.pad(kernel, (size - len(kernel)) // 2) for kernel in kernels])


def _gaussian_kernel(sigma):
    # Cut off at the same width as scipy.ndimage and scikit-image.
    reach = int(4 * sigma + 0.5)
    profile = np.zeros(2 * reach + 1, dtype=np.float32)
    profile[reach] = 1
    if reach:
        profile = gaussian_filter(profile, sigma, radius=reach, mode="constant")
    return np.outer(profile, profile)


def _line_kernels(along, weights, angles):
    """Make kernels from weighted samples at distances `along` a line through the centre."""
    down = along * np.sin(angles)[:, np.newaxis]
    right = along * np.cos(angles)[:, np.newaxis]
    reach = math.ceil(np.abs(along).max())
    size = 2 * reach + 3
    kernels = np.zeros((len(along), size, size), dtype=np.float32)
    image = np.arange(len(along))[:, np.newaxis]
    y, x = np.floor(down).astype(int), np.floor(right).astype(int)
    for dy in (0, 1):
        for dx in (0, 1):
            share = (1 - np.abs(down - y - dy)) * (1 - np.abs(right - x - dx))
            np.add.at(kernels, (image, y + dy + reach + 1, x + dx + reach + 1), share * weights)
    return kernels
