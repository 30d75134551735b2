"""The expected error: how far a denoised pixel may be from the truth, from what surrounds it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from skdenoise.typing import UnitImages

# Pixels to learn from, and the size of the regression: more of either made intervals hardly narrower.
_N_PIXELS, _N_TREES, _N_LEAVES = 200_000, 50, 31
# Smaller errors than this share of the usual one are not expected anywhere.
_LEAST_SHARE, _LEAST = 0.1, 1e-5
# The window of the local contrast, and what is added to it, chosen on other photographs than those that calibrate.
_CONTRAST_SIDE, _LEAST_CONTRAST = 5, np.float32(0.03)


class ExpectedError:
    """The expected absolute error of denoised pixels, learned from images whose clean version is known.

    A regression of the median of the absolute error. It sees the denoised pixel and its surroundings, and what
    was removed there, and so follows edges, textures and the strength of the noise. It does not see what would
    identify an image as a whole, such as the strength of its noise in all pixels.

    Parameters
    ----------
    seed : int
        Seed of the choice of pixels.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, noisy: UnitImages, denoised: UnitImages, clean: UnitImages) -> "ExpectedError":
        """Learn from images of shape (n, height, width, channels), in units of the value range."""
        # Not for every import of the package: few use it.
        from sklearn.ensemble import HistGradientBoostingRegressor

        rng = np.random.default_rng(self.seed)
        n_each = -(-_N_PIXELS // len(clean))
        seen, errors = [], []
        for i in range(len(clean)):
            part = slice(i, i + 1)
            features = _features(noisy[part], denoised[part])
            error = np.abs(denoised[part] - clean[part]).ravel()
            chosen = slice(None)
            if error.size > n_each:
                chosen = rng.choice(error.size, n_each, replace=False)
            seen.append(features[chosen])
            errors.append(error[chosen])
        error = np.concatenate(errors)
        self.least_ = max(_LEAST, _LEAST_SHARE * float(np.median(error)))
        self.regression_ = HistGradientBoostingRegressor(
            loss="absolute_error",
            max_iter=_N_TREES,
            max_leaf_nodes=_N_LEAVES,
            early_stopping=False,
            random_state=self.seed,
        ).fit(np.concatenate(seen), error)
        return self

    def predict(self, noisy: UnitImages, denoised: UnitImages) -> NDArray[np.float32]:
        """Return the expected absolute error of each pixel."""
        errors = np.empty(denoised.shape, np.float32)
        for i in range(len(denoised)):
            part = slice(i, i + 1)
            predicted = self.regression_.predict(_features(noisy[part], denoised[part]))
            errors[part] = np.maximum(predicted, self.least_).reshape(errors[part].shape)
        return errors


class LocalContrast:
    """The expected error of pixels that grows with the contrast around them, of which nothing is learned.

    The cube root of the standard deviation of 5x5 denoised pixels. On photographs it made intervals as narrow as
    the spread over eight orientations did, in one pass, and narrower than the regression of `ExpectedError`.
    """

    def predict(self, noisy: UnitImages, denoised: UnitImages) -> NDArray[np.float32]:
        """Return the expected absolute error of each pixel, up to a factor."""
        # The sixth root of a rounding error of float32 is not small.
        denoised = denoised.astype(np.float64)
        variance = _mean(denoised**2, _CONTRAST_SIDE) - _mean(denoised, _CONTRAST_SIDE) ** 2
        errors = np.cbrt(np.sqrt(np.maximum(variance, 0))) + _LEAST_CONTRAST
        return errors.astype(np.float32)


def _features(noisy, denoised):
    """Return what the regression sees of each pixel, of shape (n_pixels, n_features)."""
    removed = noisy - denoised
    means = [_mean(denoised, side) for side in (3, 7)]
    features = [
        denoised,
        *means,
        *(
            np.sqrt(np.maximum(_mean(denoised**2, side) - mean**2, 0))
            for side, mean in zip((3, 7), means, strict=True)
        ),
        _slope(denoised),
        np.abs(removed),
        np.sqrt(_mean(removed**2, 7)),
    ]
    return np.stack(features, axis=-1).reshape(-1, len(features))


def _mean(images, side):
    return uniform_filter(images, (0, side, side, 0))


def _slope(images):
    """Return the length of the gradient, over the sides that have more than one pixel."""
    sides = [axis for axis in (1, 2) if images.shape[axis] > 1]
    squares = [np.gradient(images, axis=axis) ** 2 for axis in sides]
    return np.sqrt(sum(squares, np.zeros_like(images)))
