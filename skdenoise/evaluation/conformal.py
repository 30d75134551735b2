"""Conformal prediction: intervals of denoised pixels that hold as often as they promise."""

import math
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import betabinom
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.evaluation.expected_error import ExpectedError
from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat, chunks, dtype_limits
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.adding import corrupt
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.user_warnings import warn_user

# The scores of an image are kept as the upper ends of so many equal shares of its pixels.
_N_SHARES = 1000
# Noise that differs from all of the calibration by more than this is warned of in a single image.
_OTHER_LEVEL, _OTHER_CORRELATION = 1.25, 0.25
_SURPRISING = 0.001
# A standard deviation of noise that matters, in units of the value range.
_VISIBLE = 0.02
# Noisy images to learn expected errors from, at least; of few clean images, several each.
_N_TO_LEARN = 400


class ConformalDenoiser(BaseEstimator):
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
        Seed of the noise of the calibration.

    Attributes
    ----------
    denoiser_ : estimator
        The fitted denoiser.
    n_calibration_ : int
        Number of images whose errors set the width of the intervals: half of those held out.

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
    ``p`` the greater of the two shares.

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

    def fit(
        self, X: ArrayLike, y: ArrayLike | None = None, *, clean: ArrayLike | None = None
    ) -> Self:
        """Fit the denoiser, unless it is frozen, and calibrate the intervals on images that it has not seen.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added; or noisy ones, if `clean` is given.
        y : array-like of shape (n,), default=None
            Labels, for a denoiser that learns from them.
        clean : array-like of the same shape, default=None
            The same images without noise.

        Returns
        -------
        ConformalDenoiser
            The fitted estimator.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the denoiser is frozen and not fitted.
        TypeError
            If `denoiser` is none and contains none.
        ValueError
            If there are too few images for the promise, or no noise is known.
        """
        _check_share("validation_fraction", self.validation_fraction)
        _find(self.denoiser)
        X, seed = check_images(X), draw_seed(self.random_state)
        if clean is not None:
            clean = check_images(clean, name="clean")
            if clean.shape != X.shape:
                raise ValueError(
                    f"clean has shape {clean.shape}, but X has shape {X.shape}. Expected the same images."
                )
        order = generator(seed, Stream.CALIBRATION_SPLIT).permutation(len(X))
        is_frozen = isinstance(self.denoiser, FrozenEstimator)
        n_held_out = len(X) if is_frozen else math.ceil(self.validation_fraction * len(X))
        fitted, held_out = np.sort(order[n_held_out:]), order[:n_held_out]
        n_to_learn = n_held_out // 2
        self.n_calibration_ = n_held_out - n_to_learn
        self._check_number(self.coverage, self.confidence_level)
        self.denoiser_ = self.denoiser
        if not is_frozen:
            labels = None if y is None else np.asarray(y)[fitted]
            pairs = {} if clean is None else {"clean": clean[fitted]}
            self.denoiser_ = clone(self.denoiser).fit(X[fitted], labels, **pairs)
        self._calibrate(X[held_out], None if clean is None else clean[held_out], n_to_learn, seed)
        return self

    def _calibrate(self, X, clean, n_to_learn, seed):
        """Learn from the first images what errors to expect, and score the errors of the others."""
        found = self._fitted()
        X = check_images(found.prepare(X))
        known = X if clean is None else check_images(found.prepare(clean), name="clean")
        value_range = getattr(found.denoiser, "value_range_", None)
        self._value_range = check_value_range(value_range, known)
        pixels = PixelFormat(known.dtype, self._value_range)
        if clean is None:
            # Several draws teach which errors come with which noise, where one would name the image.
            copies = np.tile(np.arange(n_to_learn), max(1, _N_TO_LEARN // n_to_learn))
            used = np.concatenate([copies, np.arange(n_to_learn, len(X))])
            known, n_to_learn = known[used], len(copies)
            rng = generator(seed, Stream.CALIBRATION)
            clip = getattr(found.denoiser, "clip", None)
            noisy = corrupt(self._as_nhwc(known), self._noise(), pixels, rng, clip=clip)
            X = noisy.reshape(known.shape)
        noisy, denoised = self._denoised(X)
        true = pixels.to_unit(self._as_nhwc(known))
        first, others = slice(n_to_learn), slice(n_to_learn, None)
        self._expected = ExpectedError(seed).fit(noisy[first], denoised[first], true[first])
        noisy, denoised, true = noisy[others], denoised[others], true[others]
        scores = np.abs(denoised - true) / self._expected.predict(noisy, denoised)
        self._scores = _upper_ends(scores.reshape(len(scores), -1))
        self._levels, self._correlations = _noise_of(noisy - denoised)
        self._is_in_range = 0 <= true.min() <= true.max() <= 1

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Denoise images, as the denoiser does.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.

        Returns
        -------
        ndarray
            Denoised images.
        """
        found = self._fitted()
        return np.asarray(found.denoiser.transform(found.prepare(X)))

    def predict_interval(
        self,
        X: ArrayLike,
        *,
        coverage: float | None = None,
        confidence_level: float | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the interval in which the clean value of each pixel lies.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.
        coverage, confidence_level : float, default=None
            Instead of the parameters of the same names, without another calibration. If `coverage` is given
            alone, it is the average over images.

        Returns
        -------
        low, high : ndarray of the shape and dtype of `X`
            The ends of the intervals. Of integers, they are rounded down and up.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If the calibration had too few images for the promise.

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
        self._check_number(coverage, confidence_level)
        factor = _threshold(self._scores, coverage, confidence_level)
        X = check_images(self._fitted().prepare(X))
        noisy, denoised = self._denoised(X)
        self._warn_of_other_noise(noisy - denoised)
        half = factor * self._expected.predict(noisy, denoised)
        low, high = denoised - half, denoised + half
        if self._is_in_range:
            low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
        return self._stored(low, X, np.floor), self._stored(high, X, np.ceil)

    def _fitted(self):
        found = _find(self.denoiser_)
        check_is_fitted(found.denoiser)
        return found

    def _noise(self):
        if self.noise is not None:
            return resolve_noise(self.noise, self.noise_factor)
        known = getattr(self._fitted().denoiser, "noise_", None)
        if known is None:
            raise ValueError(
                "The denoiser does not state the noise that it was made for. Give noise= and noise_factor=, or "
                "real pairs: fit(noisy, clean=clean)."
            )
        return known if self.noise_factor is None else resolve_noise("gaussian", self.noise_factor)

    def _check_number(self, coverage, confidence_level):
        """Raise an error if there are too few images for what is promised."""
        _check_share("coverage", coverage)
        name, share = "coverage", coverage
        if confidence_level is not None:
            _check_share("confidence_level", confidence_level)
            name, share = "confidence_level", confidence_level
        least = math.ceil(share / (1 - share) - 1e-9)
        if self.n_calibration_ < least:
            raise ValueError(
                f"{name}={share:g} needs at least {2 * least} held-out images, half of them for the width of the "
                f"intervals, which has {self.n_calibration_}. Give more images, a greater validation_fraction, or "
                "promise less."
            )

    def _as_nhwc(self, X):
        shape = getattr(self._fitted().denoiser, "image_shape_", None) if X.ndim == 2 else None
        return as_nhwc(X, check_image_shape(shape, X))

    def _denoised(self, X):
        """Return checked images and what becomes of them, NHWC in units of the value range."""
        pixels = PixelFormat(X.dtype, self._value_range)
        denoised = np.asarray(self._fitted().denoiser.transform(X)).reshape(X.shape)
        return tuple(
            np.concatenate([pixels.to_unit(images[part]) for part in chunks(images)])
            for images in map(self._as_nhwc, (X, denoised))
        )

    def _stored(self, unit, X, rounded):
        """Return ends of intervals in the shape and dtype of images."""
        if X.dtype.kind == "f":
            pixels = PixelFormat(X.dtype, self._value_range)
            return pixels.from_unit(unit).reshape(X.shape)
        as_floats = PixelFormat(np.dtype(np.float64), self._value_range)
        values = rounded(np.round(as_floats.from_unit(unit), 4))
        return np.clip(values, *dtype_limits(X.dtype)).astype(X.dtype).reshape(X.shape)

    def _warn_of_other_noise(self, removed):
        levels, correlations = _noise_of(removed)
        low = self._levels.min() / _OTHER_LEVEL - _VISIBLE
        n_levels = _n_others(levels, self._levels, low, self._levels.max() * _OTHER_LEVEL)
        # What little is removed without noise is texture, which is correlated in many ways.
        correlations = correlations[levels > _VISIBLE]
        known = self._correlations[self._levels > _VISIBLE]
        n_correlations = 0
        if len(known) and len(correlations):
            least, most = known.min() - _OTHER_CORRELATION, known.max() + _OTHER_CORRELATION
            n_correlations = _n_others(correlations, known, least, most)
        found = []
        if n_levels:
            found.append(f"of {n_levels} it is stronger or weaker")
        if n_correlations:
            found.append(f"of {n_correlations} more or less correlated between neighbouring pixels")
        if found:
            warn_user(
                f"What was removed from {len(removed)} image(s) is not as in the calibration: {' and '.join(found)} "
                "than in all images there. For other noise or other images, the intervals do not hold as often as "
                "they promise. Calibrate on images with this noise."
            )


def _n_others(values, known, low, high):
    """Return how many images differ from all of the calibration, 0 if no more than by chance.

    Parameters
    ----------
    values, known : ndarray
        A value of each image, and of each image of the calibration.
    low, high : float
        Limits beyond which a single image is enough.
    """
    n_beyond = int(((values < low) | (values > high)).sum())
    n_outside = int(((values < known.min()) | (values > known.max())).sum())
    # How many new images are outside of the extremes of others that are like them.
    chance = betabinom.sf(n_outside - 1, len(values), 2, max(1, len(known) - 1))
    return n_outside if n_beyond or chance < _SURPRISING else 0


def _find(estimator):
    found = find_denoiser(estimator)
    if found is None:
        raise TypeError(f"denoiser={estimator!r} is not a denoiser and contains none.")
    return found


def _check_share(name, share):
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(f"{name}={share!r} must be a number between 0 and 1, such as 0.9.")


def _upper_ends(scores):
    """Return the scores of images as the upper ends of equal shares of their pixels, in ascending order."""
    n_pixels = scores.shape[1]
    n_shares = min(_N_SHARES, n_pixels)
    last = np.ceil(np.arange(1, n_shares + 1) * n_pixels / n_shares).astype(int) - 1
    return np.sort(scores, axis=1)[:, last]


def _threshold(scores, coverage, confidence_level):
    """Return the score up to which pixels are in their intervals.

    Parameters
    ----------
    scores : ndarray of shape (n, n_shares)
        The scores of the calibration, as of `_upper_ends`.
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


def _noise_of(removed):
    """Return the standard deviation of what was removed from each image, and its correlation."""
    centred = removed - removed.mean(axis=(1, 2), keepdims=True)
    levels = np.sqrt(np.mean(centred**2, axis=(1, 2, 3)))
    pairs = (
        (centred[:, 1:], centred[:, :-1]),
        (centred[:, :, 1:], centred[:, :, :-1]),
    )
    products = [(a * b).mean(axis=(1, 2, 3)) for a, b in pairs if a.size]
    covariances = np.mean(products, axis=0) if products else np.zeros_like(levels)
    return levels, covariances / np.maximum(levels**2, 1e-12)
