"""Novelty detection: images whose noise is not what a denoiser was made for."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.evaluation.calibrated import (
    MORE_IMAGES,
    CalibratedDenoiser,
    check_number,
    check_share,
)
from skdenoise.evaluation.usual_noise import STATISTICS, UsualNoise, in_words, noise_statistics

if TYPE_CHECKING:
    from pandas import DataFrame


class NoiseNoveltyDetector(CalibratedDenoiser):
    """Detect images whose noise is not what their denoiser was made for.

    It compares what the denoiser removes from an image with what it removes from images with the usual noise. It
    needs no clean version of the image. Its false positive rate is known: of images with the usual noise, it
    reports a share of at most `alpha`, on average.

    Parameters
    ----------
    denoiser : denoiser, or pipeline that contains one
        It is cloned and fitted. In a ``FrozenEstimator``, a fitted one is used as it is. Of a pipeline, the
        denoiser and the steps before it are used.
    alpha : float, default=0.05
        Share of images with the usual noise that are reported nevertheless (false positive rate), on average.
    validation_fraction : float, default=0.2
        Share of the images that are held out to learn what is usual. If the denoiser is frozen, all are.
    noise : str or noise model, default=None
        The usual noise. If None, that of the denoiser.
    noise_factor : float or (low, high), default=None
        Its strength, as in `add_noise`.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of held-out images, and of their noise.

    Attributes
    ----------
    denoiser_ : estimator
        The fitted denoiser.
    n_calibration_ : int
        Number of images with which others are compared for their p-values: half of those held out.
    image_shape_ : tuple of int
        Height, width and channels of these images.
    value_range_ : (low, high), or None
        Their pixel values of black and white. None if it depends on the images.
    threshold_ : float
        Noise at a greater distance is reported.
    usual_ : pandas.DataFrame
        The result of `describe` for these images.

    See Also
    --------
    NoiseNoveltyDisplay : A plot of how far the noise of images is from the usual.
    estimate_noise : The strength and the correlation of noise, without a denoiser.
    ConformalDenoiser : Intervals for pixels, which hold for the usual noise.

    Notes
    -----
    Of each image, eight numbers are compared with those of usual images whose noise is about as strong: the strength
    of what was removed, its correlation down and across, its outliers, its growth with the brightness,
    structure in rows and in columns, and the correlation of the noise in flat regions. The distance from the usual
    is their root mean square in robust standard deviations. The p-value is the share of usual images that are
    at least as far, a conformal p-value [1]_: for images with the usual noise, it is below `alpha` with a probability
    of at most `alpha`, whatever the denoiser. Nothing is promised about which other noise is found: noise that the
    denoiser takes for content, and leaves as it is, may not be.

    References
    ----------
    .. [1] S. Bates, E. Candes, L. Lei, Y. Romano and M. Sesia, "Testing for Outliers with Conformal p-values", The
       Annals of Statistics 51(1), 2023, arXiv:2104.08279.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import NoiseNoveltyDetector, SubspaceDenoiser, add_noise
    >>> X = load_digits().data / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=(0, 0.3), random_state=0)
    >>> detector = NoiseNoveltyDetector(denoiser, random_state=0).fit(X[:1400])
    >>> dots = add_noise(X[1400:], "salt_and_pepper", 0.2, random_state=1)
    >>> print(f"{(detector.predict(dots) == -1).mean():.1f}")
    0.9
    >>> detector.describe(dots)["most_unusual"].mode()[0]
    'has more outliers'
    """

    def __init__(
        self,
        denoiser: BaseEstimator,
        *,
        alpha: float = 0.05,
        validation_fraction: float = 0.2,
        noise: Any = None,
        noise_factor: float | tuple[float, float] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.denoiser = denoiser
        self.alpha = alpha
        self.validation_fraction = validation_fraction
        self.noise = noise
        self.noise_factor = noise_factor
        self.random_state = random_state

    def _check_number(self, n_calibration):
        check_share("alpha", self.alpha, example=0.05)
        check_number("1 - alpha", 1 - self.alpha, n_calibration, MORE_IMAGES)

    def _calibrate(self, first, others, seed):
        """Learn what is usual from the first images, and from the others how far from it they usually are."""
        self._usual_noise = UsualNoise(
            *(noise_statistics(each.noisy, each.denoised) for each in (first, others))
        )
        distances = self._usual_noise.calibration_distances
        n_further = math.floor(self.alpha * (len(distances) + 1) + 1e-9)
        self.threshold_ = float(distances[-n_further])
        self.usual_ = self._described(self._usual_noise.calibration)

    def p_values(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return how usual the noise of each image is.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.

        Returns
        -------
        ndarray of shape (n,)
            Share of images with the usual noise that are at least as far from it, above 0 and at most 1.
        """
        statistics = self._statistics(X)
        return self._usual_noise.p_values(statistics)

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the negative distance of the noise of each image from the usual.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.

        Returns
        -------
        ndarray of shape (n,)
            In standard deviations, below 0: the lower, the less usual.
        """
        statistics = self._statistics(X)
        return -self._usual_noise.distances(statistics)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Predict whether the noise of each image is usual.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.

        Returns
        -------
        ndarray of shape (n,)
            1 for the usual noise, -1 for other noise, as in scikit-learn's detectors.
        """
        return np.where(-self.score_samples(X) > self.threshold_, -1, 1)

    def describe(self, X: ArrayLike) -> "DataFrame":
        """Return how the noise of each image differs from the usual.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.

        Returns
        -------
        pandas.DataFrame
            One row for each image: ``p_value``; ``distance``; ``most_unusual``, in words; and the statistics of its
            noise, such as ``strength``, in units of the value range.
        """
        return self._described(self._statistics(X))

    def _described(self, statistics):
        import pandas as pd

        usual = self._usual_noise
        return pd.DataFrame(
            {
                "p_value": usual.p_values(statistics),
                "distance": usual.distances(statistics),
                "most_unusual": in_words(usual.deviations(statistics)),
                **dict(zip(STATISTICS, statistics.T, strict=True)),
            }
        )

    def _statistics(self, X):
        check_is_fitted(self, "n_calibration_")
        return noise_statistics(*self._denoised(self._prepared(X)))
