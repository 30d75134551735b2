"""Self-ensembles: the mean of what a denoiser makes of an image as it is, flipped and turned."""

import numpy as np

from skdenoise.images.pixels import UNIT, changed_in_unit


def denoise_views(denoise, images, pixels, clip=None, *, quarters=True):
    """Denoise NHWC images in all orientations, and average; see `TrainedNetwork.denoise`.

    Parameters
    ----------
    denoise : function of images and PixelFormat
        Denoises them once.
    images, pixels, clip
        As in `TrainedNetwork.denoise`.
    quarters : bool
        Whether images are turned by quarters, which makes eight views with the flips; by halves alone
        there are four.
    """
    turns = range(4) if quarters else (0, 2)
    views = [(turn, flipped) for flipped in (False, True) for turn in turns]

    def mean_of_views(noisy):
        return sum(_denoise_view(denoise, noisy, *view) for view in views) / np.float32(len(views))

    return changed_in_unit(mean_of_views, images, pixels, clip)


def _denoise_view(denoise, noisy, turns, flipped):
    view = np.rot90(noisy[:, :, ::-1] if flipped else noisy, turns, axes=(1, 2))
    denoised = np.rot90(denoise(np.ascontiguousarray(view), UNIT), -turns, axes=(1, 2))
    return denoised[:, :, ::-1] if flipped else denoised
