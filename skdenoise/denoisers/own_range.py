"""Images in their own range: denoising pixels of any dtype with a denoiser of another range."""

import copy
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from skdenoise.images.layout import check_images, column_names
from skdenoise.images.value_range import check_value_range, range_of_images
from skdenoise.typing import ValueRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from skdenoise.denoisers.base import Denoiser


def denoise_images(
    denoiser: "Denoiser",
    X: "ArrayLike",
    *,
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
    value_range : (low, high), default=None
        Pixel values of black and white in `X`. If None, it depends on the dtype: 0 to 255 for uint8;
        for wider integers the denoiser's value range if they fit in it, else 0 to the smallest
        ``2**k - 1`` that holds them; for floats 0 to 1 if they are in it, except for noise, else the
        denoiser's value range.

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
    >>> noisy = add_noise(
    ...     (X[1000:] / 255).astype("float32"), noise_factor=0.3, random_state=1
    ... )
    >>> denoised = denoise_images(denoiser, noisy, value_range=(0, 1))
    >>> denoised.dtype
    dtype('float32')
    >>> bool(psnr(X[1000:] / 255, denoised, data_range=1).mean() > 15)
    True
    """
    check_is_fitted(denoiser)
    # A table keeps its names, which are compared with those of fit. A list of images is refused.
    X = denoiser._check_images(X if column_names(X) else check_images(X), reset=False)
    if value_range is None:
        value_range = range_of_images(X, denoiser.value_range_)
    return denoiser._denoise(X, check_value_range(value_range, X))


def with_range(denoiser: "Denoiser", value_range: ValueRange) -> "Denoiser":
    """Return the fitted denoiser, with this value range for all images if it has none of its own."""
    if denoiser.value_range_ is not None:
        return denoiser
    fixed = copy.copy(denoiser)
    fixed.value_range_ = value_range
    return fixed
