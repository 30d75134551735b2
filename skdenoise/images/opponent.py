"""Opponent colours: red, green and blue as brightness and two differences between colours.

The noise of a photograph is about equally strong in red, green and blue, and what is in the picture is
nearly the same in all three. The brightness averages them, so that its noise is weaker, and the differences
are smooth. Each of the three is denoised as a grey image.

References
----------
K. Dabov, A. Foi, V. Katkovnik and K. Egiazarian, "Color Image Denoising via Sparse 3D Collaborative
Filtering with Grouping Constraint in Luminance-Chrominance Space", ICIP 2007. The axes are theirs.
"""

from typing import NamedTuple

import numpy as np

from skdenoise.typing import Images, UnitImages

# Added to the differences: a grey pixel, whose differences are 0, lies in the middle between black and white.
_MIDDLE = np.float32(0.5)


class OpponentColours(NamedTuple):
    """Three orthogonal axes in the space of colours.

    Parameters
    ----------
    brightness : float
        Factor of red + green + blue.
    red_blue : float
        Factor of red - blue.
    green : float
        Factor of red - 2 green + blue.
    """

    brightness: float
    red_blue: float
    green: float

    def split(self, images: UnitImages) -> UnitImages:
        """Return each RGB image as three grey images: first the brightness of all images.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, 3)
            In units of the value range.

        Returns
        -------
        ndarray of shape (3 * n, height, width, 1)
            In the same units; the differences are around 0.5.
        """
        red, green, blue = np.moveaxis(images, 3, 0)
        factors = np.float32(self)
        return np.concatenate(
            [
                factors[0] * (red + green + blue),
                factors[1] * (red - blue) + _MIDDLE,
                factors[2] * (red - 2 * green + blue) + _MIDDLE,
            ]
        )[..., np.newaxis]

    def join(self, channels: UnitImages) -> UnitImages:
        """Return RGB images from their channels: the inverse of `split`."""
        brightness, red_blue, green = np.split(channels[..., 0], 3)
        factors = np.float32(self)
        grey = brightness / (3 * factors[0])
        red_blue = (red_blue - _MIDDLE) / (2 * factors[1])
        green = (green - _MIDDLE) / (6 * factors[2])
        return np.stack(
            [grey + red_blue + green, grey - 2 * green, grey - red_blue + green], axis=3
        )


# Noise that is equally strong in red, green and blue stays as strong as it is.
ORTHONORMAL = OpponentColours(3**-0.5, 2**-0.5, 6**-0.5)

# Values from 0 to 1 stay there. The noise becomes weaker, by factors of 0.58, 0.71 and 0.61.
WITHIN_RANGE = OpponentColours(1 / 3, 1 / 2, 1 / 4)


def split_channels(images: Images) -> Images:
    """Return the channels of NHWC images as grey images: first the first channel of all images."""
    return np.concatenate(np.moveaxis(images, 3, 0))[..., np.newaxis]


def join_channels(channels: Images, n_channels: int) -> Images:
    """Return images from their channels: the inverse of `split_channels`."""
    return np.concatenate(np.split(channels, n_channels), axis=3)
