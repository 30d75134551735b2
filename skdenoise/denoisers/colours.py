"""Colours: images with channels, denoised by a function for grey images."""

from collections.abc import Callable
from typing import Any

from skdenoise.images.opponent import OpponentColours, join_channels, split_channels
from skdenoise.images.pixels import UNIT, PixelFormat, changed_in_unit
from skdenoise.noise.clipping import at_black, at_white, without_shift
from skdenoise.noise.estimation import shows_clipping, white_noise_of_image
from skdenoise.typing import Images, UnitImages

# Denoises NHWC grey images in a format, and clips them if it should.
Denoise = Callable[[Any, PixelFormat, bool | None], Any]

# Images with smaller sides gain at most 0.25 dB when the shift by clipped noise is undone, and estimating the
# noise takes longer than denoising them.
_LEAST_SIDE = 64


def denoise_channels(
    denoise: Denoise, images: Images, pixels: PixelFormat, clip: bool | None
) -> Images:
    """Denoise each channel of NHWC images as a grey image."""
    denoised = denoise(split_channels(images), pixels, clip)
    return join_channels(denoised, images.shape[3])


def denoise_opponent_colours(
    denoise: Denoise,
    images: Images,
    pixels: PixelFormat,
    clip: bool | None,
    *,
    axes: OpponentColours,
    noise_is_gaussian: bool,
) -> Images:
    """Denoise the opponent colours of NHWC images in RGB as grey images.

    Clipped Gaussian noise makes dark colours brighter and bright colours darker on average. A network may
    have learned this for grey images. It does not hold for opponent colours, which mix the clipped noise of
    three channels, so the shift is undone here.
    """

    def denoise_part(noisy):  # before integers are rounded
        denoised = axes.join(denoise(axes.split(noisy), UNIT, False))
        return _shifted_back(denoised, noisy, pixels) if noise_is_gaussian else denoised

    return changed_in_unit(denoise_part, images, pixels, clip)


def _shifted_back(denoised: UnitImages, noisy: UnitImages, pixels: PixelFormat) -> UnitImages:
    if min(noisy.shape[1:3]) >= _LEAST_SIDE:
        for index, image in enumerate(noisy):
            sigma = white_noise_of_image(image, pixels.in_unit) if shows_clipping(image) else 0
            if sigma > 0:  # not NaN, which means that nearly all is clipped
                ends = {"black": at_black(image).any(), "white": at_white(image).any()}
                denoised[index] = without_shift(denoised[index], sigma, **ends)
    return denoised
