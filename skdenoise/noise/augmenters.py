"""Augmentation: add noise to training data, with a transformer or a resampler."""

from numbers import Integral
from typing import Any, Protocol, Self, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageEstimator, ImageTransformer
from skdenoise.images.layout import like_table
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.adding import corrupt
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.typing import (
    Images,
    ImageShape,
    NoiseFunction,
    Pixel,
    RandomState,
    Strength,
    ValueRange,
)


class _HasColumns(Protocol):
    """A table of pandas or Polars."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""


Table = TypeVar("Table", bound=_HasColumns)


class _AddsNoise:
    """Mixin for image estimators with `noise`: the first step of both augmenters."""

    def _learn_images(self, X):
        """Check the images of a fit, and learn their layout, value range and noise model."""
        X = self._check_images(X, reset=True)
        self.value_range_ = check_value_range(self.value_range, X)
        self.noise_ = resolve_noise(self.noise, self.noise_factor)
        return X


class NoiseAugmenter(_AddsNoise, ImageTransformer):
    """Add noise while a pipeline is fitted, but not at prediction.

    As the first step of a pipeline, it trains the following steps on noisy images. Use it instead
    of a denoiser. Or use it before a filter or a fitted denoiser
    (:class:`sklearn.frozen.FrozenEstimator`), so that the classifier is trained on the same kind of
    images as at prediction.

    Parameters
    ----------
    noise : str or noise model, default="gaussian"
        A name (see `noise_names`) or a noise model.
    noise_factor : float or (low, high), default=None
        Strength of a named model, as in `add_noise`.
    clip : bool, default=None
        Whether to clip noisy values to the value range. If None, clips only integers.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, a row is a square grey image, or a strip of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred in ``fit``.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    value_range_ : tuple of float
        Pixel values of black and white.
    noise_ : noise model
        The noise model given by `noise` and `noise_factor`.
    n_features_in_, feature_names_in_
        As in scikit-learn. Only after fitting on flat rows.

    See Also
    --------
    NoiseResampler : Makes several noisy copies, in pipelines of imbalanced-learn.
    UNetDenoiser : Removes noise instead.

    Notes
    -----
    ``fit_transform(X)`` differs from ``fit(X).transform(X)`` by design. A pipeline calls
    ``fit_transform`` while it is fitted, which adds noise. ``transform`` returns images unchanged.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdenoise import NoiseAugmenter, add_noise
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> augmented = make_pipeline(
    ...     NoiseAugmenter(noise_factor=0.3, random_state=0),
    ...     LogisticRegression(max_iter=500),
    ... ).fit(X[:1000], y[:1000])
    >>> noisy = add_noise(X[1000:], noise_factor=0.3, random_state=1)
    >>> bool(augmented.score(noisy, y[1000:]) > 0.7)
    True
    """

    def __init__(
        self,
        noise: str | NoiseFunction = "gaussian",
        noise_factor: Strength | None = None,
        *,
        clip: bool | None = None,
        image_shape: ImageShape | None = None,
        value_range: ValueRange | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.noise = noise
        self.noise_factor = noise_factor
        self.clip = clip
        self.image_shape = image_shape
        self.value_range = value_range
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape and the value range of the images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images.
        y : object
            Ignored.

        Returns
        -------
        NoiseAugmenter
            The fitted estimator.
        """
        self._learn_images(X)
        return self

    @overload
    def fit_transform(self, X: NDArray[Pixel], y: Any = None) -> NDArray[Pixel]: ...
    @overload
    def fit_transform(self, X: ArrayLike, y: Any = None) -> Images: ...
    def fit_transform(self, X: ArrayLike, y: Any = None) -> Images:
        """Fit to the images, and return them with noise.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images.
        y : object
            Ignored.

        Returns
        -------
        ndarray of the shape and dtype of `X`
            Noisy images.
        """
        X = self._learn_images(X)
        pixels = PixelFormat(X.dtype, self.value_range_)
        rng = generator(draw_seed(self.random_state), Stream.AUGMENT)
        noisy = corrupt(self._as_nhwc(X), self.noise_, pixels, rng, clip=self.clip)
        return noisy.reshape(X.shape)

    @overload
    def transform(self, X: NDArray[Pixel]) -> NDArray[Pixel]: ...
    @overload
    def transform(self, X: ArrayLike) -> Images: ...
    def transform(self, X: ArrayLike) -> Images:
        """Return the images unchanged.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, noisy or not.

        Returns
        -------
        ndarray
            The same images.
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        self._as_nhwc(X)
        return X


class NoiseResampler(_AddsNoise, ImageEstimator):
    """Extend a training set with noisy copies, in a pipeline of imbalanced-learn.

    This is a sampler of imbalanced-learn: its ``Pipeline`` calls ``fit_resample`` while it is
    fitted, and skips the step at prediction. The ``Pipeline`` of scikit-learn cannot change the
    number of samples. There, use `NoiseAugmenter`, which replaces each image with one noisy copy.

    Parameters
    ----------
    n_copies : int, default=1
        Number of noisy copies of each image. Each copy has different noise.
    keep_original : bool, default=True
        Whether to keep the clean images in the training set, before the copies.
    noise : str or noise model, default="gaussian"
        A name (see `noise_names`) or a noise model.
    noise_factor : float or (low, high), default=None
        Strength of a named model, as in `add_noise`.
    clip : bool, default=None
        Whether to clip noisy values to the value range. If None, clips only integers.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, a row is a square grey image, or a strip of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from the images.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    value_range_ : tuple of float
        Pixel values of black and white.
    noise_ : noise model
        The noise model given by `noise` and `noise_factor`.

    See Also
    --------
    NoiseAugmenter : Replaces each image with one noisy copy, in pipelines of scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import NoiseResampler
    >>> X, y = np.zeros((5, 8, 8)), np.arange(5)
    >>> X_more, y_more = NoiseResampler(n_copies=2, random_state=0).fit_resample(X, y)
    >>> X_more.shape
    (15, 8, 8)
    >>> y_more
    array([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        n_copies: int = 1,
        keep_original: bool = True,
        *,
        noise: str | NoiseFunction = "gaussian",
        noise_factor: Strength | None = None,
        clip: bool | None = None,
        image_shape: ImageShape | None = None,
        value_range: ValueRange | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.n_copies = n_copies
        self.keep_original = keep_original
        self.noise = noise
        self.noise_factor = noise_factor
        self.clip = clip
        self.image_shape = image_shape
        self.value_range = value_range
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Check the images and learn their shape and value range.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images.
        y : object
            Ignored.

        Returns
        -------
        NoiseResampler
            The fitted estimator.
        """
        self._check_n_copies()
        self._learn_images(X)
        return self

    @overload
    def fit_resample(self, X: NDArray[Pixel], y: ArrayLike) -> tuple[NDArray[Pixel], Any]: ...
    @overload
    def fit_resample(self, X: Table, y: ArrayLike) -> tuple[Table, Any]: ...
    @overload
    def fit_resample(self, X: ArrayLike, y: ArrayLike) -> tuple[Images, Any]: ...
    def fit_resample(self, X: Any, y: ArrayLike) -> tuple[Any, Any]:
        """Return the training set with noisy copies.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images. If a pandas or Polars table, the result is a table with the same columns and
            dtypes. Columns of integers in a table with floats are rounded and clipped.
        y : array-like of shape (n, ...)
            Labels of the images.

        Returns
        -------
        X_resampled : ndarray or table of shape (m, ...)
            The clean images, if they are kept, followed by the copies. m is ``n * n_copies``, plus
            n with the clean images.
        y_resampled : ndarray, pandas or Polars object of shape (m, ...)
            Their labels. A Series keeps its dtype and name.
        """
        self._check_n_copies()
        images = self._learn_images(X)
        check_consistent_length(images, y)
        pixels = PixelFormat(images.dtype, self.value_range_)
        rng = generator(draw_seed(self.random_state), Stream.RESAMPLE)
        parts = [images] if self.keep_original else []
        for _ in range(self.n_copies):
            noisy = corrupt(self._as_nhwc(images), self.noise_, pixels, rng, clip=self.clip)
            parts.append(noisy.reshape(images.shape))
        # Keep the columns: at prediction this step is skipped, and the next one must see the same
        # columns.
        more = _like_columns(np.concatenate(parts), X, self.value_range_)
        return more, _repeated(y, len(parts))

    def _check_n_copies(self):
        if not isinstance(self.n_copies, Integral) or self.n_copies < 1:
            raise ValueError(f"n_copies={self.n_copies!r} must be an integer >= 1.")


def _like_columns(rows, X, value_range):
    """Return images as a table with the columns and dtypes of `X`, if `X` is a table."""
    if not hasattr(X, "columns"):
        return rows
    if rows.dtype.kind == "f":  # those of a table of integers are rounded already
        for index, dtype in enumerate(X.dtypes):
            if _is_integer(dtype):
                rows[:, index] = np.clip(np.rint(rows[:, index]), *value_range)
    table = like_table(rows, X)
    return table.astype(X.dtypes) if hasattr(X, "iloc") else table.cast(X.schema)


def _is_integer(dtype):
    return dtype.kind in "iub" if hasattr(dtype, "kind") else dtype.is_integer()


def _repeated(y, times):
    """Return labels `times` times in a row. A Series or table keeps dtype and names."""
    if times == 1 and hasattr(y, "shape"):
        return y
    order = np.tile(np.arange(len(y)), times)
    if hasattr(y, "iloc"):
        return y.iloc[order].reset_index(drop=True)
    if type(y).__module__.startswith("polars"):
        return y[order]
    return np.asarray(y)[order]
