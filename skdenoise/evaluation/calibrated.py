"""Calibrated denoisers: a denoiser, and what is learned about it from images that it has not seen."""

import math
from abc import ABC, abstractmethod
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat, chunks
from skdenoise.images.value_range import check_value_range, range_of_images
from skdenoise.noise.adding import corrupt
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.typing import UnitImages

# Noisy images to learn from, at least; of few clean images, several each.
_N_TO_LEARN = 400


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
            The same images without noise.

        Returns
        -------
        Self
            The fitted estimator.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the denoiser is frozen and not fitted.
        TypeError
            If `denoiser` is none and contains none.
        ValueError
            If there are too few images for the promise, or no noise is known.
        """
        check_share("validation_fraction", self.validation_fraction)
        find(self.denoiser)
        X, seed = check_images(X), draw_seed(self.random_state)
        if clean is not None:
            clean = check_images(clean, name="clean")
            if clean.shape != X.shape:
                raise ValueError(
                    f"clean has shape {clean.shape}, but X has shape {X.shape}. Expected the same images."
                )
        order = generator(seed, Stream.CALIBRATION_SPLIT).permutation(len(X))
        is_frozen = isinstance(self.denoiser, FrozenEstimator)
        n_held_out = len(X) if is_frozen else math.ceil(self.validation_fraction * len(X))
        fitted, held_out = np.sort(order[n_held_out:]), order[:n_held_out]
        n_to_learn = n_held_out // 2
        self.n_calibration_ = n_held_out - n_to_learn
        self._check_number()
        self.denoiser_ = self.denoiser
        if not is_frozen:
            labels = None if y is None else np.asarray(y)[fitted]
            pairs = {} if clean is None else {"clean": clean[fitted]}
            self.denoiser_ = clone(self.denoiser).fit(X[fitted], labels, **pairs)
        held_out_clean = None if clean is None else clean[held_out]
        images, n_to_learn = self._denoise_held_out(X[held_out], held_out_clean, n_to_learn, seed)
        self._calibrate(images.part(slice(n_to_learn)), images.part(slice(n_to_learn, None)), seed)
        return self

    @abstractmethod
    def _check_number(self):
        """Raise an error if `n_calibration_` images are too few."""

    @abstractmethod
    def _calibrate(self, first: Denoised, others: Denoised, seed: int):
        """Learn from the first images, and calibrate on the others."""

    def transform(self, X: ArrayLike) -> Any:
        """Denoise images, as the denoiser does.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Noisy images.

        Returns
        -------
        ndarray
            Denoised images.
        """
        found = self._fitted()
        return np.asarray(found.denoiser.transform(found.prepare(X)))

    def _denoise_held_out(self, X, clean, n_to_learn, seed):
        """Return the held-out images denoised, and how many of the first are there to learn from."""
        found = self._fitted()
        X = check_images(found.prepare(X))
        known = X if clean is None else check_images(found.prepare(clean), name="clean")
        value_range = getattr(found.denoiser, "value_range_", None)
        self.value_range_ = check_value_range(value_range, known)
        pixels = PixelFormat(known.dtype, self.value_range_)
        if clean is None:
            # Several draws teach what comes with which noise, where one would name the image.
            copies = np.tile(np.arange(n_to_learn), max(1, _N_TO_LEARN // n_to_learn))
            used = np.concatenate([copies, np.arange(n_to_learn, len(X))])
            known, n_to_learn = known[used], len(copies)
            rng = generator(seed, Stream.CALIBRATION)
            clip = getattr(found.denoiser, "clip", None)
            noisy = corrupt(self._as_nhwc(known), self._noise(), pixels, rng, clip=clip)
            X = noisy.reshape(known.shape)
        images = Denoised(*self._denoised(X), pixels.to_unit(self._as_nhwc(known)))
        self.image_shape_ = images.true.shape[1:]
        return images, n_to_learn

    def _fitted(self):
        check_is_fitted(self, "n_calibration_")
        found = find(self.denoiser_)
        check_is_fitted(found.denoiser)
        return found

    def _noise(self):
        if self.noise is not None:
            return resolve_noise(self.noise, self.noise_factor)
        known = getattr(self._fitted().denoiser, "noise_", None)
        if known is None:
            raise ValueError(
                "The denoiser does not state the noise that it was made for. Give noise= and noise_factor=, or "
                "real pairs: fit(noisy, clean=clean)."
            )
        return known if self.noise_factor is None else resolve_noise("gaussian", self.noise_factor)

    def _pixels(self, X):
        """Return the format of images."""
        value_range = range_of_images(X, None) if self.value_range_ is None else self.value_range_
        return PixelFormat(X.dtype, value_range)

    def _as_nhwc(self, X):
        shape = getattr(self._fitted().denoiser, "image_shape_", None) if X.ndim == 2 else None
        return as_nhwc(X, check_image_shape(shape, X))

    def _denoised(self, X):
        """Return checked images and what becomes of them, NHWC in units of the value range."""
        pixels = self._pixels(X)
        denoised = np.asarray(self._fitted().denoiser.transform(X)).reshape(X.shape)
        return tuple(
            np.concatenate([pixels.to_unit(images[part]) for part in chunks(images)])
            for images in map(self._as_nhwc, (X, denoised))
        )


def find(estimator):
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


def check_share(name, share):
    """Raise an error if a share is not between 0 and 1."""
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(f"{name}={share!r} must be a number between 0 and 1, such as 0.9.")


def check_number(name, share, n_calibration):
    """Raise an error if there are too few images for what is promised of a share of them."""
    check_share(name, share)
    least = math.ceil(share / (1 - share) - 1e-9)
    if n_calibration < least:
        raise ValueError(
            f"{name}={share:g} needs at least {2 * least} held-out images, half of them for the calibration, which "
            f"has {n_calibration}. Give more images, a greater validation_fraction, or promise less."
        )
