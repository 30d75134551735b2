"""Blind spots: pixels that are hidden from a network, which is to tell them from what surrounds them."""

import numpy as np
from scipy.ndimage import convolve, maximum_filter

from skdenoise.images.pixels import UNIT, changed_in_unit

# What stands in for a hidden pixel: the mean of its neighbours, the nearer ones twice (Noise2Self).
_NEIGHBOURS = np.array([[1, 2, 1], [2, 0, 2], [1, 2, 1]], dtype=np.float32) / 12
# Every pixel is hidden in one of so many squared grids.
_STEP = 4
# A grid of each row and column, for a score that need not see every pixel.
_FEW_GRIDS = ((0, 0), (1, 2), (2, 3), (3, 1))


def draw_hidden(shape, rng):
    """Draw pixels to hide, one of nine on average, no two of which are neighbours.

    What stands in for a pixel would tell of its hidden neighbours otherwise.

    Parameters
    ----------
    shape : (n, height, width)
        Of the images.
    rng : numpy.random.Generator
        Draws them.

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
    """Return, for each pixel, what stands in for it where it is hidden."""
    rows, columns = (slice(None) if size > 1 else slice(1, 2) for size in images.shape[1:3])
    weights = _NEIGHBOURS[rows, columns] / _NEIGHBOURS[rows, columns].sum()
    return convolve(images, weights[np.newaxis, :, :, np.newaxis], mode="mirror")


def grids(height, width, few=False):
    """Yield grids of pixels to hide, (height, width), which together are all pixels, unless `few`."""
    offsets = _FEW_GRIDS if few else np.ndindex(_STEP, _STEP)
    for top, left in offsets:
        grid = np.zeros((height, width), dtype=bool)
        grid[top::_STEP, left::_STEP] = True
        if grid.any():
            yield grid


def denoise_hidden(network, images, pixels, clip=None):
    """Denoise every pixel of NHWC images while it is hidden; see `TrainedNetwork.denoise`."""

    def guess_all(noisy):
        guessed = np.empty_like(noisy)
        for grid, guess in _guesses(network, noisy):
            guessed[:, grid] = guess
        return guessed

    return changed_in_unit(guess_all, images, pixels, clip)


def psnr_of_hidden(network, images):
    """Return the PSNR of guessed pixels of each image, in units of the value range, against noisy ones."""
    errors = [guess - images[:, grid] for grid, guess in _guesses(network, images, few=True)]
    return -10 * np.log10(np.mean(np.concatenate(errors, axis=1) ** 2, axis=(1, 2)))


def _guesses(network, images, few=False):
    """Yield each grid of pixels, and what they are denoised to while they are hidden."""
    means = means_of_neighbours(images)
    for grid in grids(*images.shape[1:3], few):
        seen = np.where(grid[..., np.newaxis], means, images)
        yield grid, network.denoise(seen, UNIT)[:, grid]
