"""The usual noise: what a denoiser removes from images with the noise that it was made for, in numbers."""

import numpy as np
from numpy.typing import NDArray

from skdenoise.images.pixels import chunks
from skdenoise.noise.estimation import MEDIAN_SIZE
from skdenoise.noise.flat_windows import noise_of_flat_windows
from skdenoise.typing import UnitImages

# The statistics of noise, and what is said of noise that has more or less of them than usual.
STATISTICS = {
    "strength": ("is stronger", "is weaker"),
    "correlation down": ("is more correlated down", "is less correlated down"),
    "correlation across": ("is more correlated across", "is less correlated across"),
    "outliers": ("has more outliers", "has fewer outliers"),
    "growth with brightness": (
        "grows more with the brightness",
        "grows less with the brightness",
    ),
    "rows": ("differs more between rows", "differs less between rows"),
    "columns": ("differs more between columns", "differs less between columns"),
    "correlation in flat regions": (
        "is more correlated in flat regions",
        "is less correlated in flat regions",
    ),
}
# The statistic that the others are compared at.
STRENGTH = 0
# Weaker noise, in units of the value range, does not matter: statistics relative to it fade out.
_NEGLIGIBLE = 0.01
# The other statistics are judged among so many images whose noise is about as strong.
_N_ALIKE, _LEAST_ALIKE = 100, 10
# The share of images below the least and the greatest usual strength.
_USUAL_STRENGTHS = (0.05, 0.95)
# Standard deviations of a statistic are at least this. A strength that is outside of the usual by 3 % of the
# greatest counts as one.
_LEAST_DEVIATION, _ONE_DEVIATION = 1e-3, 0.03


def noise_statistics(noisy: UnitImages, denoised: UnitImages) -> NDArray[np.float64]:
    """Return the `STATISTICS` of the noise of each image.

    Parameters
    ----------
    noisy, denoised : ndarray of shape (n, height, width, channels)
        In units of the value range.

    Returns
    -------
    ndarray of shape (n, n_statistics)
        Standard deviation of what was removed; its correlation with the next pixel down and across; the fourth
        root of its fourth moment, relative to the strength; the correlation of its size with the denoised value; the
        logarithm of how much more the means of rows, and of columns, of the noisy image differ than those of
        independent pixels; and the correlation of the noise in flat regions, 0 if the image has too few.
    """
    return np.concatenate(
        [np.empty((0, len(STATISTICS)))]
        + [_statistics(noisy[part], denoised[part]) for part in chunks(noisy)]
    )


def _statistics(noisy, denoised):
    removed = noisy - denoised
    removed = removed - _means(removed)
    variance = _means(removed**2)
    strength = np.sqrt(variance)
    visible = variance + _NEGLIGIBLE**2
    size, brightness = (each - _means(each) for each in (np.abs(removed), np.clip(denoised, 0, 1)))
    spread = (np.sqrt(_means(each**2)) + _NEGLIGIBLE for each in (size, brightness))
    columns = [
        strength,
        _means(removed[:, 1:] * removed[:, :-1]) / visible,
        _means(removed[:, :, 1:] * removed[:, :, :-1]) / visible,
        _means(removed**4) ** 0.25 / (strength + _NEGLIGIBLE),
        _means(size * brightness) / np.prod(list(spread), axis=0),
        _structure(noisy, 1),
        _structure(noisy, 2),
        np.nan_to_num([noise_of_flat_windows(image).correlation for image in noisy]),
    ]
    return np.column_stack([np.ravel(column) for column in columns])


class UsualNoise:
    """The usual statistics of noise, learned from some images and calibrated on others.

    Parameters
    ----------
    known : ndarray of shape (n_known, n_statistics)
        Statistics of images with the usual noise.
    calibration : ndarray of shape (n_calibration, n_statistics)
        The same of other images.
    """

    def __init__(self, known: NDArray[np.float64], calibration: NDArray[np.float64]) -> None:
        known = known[np.argsort(known[:, STRENGTH], kind="stable")]
        self.strengths = known[:, STRENGTH]
        n_alike = min(_N_ALIKE, max(_LEAST_ALIKE, len(known) // 4), len(known))
        windows = np.lib.stride_tricks.sliding_window_view(known[:, 1:], n_alike, axis=0)
        self._centres = np.median(windows, axis=-1)
        deviations = np.median(np.abs(windows - self._centres[..., np.newaxis]), axis=-1)
        self._deviations = np.maximum(deviations / MEDIAN_SIZE, _LEAST_DEVIATION)
        self._n_alike = n_alike
        self.calibration = calibration
        self.calibration_distances = np.sort(self.distances(calibration))

    def deviations(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how many standard deviations each statistic is above or below the usual.

        The strength is usual in the range of nearly all images. The other statistics are compared with those of
        images of about the same strength.
        """
        strength = statistics[:, STRENGTH]
        start = np.searchsorted(self.strengths, strength) - self._n_alike // 2
        start = np.clip(start, 0, len(self._centres) - 1)
        others = (statistics[:, 1:] - self._centres[start]) / self._deviations[start]
        least, most = np.quantile(self.strengths, _USUAL_STRENGTHS)
        outside = np.maximum(strength - most, 0) - np.maximum(least - strength, 0)
        outside /= most + _NEGLIGIBLE
        return np.column_stack([outside / _ONE_DEVIATION, others])

    def distances(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the noise of each image is from the usual, in standard deviations of all statistics."""
        return np.sqrt(np.mean(self.deviations(statistics) ** 2, axis=1))

    def p_values(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of images with the usual noise that are at least as far from it (conformal p-values)."""
        n = len(self.calibration_distances)
        n_nearer = np.searchsorted(self.calibration_distances, self.distances(statistics))
        return (1 + n - n_nearer) / (n + 1)


def in_words(deviations: NDArray[np.float64]) -> list[str]:
    """Return what is most unusual about the noise of each image, such as "is stronger"."""
    names = list(STATISTICS.values())
    largest = np.abs(deviations).argmax(axis=1)
    return [names[i][0 if row[i] > 0 else 1] for i, row in zip(largest, deviations, strict=True)]


def _means(values):
    if not values[0].size:  # a strip has no next pixel down
        return np.zeros((len(values), 1, 1, 1))
    return values.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float64)


def _structure(noisy, axis):
    """Return how much more the means of rows (`axis` 1) or columns (2) differ than those of independent pixels."""
    other = 3 - axis
    differences = np.diff(noisy, 2, axis=axis)
    if not differences[0].size:
        return np.zeros(len(noisy))
    of_means = np.sqrt(
        _means(differences.mean(axis=other, keepdims=True) ** 2) * noisy.shape[other]
    )
    return np.log((of_means + _NEGLIGIBLE) / (np.sqrt(_means(differences**2)) + _NEGLIGIBLE))
