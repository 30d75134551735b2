"""The denoiser: what all denoisers share, from clean images to a score."""

import math
from abc import abstractmethod
from contextlib import contextmanager
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageTransformer
from skdenoise.denoisers.description import decoded, encoded, integers, noise, value_range
from skdenoise.images.layout import check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.stored import StoredImages
from skdenoise.images.value_range import check_value_range_of_pairs, warn_of_other_range
from skdenoise.io.model_file import write_model
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
        return self._denoise(self._check_images(X, reset=False))

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

    def save(self, path):
        """Write the fitted denoiser to a file. Reading it with `load` runs no code.

        A `random_state` that is not an integer is left out.

        Parameters
        ----------
        path : str or Path
            The file. An existing one is replaced. ``.skdenoise`` is a good ending.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            If a parameter is an object that JSON cannot describe: use pickle then, for files that only
            you and those who trust you will load.
        """
        check_is_fitted(self)
        write_model(path, self._description(), self._arrays())

    def _description(self):
        """Return what a model file says of the denoiser, as JSON."""
        return {
            "denoiser": type(self).__name__,
            "parameters": {
                name: encoded(value, name) for name, value in self._parameters_to_save().items()
            },
            "learned": self._described_learned(),
        }

    def _parameters_to_save(self):
        params = self.get_params(deep=False)
        if not isinstance(self.random_state, Integral | None):
            params["random_state"] = None
        return params

    def _described_learned(self):
        learned = {
            "image_shape": list(self.image_shape_),
            "value_range": list(self.value_range_),
            "noise": encoded(self.noise_, "noise"),
            "seed": self._seed,
        }
        if hasattr(self, "n_features_in_"):
            learned["n_features_in"] = int(self.n_features_in_)
        if hasattr(self, "feature_names_in_"):
            learned["feature_names_in"] = [str(name) for name in self.feature_names_in_]
        return learned

    def _arrays(self):
        """Return the arrays of a model file by name."""
        return {}

    @classmethod
    def _from_description(cls, description, arrays):
        """Return the fitted denoiser that a model file describes; raise ValueError where it is wrong."""
        params = {name: decoded(value) for name, value in description["parameters"].items()}
        unknown = set(params) - set(cls().get_params(deep=False))
        if unknown:
            raise ValueError(
                f"it has parameters that {cls.__name__} does not have: {sorted(unknown)}."
            )
        denoiser = cls(**params)
        denoiser._check_params()
        estimates = isinstance(denoiser.noise_factor, str)
        resolve_noise(denoiser.noise, None if estimates else denoiser.noise_factor)
        denoiser._set_learned(description["learned"])
        denoiser._set_arrays(description, arrays)
        return denoiser

    def _set_learned(self, learned):
        self.image_shape_ = tuple(
            None if side is None else integers([side], 1)[0] for side in learned["image_shape"]
        )
        if len(self.image_shape_) != 3 or self.image_shape_[2] is None:
            raise ValueError(f"image_shape={self.image_shape_} is not height, width and channels.")
        self.value_range_ = value_range(learned["value_range"])
        self.noise_ = noise(learned["noise"])
        (self._seed,) = integers([learned["seed"]], 1, least=0)
        if "n_features_in" in learned:
            self.n_features_in_ = integers([learned["n_features_in"]], 1)[0]
            if None in self.image_shape_ or self.n_features_in_ != math.prod(self.image_shape_):
                raise ValueError(f"{self.n_features_in_} features do not fit {self.image_shape_}.")
        if "feature_names_in" in learned:
            names = [str(name) for name in learned["feature_names_in"]]
            self.feature_names_in_ = np.array(names, dtype=object)

    def _set_arrays(self, description, arrays):
        if arrays:
            raise ValueError(
                f"{type(self).__name__} has no arrays, but there are {sorted(arrays)}."
            )

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
