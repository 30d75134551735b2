"""Trust: the decision, image by image, whether to classify an image as it is, denoised or both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skdenoise.typing import UnitImages

# A threshold counts as equally good if it has at most half a standard error fewer right answers. With none,
# a prototype on digits lost 0.6 points under noise that was not trained on; with a whole one, 1.7 points
# at noise 0.2 with a random forest. Another rule lost: to use the denoiser at all only if that gives more right
# answers by 2 standard errors. It would have saved kNN on digits 0.5 points at noise 0.6 (24 splits), and cost an SVC
# with 50 labels of MNIST 14 points, logistic regression with 100 to 300 labels 3 to 5.
_STANDARD_ERRORS = 0.5

# Answers are averaged if that gives more right answers, by so many standard errors. In a prototype with half of
# one, kNN on digits lost 0.5 points at noise 0.6; with one it lost nothing, a random forest there gained 0.3 to 0.8
# points at noise 0 to 0.2, and kNN on MNIST 0.5 to 1.1 points at all levels.
_STANDARD_ERRORS_OF_AVERAGE = 1.0

# Widens the ranges of statistics, which are of the order of 1: a filter that preserves the mean leaves a
# range of rounding errors.
_TOLERANCE = 1e-3

# Keeps ratios finite where nothing was removed, in units of the value range.
_TINY = 1e-12


@dataclass(frozen=True)
class Trust:
    """How much to trust a denoiser with an image, decided by what it removes from the image.

    It is trusted where it removes more than a threshold, and where the removed part looks like the noise
    that it removed from held-out images. Blur, fog or an unknown corruption leave another trace: it is
    correlated between pixels, has a mean other than 0, or heavier tails. Between two thresholds, the image
    and the denoised image count equally.

    Attributes
    ----------
    threshold : float
        Root mean square of the removed part, in units of the value range, above which the denoised image
        counts. Infinite if the denoiser is never trusted.
    upper_threshold : float
        The one above which the denoised image alone counts. Equal to `threshold` if the two are never
        averaged.
    familiar : Familiar
        What is removed from held-out images beyond the threshold.
    """

    threshold: float
    upper_threshold: float
    familiar: "Familiar"

    @property
    def is_possible(self) -> bool:
        """Whether there are images with which the denoiser is trusted."""
        return self.threshold < np.inf

    def __call__(self, removed: UnitImages) -> NDArray[np.float64]:
        """Return for each image the weight of the denoised one: 0, 0.5 or 1.

        Parameters
        ----------
        removed : ndarray of shape (n, height, width, channels)
            Images minus denoised images, in units of the value range.
        """
        is_familiar = self.familiar(noise_statistics(removed))
        levels = noise_level(removed)
        weights = np.where(levels > self.upper_threshold, 1.0, 0.5)
        return np.where(is_familiar & (levels > self.threshold), weights, 0.0)


@dataclass(frozen=True)
class Familiar:
    """The `noise_statistics` that were seen: each in its range, and all together no further from their centre.

    The distance is that of Mahalanobis. It sees combinations that no image had, such as a correlation in rows without
    one in columns. With ranges alone, an MLP on digits lost 0.5 points under pixelation (five splits), and none with
    both; with the distance alone, a random forest lost up to 1.5 points.

    Attributes
    ----------
    lowest, highest : ndarray of shape (4,)
        The range of each statistic.
    centre : ndarray of shape (4,)
        Their means.
    precision : ndarray of shape (4, 4)
        The inverse of their covariance.
    greatest : float
        The greatest squared distance.
    """

    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    centre: NDArray[np.float64]
    precision: NDArray[np.float64]
    greatest: float

    @classmethod
    def of(cls, statistics: NDArray[np.float64]) -> "Familiar":
        """Return what is familiar from the statistics of images, ndarray of shape (n, 4)."""
        n = max(1, len(statistics))
        n_statistics = statistics.shape[1]
        centre = statistics.sum(axis=0) / n
        centred = statistics - centre
        precision = np.linalg.inv(centred.T @ centred / n + _TOLERANCE**2 * np.eye(n_statistics))
        greatest = _squared_distances(statistics, centre, precision).max(initial=0)
        return cls(
            # Without images, no statistic is in its range.
            statistics.min(axis=0, initial=np.inf) - _TOLERANCE,
            statistics.max(axis=0, initial=-np.inf) + _TOLERANCE,
            centre,
            precision,
            # With one image, or several that are alike, the tolerance is what is left.
            float(max(greatest * (1 + _TOLERANCE), n_statistics)),
        )

    def __call__(self, statistics: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which images have familiar statistics."""
        is_in_range = ((statistics >= self.lowest) & (statistics <= self.highest)).all(axis=1)
        distances = _squared_distances(statistics, self.centre, self.precision)
        return is_in_range & (distances <= self.greatest)


def _squared_distances(statistics, centre, precision):
    centred = statistics - centre
    return np.sum(centred @ precision * centred, axis=1)


def find_trust(
    removed: UnitImages,
    right: NDArray[np.bool_],
    right_denoised: NDArray[np.bool_],
    weights: NDArray[np.float64],
    right_averaged: NDArray[np.bool_] | None = None,
) -> Trust:
    """Return the trust that gives the most right answers on held-out images.

    Of thresholds that are about equally good the largest is taken, which uses the denoiser least. Answers
    are averaged only if that gives more right answers by a standard error.

    Parameters
    ----------
    removed : ndarray of shape (n, height, width, channels)
        Held-out images minus denoised images, in units of the value range.
    right, right_denoised : ndarray of shape (n,)
        Whether the images are classified correctly as they are, and denoised.
    weights : ndarray of shape (n,)
        Weights of the images.
    right_averaged : ndarray of shape (n,), default=None
        Whether they are classified correctly by the average of both answers. If None, there is none.
    """
    levels = noise_level(removed)
    threshold = upper_threshold = _best_threshold(levels, right, right_denoised, weights)
    if right_averaged is not None:
        threshold, upper_threshold = _with_average(
            threshold, levels, right, right_averaged, right_denoised, weights
        )
    is_trusted = levels > threshold
    familiar = Familiar.of(noise_statistics(removed[is_trusted]))
    if not is_trusted.any():
        return Trust(np.inf, np.inf, familiar)
    return Trust(threshold, upper_threshold, familiar)


def noise_level(removed: UnitImages) -> NDArray[np.float64]:
    """Return the root mean square of each image."""
    return np.sqrt(np.mean(np.square(removed, dtype=np.float64), axis=(1, 2, 3)))


def noise_statistics(removed: UnitImages) -> NDArray[np.float64]:
    """Return statistics of the removed part of each image that do not depend on its strength.

    Returns
    -------
    ndarray of shape (n, 4)
        The mean, divided by the root mean square; the correlation of neighbours in a row and in a column;
        and the logarithm of the kurtosis.
    """
    removed = np.asarray(removed, dtype=np.float64)
    mean = removed.mean(axis=(1, 2, 3))
    centred = removed - mean[:, np.newaxis, np.newaxis, np.newaxis]
    variance = np.mean(centred**2, axis=(1, 2, 3)) + _TINY**2
    kurtosis = np.mean(centred**4, axis=(1, 2, 3)) / variance**2
    return np.stack(
        [
            mean / np.sqrt(variance + mean**2),
            _mean_product(centred[:, :, 1:], centred[:, :, :-1]) / variance,
            _mean_product(centred[:, 1:], centred[:, :-1]) / variance,
            np.log(kurtosis + _TINY),
        ],
        axis=1,
    )


def _mean_product(a, b):
    """Return the mean of the product for each image, or 0 if the images have no such pixels."""
    return np.sum(a * b, axis=(1, 2, 3)) / max(1, a[0].size if len(a) else 1)


def _with_average(single, levels, right, right_averaged, right_denoised, weights):
    """Return the two thresholds between which answers are averaged.

    Both are the single threshold if averaging is not clearly better.
    """
    upper = _best_threshold(levels, right_averaged, right_denoised, weights)
    right_above = np.where(levels > upper, right_denoised, right_averaged)
    lower = _best_threshold(levels, right, right_above, weights)
    right_with_average = np.where(levels > lower, right_above, right)
    right_without = np.where(levels > single, right_denoised, right)
    difference = weights * (right_with_average.astype(float) - right_without.astype(float))
    if difference.sum() <= _STANDARD_ERRORS_OF_AVERAGE * np.sqrt(np.sum(difference**2)):
        return single, single
    return lower, max(lower, upper)


def _best_threshold(levels, right, right_denoised, weights):
    order = np.argsort(levels, kind="stable")
    levels = levels[order]
    # The gain of leaving the first k images, by level, as they are.
    difference = (weights * (right.astype(float) - right_denoised.astype(float)))[order]
    gain = np.concatenate([[0.0], np.cumsum(difference)])
    variance = np.concatenate([[0.0], np.cumsum(difference**2)])
    best = int(np.argmax(gain))
    slack = _STANDARD_ERRORS * np.sqrt(np.maximum(variance - variance[best], 0))
    is_as_good = gain[best] - gain <= slack
    is_as_good[:best] = False
    n_left = int(np.flatnonzero(is_as_good)[-1])
    if n_left == 0:
        return -np.inf
    if n_left == len(levels):
        return np.inf
    return float(levels[n_left - 1] + levels[n_left]) / 2
