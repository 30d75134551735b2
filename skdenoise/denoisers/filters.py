"""Filters: the classical filters of scikit-image and SciPy as one denoiser."""

import copy
import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from joblib import cpu_count, effective_n_jobs
from scipy import ndimage
from scipy.optimize import brentq
from scipy.special import ndtr
from sklearn.utils import gen_even_slices
from sklearn.utils.parallel import Parallel, delayed

from skdenoise.denoisers.base import Denoiser
from skdenoise.images.opponent import ORTHONORMAL
from skdenoise.typing import (
    ImageShape,
    ImagesOrList,
    NoiseFunction,
    RandomState,
    Strength,
    ValueRange,
)

# Smaller images are extended by reflection, since wavelets and patches need room.
_LEAST_SIDE = 16
# Filters that reach further, or have larger windows, would not end.
_FURTHEST, _LARGEST_SIZE = 100, 1001
# From this side on, what the details of noise lose at the edges does not matter.
_LARGE_SIDE = 128
# Smaller details, relative to the image, are rounding of float32. Fewer are edges, not noise.
_NOTHING, _FEW_DETAILS = 1e-6, 0.1


class FilterDenoiser(Denoiser):
    """Remove noise from each image with a classical filter.

    A filter learns nothing: ``fit`` only looks at the shape and the value range. It has the interface
    of `UNetDenoiser`, so that it can replace it. `noise` states which noise the images will have. When
    a pipeline is fitted, ``fit_transform(X)`` adds this noise to `X` and then filters it, so that the
    classifier is trained on the same kind of images as at prediction. It therefore differs from
    ``fit(X).transform(X)``. ``train_output="denoised"`` adds no noise.

    Parameters
    ----------
    method : str, default="nl_means"
        Name of the filter, see the table in Notes.
    noise : str or noise model, default="gaussian"
        The noise that ``fit_transform`` and ``score`` add: a name (see `noise_names`) or a noise
        model.
    noise_factor : float or (low, high), default=None
        Strength of a named model, as in `add_noise`.
    sigma : float or "estimate", default="estimate"
        Standard deviation of the noise, in units of the value range, for methods that use it.
        ``"estimate"`` measures it in each image like `skimage.restoration.estimate_sigma`, and corrects for
        small sides. The estimate is too high for small images with many edges, and too low if the noise was
        clipped.
    h, patch_size, patch_distance, wavelet, weight, sigma_color, sigma_spatial, size : default=None
        Parameters of the methods, see the table in Notes. If None, uses the default of the method. Other
        values are an error if the method does not have the parameter.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, a row is a square grey image, or a strip of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred in ``fit``.
    clip : bool, default=None
        Whether noisy and denoised values are limited to the value range. If None, integers are limited and
        floats are not; where an image has integers outside of the range, they come no further out.
    strength : float, default=1.0
        How much of the noise is removed, from 0 to 1: ``transform`` returns ``X + strength * (denoised -
        X)``. At 0 it returns `X`. It can be changed after ``fit``.
    colour : {"auto", "opponent", "separate"}, default="auto"
        How images with channels are denoised after a fit on grey images. ``"opponent"``: red, green and
        blue as brightness and two differences between colours, each as a grey image. ``"separate"``: each of
        any number of channels as a grey image. ``"auto"``: opponent for Gaussian noise and for unknown
        noise, else separate (always for the median). It can be changed after ``fit``.
    stabilize : "estimate", CameraNoise, PoissonNoise or None, default=None
        For a denoiser of Gaussian noise, and images whose noise grows with the brightness, such as that of
        counted photons (microscopy, X-rays, astronomy): ``transform`` makes the noise equally strong
        everywhere, denoises, and transforms back. Give the noise, for example from `fit_noise_model`, in
        units of the same value range; ``"estimate"`` measures it in each image. Black must be the value
        without light. It can be changed after ``fit``.
    train_output : {"denoised_noisy", "denoised", "clean"}, default="denoised_noisy"
        What ``fit_transform`` returns, as in `UNetDenoiser`. Use ``"denoised"`` after a
        `NoiseAugmenter`, which has already added the noise.
    n_jobs : int, default=None
        Number of processes that share the images. If None, uses 1; -1 uses all cores.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise of ``fit_transform`` and ``score``.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    value_range_ : tuple of float
        Pixel values of black and white.
    noise_ : noise model or None
        The noise model given by `noise` and `noise_factor`. None after a fit with ``clean``.
    n_features_in_, feature_names_in_
        As in scikit-learn, after fitting on flat rows.

    See Also
    --------
    SubspaceDenoiser : Learns the subspace in which images lie.
    UNetDenoiser : Learns a network.

    Notes
    -----
    Lengths are in pixels: `patch_distance` and `sigma_spatial` are at most 100, sizes at most 1001. `h`,
    `weight` and `sigma_color` are multiples of `sigma`, so that they suit noise of any strength. The
    corresponding parameters of scikit-image are these times `sigma`.

    ================  =========  ======================================================
    method            `sigma`    parameters
    ================  =========  ======================================================
    "nl_means"        yes        `h` (0.6), `patch_size` (5), `patch_distance` (6)
    "wavelet"         yes        `wavelet` ("db2"; orthogonal, of PyWavelets)
    "tv_chambolle"    yes        `weight` (0.8)
    "bilateral"       yes        `sigma_color` (3.0), `sigma_spatial` (1.5)
    "wiener"          yes        `size` (5)
    "median"          no         `size` (3)
    "gaussian"        no         `sigma_spatial` (1.0)
    ================  =========  ======================================================

    Non-local means, wavelets (BayesShrink, soft) and total variation come from `skimage.restoration`,
    the local Wiener filter from `scipy.signal`, the median and the Gaussian from `scipy.ndimage`. The
    bilateral filter follows [1]_ and is cut off at three times `sigma_spatial`. For methods that use
    `sigma`, images smaller than 16 pixels are extended by reflection.

    References
    ----------
    .. [1] C. Tomasi and R. Manduchi, "Bilateral Filtering for Gray and Color Images", ICCV 1998.

    Examples
    --------
    >>> from sklearn.datasets import load_sample_images
    >>> from skdenoise import FilterDenoiser
    >>> flower = load_sample_images().images[1][None, 100:200, 200:300]
    >>> means = FilterDenoiser("nl_means", noise_factor=0.1, random_state=0).fit(
    ...     flower
    ... )
    >>> blur = FilterDenoiser("gaussian", noise_factor=0.1, random_state=0).fit(flower)
    >>> means.score(flower) > blur.score(flower)
    True
    """

    # Filters have no value range, and some are given the standard deviation of the noise.
    _opponent_colours = ORTHONORMAL

    def __init__(
        self,
        method: str = "nl_means",
        noise: str | NoiseFunction = "gaussian",
        noise_factor: Strength | None = None,
        *,
        sigma: float | Literal["estimate"] = "estimate",
        h: float | None = None,
        patch_size: int | None = None,
        patch_distance: int | None = None,
        wavelet: str | None = None,
        weight: float | None = None,
        sigma_color: float | None = None,
        sigma_spatial: float | None = None,
        size: int | None = None,
        image_shape: ImageShape | None = None,
        value_range: ValueRange | None = None,
        clip: bool | None = None,
        strength: float = 1.0,
        colour: Literal["auto", "opponent", "separate"] = "auto",
        stabilize: str | NoiseFunction | None = None,
        train_output: Literal["denoised_noisy", "denoised", "clean"] = "denoised_noisy",
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.method = method
        self.noise = noise
        self.noise_factor = noise_factor
        self.sigma = sigma
        self.h = h
        self.patch_size = patch_size
        self.patch_distance = patch_distance
        self.wavelet = wavelet
        self.weight = weight
        self.sigma_color = sigma_color
        self.sigma_spatial = sigma_spatial
        self.size = size
        self.image_shape = image_shape
        self.value_range = value_range
        self.clip = clip
        self.strength = strength
        self.colour = colour
        self.stabilize = stabilize
        self.train_output = train_output
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: ImagesOrList, y: Any = None, *, clean: ImagesOrList | None = None) -> Self:
        """Learn the shape and the value range of the images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images or, with `clean`, noisy ones. Or a list, as in ``transform``.
        y : object
            Ignored. An error if it holds images like `X`: give `clean` by name.
        clean : array-like of the shape of `X`, default=None
            The same images without noise. No noise is added to `X` then.

        Returns
        -------
        FilterDenoiser
            The fitted denoiser.

        Raises
        ------
        ValueError
            If images or parameters are not as documented.
        """
        self._check_labels(X, y, clean)
        with self._unchanged_by_failure():
            self._read(X, clean)
        return self

    def _check_params(self):
        super()._check_params()
        if self.n_jobs is not None and (not isinstance(self.n_jobs, Integral) or not self.n_jobs):
            raise ValueError(
                f"n_jobs={self.n_jobs!r} is neither None nor an integer other than 0. -1 uses all processors."
            )
        self._filter()

    def _denoise_images(self, images, pixels, clip):
        apply = delayed(_filter_stored)
        chosen, sigma, params = self._filter()
        n_jobs = self._n_jobs(len(images))
        parts = gen_even_slices(len(images), n_jobs)
        filtered = Parallel(n_jobs)(
            apply(images[part], pixels, clip, chosen, sigma, params) for part in parts
        )
        return np.concatenate(filtered).astype(images.dtype, copy=False)  # in its byte order

    def _denoise_each(self, images, value_range):
        n_jobs = self._n_jobs(len(images))
        if n_jobs == 1:
            return super()._denoise_each(images, value_range)
        # Each process denoises one image at a time with a single job. A copy keeps the fitted
        # attributes, which clone would drop.
        alone = copy.copy(self)
        alone.n_jobs = None
        denoise = delayed(alone._denoise)
        denoised = Parallel(n_jobs)(denoise(image[np.newaxis], value_range) for image in images)
        return [image[0] for image in denoised]

    def _n_jobs(self, n_images):
        """Return the number of processes: at most one for each image and each processor."""
        return min(n_images, effective_n_jobs(self.n_jobs), cpu_count())

    def _resolved_colour(self):
        # The median is for pixels that are replaced, in any of the channels.
        is_median = self.method == "median" and self.colour == "auto"
        return "separate" if is_median else super()._resolved_colour()

    def _filter(self):
        """Check the parameters, and return the filter, `sigma` and the parameters of the filter."""
        if not isinstance(self.method, str) or self.method not in FILTERS:
            raise ValueError(f"method={self.method!r} is not one of {', '.join(FILTERS)}.")
        chosen = FILTERS[self.method]
        params = {name: getattr(self, name) for name in _PARAMETERS}
        given = {name: value for name, value in params.items() if value is not None}
        foreign = sorted(set(given) - set(chosen.defaults))
        if foreign:
            raise ValueError(
                f"method={self.method!r} does not have the parameter {', '.join(foreign)}; it has "
                f"{', '.join(chosen.defaults)}."
            )
        for name, value in given.items():
            _PARAMETERS[name](name, value)
        if self.sigma != "estimate" and not _is_number(self.sigma, 0):
            raise ValueError(
                f"sigma={self.sigma!r} is neither 'estimate' nor a number >= 0, the standard deviation "
                "of the noise in units of the value range."
            )
        return chosen, self.sigma if chosen.takes_sigma else None, chosen.defaults | given


@dataclass(frozen=True)
class Filter:
    """A function that filters one image.

    Parameters
    ----------
    function : callable
        ``function(image, sigma, **params)`` or ``function(image, **params)``, for an image of shape
        (height, width, channels) in units of the value range.
    takes_sigma : bool
        Whether the function takes the standard deviation of the noise.
    defaults : dict
        Its parameters with their defaults.
    """

    function: Callable
    takes_sigma: bool
    defaults: dict


def _filter_stored(images, pixels, clip, chosen, sigma, params):
    """Filter NHWC images in the format `pixels`."""
    filtered = np.empty_like(images)
    for index in range(len(images)):
        image = pixels.to_unit(images[index])
        filtered[index] = pixels.from_unit(_filter_one(image, chosen, sigma, params), clip)
    return filtered


def _filter_one(image, chosen, sigma, params):
    if not chosen.takes_sigma:
        return chosen.function(image, **params)
    if image.min() == image.max():  # a constant image has no noise to remove
        return image
    height, width = image.shape[:2]
    larger = _continued(image)
    level = _estimate_sigma(image) if sigma == "estimate" else float(sigma)
    if level == 0:
        return image
    return chosen.function(larger, level, **params)[:height, :width]


def _continued(image):
    """Extend small images by reflection, below and to the right."""
    missing = [max(0, _LEAST_SIDE - side) for side in image.shape[:2]]
    return np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")


def _estimate_sigma(image):
    """Return the standard deviation of the noise, from the finest details of a wavelet.

    As `skimage.restoration.estimate_sigma`, which is too low for small images: there, many details are
    those of the reflected edges, which have less noise. A strip only has details along it.
    """
    sides = tuple(min(side, _LARGE_SIDE) for side in image.shape[:2])
    axes = [axis for axis in (0, 1) if sides[axis] > 1]
    if not axes:
        return 0.0
    details = np.moveaxis(np.abs(_details(_continued(image), axes)), -1, 0)
    # Details of 0, except for rounding, are left out, as there: no noise is visible in them.
    visible = details > _NOTHING * np.abs(image).max()
    medians = [
        np.median(one[seen]) if seen.mean() > _FEW_DETAILS else 0.0
        for one, seen in zip(details, visible, strict=True)
    ]
    return float(np.mean(medians)) / _median_detail_of_noise(*sides)


def _details(image, axes):
    import pywt

    for axis in axes:
        _, image = pywt.dwt(image, "db2", axis=axis)
    return image


@functools.lru_cache
def _median_detail_of_noise(height, width):
    """Return the median size of the details of noise with a standard deviation of 1.

    Each detail is normal. Its standard deviation is the product of those across and down, the lengths of
    the rows of the matrices that turn pixels into details, extension and reflection included.
    """
    deviations = np.ones(1)
    for side in (height, width):
        if side > 1:
            pixels = _continued(np.eye(side, dtype=np.float64)[:, :, np.newaxis])[:, :side, 0]
            along = np.linalg.norm(_details(pixels, [0]), axis=1)
            deviations = np.outer(deviations, along[along > _NOTHING]).ravel()
    return brentq(lambda size: np.mean(2 * ndtr(size / deviations) - 1) - 0.5, 0, 10)


def _nl_means(image, sigma, h, patch_size, patch_distance):
    from skimage.restoration import denoise_nl_means

    params = {"patch_size": patch_size, "patch_distance": patch_distance, "fast_mode": True}
    return _by_scikit_image(denoise_nl_means, image, h=h * sigma, sigma=sigma, **params)


def _wavelet(image, sigma, wavelet):
    from skimage.restoration import denoise_wavelet

    params = {"wavelet": wavelet, "rescale_sigma": False}
    with np.errstate(divide="ignore", invalid="ignore"):
        # BayesShrink divides by the power of a frequency band, which may be 0.
        return _by_scikit_image(denoise_wavelet, image, sigma=sigma, **params)


def _tv_chambolle(image, sigma, weight):
    from skimage.restoration import denoise_tv_chambolle

    return _by_scikit_image(denoise_tv_chambolle, image, weight=weight * sigma)


def _bilateral(image, sigma, sigma_color, sigma_spatial):
    # Not skimage.restoration.denoise_bilateral: its table of spatial weights (as of 0.26) has one row
    # and column more than the loop that reads it, so that a point becomes a lopsided blot.
    reach = math.ceil(3 * sigma_spatial)
    height, width = image.shape[:2]
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    total, total_weight = np.zeros_like(image), np.zeros_like(image[..., :1])
    # Not 0, which would divide 0 by 0 for equal pixels.
    tolerance = max((sigma_color * sigma) ** 2, float(np.finfo(np.float32).tiny))
    for y, x in np.ndindex(2 * reach + 1, 2 * reach + 1):
        neighbour = padded[y : y + height, x : x + width]
        distance = ((y - reach) ** 2 + (x - reach) ** 2) / sigma_spatial**2
        difference = np.sum((neighbour - image) ** 2, axis=2, keepdims=True)
        weight = np.exp(-(distance + difference / tolerance) / 2)
        total += weight * neighbour
        total_weight += weight
    return total / total_weight


def _by_scikit_image(function, image, **params):
    """Apply a function that expects grey images without a channel axis."""
    if image.shape[2] == 1:
        return function(image[..., 0], channel_axis=None, **params)[..., np.newaxis]
    return function(image, channel_axis=-1, **params)


def _wiener(image, sigma, size):
    from scipy.signal import wiener

    # scipy.signal assumes black beyond the edges.
    reach = size // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    channels = np.moveaxis(padded, 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        filtered = np.stack([wiener(c, (size, size), noise=sigma**2) for c in channels], axis=2)
    height, width = image.shape[:2]
    return filtered[reach : reach + height, reach : reach + width]


def _median(image, size):
    return ndimage.median_filter(image, size=(size, size, 1))


def _gaussian(image, sigma_spatial):
    return ndimage.gaussian_filter(image, (sigma_spatial, sigma_spatial, 0))


FILTERS = {
    "nl_means": Filter(_nl_means, True, {"h": 0.6, "patch_size": 5, "patch_distance": 6}),
    "wavelet": Filter(_wavelet, True, {"wavelet": "db2"}),
    "tv_chambolle": Filter(_tv_chambolle, True, {"weight": 0.8}),
    "bilateral": Filter(_bilateral, True, {"sigma_color": 3.0, "sigma_spatial": 1.5}),
    "wiener": Filter(_wiener, True, {"size": 5}),
    "median": Filter(_median, False, {"size": 3}),
    "gaussian": Filter(_gaussian, False, {"sigma_spatial": 1.0}),
}


def _check_positive(name, value):
    if not _is_number(value, 0) or value == 0:
        raise ValueError(f"{name}={value!r} must be a number > 0.")


def _check_reach(name, value):
    _check_positive(name, value)
    if value > _FURTHEST:
        raise ValueError(f"{name}={value!r} must be at most {_FURTHEST} pixels.")


def _check_odd(name, value):
    if not isinstance(value, Integral) or not 1 <= value <= _LARGEST_SIZE or value % 2 == 0:
        raise ValueError(
            f"{name}={value!r:.200} must be an odd number of pixels, such as 3 or 5, at most {_LARGEST_SIZE}."
        )


def _check_distance(name, value):
    if not isinstance(value, Integral) or not 1 <= value <= _FURTHEST:
        raise ValueError(
            f"{name}={value!r:.200} must be an integer from 1 to {_FURTHEST}, in pixels."
        )


def _check_wavelet(name, value):
    import pywt

    if value not in pywt.wavelist(kind="discrete") or not pywt.Wavelet(value).orthogonal:
        raise ValueError(
            f"{name}={value!r} is not an orthogonal wavelet of PyWavelets, which thresholding needs. "
            "Give one such as 'db2', 'sym4' or 'coif1'."
        )


_PARAMETERS = {
    "h": _check_positive,
    "patch_size": _check_odd,
    "patch_distance": _check_distance,
    "wavelet": _check_wavelet,
    "weight": _check_positive,
    "sigma_color": _check_positive,
    "sigma_spatial": _check_reach,
    "size": _check_odd,
}


def _is_number(value, low):
    return isinstance(value, Real) and low <= value <= sys.float_info.max
