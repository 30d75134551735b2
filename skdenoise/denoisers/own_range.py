"""Images in their own range: denoising pixels of any dtype with a denoiser of another range."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skdenoise.images.layout import check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from skdenoise.denoisers.base import Denoiser


def denoise_images(
    denoiser: "Denoiser",
    X: "ArrayLike",
    *,
    per_channel: bool = False,
    value_range: tuple[float, float] | None = None,
) -> "NDArray[Any]":
    """Denoise images whose dtype or value range differs from the one the denoiser was fitted on.

    ``denoiser.transform`` expects images in the value range of ``fit``. This function converts images
    to that range first, and the result back, so that a denoiser fitted on uint8 images takes floats
    from 0 to 1 or 16-bit images as they come from a file.

    Parameters
    ----------
    denoiser : UNetDenoiser, SubspaceDenoiser or FilterDenoiser
        A fitted denoiser.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images, which share one value range.
    per_channel : bool, default=False
        Whether a denoiser of grey images denoises each channel of other images separately.
    value_range : (low, high), default=None
        Pixel values of black and white in `X`. If None, it depends on the dtype: 0 to 255 for uint8;
        for wider integers the denoiser's value range if they fit in it, else 0 to the smallest
        ``2**k - 1`` that holds them; for floats 0 to 1 if they fit in it, else the denoiser's value
        range.

    Returns
    -------
    ndarray of the shape and dtype of `X`
        Denoised images, in the value range of `X`.

    Raises
    ------
    ValueError
        If the number of channels differs from that in ``fit``, or if the values of floats are
        unlikely for the denoiser's value range.

    See Also
    --------
    UNetDenoiser.transform : Denoise images in the value range of ``fit``.
    load : Load a saved or packaged denoiser.
    map_images : Denoise arrays that do not fit in memory.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import SubspaceDenoiser, add_noise, denoise_images, psnr
    >>> X = np.uint8(load_digits().images * 255 / 16)
    >>> denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(X[:1000])
    >>> noisy = add_noise((X[1000:] / 255).astype("float32"), noise_factor=0.3, random_state=1)
    >>> denoised = denoise_images(denoiser, noisy, value_range=(0, 1))
    >>> denoised.dtype
    dtype('float32')
    >>> bool(psnr(X[1000:] / 255, denoised, data_range=1).mean() > 15)
    True
    """
    X = check_images(X)
    needed = denoiser.image_shape_[2]
    found = {2: needed, 3: 1}.get(X.ndim, X.shape[-1])
    if found != needed and needed == 1 and per_channel:
        channels = np.concatenate(np.moveaxis(X, 3, 0))  # as grey images, which share one range
        denoised = denoise_images(denoiser, channels, value_range=value_range)
        return np.stack(np.split(denoised, found), axis=-1)
    if found != needed:
        hint = ": per_channel=True denoises each channel separately" if needed == 1 else ""
        raise ValueError(f"X has {found} channels; the denoiser expects {needed}{hint}.")
    usual = denoiser.value_range_
    if value_range is None:
        value_range = _range_of(X, usual)
    pixels = PixelFormat(X.dtype, check_value_range(value_range, X))
    if pixels.value_range == usual:
        return denoiser.transform(X)
    inside = PixelFormat(np.dtype(np.float32), usual)
    noisy = inside.from_unit(pixels.to_unit(X))
    return pixels.from_unit(inside.to_unit(denoiser.transform(noisy)))


def _range_of(images, usual):
    """Return what black and white are in images, for a denoiser whose value range is `usual`."""
    low, high = usual
    if images.dtype in (np.uint8, bool):
        return check_value_range(None, images)
    if images.dtype.kind == "f":
        least, most = float(images.min()), float(images.max())
        if least >= 0 and most <= 1:
            return 0.0, 1.0
        if most - least < (high - low) / 50:
            raise ValueError(
                f"X has floats from {least:.3g} to {most:.3g}, but for the denoiser black is {low:g} "
                f"and white is {high:g}. State what they are in these images, for example "
                "value_range=(0, 1)."
            )
        return usual
    fits = low <= images.min() and images.max() <= high
    return usual if fits else check_value_range(None, images)
