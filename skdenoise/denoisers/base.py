"""Denoiser: the base class of all denoisers, from checking images to the score."""

import math
from abc import abstractmethod
from numbers import Integral, Real
from os import PathLike
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageTransformer
from skdenoise.denoisers.colours import denoise_channels, denoise_opponent_colours
from skdenoise.denoisers.description import decoded, encoded, integers, noise, value_range
from skdenoise.denoisers.stabilizing import check_stabilize, denoise_stabilized
from skdenoise.images.layout import check_columns, check_images
from skdenoise.images.opponent import WITHIN_RANGE
from skdenoise.images.pixels import PixelFormat, changed_in_unit
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.images.stored import StoredImages
from skdenoise.images.value_range import (
    check_value_range_of_pairs,
    goes_beyond,
    warn_of_mixed_ranges,
    warn_of_other_range,
)
from skdenoise.io.model_file import write_model
from skdenoise.metrics import psnr
from skdenoise.noise.adding import corrupt
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.typing import ImagesOrList, Pixel
from skdenoise.user_warnings import warn_user

# Labels of images have no more different values than this, in a sample: classes of a mask for each pixel.
_MOST_CLASSES = 32
# Rows of fewer targets than this may be labels of any kind.
_LEAST_TARGETS = 16

_TRAIN_OUTPUTS = ("denoised_noisy", "denoised", "clean")
_COLOURS = ("auto", "opponent", "separate")


class Denoiser(ImageTransformer):
    """A transformer that turns noisy images into clean ones.

    All denoisers have the same interface: they are fitted on clean images and know which noise the
    images will have. This includes filters, which learn nothing. So one denoiser can replace another in
    a pipeline, and a search can choose between them.

    A subclass has the parameters `noise`, `noise_factor`, `image_shape`, `value_range`, `clip`, `strength`,
    `colour`, `stabilize`, `train_output` and `random_state`. It implements ``fit``, which starts with ``_read``, and
    ``_denoise_images``.
    """

    # The axes in which a denoiser of grey images denoises colours. These suit one whose output is limited to
    # the value range.
    _opponent_colours = WITHIN_RANGE

    # Whether `value_range_` may be None: the range then depends on the images in each call.
    _range_may_depend_on_images = False

    @abstractmethod
    def fit(self, X: ImagesOrList, y: Any = None, *, clean: ImagesOrList | None = None) -> Self:
        """Fit the denoiser to images."""

    def _check_params(self):
        """Check the parameters that can be checked without images."""
        if self.train_output not in _TRAIN_OUTPUTS:
            raise ValueError(
                f"train_output={self.train_output!r} is not one of {', '.join(_TRAIN_OUTPUTS)}."
            )
        if not isinstance(self.clip, bool | np.bool_ | Integral | None):
            raise ValueError(f"clip={self.clip!r:.200} is not True, False or None.")
        self._check_strength()
        self._check_colour()
        check_stabilize(self.stabilize)
        check_random_state(self.random_state)

    def _check_stabilize(self):
        """Check `stabilize` where it is used, since it can be changed after ``fit``."""
        check_stabilize(self.stabilize)

    def _check_colour(self):
        if not isinstance(self.colour, str) or self.colour not in _COLOURS:
            raise ValueError(f"colour={self.colour!r} is not one of {', '.join(_COLOURS)}.")

    def _check_strength(self):
        if not isinstance(self.strength, Real) or not 0 <= self.strength <= 1:
            raise ValueError(
                f"strength={self.strength!r} is not a number from 0 to 1. 0 returns the images as they are, "
                "1 returns them denoised."
            )

    @abstractmethod
    def _denoise_images(self, images, pixels, clip):
        """Denoise NHWC images in the format `pixels`, and return them in the same format."""

    @overload
    def transform(self, X: NDArray[Pixel]) -> NDArray[Pixel]: ...
    @overload
    def transform(self, X: ImagesOrList) -> Any: ...
    def transform(self, X: ImagesOrList) -> Any:
        """Remove noise.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Noisy images. Or a list of arrays of shape (height, width) or (height, width, channels), or
            pictures of Pillow, whose sizes may differ. After a fit on grey images they may have channels,
            see `colour`.

        Returns
        -------
        ndarray of the shape and dtype of `X`, or list of such arrays
            Denoised images.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            If the number of features or channels differs from that in ``fit``, or if the result is not
            finite.
        """
        check_is_fitted(self)
        return self._denoise(self._check_images(X, reset=False))

    def fit_transform(
        self, X: ImagesOrList, y: Any = None, *, clean: ImagesOrList | None = None
    ) -> Any:
        """Fit, and return what the next step of a pipeline should learn from.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images or, with `clean`, noisy ones. Or a list, as in ``transform``.
        y : object
            Ignored. An error if it holds images like `X`: give `clean` by name.
        clean : array-like of the shape of `X`, default=None
            The same images without noise.

        Returns
        -------
        ndarray of the shape of `X`, or list
            Selected by `train_output`. With `clean`, the denoised images or the clean ones.
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

    def score(self, X: ImagesOrList, y: Any = None, *, clean: ImagesOrList | None = None) -> float:
        """Return the mean peak signal-to-noise ratio (PSNR) of denoised images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added, the same at each call; or, with `clean`, noisy
            ones. Or a list, as in ``transform``.
        y : object
            Ignored. An error if it holds images like `X`: give `clean` by name.
        clean : array-like of the shape of `X`, default=None
            The same images without noise. Needed if the denoiser was fitted with `clean`.

        Returns
        -------
        float
            Mean over images, in dB. The output is limited to the value range first.
        """
        check_is_fitted(self)
        self._check_labels(X, y, clean)
        X = self._check_images(X, reset=False)
        if clean is not None:
            noisy, clean = X, self._check_clean(clean, X)
            warn_of_other_range(clean, self._range_of(clean))
        elif self.noise_ is not None:
            noisy, clean = self._noisy(X, Stream.SCORE), X
        else:
            raise ValueError(
                "This denoiser was fitted with clean=, so it has no noise model to add noise to X. Give "
                "score noisy images and clean=, the same images without noise."
            )
        value_range = self._range_of(clean)
        if isinstance(X, ImageList):
            pairs = ((a[np.newaxis], b[np.newaxis]) for a, b in zip(noisy, clean, strict=True))
            return float(np.mean([self._psnr(*pair, value_range) for pair in pairs]))
        return float(self._psnr(noisy, clean, value_range).mean())

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted denoiser to a file. Reading it with `load` runs no code.

        A `random_state` that is not an integer is not saved.

        Parameters
        ----------
        path : str or Path
            The file. An existing file is overwritten. ``.skdenoise`` is a good ending.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            If a parameter is an object that JSON cannot describe, or noise has more than 1,000 parts. Use
            pickle then, for files that only you and those who trust you will load.
        TypeError, ValueError
            If parameters that were set after the fit are not valid, or learned values are not finite, so that
            the file could not be loaded.
        OSError
            If the file cannot be written, for instance because the disk is full. The error names the file;
            an existing file and the denoiser stay as they are, so that another place can be tried.
        """
        check_is_fitted(self)
        self._check_described()
        write_model(path, self._description(), self._arrays())

    def _description(self):
        """Return the description of the denoiser in a model file, as values for JSON."""
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
            "value_range": None if self.value_range_ is None else list(self.value_range_),
            "noise": encoded(self.noise_, "noise"),
            "seed": self._seed,
        }
        if hasattr(self, "n_features_in_"):
            learned["n_features_in"] = int(self.n_features_in_)
        if hasattr(self, "feature_names_in_"):
            learned["feature_names_in"] = [str(name) for name in self.feature_names_in_]
        return learned

    def _arrays(self):
        """Return the arrays of a model file, by name."""
        return {}

    @classmethod
    def _from_description(cls, description, arrays):
        """Return the fitted denoiser that a model file describes; raise ValueError if it is wrong."""
        params = {name: decoded(value, name) for name, value in description["parameters"].items()}
        unknown = set(params) - set(cls().get_params(deep=False))
        if unknown:
            raise ValueError(
                f"it has parameters that {cls.__name__} does not have: {sorted(unknown)}."
            )
        denoiser = cls(**params)
        denoiser._check_described()
        denoiser._set_learned(description["learned"])
        denoiser._set_arrays(description, arrays)
        return denoiser

    def _check_described(self):
        """Raise TypeError or ValueError if `load` would refuse these parameters."""
        self._check_params()
        # "estimate" is not a strength to check. The noise that it led to is in the file, as `noise_`.
        estimates = isinstance(self.noise_factor, str) and self.noise_factor == "estimate"
        resolve_noise(self.noise, None if estimates else self.noise_factor)
        if self.value_range is not None:
            value_range(self.value_range)

    def _set_learned(self, learned):
        self.image_shape_ = tuple(
            None if side is None else integers([side], 1)[0] for side in learned["image_shape"]
        )
        if len(self.image_shape_) != 3 or self.image_shape_[2] is None:
            raise ValueError(
                f"its image_shape is {self.image_shape_}; expected height, width and channels."
            )
        known = learned["value_range"]
        if known is None and not self._range_may_depend_on_images:
            raise ValueError(f"it has no value_range, which a {type(self).__name__} needs.")
        self.value_range_ = None if known is None else value_range(known)
        self.noise_ = noise(learned["noise"], self.image_shape_)
        (self._seed,) = integers([learned["seed"]], 1, least=0)
        if "n_features_in" in learned:
            self._set_features(learned["n_features_in"], learned.get("feature_names_in"))
        elif "feature_names_in" in learned:
            raise ValueError("it has names of features, but not their number, n_features_in.")

    def _set_features(self, number, names):
        self.n_features_in_ = integers([number], 1)[0]
        if None in self.image_shape_ or number != math.prod(self.image_shape_):
            raise ValueError(
                f"its {number} features do not fit images of shape {self.image_shape_}."
            )
        if names is None:
            return
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("its names of features, feature_names_in, are not a list of strings.")
        if len(names) != number:
            raise ValueError(f"it has {len(names)} names of features, but {number} features.")
        self.feature_names_in_ = np.array(names, dtype=object)

    def _set_arrays(self, description, arrays):
        if arrays:
            raise ValueError(
                f"it has the arrays {sorted(arrays)}; {type(self).__name__} expects none."
            )

    def _psnr(self, noisy, clean, value_range):
        """Return the PSNR of each image after denoising."""
        low, high = value_range
        denoised = np.clip(self._denoise(noisy, value_range), low, high)
        shape = self.image_shape_ if clean.ndim == 2 else None
        return psnr(clean, denoised, data_range=high - low, image_shape=shape)

    def _check_images(self, X, *, reset):
        if isinstance(X, StoredImages):
            # One image is enough to learn the layout. Values are checked when each block is read, since
            # a check here would read the whole store.
            super()._check_images(X[:1], reset=reset)
            return X
        if not is_image_list(X):
            return super()._check_images(X, reset=reset)
        if reset and self.image_shape is not None:
            raise ValueError(
                f"image_shape={self.image_shape!r} is given, but X is a list of images, each with its own "
                "shape. Leave image_shape at None."
            )
        self._refuse_table_output("images of several sizes")
        images = ImageList(X)
        if reset:
            self._forget_features()
            self.image_shape_ = (None, None, images.channels)
        self._check_channels(images.channels, f"a list of {len(images)}")
        return images

    def _check_labels(self, X, y, clean=None):
        """Raise an error, or warn, if `y` holds images: it is ignored, and not learned from."""
        if y is None or clean is not None:
            return
        found = _images_in_labels(X, y)
        if found == "certain":
            raise ValueError(
                "y, the second argument, holds images like X, but y is for labels, and "
                f"{type(self).__name__} does not learn from images in it. Clean images are given by name: "
                "fit(X, clean=...), with noisy X."
            )
        if found == "likely":
            warn_user(
                f"y has the shape of X, {np.shape(X)}. It is not learned from. If it holds the same images "
                "clean, give them by name: fit(X, clean=...), with noisy X.",
            )

    def _read(self, X, clean, noisy=None, *, reset=True):
        """Check the images of a fit, and learn their layout, value range and noise.

        `noisy` are images from which a denoiser may estimate the strength of the noise.

        Returns
        -------
        images, targets : ndarray, ImageList or StoredImages
            In the layout of `X`. Without `clean` they are the same object, and noise is added later.
        """
        self._check_params()
        X = self._check_images(X, reset=reset)
        if not reset:
            self._check_same_channels(X)
        targets = X if clean is None else self._check_clean(clean, X)
        if reset or self.value_range_ is None:
            self.value_range_ = self._find_value_range(X, targets)
        self.noise_ = self._resolve_noise(X, noisy) if clean is None else None
        warn_of_other_range(X, self.value_range_)
        warn_of_mixed_ranges(X, self.value_range_)
        if targets is not X:
            warn_of_other_range(targets, self.value_range_)
        self._seed = draw_seed(self.random_state)
        return X, targets

    @property
    def _takes_clean(self):
        """Whether ``fit`` takes real pairs."""
        return True

    def _range_of(self, X):
        """Return the value range of checked images."""
        return self.value_range_

    def _find_value_range(self, X, targets):
        return check_value_range_of_pairs(self.value_range, X, targets)

    def _resolve_noise(self, X, noisy):
        """Return the noise to add to clean images."""
        return resolve_noise(self.noise, self.noise_factor)

    def _check_clean(self, clean, X):
        if isinstance(X, ImageList):
            clean = ImageList(clean, name="clean")
            clean.check_same_sizes(X)
            return clean
        if not isinstance(clean, StoredImages):
            names = getattr(self, "feature_names_in_", None)
            check_columns(clean, names, name="clean", of="of X")
            clean = check_images(clean, name="clean")
        if clean.shape != X.shape:
            raise ValueError(
                f"clean has shape {clean.shape}, but X has shape {X.shape}. Expected the same images "
                "in the same layout: X with noise, clean without."
            )
        return clean

    def _noisy(self, X, stream, *key, value_range=None):
        """Add the noise of the fit to checked images; to those of a list only when they are used."""
        value_range = value_range or self._range_of(X)
        if isinstance(X, ImageList):

            def with_noise(i, image):
                return self._noisy(image[np.newaxis], stream, i, value_range=value_range)[0]

            return X.changed(with_noise)
        pixels = PixelFormat(X.dtype, value_range)
        rng = generator(self._seed, stream, *key)
        return corrupt(self._as_nhwc(X), self.noise_, pixels, rng, clip=self.clip).reshape(X.shape)

    def _denoise(self, X, value_range=None):
        """Denoise checked images."""
        value_range = value_range or self._range_of(X)
        if isinstance(X, ImageList):
            return [
                image.reshape(shape)
                for image, shape in zip(self._denoise_each(X, value_range), X.shapes, strict=True)
            ]
        images = self._as_nhwc(X)
        if self.strength != 0:
            warn_of_other_range(images, value_range)
        pixels = PixelFormat(X.dtype, value_range)
        return self._blend(images, pixels).reshape(X.shape)

    def _blend(self, images, pixels):
        """Denoise NHWC images, and blend the result with them as `strength` says."""
        self._check_strength()
        if self.strength == 0:
            return np.array(images)
        # Integers beyond the range come no further out, as `changed_in_unit` limits them.
        limits_each = self.clip is None and pixels.is_integer
        if self.strength == 1 and not (limits_each and goes_beyond(images, pixels.value_range)):
            return self._denoise_stabilized(images, pixels, self.clip)

        def blend(noisy):  # before integers are rounded
            denoised = self._denoise_stabilized(noisy, pixels.in_unit, False)
            return noisy + np.float32(self.strength) * (denoised - noisy)

        return changed_in_unit(blend, images, pixels, self.clip)

    def _denoise_stabilized(self, images, pixels, clip):
        """Denoise NHWC images, whose noise is first made equally strong everywhere if `stabilize` says so."""
        self._check_stabilize()
        if self.stabilize is None:
            return self._denoise_colours(images, pixels, clip)
        return denoise_stabilized(self._denoise_colours, images, pixels, clip, self.stabilize)

    def _denoise_each(self, images, value_range):
        """Denoise the images of a list one by one."""
        return (self._denoise(image[np.newaxis], value_range)[0] for image in images)

    def _denoise_colours(self, images, pixels, clip):
        """Denoise NHWC images; with a denoiser of grey images, their channels as grey images."""
        n_channels = images.shape[3]
        if n_channels == self.image_shape_[2]:
            return self._denoise_images(images, pixels, clip)
        if self._resolved_colour() == "separate":
            return denoise_channels(self._denoise_images, images, pixels, clip)
        return denoise_opponent_colours(
            self._denoise_images,
            images,
            pixels,
            clip,
            axes=self._opponent_colours,
            # A value of 0 that was stabilized is not clipped noise, but a pixel without photons.
            noise_is_gaussian=isinstance(self.noise_, GaussianNoise) and self.stabilize is None,
        )

    def _resolved_colour(self):
        self._check_colour()
        if self.colour != "auto":
            return self.colour
        # Other noise is not the same in mixtures of channels: pixels that are replaced in one channel would
        # spoil all three.
        is_gaussian = self.noise_ is None or isinstance(self.noise_, GaussianNoise)
        return "opponent" if is_gaussian else "separate"

    def _check_channels(self, channels, what):
        if self.image_shape_[2] != 1:
            super()._check_channels(channels, what)
        elif channels not in (1, 3) and self.colour != "separate":
            raise ValueError(
                f"Got images with {channels} channels, {what}, but this {type(self).__name__} was fitted on "
                "grey images. It takes images of shape (n, height, width, channels) with 1 or 3 channels, grey or "
                "RGB; with colour='separate' it denoises each of any number of channels as a grey image."
            )

    def _check_same_channels(self, X):
        """Raise an error if checked images to learn from differ in channels from those in ``fit``."""
        channels = X.channels if isinstance(X, ImageList) else self._as_nhwc(X[:1]).shape[3]
        if channels != self.image_shape_[2]:
            raise ValueError(
                f"Got images with {channels} channels to learn from, but this {type(self).__name__} was "
                f"fitted on {self.image_shape_[2]}."
            )


def _images_in_labels(X, y):
    """Return whether labels are images like `X`: ``"certain"``, ``"likely"`` or ``""``."""
    if is_image_list(X) or is_image_list(y):
        return "certain" if is_image_list(X) and is_image_list(y) else ""
    y = y if hasattr(y, "shape") else np.asarray(y)
    shape, n_axes = getattr(X, "shape", None) or np.asarray(X).shape, len(y.shape)
    if n_axes < 2:
        return ""
    if n_axes >= 3 and math.prod(y.shape) == math.prod(shape) and len(y) == shape[0]:
        return "certain" if _n_values(y) > _MOST_CLASSES else "likely"
    is_wide = n_axes == 2 and tuple(y.shape) == tuple(shape) and shape[1] >= _LEAST_TARGETS
    return "likely" if is_wide and _n_values(y) > 2 else ""


def _n_values(y):
    """Return the number of different values in a sample of labels."""
    few = y[:: max(1, len(y) // 32)]
    return len(np.unique(np.asarray(few)))
