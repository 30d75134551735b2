"""Conformal prediction: intervals of denoised pixels that hold as often as they promise."""

import math
from collections import Counter
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import betabinom
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.evaluation.calibrated import MORE_IMAGES, CalibratedDenoiser, check_number
from skdenoise.evaluation.calibration import Calibration, upper_ends
from skdenoise.evaluation.expected_error import ExpectedError, LocalContrast
from skdenoise.evaluation.packaged import packaged_calibrations
from skdenoise.evaluation.usual_noise import STRENGTH, UsualNoise, in_words, noise_statistics
from skdenoise.images.pixels import PixelFormat, dtype_limits, limited_as
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.user_warnings import warn_user

# Warn if the noise of one image is more than 3 times as far from the usual as that of the farthest image of the
# calibration; or if so many images are farther than that one that this has a probability below 0.001 by chance.
_FAR, _SURPRISING = 3, 0.001


class ConformalDenoiser(CalibratedDenoiser):
    """Denoised images with an interval for each pixel, which holds as often as it promises.

    The intervals are calibrated on clean images that the denoiser has not seen (split conformal prediction).
    The promise is then true for any denoiser, good or bad, as long as the images to denoise and their noise
    are like those of the calibration. A bad denoiser has wide intervals.

    Parameters
    ----------
    denoiser : denoiser, or pipeline that contains one
        It is cloned and fitted. In a ``FrozenEstimator``, a fitted one is used as it is. Of a pipeline, the
        denoiser and the steps before it are used.
    coverage : float, default=0.9
        Share of the pixels whose true value lies in its interval.
    confidence_level : float, default=None
        Share of the images in which at least `coverage` of the pixels do so. If None, `coverage` is the
        average over images, and some images have less.
    validation_fraction : float, default=0.2
        Share of the images that are held out for the calibration. If the denoiser is frozen, all are.
    noise : str or noise model, default=None
        The noise to expect. If None, that of the denoiser.
    noise_factor : float or (low, high), default=None
        Its strength, as in `add_noise`.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of held-out images, and of their noise.

    Attributes
    ----------
    denoiser_ : estimator
        The fitted denoiser.
    n_calibration_ : int
        Number of images whose errors set the width of the intervals: half of those held out.
    image_shape_ : tuple of int, or None
        Height, width and channels of these images. None after `from_pretrained`.
    value_range_ : (low, high), or None
        Their pixel values of black and white. None if it depends on the images.

    See Also
    --------
    estimate_psnr : How good the denoised images are as a whole, without clean images.

    Notes
    -----
    One half of the images teaches what error to expect at a pixel, the other half by how much this has to be
    multiplied: the score of a pixel is its error in units of the expected one. With `confidence_level`, the
    interval is split conformal prediction whose score of an image is the `coverage` quantile of its pixels'
    scores [1]_. Without, it is conformal risk control of the share of pixels outside [2]_. Both hold for
    finite numbers of images, if the calibration and the other images are exchangeable: from the same source,
    with the same kind and strength of noise. It needs at least ``p / (1 - p)`` images in the second half, with
    ``p`` the `confidence_level` if there is one, else the `coverage`.

    References
    ----------
    .. [1] A. N. Angelopoulos and S. Bates, "A Gentle Introduction to Conformal Prediction and
       Distribution-Free Uncertainty Quantification", 2021, arXiv:2107.07511.
    .. [2] A. N. Angelopoulos, S. Bates, A. Fisch, L. Lei and T. Schuster, "Conformal Risk Control",
       International Conference on Learning Representations 2024, arXiv:2208.02814.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import ConformalDenoiser, SubspaceDenoiser, add_noise
    >>> X = load_digits().data / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0)
    >>> conformal = ConformalDenoiser(denoiser, coverage=0.9, random_state=0)
    >>> conformal = conformal.fit(X[:1400])
    >>> noisy = add_noise(X[1400:], noise_factor=0.3, random_state=1)
    >>> low, high = conformal.predict_interval(noisy)
    >>> inside = (low <= X[1400:]) & (X[1400:] <= high)
    >>> print(f"{inside.mean():.2f} of the pixels are in their intervals")
    0.91 of the pixels are in their intervals
    """

    def __init__(
        self,
        denoiser: BaseEstimator,
        *,
        coverage: float = 0.9,
        confidence_level: float | None = None,
        validation_fraction: float = 0.2,
        noise: Any = None,
        noise_factor: float | tuple[float, float] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.denoiser = denoiser
        self.coverage = coverage
        self.confidence_level = confidence_level
        self.validation_fraction = validation_fraction
        self.noise = noise
        self.noise_factor = noise_factor
        self.random_state = random_state

    @classmethod
    def from_pretrained(
        cls,
        name: str,
        *,
        coverage: float = 0.9,
        confidence_level: float | None = None,
        value_range: tuple[float, float] | None = None,
    ) -> Self:
        """Return a denoiser that comes with the package, calibrated on photographs.

        Parameters
        ----------
        name : {"photo-gray"}
            Which one. It is calibrated for grey and for colour photographs with Gaussian noise of standard
            deviations from 0 to 55 of 255, in six groups of strengths.
        coverage, confidence_level : float
            As in the class.
        value_range : (low, high), default=None
            Pixel values of black and white. If None, it depends on the images, as in
            ``UNetDenoiser.from_pretrained``.

        Returns
        -------
        ConformalDenoiser
            Ready for ``predict_interval``, without ``fit``.

        Raises
        ------
        ValueError
            For a name that is not known, and for denoisers without a calibration.

        Notes
        -----
        The expected error of a pixel is the cube root of the local contrast, 5x5 pixels of the denoised image. On 290
        photographs under free licences, with noise of each group of strengths, it was measured how far the
        truth is in units of it (``python experiments/calibrate_photographs.py photo-gray-intervals.npz``).
        This is for noise that is independent from pixel to pixel. Correlated noise, stripes and JPEG compression
        are usually not noticed, and then far fewer pixels are inside; `estimate_noise` with
        ``return_correlation=True`` detects correlated noise.

        Examples
        --------
        >>> from sklearn.datasets import load_sample_image
        >>> from skdenoise import ConformalDenoiser, add_noise
        >>> clean = load_sample_image("flower.jpg")[:128, :128]
        >>> noisy = add_noise(clean[None], noise_factor=0.1, random_state=0)
        >>> low, high = ConformalDenoiser.from_pretrained("photo-gray").predict_interval(
        ...     noisy
        ... )
        >>> bool((low <= high).all())
        True
        """
        calibrations = packaged_calibrations(name)
        denoiser = UNetDenoiser.from_pretrained(name, value_range=value_range)
        conformal = cls(
            FrozenEstimator(denoiser), coverage=coverage, confidence_level=confidence_level
        )
        conformal.denoiser_ = conformal.denoiser
        conformal.value_range_ = denoiser.value_range_
        conformal.image_shape_ = None
        conformal._expected, conformal._calibrations = LocalContrast(), calibrations
        conformal._packaged = name
        conformal.n_calibration_ = min(one.n_images for one in calibrations.values())
        conformal._check_promise(
            coverage, confidence_level, conformal.n_calibration_, conformal._advice()
        )
        return conformal

    def _calibrate(self, first, others, seed):
        """Learn from the first images what errors to expect, and score the errors of the others."""
        self._expected = ExpectedError(seed).fit(*first)
        scores = np.abs(others.denoised - others.true)
        scores /= self._expected.predict(others.noisy, others.denoised)
        calibration = Calibration(
            [upper_ends(scores.reshape(len(scores), -1))],
            np.array([]),
            UsualNoise(*(noise_statistics(each.noisy, each.denoised) for each in (first, others))),
            0 <= others.true.min() <= others.true.max() <= 1,
        )
        self._calibrations = {scores.shape[-1]: calibration}
        self._packaged = None

    def predict_interval(
        self,
        X: ArrayLike,
        *,
        coverage: float | None = None,
        confidence_level: float | None = None,
        value_range: tuple[float, float] | None = None,
    ) -> tuple[Any, Any]:
        """Return the interval in which the clean value of each pixel lies.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images. Or a list of images whose sizes differ, which share one value range.
        coverage, confidence_level : float, default=None
            Instead of the parameters of the same names, without another calibration. If `coverage` is given
            alone, it is the average over images.
        value_range : (low, high), default=None
            Pixel values of black and white in the images that the denoiser receives, if they are not its own, as in
            `denoise_images`.

        Returns
        -------
        low, high : ndarray of the shape and dtype of `X`, or lists of such arrays
            The ends of the intervals. Of integers, they are rounded down and up. If there are steps before the
            denoiser, as in a pipeline, shape, dtype and units are those of what they make of `X`, as in ``transform``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If the calibration had too few images for the promise, or images with as many channels were not part of
            it.

        Warns
        -----
        UserWarning
            If the noise is not like that of the calibration: then the promise does not hold.
        """
        check_is_fitted(self, "n_calibration_")
        if coverage is None:
            coverage = self.coverage
            if confidence_level is None:
                confidence_level = self.confidence_level
        self._check_promise(coverage, confidence_level, self.n_calibration_, self._advice())
        is_list = is_image_list(X)
        images = ImageList(X) if is_list else [X]
        parts = [self._prepared(image[np.newaxis] if is_list else image) for image in images]
        if is_list and value_range is None:
            value_range = self._range_of_list([part[0] for part in parts])
        measured = [self._denoised(part, value_range) for part in parts]
        statistics = [noise_statistics(*each) for each in measured]
        calibration = self._calibration_for(measured[0][0].shape[-1])
        self._warn_of_other_noise(calibration.usual, np.concatenate(statistics))
        ends = []
        for part, (noisy, denoised), strengths in zip(
            parts, measured, (each[:, STRENGTH] for each in statistics), strict=True
        ):
            factors = calibration.factors(strengths, coverage, confidence_level)
            half = factors[:, np.newaxis, np.newaxis, np.newaxis]
            half = half * self._expected.predict(noisy, denoised)
            low, high = denoised - half, denoised + half
            pixels = self._pixels(part, value_range)
            if calibration.is_in_range and pixels.is_integer:
                low, high = limited_as(low, noisy), limited_as(high, noisy)
            elif calibration.is_in_range:  # floats are outside because of their noise
                low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
            ends.append(
                (_stored(low, part, pixels, np.floor), _stored(high, part, pixels, np.ceil))
            )
        if not is_list:
            return ends[0]
        return tuple(
            [end.reshape(shape) for end, shape in zip(each, images.shapes, strict=True)]
            for each in zip(*ends, strict=True)
        )

    def _range_of_list(self, images):
        """Return the value range that the denoiser takes for a list; None if it has the same for all images."""
        if self.value_range_ is not None:
            return None
        return self._found().denoiser._range_of(ImageList(images))

    def _advice(self):
        """Return what to do if the calibration is too small for a promise."""
        return (
            MORE_IMAGES
            if self._packaged is None
            else f"{self._packaged} comes with no more: promise less."
        )

    def _calibration_for(self, channels):
        calibration = self._calibrations.get(channels)
        if calibration is None:
            known = " or ".join(map(str, self._calibrations))
            raise ValueError(
                f"The images have {channels} channel(s), but the intervals were calibrated on images of {known}. "
                "Calibrate on images like those to denoise."
            )
        return calibration

    def _check_number(self, n_calibration):
        self._check_promise(self.coverage, self.confidence_level, n_calibration, MORE_IMAGES)

    def _check_promise(self, coverage, confidence_level, n_calibration, advice):
        """Raise an error if there are too few images for what is promised."""
        n_for_coverage = n_calibration if confidence_level is None else math.inf
        check_number("coverage", coverage, n_for_coverage, advice)
        if confidence_level is not None:
            check_number("confidence_level", confidence_level, n_calibration, advice)

    def _warn_of_other_noise(self, usual, statistics):
        distances, known = usual.distances(statistics), usual.calibration_distances
        is_outside = distances > known[-1]
        # How many new images are further from the usual than all others that are like them.
        chance = betabinom.sf(is_outside.sum() - 1, len(distances), 1, len(known))
        if chance > _SURPRISING and distances.max() <= _FAR * known[-1]:
            return
        unusual = Counter(in_words(usual.deviations(statistics[is_outside])))
        found = ", ".join(f"{name} ({count})" for name, count in unusual.most_common())
        warn_user(
            f"What was removed from {is_outside.sum()} of {len(statistics)} image(s) is not as in the calibration: it "
            f"{found}. For other noise or other images, the intervals do not hold as often as they promise. "
            "Calibrate on images with this noise."
        )


def _stored(unit, X, pixels, rounded):
    """Return ends of intervals in the shape and dtype of images."""
    if X.dtype.kind == "f":
        return pixels.from_unit(unit).reshape(X.shape)
    as_floats = PixelFormat(np.dtype(np.float64), pixels.value_range)
    # Otherwise a rounding error of float32 could move an end to the next grey level.
    values = rounded(np.round(as_floats.from_unit(unit), 4))
    return np.clip(values, *dtype_limits(X.dtype)).astype(X.dtype).reshape(X.shape)
