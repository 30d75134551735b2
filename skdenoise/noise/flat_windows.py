"""Flat windows: the strength of noise that is correlated between neighbouring pixels, and the correlation."""

from typing import NamedTuple

import numpy as np

from skdenoise.noise.clipping import at_black, at_white
from skdenoise.typing import UnitImages

# Windows of 16 x 16 pixels show noise that is correlated over a few pixels. Their unevenness is judged by
# the means of blocks of 4 x 4.
_WINDOW, _BLOCK = 16, 4
# Fewer windows are not enough to find flat ones.
_LEAST_WINDOWS = 16
# Windows are sorted by brightness into up to 6 groups, and the most even 15 % of each are used.
_N_GROUPS, _WINDOWS_PER_GROUP, _FLAT_SHARE = 6, 32, 0.15
# Windows with more clipped values are not used.
_MAX_CLIPPED = 0.05
# Noise of cameras is hardly correlated at this distance in pixels; texture is.
_DISTANT = 3
# A plane takes three degrees of freedom away.
_FREEDOM = _WINDOW**2 / (_WINDOW**2 - 3)


class FlatNoise(NamedTuple):
    """Noise in the flat regions of an image.

    Parameters
    ----------
    variance : float
        Variance, in units of the value range; NaN if there are too few windows.
    correlation : float
        Correlation between neighbouring pixels, across and down; NaN if it is unknown.
    distant_correlation : float
        The same for pixels at a distance of 3.
    """

    variance: float
    correlation: float
    distant_correlation: float


def noise_of_flat_windows(image: UnitImages) -> FlatNoise:
    """Measure the noise in the flattest windows of an image (height, width, channels).

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        In units of the value range.

    Returns
    -------
    FlatNoise
        The mean variance of the channels, and their mean correlation weighted by the variance.
    """
    measured = [_measure(channel) for channel in np.moveaxis(image, -1, 0)]
    known = [each for each in measured if each is not None]
    if not known:
        return FlatNoise(np.nan, np.nan, np.nan)
    variance, near, distant = np.mean(known, axis=0)
    if not variance:
        return FlatNoise(0.0, np.nan, np.nan)
    return FlatNoise(variance, near / variance, distant / variance)


def _measure(channel):
    """Return the variance of the noise of a channel, and covariances of pixels that are near and distant.

    Returns None if there are too few windows.
    """
    clipped = _windows(at_black(channel) | at_white(channel)).mean(axis=(1, 2))
    windows = _windows(channel)[clipped < _MAX_CLIPPED]
    if len(windows) < _LEAST_WINDOWS:
        return None
    brightness = windows.mean(axis=(1, 2))
    windows = _without_plane(windows)
    n_blocks = _WINDOW // _BLOCK
    blocks = windows.reshape(-1, n_blocks, _BLOCK, n_blocks, _BLOCK).mean(axis=(2, 4))
    unevenness = blocks.var(axis=(1, 2))
    moments = [_covariance(windows, distance) for distance in (0, 1, _DISTANT)]

    n_groups = min(_N_GROUPS, max(1, len(windows) // _WINDOWS_PER_GROUP))
    found = []
    for group in np.array_split(np.argsort(brightness, kind="stable"), n_groups):
        n_flat = max(3, int(_FLAT_SHARE * len(group)))
        flat = group[np.argsort(unevenness[group], kind="stable")[:n_flat]]
        found.append([np.median(each[flat]) for each in moments])
    variances, near, distant = np.transpose(found)
    some = variances > 0  # compression may remove all noise of a region
    if not some.any():
        return 0.0, 0.0, 0.0
    middle = np.median(variances)
    return middle, *(middle * np.median(each[some] / variances[some]) for each in (near, distant))


def _covariance(windows, distance):
    """Return the covariance of pixels of each window at a distance, across and down."""
    first, last = slice(None, _WINDOW - distance), slice(distance, None)
    across = windows[:, :, first] * windows[:, :, last]
    down = windows[:, first] * windows[:, last]
    return _FREEDOM * (across.mean(axis=(1, 2)) + down.mean(axis=(1, 2))) / 2


def _windows(channel):
    """Return the windows of a channel, of shape (n_windows, _WINDOW, _WINDOW)."""
    down, across = (side // _WINDOW for side in channel.shape)
    inside = channel[: down * _WINDOW, : across * _WINDOW]
    windows = inside.reshape(down, _WINDOW, across, _WINDOW).swapaxes(1, 2)
    return windows.reshape(-1, _WINDOW, _WINDOW)


def _without_plane(windows):
    """Return windows minus the plane that fits each best, such as the gradient of a sky."""
    slope = np.linspace(-1, 1, _WINDOW, dtype=np.float32)
    slope /= np.linalg.norm(slope) * np.sqrt(_WINDOW)
    windows = windows - windows.mean(axis=(1, 2), keepdims=True)
    for plane in (slope[:, np.newaxis], slope[np.newaxis]):
        plane = np.broadcast_to(plane, (_WINDOW, _WINDOW))
        height = (windows * plane).sum(axis=(1, 2), keepdims=True)
        windows = windows - height * plane
    return windows
