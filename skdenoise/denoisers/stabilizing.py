"""Stabilizing: remove noise that grows with the signal with a denoiser of Gaussian noise."""

from itertools import islice
from typing import Any

import numpy as np

from skdenoise.denoisers.colours import Denoise
from skdenoise.images.pixels import UNIT, PixelFormat, changed_in_unit
from skdenoise.noise.anscombe import AnscombeTransform, transform_for
from skdenoise.noise.fitting import noise_of_flat_regions
from skdenoise.typing import Images
from skdenoise.user_warnings import warn_user

ESTIMATE = "estimate"
# In a prototype, photo-gray left 97 % of the light with 2 photons a pixel, 87 % with 1 and 34 % with 0.5 (integers).
_LEAST_PHOTONS = 2


def denoise_stabilized(
    denoise: Denoise, images: Images, pixels: PixelFormat, clip: bool | None, noise: Any
) -> Images:
    """Denoise NHWC images after a transform that makes their noise equally strong everywhere.

    `noise` is the parameter `stabilize` of a denoiser.
    """
    known = transforms_for(images, pixels, noise)
    _warn_of_few_photons(images, pixels, known)
    transforms = iter(known)

    def denoise_part(noisy):  # before integers are rounded
        own = list(islice(transforms, len(noisy)))
        stabilized = [one.forward(image) for one, image in zip(own, noisy, strict=True)]
        denoised = denoise(np.stack(stabilized), UNIT, False)
        return np.stack([one.inverse(image) for one, image in zip(own, denoised, strict=True)])

    return changed_in_unit(denoise_part, images, pixels, clip)


def _warn_of_few_photons(images, pixels, transforms):
    """Warn if the images have so few photons that light is lost."""
    photons = [
        pixels.to_unit(image).mean(dtype=np.float64) / one.shot
        for image, one in zip(images, transforms, strict=True)
        if one.shot > 0
    ]
    usual = max(0.0, float(np.median(photons))) if photons else _LEAST_PHOTONS
    if usual < _LEAST_PHOTONS:
        warn_user(
            f"The images have about {usual:.2g} photons a pixel on average. Below {_LEAST_PHOTONS} a denoiser may "
            "take single photons for outliers and lose light. Add up neighbouring pixels or frames first."
        )


def transforms_for(images: Images, pixels: PixelFormat, noise: Any) -> list[AnscombeTransform]:
    """Return the transform of each stored NHWC image, for units of the value range.

    An image whose noise cannot be measured, such as a black one, is given that of the others.

    Raises
    ------
    ValueError
        If the noise of no image can be measured.
    """
    if not is_estimate(noise):
        return [transform_for(noise)] * len(images)
    found, reason = [], ""
    for i in range(len(images)):
        try:
            model = noise_of_flat_regions(pixels.to_unit(images[i : i + 1]), pixels)
            found.append(AnscombeTransform(model.shot, model.read))
        except ValueError as error:
            found.append(None)
            reason = reason or str(error)
    known = [one for one in found if one is not None]
    if not known:
        raise ValueError(
            f"stabilize='estimate' could not measure the noise. {reason} If the noise is known, give it: "
            "stabilize=CameraNoise(shot=0.01, read=0, gamma=1), or the result of fit_noise_model."
        )
    usual = AnscombeTransform(
        float(np.median([one.shot for one in known])), float(np.median([one.read for one in known]))
    )
    return [one or usual for one in found]


def check_stabilize(noise: Any) -> None:
    """Raise ValueError if the parameter `stabilize` is not as documented."""
    if noise is not None and not is_estimate(noise):
        transform_for(noise)


def is_estimate(noise: Any) -> bool:
    """Return whether the noise of each image is to be measured."""
    return isinstance(noise, str) and noise == ESTIMATE
