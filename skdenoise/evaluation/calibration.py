"""The calibration: how far denoised pixels are from the truth, in units of what is expected of them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skdenoise.evaluation.usual_noise import UsualNoise

# The scores of an image are kept as the upper ends of so many equal shares of its pixels.
N_SHARES = 1000


@dataclass(frozen=True)
class Calibration:
    """The scores of images whose true pixels are known: their errors in units of the expected ones.

    Parameters
    ----------
    scores : list of ndarray of shape (n, n_shares)
        Scores, as of `upper_ends`, for each group of images.
    edges : ndarray of shape (n_groups - 1,)
        Strengths of what was removed that divide the groups, in units of the value range, ascending. Promises
        hold in each group (Mondrian conformal prediction).
    usual : UsualNoise
        The noise of the images.
    is_in_range : bool
        Whether no true pixel is outside of the value range.
    """

    scores: list[NDArray[np.floating]]
    edges: NDArray[np.floating]
    usual: UsualNoise
    is_in_range: bool

    @property
    def n_images(self) -> int:
        """Number of images in the smallest group."""
        return min(map(len, self.scores))

    def factors(
        self, strengths: NDArray[np.floating], coverage: float, confidence_level: float | None
    ) -> NDArray[np.float32]:
        """Return by how much the expected errors of images are multiplied, given the strengths of their noise."""
        thresholds = [threshold(scores, coverage, confidence_level) for scores in self.scores]
        return np.float32(thresholds)[np.searchsorted(self.edges, strengths)]


def upper_ends(scores, n_shares=N_SHARES):
    """Return the scores of images as the upper ends of equal shares of their pixels, in ascending order."""
    n_pixels = scores.shape[1]
    n_shares = min(n_shares, n_pixels)
    last = np.ceil(np.arange(1, n_shares + 1) * n_pixels / n_shares).astype(int) - 1
    return np.sort(scores, axis=1)[:, last]


def threshold(scores, coverage, confidence_level):
    """Return the score up to which pixels are in their intervals.

    Parameters
    ----------
    scores : ndarray of shape (n, n_shares)
        The scores of the calibration, as of `upper_ends`.
    coverage, confidence_level : float
        As in `ConformalDenoiser`.
    """
    n, n_shares = scores.shape
    if confidence_level is not None:
        of_images = np.sort(scores[:, math.ceil(coverage * n_shares - 1e-9) - 1])
        return of_images[math.ceil((n + 1) * confidence_level - 1e-9) - 1]
    # The shares outside may sum up to this, if those of one more image are all outside.
    allowed = (1 - coverage) * (n + 1) - 1
    n_inside = math.ceil((n - allowed) * n_shares - 1e-6)
    return np.sort(scores, axis=None)[n_inside - 1]
