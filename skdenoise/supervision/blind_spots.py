"""Blind spots: learning from noisy images alone, by predicting pixels from their neighbours.

A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void: Learning Denoising from Single Noisy Images", CVPR
2019. J. Batson and L. Royer, "Noise2Self: Blind Denoising by Self-Supervision", ICML 2019.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve, maximum_filter

from skdenoise.images.layout import pad_to_multiple
from skdenoise.images.pixels import UNIT
from skdenoise.supervision.base import Supervision
from skdenoise.supervision.pairs import Pairs

# A hidden pixel is replaced by the mean of its neighbours, the nearer ones weighted twice (Noise2Self).
_NEIGHBOURS = np.array([[1, 2, 1], [2, 0, 2], [1, 2, 1]], dtype=np.float32) / 12
# The pixels of a grid are hidden together, every fourth in each direction: sixteen grids cover all.
_STEP = 4
# One grid for each row and each column, for a score that need not cover every pixel.
_FEW_GRIDS = ((0, 0), (1, 2), (2, 3), (3, 1))


@dataclass(frozen=True)
class HiddenPixels(Pairs):
    """Noisy images with some pixels hidden, which the network predicts from their neighbours.

    The target is the pixel's own noisy value. If noise is independent from pixel to pixel and zero on
    average, the best prediction is the clean value.
    """

    def batch(self, indices, rng):
        """Return images with hidden pixels, the images, and the weights of the pixels in the loss."""
        noisy = self.clean_pixels.to_unit(self._views(indices, rng)(self.clean))
        hidden = draw_hidden(noisy.shape[:3], rng)
        # The padding repeats pixels, hidden ones too, and counts for nothing.
        margin = [(0, full - size) for full, size in zip(self.padded_size, self.size, strict=True)]
        return (
            pad_to_multiple(hide(noisy, hidden), self.multiple),
            pad_to_multiple(noisy, self.multiple),
            np.pad(hidden.astype(np.float32), [(0, 0), *margin]),
        )


class BlindSpots(Supervision):
    """Learn from noisy images alone, whose noise is independent from pixel to pixel."""

    name = "self"
    uses_noise = False
    hides_pixels = True
    pairs = HiddenPixels

    def psnr(self, network, images, noise):
        """Return the PSNR of hidden pixels, on four fixed grids, against their noisy values."""
        errors = [
            predicted - images[:, grid]
            for grid, predicted in hidden_predictions(network.denoise, images, few=True)
        ]
        return -10 * np.log10(np.mean(np.concatenate(errors, axis=1) ** 2, axis=(1, 2)))


def draw_hidden(shape, rng):
    """Draw pixels to hide, one of nine on average, no two of which are neighbours.

    Otherwise the mean that replaces a pixel would contain its hidden neighbours.

    Parameters
    ----------
    shape : (n, height, width)
        Of the images.
    rng : numpy.random.Generator
        Source of the draw.

    Returns
    -------
    ndarray of bool
        Of that shape.
    """
    drawn = rng.random(shape, dtype=np.float32)
    return drawn == maximum_filter(drawn, size=(1, 3, 3))


def hide(images, hidden):
    """Return images whose `hidden` pixels, in all channels, are the means of their neighbours."""
    return np.where(hidden[..., np.newaxis], means_of_neighbours(images), images)


def means_of_neighbours(images):
    """Return, for each pixel, what replaces it where it is hidden."""
    rows, columns = (slice(None) if size > 1 else slice(1, 2) for size in images.shape[1:3])
    weights = _NEIGHBOURS[rows, columns] / _NEIGHBOURS[rows, columns].sum()
    return convolve(images, weights[np.newaxis, :, :, np.newaxis], mode="mirror")


def grids(height, width, few=False):
    """Yield grids of pixels to hide, (height, width). Together they cover all pixels, unless `few`."""
    offsets = _FEW_GRIDS if few else np.ndindex(_STEP, _STEP)
    for top, left in offsets:
        grid = np.zeros((height, width), dtype=bool)
        grid[top::_STEP, left::_STEP] = True
        if grid.any():
            yield grid


def hidden_predictions(denoise, images, few=False):
    """Yield each grid of pixels, and what they are denoised to while they are hidden.

    Parameters
    ----------
    denoise : callable
        ``denoise(images, pixels)``, as `TrainedNetwork.denoise`.
    images : ndarray of shape (n, height, width, channels), float32
        In units of the value range.
    few : bool
        Whether four grids are enough.
    """
    means = means_of_neighbours(images)
    for grid in grids(*images.shape[1:3], few):
        seen = np.where(grid[..., np.newaxis], means, images)
        yield grid, denoise(seen, UNIT)[:, grid]
