"""Self-check: the noise of images before and after denoising, and what to do where much is left."""

import math
from dataclasses import dataclass

import numpy as np

from skdenoise.images.layout import as_nhwc
from skdenoise.images.pixels import PixelFormat, chunks
from skdenoise.noise.estimation import LEAST_CORRELATION, is_large_enough, noise_of_image
from skdenoise.typing import Images, ValueRange

# Of a stack, the noise of this many images is measured.
_N_MEASURED = 8
# An image is hardly denoised if it has changed by less than this share of its noise.
_HARDLY = 0.5
# Weaker noise is not visible. Texture can read as more, so that advice begins with "if you see noise".
_VISIBLE = 1 / 255
# Correlated noise can read as none at all. Then the share of unchanged values decides: photo-gray
# leaves at least this share of the 33 pictures of experiments/camera_pictures.py as they are.
_MOSTLY = 0.8
# So many files are named.
_N_NAMED = 3


@dataclass(frozen=True)
class SelfCheck:
    """The noise of an image before and after denoising.

    Parameters
    ----------
    noise : float or None
        Estimated standard deviation of the noise, as a share of the value range: the median of the images
        of a stack. None if it cannot be estimated, as in tiny images.
    noise_left : float or None
        The same after denoising.
    correlation : float or None
        Correlation of the noise of neighbouring pixels. None if the images are too small to measure it.
    unchanged : float or None
        Share of the values that are exactly as before.
    change : float or None
        Standard deviation of the difference between before and after, as a share of the value range.
    """

    noise: float | None = None
    noise_left: float | None = None
    correlation: float | None = None
    unchanged: float | None = None
    change: float | None = None

    @property
    def is_hardly_denoised(self) -> bool:
        """Whether there seems to be noise, and it is nearly all left."""
        if self.noise is None or self.change is None or self.noise < _VISIBLE:
            return False
        return self.change < _HARDLY * self.noise

    @property
    def may_hide_noise(self) -> bool:
        """Whether there seems to be no noise, but correlated noise might read so, and most values stayed."""
        if self.noise is None or self.unchanged is None or self.noise >= _VISIBLE:
            return False
        return self.is_correlated and self.unchanged >= _MOSTLY

    @property
    def is_correlated(self) -> bool:
        """Whether the noise is like that of pictures of cameras."""
        return (self.correlation or 0) >= LEAST_CORRELATION


def self_check(noisy: Images, denoised: Images, value_range: ValueRange) -> SelfCheck:
    """Measure the noise of images before and after denoising.

    Parameters
    ----------
    noisy, denoised : ndarray of shape (n, height, width) or (n, height, width, channels)
        The images.
    value_range : (low, high)
        Their pixel values of black and white.
    """
    pixels = PixelFormat(noisy.dtype, value_range)
    unchanged, change = _changes(noisy, denoised, pixels)
    noise, correlation = _median_noise(noisy, pixels)
    noise_left, _ = _median_noise(denoised, pixels)
    return SelfCheck(noise, noise_left, correlation, unchanged, change)


def summary(checks: list[SelfCheck]) -> str:
    """Return a sentence on the noise of all files; empty if it could not be estimated."""
    known = [check for check in checks if check.noise is not None and check.noise_left is not None]
    if not known:
        return ""
    before, after = (
        f"{100 * np.median([getattr(check, name) for check in known]):.1f} %"
        for name in ("noise", "noise_left")
    )
    what = "noise" if len(known) == 1 else f"median noise of {len(known)} files"
    return f"{what} (estimated): {before} of the value range before, {after} after"


def advice(
    checks: dict[str, SelfCheck], *, knows_cameras: bool, knows_correlated: bool = False
) -> list[str]:
    """Return what to do about the files that are hardly denoised: a sentence for each kind of noise.

    Parameters
    ----------
    checks : dict of str to SelfCheck
        The names of the files, and their checks.
    knows_cameras : bool
        Whether the denoiser was trained on noise of cameras, which is correlated.
    knows_correlated : bool
        Whether it was trained on other correlated noise.
    """
    knows_it = knows_cameras or knows_correlated
    hardly = {
        name: check
        for name, check in checks.items()
        if check.is_hardly_denoised or (check.may_hide_noise and not knows_it)
    }
    correlated = [name for name, check in hardly.items() if check.is_correlated]
    independent = [name for name in hardly if name not in correlated]
    said = []
    if correlated:
        other = "train one with skdenoise train" if knows_it else "try the denoiser photo-real"
        said.append(
            f"hardly changed: {_named(correlated)}. If you see noise there, it is correlated between "
            f"neighbouring pixels, as in pictures of cameras and phones: {other}."
        )
    if independent:
        other = "try the denoiser photo-gray" if knows_cameras else "train one with skdenoise train"
        said.append(
            f"hardly changed: {_named(independent)}. If you see noise there, it is of another kind than "
            f"this denoiser knows: {other}."
        )
    return said


def _named(files):
    more = f" and {len(files) - _N_NAMED} more" if len(files) > _N_NAMED else ""
    return ", ".join(files[:_N_NAMED]) + more


def _changes(noisy, denoised, pixels):
    """Return the share of unchanged values, and the standard deviation of the differences, of a part at a time."""
    sums = np.zeros(3)
    for part in chunks(noisy):
        change = pixels.to_unit(noisy[part]) - pixels.to_unit(denoised[part])
        n_unchanged = np.sum(noisy[part] == denoised[part])
        sums += n_unchanged, change.sum(dtype=np.float64), np.sum(change**2, dtype=np.float64)
    unchanged, mean, mean_square = (float(share) for share in sums / noisy.size)
    return unchanged, math.sqrt(max(0.0, mean_square - mean**2))


def _median_noise(images, pixels):
    images = as_nhwc(images, images.shape[1:])
    if not is_large_enough(images.shape[1:]):
        return None, None
    chosen = np.unique(np.linspace(0, len(images) - 1, _N_MEASURED, dtype=int))
    found = np.array([noise_of_image(images[index], pixels) for index in chosen])
    return tuple(_median(values) for values in found.T)


def _median(values):
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else None
