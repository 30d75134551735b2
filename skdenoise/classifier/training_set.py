"""The training set: what the classifiers of a `DenoisingClassifier` learn from, and are checked on."""

import numpy as np

from skdenoise.base import transformed
from skdenoise.noise.adding import add_noise
from skdenoise.seeding import Stream, derived_seed

# If the number of noisy copies is not given: about this many images, and at most 16 copies. On digits, 16
# copies gave 2 to 3 points more than one. On 10,000 images of MNIST, four instead of two gave an MLP 1.2 points more
# at noise 0.2 and a forest 1.1 on clean images, and kNN, logistic regression and an SVC at most 0.3; fits took 1.1
# to 1.8 times as long, that of the SVC more.
_N_IMAGES, _MOST_COPIES = 40_000, 16

# The noise of the images that decide whether to trust the denoiser, as parts of the noise that it was
# trained on. 0 is the clean image. Weak noise is where the decision is difficult.
_PARTS_OF_NOISE = (0, 0.25, 0.5, 1, 1, 1)

# Few held-out images get new draws of this noise until about so many have decided, but no more than this number
# of draws. With one draw of 215 digits, kNN lost 0.7 points at noise 0.6, and a forest gained 0.8 points at noise
# 0.1; with four, 0.3 and 1.4; with twelve, 0.2 and 1.5 (a prototype, mean of 14 splits).
_N_HELD_OUT, _MOST_DRAWS = 2500, 12


def default_n_copies(n_images: int) -> int:
    """Return the number of noisy copies for a number of images.

    Examples
    --------
    >>> default_n_copies(1000), default_n_copies(10_000), default_n_copies(60_000)
    (16, 4, 1)
    """
    return int(np.clip(_N_IMAGES // max(1, n_images), 1, _MOST_COPIES))


def training_images(denoiser, X, n_copies, seed):
    """Return clean images and noisy copies of them, denoised, one set after the other.

    Parameters
    ----------
    denoiser : Denoiser
        Fitted. If it was fitted on noisy images, no noise is added.
    X : ndarray
        Checked images in the layout that it was fitted on.
    n_copies : int
        Number of noisy copies.
    seed : int
        Seed of their noise.

    Returns
    -------
    ndarray of shape (n * m, ...)
        n images, m times.
    """
    noisy = [
        _with_noise(denoiser, X, derived_seed(seed, Stream.CLASSIFIER_TRAINING, copy))
        for copy in range(n_copies if denoiser.noise_ is not None else 0)
    ]
    return np.concatenate([transformed(denoiser, images) for images in (X, *noisy)])


def n_draws(denoiser, n_images):
    """Return how many draws of noise decide on so many held-out images, each with the sets of `held_out_images`."""
    if denoiser.noise_ is None:
        return 1
    return int(np.clip(_N_HELD_OUT // n_images, 1, _MOST_DRAWS))


def held_out_images(denoiser, X, seed, *key):
    """Return held-out images with no noise, weak noise and the noise of the fit, one set after the other.

    Parameters and result are those of `training_images`, but the images are not denoised. `key` is one or more
    integers, with which the noise is another.
    """
    if denoiser.noise_ is None:
        return X
    stream = Stream.CLASSIFIER_VALIDATION
    return np.concatenate(
        [
            _with_noise(denoiser, X, derived_seed(seed, stream, *key, i), part)
            for i, part in enumerate(_PARTS_OF_NOISE)
        ]
    )


def split_off(y, fraction, rng):
    """Return indices of images to fit on and of images to hold out, about a fraction of each class.

    Each class keeps at least one image to fit on, and a class of two or more gives at least one.
    """
    held_out = []
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        n_held_out = min(len(members) - 1, max(1, round(fraction * len(members))))
        held_out.append(members[:n_held_out])
    held_out = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(len(y)), held_out), held_out


def folds_of(y, n_folds, rng, counts=None):
    """Return folds, pairs of indices as `split_off` returns them, that hold each image out once.

    The only image of a class is in all parts to fit on. `counts` marks images whose weight is not 0: only
    these are held out, so that no part to fit on lacks a class that has weight.
    """
    fold = np.full(len(y), -1)
    for label in np.unique(y):
        is_member = y == label if counts is None else (y == label) & counts
        members = rng.permutation(np.flatnonzero(is_member))
        if len(members) > 1:
            fold[members] = (np.arange(len(members)) + rng.integers(n_folds)) % n_folds
    folds = [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n_folds)]
    return [(fitted, held_out) for fitted, held_out in folds if len(held_out)]


def _with_noise(denoiser, X, seed, part=1):
    """Return images with a part of the noise that the denoiser was trained on."""
    if part == 0:
        return X
    noisy = add_noise(
        X,
        denoiser.noise_,
        clip=denoiser.clip,
        image_shape=denoiser.image_shape_ if X.ndim == 2 else None,
        value_range=denoiser._range_of(X),
        random_state=seed,
    )
    if part == 1:
        return noisy
    blend = X + part * (noisy - X.astype(np.float64))
    return (np.rint(blend) if X.dtype.kind in "iub" else blend).astype(X.dtype)
