"""Trust: the decision, image by image, whether to classify an image as it is, denoised or both."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skdenoise.typing import UnitImages

# What familiar noise looks like is taken from the first draws of noise, as many as have so many copies of images: the
# more, the wider the extremes. With twelve times as many, an MLP on digits lost 0.3 points under pixelation, and
# an SVC gained 0.6 at noise 0.6 (14 splits); with 300, an SVC with 50 labels of MNIST lost 8 points.
_N_FAMILIAR = 1200

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

# A classifier predicts the most probable class of all images except ties.
_SHARE_MOST_PROBABLE = 0.99

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
        return self.weight(noise_level(removed), noise_statistics(removed))

    def weight(
        self, levels: NDArray[np.float64], statistics: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the same from `noise_level` and `noise_statistics` of the images."""
        is_trusted = self.familiar(statistics) & (levels > self.threshold)
        return np.where(is_trusted, np.where(levels > self.upper_threshold, 1.0, 0.5), 0.0)


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


@dataclass(frozen=True)
class Evidence:
    """What denoising removed from held-out images, and whether they are classified correctly.

    Of each image there are several copies, with noise of several strengths and with several draws of it.

    Attributes
    ----------
    image : ndarray of shape (n,)
        The number of the image that it is a copy of.
    draw : ndarray of shape (n,)
        The number of the draw of its noise. Each draw has as many copies.
    levels : ndarray of shape (n,)
        The `noise_level` of what was removed.
    statistics : ndarray of shape (n, 4)
        The `noise_statistics` of what was removed.
    right, right_denoised, right_averaged : ndarray of shape (n,)
        Whether it is classified correctly as it is, denoised, and by the average of both answers.
    is_most_probable : ndarray of shape (n,)
        Whether the answer for it as it is has the highest probability.
    """

    image: NDArray[np.int_]
    draw: NDArray[np.int_]
    levels: NDArray[np.float64]
    statistics: NDArray[np.float64]
    right: NDArray[np.bool_]
    right_denoised: NDArray[np.bool_]
    right_averaged: NDArray[np.bool_]
    is_most_probable: NDArray[np.bool_]

    @property
    def can_be_averaged(self) -> bool:
        """Whether the classifier answers by its probabilities, so that its methods agree after averaging."""
        return bool(self.is_most_probable.mean() > _SHARE_MOST_PROBABLE)

    @classmethod
    def joined(cls, parts: "Sequence[Evidence]") -> "Evidence":
        """Return evidence that was found part by part."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*map(np.concatenate, columns))


def find_trust(evidence: Evidence, weights: NDArray[np.float64]) -> Trust:
    """Return the trust that gives the most right answers on held-out images.

    Of thresholds that are about equally good the largest is taken, which uses the denoiser least. Answers
    are averaged only if that gives more right answers by a standard error. Copies of an image are not independent,
    so that standard errors are those of sums over its copies.

    Parameters
    ----------
    evidence : Evidence
        The answers.
    weights : ndarray of shape (n,)
        Weights of the copies.
    """
    levels, right, right_denoised = evidence.levels, evidence.right, evidence.right_denoised
    copies = levels, evidence.image, weights
    threshold = upper_threshold = _best_threshold(*copies, right, right_denoised)
    if evidence.can_be_averaged:
        threshold, upper_threshold = _with_average(
            threshold, *copies, right, evidence.right_averaged, right_denoised
        )
    is_trusted = levels > threshold
    n_draws = math.ceil(_N_FAMILIAR / max(1, np.sum(evidence.draw == 0)))
    familiar = Familiar.of(evidence.statistics[is_trusted & (evidence.draw < n_draws)])
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


def _with_average(single, levels, image, weights, right, right_averaged, right_denoised):
    """Return the two thresholds between which answers are averaged.

    Both are the single threshold if averaging is not clearly better.
    """
    upper = _best_threshold(levels, image, weights, right_averaged, right_denoised)
    right_above = np.where(levels > upper, right_denoised, right_averaged)
    lower = _best_threshold(levels, image, weights, right, right_above)
    right_with_average = np.where(levels > lower, right_above, right)
    right_without = np.where(levels > single, right_denoised, right)
    difference = weights * (right_with_average.astype(float) - right_without.astype(float))
    error = np.sqrt(_squares_of_sums(difference, image)[-1])
    if difference.sum() <= _STANDARD_ERRORS_OF_AVERAGE * error:
        return single, single
    return lower, max(lower, upper)


def _best_threshold(levels, image, weights, right, right_denoised):
    order = np.argsort(levels, kind="stable")
    levels, image = levels[order], image[order]
    # The gain of leaving the first k images, by level, as they are.
    difference = (weights * (right.astype(float) - right_denoised.astype(float)))[order]
    gain = np.concatenate([[0.0], np.cumsum(difference)])
    best = int(np.argmax(gain))
    slack = _STANDARD_ERRORS * np.sqrt(_squares_of_sums(difference[best:], image[best:]))
    n_left = best + int(np.flatnonzero(gain[best] - gain[best:] <= slack)[-1])
    if n_left == 0:
        return -np.inf
    if n_left == len(levels):
        return np.inf
    return float(levels[n_left - 1] + levels[n_left]) / 2


def _squares_of_sums(differences, image):
    """Return the sum over images of the square of its differences' sum: of the first 0, 1, 2, ... differences.

    This is the variance of a sum whose terms are independent between images, but not between copies of one.
    """
    order = np.argsort(image, kind="stable")
    own = differences[order]
    before = np.cumsum(own) - own
    is_first = np.diff(image[order], prepend=-1) > 0
    before -= np.repeat(before[is_first], np.diff(np.append(np.flatnonzero(is_first), len(own))))
    growth = np.empty(len(own))
    growth[order] = (before + own) ** 2 - before**2
    # Sums of rounding errors may be below 0.
    return np.maximum(np.concatenate([[0.0], np.cumsum(growth)]), 0)
