"""The subspace denoiser: images as sums of principal components."""

import math
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np

from skdenoise.denoisers.base import Denoiser
from skdenoise.images.pixels import PixelFormat, changed_in_unit
from skdenoise.images.ragged import is_image_list
from skdenoise.images.value_range import warn_if_constant
from skdenoise.seeding import Stream, derived_seed
from skdenoise.typing import (
    ImageShape,
    ImagesOrList,
    NoiseFunction,
    RandomState,
    Strength,
    ValueRange,
)

# The arrays in a model file.
_ARRAYS = ("components_", "gain_", "mean_", "noisy_mean_")


class SubspaceDenoiser(Denoiser):
    """Remove noise by projecting images onto the principal components of clean images.

    Clean images lie close to a subspace of few dimensions, but noise is in all dimensions. The denoiser
    removes everything outside the subspace. Inside, it multiplies each component by the share of it
    that is signal, which is the linear Wiener filter. On small aligned images, such as digits, it is
    a serious rival of a network.

    Parameters
    ----------
    n_components : int or float, default=None
        Number of principal components; or, between 0 and 1, the share of the variance that they
        must explain, as in `sklearn.decomposition.PCA`. If None, keeps all components. With 60 of 784
        components the noise of a pixel falls to about a quarter.
    wiener : bool, default=True
        Whether to multiply each component by its Wiener gain. If False, all weights are 1, which is
        the plain projection of PCA.
    noise : str or noise model, default="gaussian"
        The noise to learn from: a name (see `noise_names`) or a noise model.
    noise_factor : float or (low, high), default=None
        Strength of a named model, as in `add_noise`.
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
        noise, else separate. It can be changed after ``fit``.
    stabilize : "estimate", CameraNoise, PoissonNoise or None, default=None
        For a denoiser of Gaussian noise, and images whose noise grows with the brightness, such as that of
        counted photons (microscopy, X-rays, astronomy): ``transform`` makes the noise equally strong
        everywhere, denoises, and transforms back. Give the noise, for example from `fit_noise_model`, in
        units of the same value range; ``"estimate"`` measures it in each image. Black must be the value
        without light. It can be changed after ``fit``.
    train_output : {"denoised_noisy", "denoised", "clean"}, default="denoised_noisy"
        What ``fit_transform`` returns, as in `UNetDenoiser`.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Principal components of the clean images.
    gain_ : ndarray of shape (n_components,)
        Weight of each component.
    mean_ : ndarray of shape (n_features,)
        Mean of the clean images.
    noisy_mean_ : ndarray of shape (n_features,)
        Mean of the noisy images. It differs from `mean_` if the noise was clipped, for instance. If
        `wiener` is False, it is the same as `mean_`.
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
    sklearn.decomposition.PCA : Finds the components.
    UNetDenoiser : Trains a network, for images of any size.

    Notes
    -----
    With principal axes ``v`` of the clean images, coefficients ``z = v @ (clean - mean)`` and
    ``z' = v @ (noisy - noisy_mean)``, the restored image is ``mean + sum(gain * z' * v)``. The gain
    with the least squared error is ``cov(z, z') / var(z')``, limited to 0..1. Both are measured on one
    draw of noise. For white noise of variance ``s`` and components of variance ``lambda``, it is
    ``lambda / (lambda + s)``, the Wiener filter [1]_. Images must have the same size as in ``fit``.

    References
    ----------
    .. [1] A. K. Jain, "Fundamentals of Digital Image Processing", Prentice Hall 1989, chapter 8.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import SubspaceDenoiser
    >>> X = load_digits().data / 16
    >>> trip = SubspaceDenoiser(
    ...     20, wiener=False, noise_factor=0.3, random_state=0
    ... ).fit(X[:1000])
    >>> wiener = SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(X[:1000])
    >>> print(f"{trip.score(X[1000:]):.1f} dB, {wiener.score(X[1000:]):.1f} dB")
    15.8 dB, 16.6 dB
    """

    def __init__(
        self,
        n_components: float | None = None,
        wiener: bool = True,
        noise: str | NoiseFunction = "gaussian",
        noise_factor: Strength | None = None,
        *,
        image_shape: ImageShape | None = None,
        value_range: ValueRange | None = None,
        clip: bool | None = None,
        strength: float = 1.0,
        colour: Literal["auto", "opponent", "separate"] = "auto",
        stabilize: str | NoiseFunction | None = None,
        train_output: Literal["denoised_noisy", "denoised", "clean"] = "denoised_noisy",
        random_state: RandomState = None,
    ) -> None:
        self.n_components = n_components
        self.wiener = wiener
        self.noise = noise
        self.noise_factor = noise_factor
        self.image_shape = image_shape
        self.value_range = value_range
        self.clip = clip
        self.strength = strength
        self.colour = colour
        self.stabilize = stabilize
        self.train_output = train_output
        self.random_state = random_state

    def fit(self, X: ImagesOrList, y: Any = None, *, clean: ImagesOrList | None = None) -> Self:
        """Learn the subspace of clean images, and the weights of its components.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added; or, with `clean`, noisy ones.
        y : object
            Ignored. An error if it holds images like `X`: give `clean` by name.
        clean : array-like of the shape of `X`, default=None
            The same images without noise, to learn from real pairs.

        Returns
        -------
        SubspaceDenoiser
            The fitted denoiser.

        Raises
        ------
        ValueError
            If images or parameters are not as documented.
        """
        if is_image_list(X):
            raise ValueError(
                "X is a list or an ImageFolder, whose images may differ in size, but principal components have one "
                "size. Give an array of images of one size, such as np.stack(X), or patches."
            )
        self._check_labels(X, y, clean)
        with self._unchanged_by_failure():
            X, targets = self._read(X, clean)
            warn_if_constant(targets)
            clean_rows = self._rows(targets)
            self._find_subspace(clean_rows)
            if self.wiener:
                noisy_rows = self._rows(X if clean is not None else self._noisy(X, Stream.FIT))
                self._weigh_components(clean_rows, noisy_rows)
        return self

    def _find_subspace(self, clean_rows):
        # Not with the package: it loads linear models.
        from sklearn.decomposition import PCA

        n_components = self._check_n_components(clean_rows.shape)
        pca = PCA(n_components, random_state=derived_seed(self._seed, Stream.WEIGHTS))
        # The shares of the variance, which are not used, are 0 / 0 for equal images.
        with np.errstate(invalid="ignore"):
            pca.fit(clean_rows)
        self.components_, self.mean_ = pca.components_, pca.mean_
        self.noisy_mean_, self.gain_ = pca.mean_, np.ones(len(pca.components_), pca.mean_.dtype)

    def _check_n_components(self, shape):
        n = self.n_components
        if n is None:
            return None
        if isinstance(n, Real) and 0 < n < 1:
            return float(n)  # PCA takes no float32
        if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
            raise ValueError(
                f"n_components={n!r} must be an integer of at least 1, a share of the variance between 0 and 1, or "
                "None."
            )
        if n > min(shape):
            raise ValueError(
                f"n_components={n} is too many for {shape[0]} image(s) with {shape[1]} "
                f"values each; there are at most {min(shape)}. Give fewer components or more images."
            )
        return n

    def _weigh_components(self, clean_rows, noisy_rows):
        self.noisy_mean_ = noisy_rows.mean(axis=0)
        signal = (clean_rows - self.mean_) @ self.components_.T
        observed = (noisy_rows - self.noisy_mean_) @ self.components_.T
        power = np.mean(observed**2, axis=0)
        gains = np.mean(signal * observed, axis=0) / np.where(power > 0, power, 1)
        self.gain_ = np.clip(gains, 0, 1)

    def _denoise_images(self, images, pixels, clip):
        self._check_size(images)
        return changed_in_unit(self._project, images, pixels, clip)

    def _project(self, noisy):
        """Project images onto the subspace, and multiply each component by its weight."""
        # The order in which BLAS sums a product depends on the position of the row. Computed in float64
        # and rounded to float32 at the end, the result for an image does not depend on its position.
        rows = noisy.reshape(-1, len(self.mean_)).astype(np.float64)
        weights = (rows - self.noisy_mean_) @ self.components_.T * self.gain_
        return (self.mean_ + weights @ self.components_).astype(np.float32).reshape(noisy.shape)

    def _arrays(self):
        return {name: getattr(self, name) for name in _ARRAYS}

    def _set_arrays(self, description, arrays):
        if set(arrays) != set(_ARRAYS) or None in self.image_shape_:
            raise ValueError(f"its arrays are {sorted(arrays)}; expected {', '.join(_ARRAYS)}.")
        n_features = math.prod(self.image_shape_)
        n_components = len(np.atleast_1d(arrays["gain_"]))
        shapes = {
            "components_": (n_components, n_features),
            "gain_": (n_components,),
            "mean_": (n_features,),
            "noisy_mean_": (n_features,),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ValueError(f"{name} has the shape {arrays[name].shape}; expected {shape}.")
            setattr(self, name, arrays[name])
        images = np.stack([np.zeros(n_features), np.ones(n_features)]).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            if not np.isfinite(self._project(images)).all():
                raise ValueError("its arrays have values so large that the result is not finite.")

    def _check_size(self, images):
        if images.shape[1:] != self.image_shape_:
            raise ValueError(
                f"Got images of shape {images.shape[1:]}, but this SubspaceDenoiser was fitted on "
                f"{self.image_shape_}. Give images of that shape, or fit it on this one."
            )

    def _rows(self, X):
        """Return images as flat rows in units of the value range."""
        pixels = PixelFormat(X.dtype, self.value_range_)
        return pixels.to_unit(X).reshape(len(X), -1)
