"""Digital corruptions: JPEG compression and too few pixels.

The severities are from ImageNet-C and CIFAR-C (Hendrycks and Dietterich, "Benchmarking Neural
Network Robustness to Common Corruptions and Perturbations", ICLR 2019).
"""

from io import BytesIO
from typing import Self

import numpy as np
from PIL import Image

from skdenoise.noise.model import (
    CatalogueModel,
    check_limits,
    draw_integers,
    draw_strength,
    kept_share,
    map_strength,
    severity_table,
)
from skdenoise.typing import Severity, Strength, UnitImages


class JPEGCompression(CatalogueModel):
    """Artefacts of JPEG compression, made with Pillow.

    Parameters
    ----------
    quality : int or (low, high), default=25
        Quality from 1 to 99, as for ``PIL.Image.save``; 100 is the identity. If a range, drawn
        uniformly for each image, ends included.

    Notes
    -----
    Images with three channels are compressed as RGB (with chroma at half resolution, Pillow's
    default). In other images each channel is compressed separately. Values are rounded to 8 bits
    first. Values outside 0..1, which JPEG cannot store, are compressed as black or white; what
    exceeds them is added again. The `noise_factor` is ``1 - quality / 100``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import JPEGCompression
    >>> ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 16, 16, 1)
    >>> compressed = JPEGCompression(quality=5)(ramp, np.random.default_rng(0))
    >>> bool(np.abs(compressed - ramp).max() > 0.02)
    True
    """

    severities = severity_table("quality", cifar=(80, 65, 58, 50, 40), imagenet=(25, 18, 15, 10, 7))

    def __init__(self, quality: Severity = 25) -> None:
        self.quality = quality

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Compress each image as JPEG, and decompress it."""
        qualities = draw_integers("quality", self.quality, len(images), rng, 1, 100)
        compressed = images.copy()
        for index in np.flatnonzero(qualities < 100):
            storable = np.clip(images[index], 0, 1)
            stored = np.rint(storable * 255).astype(np.uint8)
            for channels in _as_pictures(stored):
                part = _through_jpeg(stored[..., channels], int(qualities[index]))
                compressed[index][..., channels] = part / np.float32(255)
            compressed[index] += images[index] - storable
        return compressed

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``quality = 100 * (1 - noise_factor)``, rounded."""
        check_limits("noise_factor", noise_factor, 0, 0.99)
        return cls(
            quality=map_strength(
                "noise_factor", noise_factor, lambda factor: round(100 * (1 - factor))
            )
        )


class Pixelate(CatalogueModel):
    """Too few pixels: reduce the size of the image, and enlarge it with visible squares.

    Parameters
    ----------
    resolution : float or (low, high), default=0.5
        Height and width of the reduced image, as a share of the original; 1 is the identity. If a
        range, drawn uniformly for each image.

    Notes
    -----
    The `noise_factor` is ``1 - resolution``. The reduced image has at least one pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Pixelate
    >>> ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    >>> coarse = Pixelate(resolution=0.25)(ramp, np.random.default_rng(0))
    >>> len(np.unique(coarse))
    4
    """

    severities = severity_table(
        "resolution", cifar=(0.95, 0.9, 0.85, 0.75, 0.65), imagenet=(0.6, 0.5, 0.4, 0.3, 0.25)
    )

    def __init__(self, resolution: Strength = 0.5) -> None:
        self.resolution = resolution

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Resize each channel down and up with a box filter."""
        resolutions = draw_strength("resolution", self.resolution, len(images), rng, high=1).ravel()
        height, width = images.shape[1:3]
        coarse = images.copy()
        for index in np.flatnonzero(resolutions < 1):
            # A product such as 0.6 * 5 in float32 may be slightly less than the integer.
            small = [max(1, int(side * resolutions[index] + 1e-4)) for side in (width, height)]
            for channel in range(images.shape[3]):
                picture = Image.fromarray(images[index, ..., channel])
                picture = picture.resize(small, Image.Resampling.BOX)
                coarse[index, ..., channel] = picture.resize((width, height), Image.Resampling.BOX)
        return coarse

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``resolution = 1 - noise_factor``."""
        return cls(resolution=kept_share(noise_factor))


def _as_pictures(image):
    """Return the channels that are compressed together: all of RGB, otherwise one at a time."""
    return [slice(None)] if image.shape[2] == 3 else range(image.shape[2])


def _through_jpeg(pixels, quality):
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="JPEG", quality=quality)
    return np.asarray(Image.open(file))
