"""The denoiser: what all denoisers share, from clean images to a score."""

from abc import abstractmethod
from contextlib import contextmanager

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageTransformer
from skdenoise.images import (
    PixelFormat,
    check_images,
    check_value_range_of_pairs,
    warn_of_other_range,
)
from skdenoise.metrics import psnr
from skdenoise.noise.corruption import corrupt
from skdenoise.noise.resolution import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator

_TRAIN_OUTPUTS = ("denoised_noisy", "denoised", "clean")


class Denoiser(ImageTransformer):
    """A transformer that turns noisy images into clean ones.

    Whether it learns (a network, a subspace) or not (a filter), it is fitted on clean images and
    knows the noise that it is for, so that denoisers of any kind can take each other's place in a
    pipeline, and a search may choose between them.

    A subclass has the parameters `noise`, `noise_factor`, `image_shape`, `value_range`, `clip`,
    `train_output` and `random_state`, and implements ``fit``, on what ``_read`` returns, and
    ``_denoise_images``.
    """

    @abstractmethod
    def fit(self, X, y=None, *, clean=None):
        """Learn what there is to learn."""

    def _check_params(self):
        """Check what can be checked without images."""
        if self.train_output not in _TRAIN_OUTPUTS:
            raise ValueError(
                f"train_output={self.train_output!r} is not one of {', '.join(_TRAIN_OUTPUTS)}."
            )

    @abstractmethod
    def _denoise_images(self, images, pixels):
        """Denoise NHWC images, stored in `pixels`, into images that are stored in the same way."""

    def transform(self, X):
        """Remove noise.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Noisy images.

        Returns
        -------
        ndarray of the shape and dtype of `X`
            Denoised images.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            For another number of features or channels than in ``fit``.
        """
        check_is_fitted(self)
        return self._denoise(self._check_images(X, reset=False))

    def fit_transform(self, X, y=None, *, clean=None):
        """Fit, and return what the next step of a pipeline should learn from.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images; or, with `clean`, noisy ones.
        y : object
            Ignored.
        clean : array-like of the shape of `X`, default=None
            The same images clean.

        Returns
        -------
        ndarray of the shape of `X`
            As `train_output` says. With `clean`, the noisy images denoised, or the clean ones.
        """
        self.fit(X, y, clean=clean)
        X = self._check_images(X, reset=False)
        if self.train_output == "clean":
            return X if clean is None else check_images(clean, name="clean")
        if self.train_output == "denoised" or clean is not None:
            return self._denoise(X)
        return self._denoise(self._noisy(X, Stream.TRAIN_OUTPUT))

    def score(self, X, y=None, *, clean=None):
        """Return the mean peak signal-to-noise ratio (PSNR) of denoised images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, on which noise is drawn, the same at each call; or, with `clean`, noisy
            ones.
        y : object
            Ignored.
        clean : array-like of the shape of `X`, default=None
            The same images clean. Needed where the denoiser was fitted with it.

        Returns
        -------
        float
            Mean over images, in dB, of the output limited to the value range.
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        if clean is not None:
            noisy, clean = X, self._check_clean(clean, X)
        elif self.noise_ is not None:
            noisy, clean = self._noisy(X, Stream.SCORE), X
        else:
            raise ValueError(
                "This denoiser was fitted with clean=, so there is no noise that it could draw on "
                "X to score itself: give score noisy images and clean=, the same ones clean."
            )
        low, high = self.value_range_
        denoised = np.clip(self._denoise(noisy), low, high)
        shape = self.image_shape_ if X.ndim == 2 else None
        return float(psnr(clean, denoised, data_range=high - low, image_shape=shape).mean())

    @contextmanager
    def _unchanged_by_failure(self):
        """Let the estimator be as it was before, where what is done inside fails."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _read(self, X, clean, *, reset=True):
        """Check the images of a fit, and learn their layout, their range and the noise.

        Returns
        -------
        images, targets : ndarray
            In the layout of `X`. Without `clean` they are the same, and noise is to be drawn.
        """
        self._check_params()
        X = self._check_images(X, reset=reset)
        targets = X if clean is None else self._check_clean(clean, X)
        if reset:
            self.value_range_ = check_value_range_of_pairs(self.value_range, X, targets)
        self.noise_ = None if clean is not None else resolve_noise(self.noise, self.noise_factor)
        warn_of_other_range(X, self.value_range_)
        self._seed = draw_seed(self.random_state)
        return X, targets

    def _check_clean(self, clean, X):
        clean = check_images(clean, name="clean")
        if clean.shape != X.shape:
            raise ValueError(
                f"clean has shape {clean.shape}, but X has {X.shape}; both must be the same images "
                "in the same layout, X noisy and clean without noise."
            )
        return clean

    def _noisy(self, X, stream):
        """Return checked images with the noise of the fit."""
        pixels = PixelFormat(X.dtype, self.value_range_)
        rng = generator(self._seed, stream)
        return corrupt(self._as_nhwc(X), self.noise_, pixels, rng, clip=self.clip).reshape(X.shape)

    def _denoise(self, X):
        """Denoise checked images."""
        images = self._as_nhwc(X)
        warn_of_other_range(images, self.value_range_)
        pixels = PixelFormat(X.dtype, self.value_range_)
        return self._denoise_images(images, pixels).reshape(X.shape)
