"""The denoiser: what all denoisers share, from clean images to a score."""

from abc import abstractmethod
from contextlib import contextmanager

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageTransformer
from skdenoise.images.layout import check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.stored import StoredImages
from skdenoise.images.value_range import check_value_range_of_pairs, warn_of_other_range
from skdenoise.metrics import psnr
from skdenoise.noise.adding import corrupt
from skdenoise.noise.by_name import resolve_noise
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
            Noisy images; or a list of arrays of shape (height, width) or (height, width, channels),
            whose sizes may differ.

        Returns
        -------
        ndarray of the shape and dtype of `X`, or list of such arrays
            Denoised images.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            For another number of features or channels than in ``fit``.
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        self._warn_of_noise(X)
        return self._denoise(X)

    def _warn_of_noise(self, images):
        """Warn where the noise of images is not what the denoiser is for; here nothing is known."""

    def fit_transform(self, X, y=None, *, clean=None):
        """Fit, and return what the next step of a pipeline should learn from.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images; or, with `clean`, noisy ones. Or a list, as in ``transform``.
        y : object
            Ignored.
        clean : array-like of the shape of `X`, default=None
            The same images clean.

        Returns
        -------
        ndarray of the shape of `X`, or list
            As `train_output` says. With `clean`, the noisy images denoised, or the clean ones.
        """
        return self.fit(X, y, clean=clean)._train_output(X, clean)

    def _train_output(self, X, clean):
        X = self._check_images(X, reset=False)
        if self.train_output == "clean":
            X = X if clean is None else self._check_clean(clean, X)
            return X.as_given() if isinstance(X, ImageList) else X
        if self.train_output == "denoised" or self.noise_ is None:
            return self._denoise(X)
        return self._denoise(self._noisy(X, Stream.TRAIN_OUTPUT))

    def score(self, X, y=None, *, clean=None):
        """Return the mean peak signal-to-noise ratio (PSNR) of denoised images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, on which noise is drawn, the same at each call; or, with `clean`, noisy
            ones. Or a list, as in ``transform``.
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
            warn_of_other_range(clean, self.value_range_)
        elif self.noise_ is not None:
            noisy, clean = self._noisy(X, Stream.SCORE), X
        else:
            raise ValueError(
                "This denoiser was fitted with clean=, so there is no noise that it could draw on "
                "X to score itself: give score noisy images and clean=, the same ones clean."
            )
        if isinstance(X, ImageList):
            pairs = zip(noisy, clean, strict=True)
            return float(np.mean([self._psnr(a[np.newaxis], b[np.newaxis]) for a, b in pairs]))
        return float(self._psnr(noisy, clean).mean())

    def _psnr(self, noisy, clean):
        """Return the PSNR of each image, denoised."""
        low, high = self.value_range_
        denoised = np.clip(self._denoise(noisy), low, high)
        shape = self.image_shape_ if clean.ndim == 2 else None
        return psnr(clean, denoised, data_range=high - low, image_shape=shape)

    def _check_images(self, X, *, reset):
        if isinstance(X, StoredImages):
            # The layout is that of any one of them; values are checked when they are read.
            super()._check_images(X[:1], reset=reset)
            return X
        if not is_image_list(X):
            return super()._check_images(X, reset=reset)
        if reset and self.image_shape is not None:
            raise ValueError(
                f"image_shape={self.image_shape!r} is given beside a list of images, which have "
                "shapes of their own. Leave it at None."
            )
        self._refuse_table_output("images of several sizes")
        images = ImageList(X)
        if reset:
            self._forget_features()
            self.image_shape_ = (None, None, images.channels)
        self._check_channels(images.channels, f"a list of {len(images)}")
        return images

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

    def _read(self, X, clean, noisy=None, *, reset=True):
        """Check the images of a fit, and learn their layout, their range and the noise.

        `noisy` are images that tell how strong the noise is, of a denoiser that takes such.

        Returns
        -------
        images, targets : ndarray
            In the layout of `X`. Without `clean` they are the same, and noise is to be drawn.
        """
        self._check_params()
        X = self._check_images(X, reset=reset)
        targets = X if clean is None else self._check_clean(clean, X)
        if reset:
            self.value_range_ = self._find_value_range(X, targets)
        self.noise_ = self._resolve_noise(X, noisy) if clean is None else None
        warn_of_other_range(X, self.value_range_)
        if targets is not X:
            warn_of_other_range(targets, self.value_range_)
        self._seed = draw_seed(self.random_state)
        return X, targets

    def _find_value_range(self, X, targets):
        return check_value_range_of_pairs(self.value_range, X, targets)

    def _resolve_noise(self, X, noisy):
        """Return the noise to draw on clean images."""
        return resolve_noise(self.noise, self.noise_factor)

    def _check_clean(self, clean, X):
        if isinstance(X, ImageList):
            clean = ImageList(clean, name="clean")
            clean.check_same_sizes(X)
            return clean
        if not isinstance(clean, StoredImages):
            clean = check_images(clean, name="clean")
        if clean.shape != X.shape:
            raise ValueError(
                f"clean has shape {clean.shape}, but X has {X.shape}; both must be the same images "
                "in the same layout, X noisy and clean without noise."
            )
        return clean

    def _noisy(self, X, stream, *key):
        """Return checked images with the noise of the fit; those of a list when they are asked for."""
        if isinstance(X, ImageList):
            return X.changed(lambda i, image: self._noisy(image[np.newaxis], stream, i)[0])
        pixels = PixelFormat(X.dtype, self.value_range_)
        rng = generator(self._seed, stream, *key)
        return corrupt(self._as_nhwc(X), self.noise_, pixels, rng, clip=self.clip).reshape(X.shape)

    def _denoise(self, X):
        """Denoise checked images."""
        if isinstance(X, ImageList):
            return [
                image.reshape(shape)
                for image, shape in zip(self._denoise_each(X), X.shapes, strict=True)
            ]
        images = self._as_nhwc(X)
        warn_of_other_range(images, self.value_range_)
        pixels = PixelFormat(X.dtype, self.value_range_)
        return self._denoise_images(images, pixels).reshape(X.shape)

    def _denoise_each(self, images):
        """Denoise the images of a list, one after the other."""
        return (self._denoise(image[np.newaxis])[0] for image in images)
