"""The novelty report: which kinds of other noise the detector reports."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.frozen import FrozenEstimator

from skdenoise.evaluation.novelty import NoiseNoveltyDetector
from skdenoise.noise.adding import add_noise
from skdenoise.noise.by_name import noise_names

if TYPE_CHECKING:
    from pandas import DataFrame

USUAL = "as in training"
SEVERITIES = (1, 3, 5)
# Kinds of noise whose images are plotted.
_PLOTTED = ("salt_and_pepper", "correlated_gaussian", "motion_blur")
_ALPHA = 0.05
# Fewer images to learn from are not enough for a result; with more, little is gained.
_LEAST_IMAGES, _MOST_IMAGES = 80, 400


@dataclass(frozen=True)
class NoveltyReport:
    """What a `NoiseNoveltyDetector` says of each kind of noise.

    Attributes
    ----------
    detector : NoiseNoveltyDetector
        Knows the noise that the denoiser was trained for.
    shares : pandas.DataFrame
        The share of images that it reports as other noise: one row for the noise of the training and one per
        corruption, one column per severity.
    plotted : dict of str to ndarray
        Images with some kinds of noise, by name.
    """

    detector: NoiseNoveltyDetector
    shares: "DataFrame"
    plotted: dict


def novelty_report(denoiser, X, *, image_shape, random_state=0):
    """Test which kinds of noise a detector distinguishes from the noise that a denoiser was trained for.

    Parameters
    ----------
    denoiser : fitted denoiser
        Knows its noise.
    X : ndarray of shape (n, n_features)
        Clean images in 0..1 that the denoiser was not fitted on. The detector learns from one half of them, and is
        tested on the other.
    image_shape : (height, width, channels)
        Shape of the images.
    random_state : int, default=0
        Seed of the noise.

    Returns
    -------
    NoveltyReport or None
        None if there are too few images, or if the denoiser does not know its noise.
    """
    import pandas as pd

    noise = getattr(denoiser, "noise_", None)
    if len(X) < _LEAST_IMAGES or noise is None:
        return None
    known, tested = X[: len(X) // 2][:_MOST_IMAGES], X[len(X) // 2 :][:_MOST_IMAGES]
    detector = NoiseNoveltyDetector(
        FrozenEstimator(denoiser), alpha=_ALPHA, random_state=random_state
    ).fit(known)
    options = {"image_shape": image_shape, "value_range": (0, 1), "random_state": random_state + 1}
    usual = add_noise(tested, noise, clip=denoiser.clip, **options)

    def share(noisy):
        return float(np.mean(detector.predict(noisy) == -1))

    rows = {USUAL: dict.fromkeys(SEVERITIES, share(usual))}
    plotted = {}
    for name in noise_names():
        noisy = {s: add_noise(tested, name, severity=s, **options) for s in SEVERITIES}
        rows[name] = {s: share(images) for s, images in noisy.items()}
        if name in _PLOTTED:
            plotted[name] = noisy[3]
    shares = pd.DataFrame(rows).T.rename_axis(index=None, columns="severity")
    return NoveltyReport(detector, shares, plotted)
