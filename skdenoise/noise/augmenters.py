"""Augmentation: noise on training data, as a transformer and as a resampler."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageEstimator, ImageTransformer
from skdenoise.images.layout import like_table
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.adding import corrupt
from skdenoise.noise.by_name import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator


class _AddsNoise:
    """What both augmenters do first: a mixin of image estimators with `noise`."""

    def _read(self, X):
        """Check the images of a fit, and learn their layout, their range and the noise."""
        X = self._check_images(X, reset=True)
        self.value_range_ = check_value_range(self.value_range, X)
        self.noise_ = resolve_noise(self.noise, self.noise_factor)
        return X


class NoiseAugmenter(_AddsNoise, ImageTransformer):
    """Add noise while a pipeline is fitted, and none when it predicts.

    As the first step of a pipeline it makes the steps behind it learn on noisy images: the plain
    alternative to denoising, or, before a denoiser that is already fitted
    (:class:`sklearn.frozen.FrozenEstimator`) or a filter, what the classifier needs in order to
    learn on the kind of images that it will be given.

    Parameters
    ----------
    noise : str or noise model, default="gaussian"
        A name (`noise_names`) or an instance.
    noise_factor : float or (low, high), default=None
        The strength of a named model, as in `add_noise`.
    clip : bool, default=None
        Whether to limit noisy values to the range; ``None`` limits integers and leaves floats.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image or a strip.
    value_range : (low, high), default=None
        What is black and what is white; ``None`` infers it in ``fit``.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    value_range_ : tuple of float
        What is black and what is white.
    noise_ : noise model
        The model that `noise` and `noise_factor` stand for.
    n_features_in_, feature_names_in_
        As in scikit-learn, after fitting on flat rows.

    See Also
    --------
    NoiseResampler : More than one noisy copy, for imbalanced-learn's pipelines.
    UNetDenoiser : Removes the noise instead.

    Notes
    -----
    ``fit_transform(X)`` differs from ``fit(X).transform(X)`` by design: the first is what a pipeline
    calls while it is fitted, and adds noise; ``transform`` hands images on unchanged.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdenoise import NoiseAugmenter, add_noise
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> augmented = make_pipeline(
    ...     NoiseAugmenter(noise_factor=0.3, random_state=0), LogisticRegression(max_iter=500)
    ... ).fit(X[:1000], y[:1000])
    >>> noisy = add_noise(X[1000:], noise_factor=0.3, random_state=1)
    >>> bool(augmented.score(noisy, y[1000:]) > 0.7)
    True
    """

    def __init__(
        self,
        noise="gaussian",
        noise_factor=None,
        *,
        clip=None,
        image_shape=None,
        value_range=None,
        random_state=None,
    ):
        self.noise = noise
        self.noise_factor = noise_factor
        self.clip = clip
        self.image_shape = image_shape
        self.value_range = value_range
        self.random_state = random_state

    def fit(self, X, y=None):
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
            Itself.
        """
        self._read(X)
        return self

    def fit_transform(self, X, y=None):
        """Fit, and return the images with noise.

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
        X = self._read(X)
        pixels = PixelFormat(X.dtype, self.value_range_)
        rng = generator(draw_seed(self.random_state), Stream.AUGMENT)
        noisy = corrupt(self._as_nhwc(X), self.noise_, pixels, rng, clip=self.clip)
        return noisy.reshape(X.shape)

    def transform(self, X):
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
    """Multiply a training set by noisy copies, in a pipeline of imbalanced-learn.

    A sampler in imbalanced-learn's sense: its ``Pipeline`` calls ``fit_resample`` while it is fitted
    and skips the step when it predicts. scikit-learn's own ``Pipeline`` cannot change the number of
    samples; there, `NoiseAugmenter` replaces each image by one noisy copy.

    Parameters
    ----------
    n_copies : int, default=1
        How many noisy copies to make of each image, each with noise of its own.
    keep_original : bool, default=True
        Whether the clean images stay in the training set, in front of the copies.
    noise : str or noise model, default="gaussian"
        A name (`noise_names`) or an instance.
    noise_factor : float or (low, high), default=None
        The strength of a named model, as in `add_noise`.
    clip : bool, default=None
        Whether to limit noisy values to the range; ``None`` limits integers and leaves floats.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image or a strip.
    value_range : (low, high), default=None
        What is black and what is white; ``None`` infers it from the images.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    value_range_ : tuple of float
        What is black and what is white.
    noise_ : noise model
        The model that `noise` and `noise_factor` stand for.

    See Also
    --------
    NoiseAugmenter : One noisy copy in place of each image, for scikit-learn's own pipelines.

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
        n_copies=1,
        keep_original=True,
        *,
        noise="gaussian",
        noise_factor=None,
        clip=None,
        image_shape=None,
        value_range=None,
        random_state=None,
    ):
        self.n_copies = n_copies
        self.keep_original = keep_original
        self.noise = noise
        self.noise_factor = noise_factor
        self.clip = clip
        self.image_shape = image_shape
        self.value_range = value_range
        self.random_state = random_state

    def fit(self, X, y=None):
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
            Itself.
        """
        self._check_n_copies()
        self._read(X)
        return self

    def fit_resample(self, X, y):
        """Return the training set with noisy copies.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images. A table (pandas, Polars) gives a table.
        y : array-like of shape (n, ...)
            Their labels.

        Returns
        -------
        X_resampled : ndarray or table of shape (m, ...)
            The clean images, unless they are not kept, then copy after copy; m is n times
            ``n_copies`` plus, with the originals, one.
        y_resampled : ndarray of shape (m, ...)
            Their labels.
        """
        self._check_n_copies()
        images = self._read(X)
        check_consistent_length(images, y)
        pixels = PixelFormat(images.dtype, self.value_range_)
        rng = generator(draw_seed(self.random_state), Stream.RESAMPLE)
        parts = [images] if self.keep_original else []
        for _ in range(self.n_copies):
            noisy = corrupt(self._as_nhwc(images), self.noise_, pixels, rng, clip=self.clip)
            parts.append(noisy.reshape(images.shape))
        # The step is skipped at prediction: the next one must then see the columns it was fitted on.
        return like_table(np.concatenate(parts), X), np.concatenate([np.asarray(y)] * len(parts))

    def _check_n_copies(self):
        if not isinstance(self.n_copies, Integral) or self.n_copies < 1:
            raise ValueError(f"n_copies={self.n_copies!r} must be a positive integer.")
