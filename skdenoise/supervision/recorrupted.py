"""Recorrupted: learning from noisy images alone, by two versions whose noise is independent.

T. Pang, H. Zheng, Y. Quan and H. Ji, "Recorrupted-to-Recorrupted: Unsupervised Deep Learning for Image
Denoising", CVPR 2021.
"""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from skdenoise.images.layout import pad_to_multiple
from skdenoise.images.pixels import UNIT
from skdenoise.noise.adding import corrupt_unit
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, generator
from skdenoise.supervision.base import Supervision
from skdenoise.supervision.pairs import Pairs

# Added noise in units of the noise in the images; 1 / alpha of it is subtracted (the value of the paper).
_ALPHA = 0.5


@dataclass(frozen=True)
class RecorruptedPairs(Pairs):
    """Noisy images with more noise added, and with that noise subtracted, enlarged.

    For Gaussian noise of known strength, the network that predicts the second from the first best also
    predicts the clean image best (`recorrupt`).
    """

    def batch(self, indices, rng):
        """Return the images with more noise, and with noise subtracted."""
        noisy = self.clean_pixels.to_unit(self._views(indices, rng)(self.clean))
        seen, target = recorrupt(noisy, self.noise, rng)
        return pad_to_multiple(seen, self.multiple), pad_to_multiple(target, self.multiple)


class Recorrupted(Supervision):
    """Learn from noisy images alone, whose noise is Gaussian and of known strength."""

    name = "recorrupted"
    pairs = RecorruptedPairs
    images = "noisy images alone, to which more noise was added"

    def noise_factor(self, strengths):
        """Return the median."""
        return float(np.median(strengths))

    def noises(self, noise):
        """Return the noise that is known to be in the images, if it is Gaussian of one strength."""
        if not isinstance(noise, GaussianNoise) or not isinstance(noise.sigma, Real):
            raise ValueError(
                f"supervision='recorrupted' needs Gaussian noise of one known strength, not {noise!r}: "
                'give noise_factor=, or set supervision="self".'
            )
        return None, noise

    def psnr(self, network, images, noise):
        """Return the PSNR of images with more noise, denoised, against those with noise subtracted."""
        seen, target = recorrupt(images, noise, generator(0, Stream.SCORE))
        return -10 * np.log10(np.mean((network.denoise(seen, UNIT) - target) ** 2, axis=(1, 2, 3)))


def recorrupt(noisy, noise, rng):
    """Return images with more noise, and with noise subtracted, so that the two are independent.

    With noise of standard deviation s in the images and z drawn from the same distribution, they are
    ``y + alpha z`` and ``y - z / alpha``: their noise has the covariance s**2 - s**2 = 0.

    Parameters
    ----------
    noisy : ndarray of shape (n, height, width, channels), float32
        In units of the value range.
    noise : GaussianNoise
        The noise in them.
    rng : numpy.random.Generator
        Source of the draw.
    """
    drawn = corrupt_unit(np.zeros_like(noisy), noise, rng)
    return noisy + _ALPHA * drawn, noisy - drawn / _ALPHA
