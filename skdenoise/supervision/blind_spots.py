"""Blind spots: learning from noisy images alone, by predicting pixels from their neighbours.

A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void: Learning Denoising from Single Noisy Images", CVPR
2019. J. Batson and L. Royer, "Noise2Self: Blind Denoising by Self-Supervision", ICML 2019. For lines: C.
Broaddus, A. Krull, M. Weigert, U. Schmidt and G. Myers, "Removing Structured Noise with Self-Supervised Blind-Spot
Networks", ISBI 2020, who hide only the nearest pixels of a line.
"""

import functools
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve, maximum_filter

from skdenoise.images.layout import pad_to_multiple
from skdenoise.images.pixels import UNIT
from skdenoise.supervision.base import Supervision
from skdenoise.supervision.pairs import Pairs

# A hidden pixel is replaced by the mean of its neighbours, the nearer ones weighted twice (Noise2Self); in a hidden
# line, by that of its neighbours in the lines beside it.
_NEIGHBOURS = {
    None: np.array([[1, 2, 1], [2, 0, 2], [1, 2, 1]], dtype=np.float32) / 12,
    "row": np.array([[1, 2, 1], [0, 0, 0], [1, 2, 1]], dtype=np.float32) / 8,
    "column": np.array([[1, 0, 1], [2, 0, 2], [1, 0, 1]], dtype=np.float32) / 8,
}
# The axis of NHWC images that counts the lines.
_COUNTED_ALONG = {"row": 1, "column": 2}
# The pixels of a grid are hidden together, every fourth in each direction: sixteen grids cover all. Of lines,
# every fourth: four grids.
_STEP = 4
# One grid for each row and each column, for a score that need not cover every pixel.
_FEW_GRIDS = ((0, 0), (1, 2), (2, 3), (3, 1))


@dataclass(frozen=True)
class HiddenPixels(Pairs):
    """Noisy images with some pixels hidden, which the network predicts from the others.

    The target is the pixel's own noisy value. If the noise of hidden pixels is independent of that of the others, and
    zero on average, the best prediction is the clean value.

    Parameters
    ----------
    direction : {"row", "column"} or None
        Whether whole lines are hidden.
    """

    direction: str | None = None

    def __post_init__(self):
        if self.direction is None:
            return
        n_lines = self.size[_COUNTED_ALONG[self.direction] - 1]
        if n_lines < 3:
            raise ValueError(
                f"supervision='self_{self.direction}s' predicts a {self.direction} from those beside it, but the "
                f"images have {n_lines}. Expected at least 3."
            )

    @property
    def _quarter_turns(self):
        return self.direction is None

    def batch(self, indices, rng):
        """Return images with hidden pixels, the images, and the weights of the pixels in the loss."""
        noisy = self.clean_pixels.to_unit(self._views(indices, rng)(self.clean))
        hidden = draw_hidden(noisy.shape[:3], rng, self.direction)
        # The padding repeats pixels, hidden ones too, and counts for nothing.
        margin = [(0, full - size) for full, size in zip(self.padded_size, self.size, strict=True)]
        return (
            pad_to_multiple(hide(noisy, hidden, self.direction), self.multiple),
            pad_to_multiple(noisy, self.multiple),
            np.pad(hidden.astype(np.float32), [(0, 0), *margin]),
        )


class BlindSpots(Supervision):
    """Learn from noisy images alone, by predicting hidden pixels from the others.

    Parameters
    ----------
    direction : {"row", "column"} or None
        The lines along which the noise is alike, which are hidden as a whole. None hides single pixels, for noise
        that is independent from pixel to pixel.
    """

    uses_noise = False
    hides_pixels = True

    def __init__(self, direction: str | None = None) -> None:
        self.direction = direction
        self.name = "self" if direction is None else f"self_{direction}s"
        independent = (
            "from pixel to pixel" if direction is None else f"from one {direction} to the next"
        )
        self.images = f"noisy images alone, whose noise is independent {independent}"

    @property
    def pairs(self):
        """What makes the batches."""
        return functools.partial(HiddenPixels, direction=self.direction)

    def suits_start_weights(self, noise, linear):
        """Return whether the noise is independent from pixel to pixel."""
        return self.direction is None

    def psnr(self, network, images, noise):
        """Return the PSNR of hidden pixels, on four fixed grids, against their noisy values."""
        predictions = hidden_predictions(network.denoise, images, self.direction, few=True)
        errors = [predicted - images[:, grid] for grid, predicted in predictions]
        return -10 * np.log10(np.mean(np.concatenate(errors, axis=1) ** 2, axis=(1, 2)))


def draw_hidden(shape, rng, direction=None):
    """Draw pixels to hide, one of nine on average, or lines, one of three, no two of which are neighbours.

    Otherwise the mean that replaces a pixel would contain its hidden neighbours.

    Parameters
    ----------
    shape : (n, height, width)
        Of the images.
    rng : numpy.random.Generator
        Source of the draw.
    direction : {"row", "column"} or None
        Whether to draw lines.

    Returns
    -------
    ndarray of bool
        Of that shape.
    """
    if direction is None:
        drawn = rng.random(shape, dtype=np.float32)
        return drawn == maximum_filter(drawn, size=(1, 3, 3))
    axis = _COUNTED_ALONG[direction]
    drawn = rng.random((shape[0], shape[axis]), dtype=np.float32)
    lines = drawn == maximum_filter(drawn, size=(1, 3))
    return np.broadcast_to(np.expand_dims(lines, 3 - axis), shape)


def hide(images, hidden, direction=None):
    """Return images whose `hidden` pixels, in all channels, are the means of their neighbours."""
    return np.where(hidden[..., np.newaxis], means_of_neighbours(images, direction), images)


def means_of_neighbours(images, direction=None):
    """Return, for each pixel, what replaces it where it is hidden, in a line or alone."""
    rows, columns = (slice(None) if size > 1 else slice(1, 2) for size in images.shape[1:3])
    weights = _NEIGHBOURS[direction][rows, columns]
    weights = weights / weights.sum()
    return convolve(images, weights[np.newaxis, :, :, np.newaxis], mode="mirror")


def grids(height, width, few=False, direction=None):
    """Yield grids of pixels to hide, (height, width). Together they cover all pixels, unless `few`."""
    if direction is not None:
        lines = np.arange((height, width)[_COUNTED_ALONG[direction] - 1])
        lines = lines[:, np.newaxis] if direction == "row" else lines
        masks = (np.broadcast_to(lines % _STEP == i, (height, width)) for i in range(_STEP))
        yield from filter(np.any, masks)
        return
    offsets = _FEW_GRIDS if few else np.ndindex(_STEP, _STEP)
    for top, left in offsets:
        grid = np.zeros((height, width), dtype=bool)
        grid[top::_STEP, left::_STEP] = True
        if grid.any():
            yield grid


def hidden_predictions(denoise, images, direction=None, few=False):
    """Yield each grid of pixels, and what they are denoised to while they are hidden.

    Parameters
    ----------
    denoise : callable
        ``denoise(images, pixels)``, as `TrainedNetwork.denoise`.
    images : ndarray of shape (n, height, width, channels), float32
        In units of the value range.
    direction : {"row", "column"} or None
        Whether whole lines are hidden.
    few : bool
        Whether four grids are enough.
    """
    means = means_of_neighbours(images, direction)
    for grid in grids(*images.shape[1:3], few, direction):
        seen = np.where(grid[..., np.newaxis], means, images)
        yield grid, denoise(seen, UNIT)[:, grid]
