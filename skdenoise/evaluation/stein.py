"""Stein's unbiased risk estimate: how close denoised images are to the clean ones, without clean ones."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat, chunks
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.anscombe import transform_for
from skdenoise.noise.clipping import at_black, at_white
from skdenoise.noise.estimation import noise_of_image
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.typing import ImageShape, UnitImages, ValueRange
from skdenoise.user_warnings import warn_user

ESTIMATE = "estimate"
# The size of a probe, of the noise. A larger one is off for filters that iterate to a tolerance, such as total
# variation; a smaller one drowns in rounding where a network computes in bfloat16.
_STEP = 0.03
# With more clipped values, or noise that is correlated more than this, the estimate is not to be trusted.
_MOST_CLIPPED, _MOST_CORRELATED = 0.02, 0.3


@dataclass(frozen=True)
class PSNREstimate:
    """The result of `estimate_psnr`.

    Parameters
    ----------
    psnr : float
        PSNR of the mean squared error over all images, in dB. Infinite if no error is left to be seen.
    low, high : float
        Ends of its interval, for noise that is known. NaN for a single image.
    errors : ndarray of shape (n,)
        Estimated mean squared error of each image, in units of the value range. A single one is
        uncertain, and may be negative.
    """

    psnr: float
    low: float
    high: float
    errors: NDArray[np.float64]

    def __str__(self) -> str:
        return f"{self.psnr:.2f} dB ({self.low:.2f} to {self.high:.2f})"


def estimate_psnr(
    denoiser: BaseEstimator,
    X: Any,
    *,
    noise: Any = ESTIMATE,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    n_probes: int = 1,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
) -> PSNREstimate:
    r"""Estimate the PSNR of denoised images from the noisy ones alone.

    The noise must be independent from pixel to pixel, zero on average, not clipped, and of known strength.

    Parameters
    ----------
    denoiser : fitted denoiser, or estimator that contains one
        Its ``transform`` is called twice for each probe, on float images.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images.
    noise : "estimate", float or noise model, default="estimate"
        The noise of `X`: the standard deviation in units of the value range; or ``GaussianNoise(sigma)``,
        ``PoissonNoise(photons)``, ``CameraNoise(shot, read, gamma=1)`` or the result of `fit_noise_model`.
        ``"estimate"`` uses `estimate_noise` for each image. That shifts all values, most on
        small images, and the interval does not include it.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, uses the denoiser's.
    value_range : (low, high), default=None
        Pixel values of black and white, in units of which the noise is given. If None, the range that ``transform``
        uses for `X`.
    n_probes : int, default=1
        Number of random probes of the divergence for each image. More make the estimate for few or small
        images more certain.
    confidence_level : float, default=0.95
        Level of the interval.
    random_state : int, RandomState instance or None, default=0
        Seed of the probes.

    Returns
    -------
    PSNREstimate
        ``psnr``, ``low``, ``high``, and the ``errors`` of the images.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If `denoiser` is not fitted.
    ValueError
        If there is no denoiser, if the noise is not as described, or if it cannot be estimated.

    Warns
    -----
    UserWarning
        If many values are clipped, if the noise is correlated, or if the estimated error is not positive: the
        estimate is wrong then.

    See Also
    --------
    estimated_psnr_scorer : The same as a scorer for searches.
    psnr : The PSNR against clean images.

    Notes
    -----
    With denoiser :math:`f`, noisy image :math:`y` of :math:`N` pixels and noise of variance :math:`v(y)`, the
    mean squared error is estimated by

    .. math:: \frac{1}{N} \left[ \|f(y) - y\|^2 - \sum_i v_i + 2 \sum_i v_i \frac{\partial f_i}{\partial y_i}
       \right]

    whose last term is probed with random signs (Monte Carlo SURE [1]_). For Gaussian noise it is unbiased. For
    noise whose variance is ``read + shot * x``, the first-order form of [2]_ is used, with :math:`v_i = read + shot \,
    y_i`. It says little about a single image: the errors of single images are uncertain by about as much as they
    differ.

    References
    ----------
    .. [1] S. Ramani, T. Blu and M. Unser, "Monte-Carlo SURE: A Black-Box Optimization of Regularization
       Parameters for General Denoising Algorithms", IEEE Transactions on Image Processing, 2008.
    .. [2] Y. Le Montagner, E. D. Angelini and J.-C. Olivo-Marin, "An Unbiased Risk Estimator for Image
       Denoising in the Presence of Mixed Poisson-Gaussian Noise", IEEE Transactions on Image Processing, 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import SubspaceDenoiser, add_noise, estimate_psnr, psnr
    >>> X = load_digits().data / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(X[:1000])
    >>> noisy = add_noise(X[1000:], noise_factor=0.3, random_state=1)
    >>> estimate = estimate_psnr(denoiser, noisy, noise=0.3)
    >>> truth = psnr(X[1000:], denoiser.transform(noisy), data_range=1).mean()
    >>> print(f"{abs(estimate.psnr - truth):.0f} dB apart")
    0 dB apart
    """
    found = find_denoiser(denoiser)
    if found is None:
        raise ValueError(f"{denoiser!r} has no denoiser in it.")
    check_is_fitted(found.denoiser)
    _check_numbers(n_probes, confidence_level)
    X = check_images(found.prepare(X))
    own_range = found.denoiser._range_of(X)
    if value_range is None:
        value_range = own_range
    if image_shape is None and X.ndim == 2:
        image_shape = getattr(found.denoiser, "image_shape_", None)
    pixels = PixelFormat(X.dtype, check_value_range(value_range, X))
    images = as_nhwc(X, check_image_shape(image_shape, X))
    is_clipped = _warn_if_clipped(images, pixels)
    variances = _variances(noise, images, pixels)
    rng = generator(draw_seed(random_state), Stream.RISK_PROBES)
    as_floats = PixelFormat(np.dtype(np.float32), pixels.value_range)

    def denoise(unit: UnitImages) -> UnitImages:
        stored = as_floats.from_unit(unit).reshape(len(unit), *X.shape[1:])
        return as_floats.to_unit(found.denoiser._denoise(stored, own_range).reshape(unit.shape))

    errors = [
        _errors(denoise, pixels.to_unit(images[part]), variances[part], n_probes, rng)
        for part in chunks(images)
    ]
    errors = np.concatenate(errors)
    if errors.mean() <= 0 and not is_clipped:
        _warn_of_too_strong_noise(pixels)
    return _summary(errors, confidence_level)


def estimated_psnr_scorer(
    noise: Any = ESTIMATE,
    *,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    random_state: int = 0,
) -> Callable[..., float]:
    """Make a scorer that ranks denoisers on noisy images, without clean images and without labels.

    Parameters
    ----------
    noise : "estimate", float or noise model, default="estimate"
        As in `estimate_psnr`. In a search, give the noise: all candidates are then judged by the same.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, uses the denoiser's.
    value_range : (low, high), default=None
        Pixel values of black and white, as in `estimate_psnr`.
    random_state : int, default=0
        Seed of the probes.

    Returns
    -------
    callable
        ``scorer(estimator, X, y=None)``, for ``GridSearchCV(scoring=...)``. It can be pickled.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdenoise import FilterDenoiser, add_noise, estimated_psnr_scorer
    >>> noisy = add_noise(
    ...     load_digits().data[:200] / 16, noise_factor=0.3, random_state=0
    ... )
    >>> search = GridSearchCV(
    ...     FilterDenoiser("gaussian", value_range=(0, 1)),
    ...     {"sigma_spatial": [0.1, 0.7, 3]},
    ...     scoring=estimated_psnr_scorer(noise=0.3),
    ...     cv=2,
    ... ).fit(noisy)
    >>> search.best_params_
    {'sigma_spatial': 0.7}
    """
    return functools.partial(
        _score,
        noise=noise,
        image_shape=image_shape,
        value_range=value_range,
        random_state=random_state,
    )


def _score(estimator, X, y=None, **options):
    return estimate_psnr(estimator, X, **options).psnr


def _check_numbers(n_probes, confidence_level):
    if not isinstance(n_probes, (int, np.integer)) or n_probes < 1:
        raise ValueError(f"n_probes must be an integer >= 1, got {n_probes!r}.")
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must be between 0 and 1, got {confidence_level!r}.")


def _warn_if_clipped(images, pixels):
    """Warn if the noise of many values is clipped, and return whether it is."""
    unit = pixels.to_unit(images[: max(1, 2**22 // images[0].size)])
    share = np.mean(at_black(unit) | at_white(unit))
    is_clipped = share > _MOST_CLIPPED
    if is_clipped:
        warn_user(
            f"{share:.0%} of the values are at black or white, so their noise seems to be clipped. "
            "estimate_psnr is for noise that is not clipped, and is wrong here."
        )
    return is_clipped


def _warn_of_too_strong_noise(pixels):
    low, high = pixels.value_range
    warn_user(
        "The estimated error is not positive, so the images have less noise than is assumed. Check noise, and "
        f"value_range, in units of which it is; it is {low:.4g} to {high:.4g} here."
    )


def _variances(noise, images, pixels):
    """Return shot and read noise of each image, variances in units of the value range."""
    if isinstance(noise, str) and noise == ESTIMATE:
        return _estimated_variances(images, pixels)
    if isinstance(noise, GaussianNoise):
        noise = noise.sigma
    if isinstance(noise, Real):
        if not 0 < noise < math.inf:
            raise ValueError(
                f"noise={noise!r} must be above 0: the standard deviation, in units of the value range."
            )
        shot, read = 0.0, float(noise) ** 2
    else:
        shot, read = _variances_of_model(noise)
    return np.tile([shot, read], (len(images), 1))


def _variances_of_model(noise):
    try:
        transform = transform_for(noise)
    except ValueError:
        raise ValueError(
            f"noise={noise!r} is not of one known strength. Give a standard deviation in units of the "
            "value range, GaussianNoise(sigma=0.1), PoissonNoise(photons=50), CameraNoise(shot=0.01, "
            "read=0, gamma=1), the result of fit_noise_model, or 'estimate'."
        ) from None
    return transform.shot, transform.read


def _estimated_variances(images, pixels):
    sigmas, correlations = np.transpose([noise_of_image(image, pixels) for image in images])
    if not np.nanmax(sigmas, initial=0) > 0:
        raise ValueError(
            "The noise of the images cannot be estimated, or is 0. Give it: noise=0.1, in units of the "
            "value range."
        )
    known = correlations[~np.isnan(correlations)]  # small images have no flat regions
    if known.size and np.median(known) > _MOST_CORRELATED:
        warn_user(
            "The noise is correlated between neighbouring pixels, as in pictures of cameras and phones. "
            "estimate_psnr is for independent noise, and is wrong here."
        )
    sigmas = np.where(np.isnan(sigmas), np.nanmedian(sigmas), sigmas)
    return np.column_stack([np.zeros_like(sigmas), sigmas**2])


def _errors(denoise, noisy, variances, n_probes, rng):
    """Return the estimated mean squared error of each image."""
    shot, read = variances.T[:, :, np.newaxis, np.newaxis, np.newaxis]
    variance = shot * noisy + read  # below 0 for some values, so that its mean is that of the noise
    usual = np.mean(shot * np.maximum(noisy, 0) + read, axis=(1, 2, 3), keepdims=True)
    # Without noise the slope does not count, but must be finite.
    step = _STEP * np.sqrt(np.where(usual > 0, usual, 1)).astype(np.float32)
    denoised = denoise(noisy)
    slopes = np.zeros(len(noisy))
    for _ in range(n_probes):
        signs = rng.choice(np.float32([-1, 1]), size=noisy.shape)
        change = (denoise(noisy + step * signs) - denoised) / step
        slopes += _means(variance * signs * change) / n_probes
    return _means((denoised - noisy) ** 2.0) - _means(variance) + 2 * slopes


def _means(values):
    return values.mean(axis=(1, 2, 3), dtype=np.float64)


def _summary(errors, confidence_level):
    mean, width = errors.mean(), math.nan
    if len(errors) > 1:
        width = norm.isf((1 - confidence_level) / 2) * errors.std(ddof=1) / math.sqrt(len(errors))
    return PSNREstimate(_decibels(mean), _decibels(mean + width), _decibels(mean - width), errors)


def _decibels(error):
    if math.isnan(error):
        return math.nan
    return -10 * math.log10(error) if error > 0 else math.inf
