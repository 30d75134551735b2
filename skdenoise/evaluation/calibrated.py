"""Calibrated denoisers: a denoiser, and what is learned about it from images that it has not seen."""

import math
from abc import ABC, abstractmethod
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import transformed
from skdenoise.denoisers.own_range import denoise_images
from skdenoise.evaluation.find_denoiser import find_denoiser, unwrapped
from skdenoise.images.layout import (
    as_nhwc,
    check_columns,
    check_image_shape,
    check_images,
    column_names,
)
from skdenoise.images.pixels import PixelFormat, chunks
from skdenoise.images.ragged import is_image_list
from skdenoise.images.value_range import check_value_range, range_of_images
from skdenoise.noise.adding import corrupt
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.supervision.labels import as_labels
from skdenoise.typing import UnitImages

# Noisy images to learn from, at least; of few clean images, several each, but not more values than these.
_N_TO_LEARN, _MOST_VALUES = 400, 2**25
MORE_IMAGES = "Half of the held-out images are for it: give more images, a greater validation_fraction, or promise less."


class Denoised(NamedTuple):
    """Images that the denoiser has not seen, in units of the value range, (n, height, width, channels)."""

    noisy: UnitImages
    denoised: UnitImages
    true: UnitImages

    def part(self, images: slice) -> "Denoised":
        """Return some of the images."""
        return Denoised(*(each[images] for each in self))


class CalibratedDenoiser(BaseEstimator, ABC):
    """A denoiser, and what is learned about it from images that it has not seen.

    A subclass has the parameters `denoiser`, `validation_fraction`, `noise`, `noise_factor` and `random_state`, and
    implements `_calibrate`.
    """

    def fit(
        self, X: ArrayLike, y: ArrayLike | None = None, *, clean: ArrayLike | None = None
    ) -> Self:
        """Fit the denoiser, unless it is frozen, and calibrate on images that it has not seen.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added; or noisy ones, if `clean` is given.
        y : array-like of shape (n,), default=None
            Labels, for a denoiser that learns from them.
        clean : array-like of the same shape, default=None
            The same images without noise. A denoiser that learns from noisy images alone is fitted without them.

        Returns
        -------
        Self
            The fitted estimator.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the denoiser is frozen and not fitted.
        TypeError
            If `denoiser` is not a denoiser and does not contain one.
        ValueError
            If there are too few images for the promise, or no noise is known.
        """
        check_share("validation_fraction", self.validation_fraction)
        found = require_denoiser(self.denoiser)
        is_frozen = isinstance(self.denoiser, FrozenEstimator)
        names = getattr(self.denoiser, "feature_names_in_", None) if is_frozen else None
        check_columns(X, names)
        names = column_names(X) if names is None else names
        check_columns(clean, names, name="clean", of="of X")
        X, seed = check_images(X), draw_seed(self.random_state)
        if clean is not None:
            clean = check_images(clean, name="clean")
            if clean.shape != X.shape:
                raise ValueError(
                    f"clean has shape {clean.shape}, but X has shape {X.shape}. Expected the same images."
                )
        if y is not None:
            check_consistent_length(X, y)
        order = generator(seed, Stream.CALIBRATION_SPLIT).permutation(len(X))
        n_held_out = len(X) if is_frozen else math.ceil(self.validation_fraction * len(X))
        fitted, held_out = np.sort(order[n_held_out:]), order[:n_held_out]
        n_to_learn = n_held_out // 2
        if not n_to_learn or not (is_frozen or len(fitted)):
            raise ValueError(
                f"{len(X)} image(s), of which validation_fraction={self.validation_fraction:g} are held out, are too "
                "few: expected at least two that are held out, and one to fit the denoiser."
            )
        n_calibration = n_held_out - n_to_learn
        self._check_number(n_calibration)
        denoiser = self.denoiser
        if not is_frozen:
            takes_pairs = clean is not None and found.denoiser._takes_clean
            is_pipeline = isinstance(unwrapped(self.denoiser), Pipeline)
            if takes_pairs and is_pipeline and not get_config()["enable_metadata_routing"]:
                raise ValueError(
                    "clean= cannot be passed through a pipeline. Fit the pipeline first, and give "
                    "FrozenEstimator(pipeline); or give the denoiser alone; or enable metadata routing."
                )
            labels = None if y is None else as_labels(y)[fitted]
            pairs = {"clean": clean[fitted]} if takes_pairs else {}
            denoiser = clone(self.denoiser).fit(X[fitted], labels, **pairs)
        check_is_fitted(require_denoiser(denoiser).denoiser)
        # Not fitted until all is done.
        for name in ("n_calibration_", "feature_names_in_"):
            vars(self).pop(name, None)
        self.denoiser_ = denoiser
        held_out_clean = None if clean is None else clean[held_out]
        self._calibrate(
            *self._denoise_held_out(X[held_out], held_out_clean, n_to_learn, seed), seed
        )
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        self.n_calibration_ = n_calibration
        return self

    @abstractmethod
    def _check_number(self, n_calibration: int):
        """Raise an error if so many images to calibrate on are too few."""

    @abstractmethod
    def _calibrate(self, first: Denoised, others: Denoised, seed: int):
        """Learn from the first images, and calibrate on the others."""

    def transform(self, X: ArrayLike) -> Any:
        """Denoise images, as the denoiser does.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images. Or a list of images whose sizes differ.

        Returns
        -------
        ndarray, or list of ndarray
            Denoised images.
        """
        check_is_fitted(self, "n_calibration_")
        found = self._found()
        if is_image_list(X):
            return found.denoiser.transform(
                [found.prepare(np.asarray(image)[np.newaxis])[0] for image in X]
            )
        return self._transform(self._prepared(X))

    def _prepared(self, X):
        """Return images as the denoiser receives them; a table must have the columns of ``fit``."""
        check_columns(X, getattr(self, "feature_names_in_", None))
        return check_images(self._found().prepare(check_images(X)))

    def _denoise_held_out(self, X, clean, n_to_learn, seed):
        """Return the held-out images denoised: those to learn from, and those to calibrate on."""
        found = self._found()
        X = check_images(found.prepare(X))
        known = X if clean is None else check_images(found.prepare(clean), name="clean")
        self.value_range_ = found.denoiser.value_range_
        pixels = self._pixels(known)
        if clean is None:
            # Several draws of each image, so that what is learned is the noise and not the images.
            n_images = min(_N_TO_LEARN, _MOST_VALUES // math.prod(known.shape[1:]))
            copies = np.tile(np.arange(n_to_learn), max(1, n_images // n_to_learn))
            used = np.concatenate([copies, np.arange(n_to_learn, len(X))])
            known, n_to_learn = known[used], len(copies)
            rng = generator(seed, Stream.CALIBRATION)
            clip = getattr(found.denoiser, "clip", None)
            noisy = corrupt(self._as_nhwc(known), self._noise(), pixels, rng, clip=clip)
            X = noisy.reshape(known.shape)
        images = Denoised(*self._denoised(X), pixels.to_unit(self._as_nhwc(known)))
        self.image_shape_ = images.true.shape[1:]
        return images.part(slice(n_to_learn)), images.part(slice(n_to_learn, None))

    def _found(self):
        return require_denoiser(self.denoiser_)

    def _noise(self):
        if self.noise is not None:
            return resolve_noise(self.noise, self.noise_factor)
        denoiser = self._found().denoiser
        known = getattr(denoiser, "noise_", None)
        if known is None:
            raise ValueError(
                "The denoiser does not state the noise that it was made for. Give noise= and noise_factor=, or "
                "real pairs: fit(noisy, clean=clean)."
            )
        if self.noise_factor is None:
            return known
        if not isinstance(denoiser.noise, str):
            raise ValueError(
                f"noise_factor={self.noise_factor!r} needs the name of a noise, but that of the denoiser is "
                f"{denoiser.noise!r}. Give noise= too, or leave noise_factor out."
            )
        return resolve_noise(denoiser.noise, self.noise_factor)

    def _pixels(self, X, value_range=None):
        """Return the format of images."""
        value_range = value_range or self.value_range_ or range_of_images(X, None)
        return PixelFormat(X.dtype, check_value_range(value_range, X))

    def _as_nhwc(self, X):
        shape = getattr(self._found().denoiser, "image_shape_", None) if X.ndim == 2 else None
        return as_nhwc(X, check_image_shape(shape, X))

    def _transform(self, X, value_range=None):
        """Return checked images denoised, given as a table if the denoiser was fitted on one."""
        denoiser = self._found().denoiser
        if value_range is not None:
            return denoise_images(denoiser, X, value_range=value_range)
        return transformed(denoiser, X)

    def _denoised(self, X, value_range=None):
        """Return checked images and what becomes of them, NHWC in units of the value range."""
        pixels = self._pixels(X, value_range)
        denoised = self._transform(X, value_range).reshape(X.shape)
        return tuple(
            np.concatenate([pixels.to_unit(images[part]) for part in chunks(images)])
            for images in map(self._as_nhwc, (X, denoised))
        )


def require_denoiser(estimator):
    """Return the denoiser in an estimator.

    Raises
    ------
    TypeError
        If there is none.
    """
    found = find_denoiser(estimator)
    if found is None:
        raise TypeError(f"denoiser={estimator!r} is not a denoiser and contains none.")
    return found


def check_share(name, share, example=0.9):
    """Raise an error if a share is not between 0 and 1."""
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(f"{name}={share!r} must be a number between 0 and 1, such as {example:g}.")


def check_number(name, share, n_calibration, advice):
    """Raise an error, with advice, if there are too few images for what is promised of a share of them."""
    check_share(name, share)
    least = math.ceil(share / (1 - share) - 1e-9)
    if n_calibration < least:
        raise ValueError(
            f"{name}={share:g} needs a calibration on at least {least} images, but it has {n_calibration}. {advice}"
        )
