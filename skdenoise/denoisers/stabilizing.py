"""Stabilizing: remove noise that grows with the signal with a denoiser of Gaussian noise."""

from typing import Any

import numpy as np

from skdenoise.denoisers.colours import Denoise
from skdenoise.images.pixels import UNIT, PixelFormat, changed_in_unit
from skdenoise.noise.anscombe import AnscombeTransform, transform_for
from skdenoise.noise.fitting import noise_of_flat_regions
from skdenoise.typing import Images

ESTIMATE = "estimate"


def denoise_stabilized(
    denoise: Denoise, images: Images, pixels: PixelFormat, clip: bool | None, noise: Any
) -> Images:
    """Denoise NHWC images after a transform that makes their noise equally strong everywhere.

    `noise` is the parameter `stabilize` of a denoiser.
    """

    def denoise_part(noisy):  # before integers are rounded
        if not is_estimate(noise):
            transform = transform_for(noise)
            return transform.inverse(denoise(transform.forward(noisy), UNIT, False))
        transforms = [_estimated(image[np.newaxis], pixels) for image in noisy]
        images = zip(transforms, noisy, strict=True)
        denoised = denoise(np.stack([one.forward(image) for one, image in images]), UNIT, False)
        results = zip(transforms, denoised, strict=True)
        return np.stack([one.inverse(image) for one, image in results])

    return changed_in_unit(denoise_part, images, pixels, clip)


def check_stabilize(noise: Any) -> None:
    """Raise ValueError if the parameter `stabilize` is not as documented."""
    if noise is not None and not is_estimate(noise):
        transform_for(noise)


def is_estimate(noise: Any) -> bool:
    """Return whether the noise of each image is to be measured."""
    return isinstance(noise, str) and noise == ESTIMATE


def _estimated(image, pixels):
    try:
        noise = noise_of_flat_regions(image, pixels)
    except ValueError as error:
        raise ValueError(
            f"stabilize='estimate' could not measure the noise of an image: {error} Or give the noise, such "
            "as stabilize=CameraNoise(shot=0.01, read=0, gamma=1)."
        ) from error
    return AnscombeTransform(noise.shot, noise.read)
