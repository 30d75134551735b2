"""Metrics: how close images are to the clean ones, as one number per image."""

import math
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.ragged import ImageList, is_image_list
from skdenoise.typing import ImageShape, ImagesOrList


def psnr(
    clean: ImagesOrList,
    denoised: ImagesOrList,
    *,
    data_range: float,
    image_shape: ImageShape | None = None,
) -> NDArray[np.float64]:
    """Compute the peak signal-to-noise ratio (PSNR) of each image.

    Parameters
    ----------
    clean, denoised : array-like of shape (n, n_features), (n, height, width[, channels]), or list
        The true images and the images to evaluate, of the same shape. Images in a list may differ
        in size.
    data_range : float
        Difference between white and black, as in scikit-image: 1 for floats in 0..1, 255 for uint8.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows.

    Returns
    -------
    ndarray of shape (n,)
        ``10 log10(data_range**2 / mse)``, in dB. Infinite if the images are equal.

    Raises
    ------
    ValueError
        If shapes differ, or if `data_range` is not a positive number.

    See Also
    --------
    skimage.metrics.peak_signal_noise_ratio : The PSNR of a single image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import psnr
    >>> clean = np.zeros((2, 8, 8))
    >>> psnr(clean, clean + 0.1, data_range=1)
    array([20., 20.])
    """
    from skimage.metrics import peak_signal_noise_ratio

    clean, denoised = _check_pair(clean, denoised, image_shape, data_range)
    with np.errstate(divide="ignore"):
        return np.array(
            [
                peak_signal_noise_ratio(c, d, data_range=data_range)
                for c, d in zip(clean, denoised, strict=True)
            ]
        )


def ssim(
    clean: ImagesOrList,
    denoised: ImagesOrList,
    *,
    data_range: float,
    image_shape: ImageShape | None = None,
) -> NDArray[np.float64]:
    """Compute the structural similarity (SSIM) of each image.

    Parameters
    ----------
    clean, denoised : array-like of shape (n, n_features), (n, height, width[, channels]), or list
        The true images and the images to evaluate, of the same shape and at least 3x3 pixels.
        Images in a list may differ in size.
    data_range : float
        Difference between white and black, as in scikit-image: 1 for floats in 0..1, 255 for uint8.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows.

    Returns
    -------
    ndarray of shape (n,)
        1 if the images are equal. The mean over the channels and over all positions of a 7x7
        window, or of the largest odd window that fits into a smaller image [1]_.

    Raises
    ------
    ValueError
        If shapes differ, or if `data_range` is not a positive number.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from
       error visibility to structural similarity", IEEE Trans. Image Processing 13(4), 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import ssim
    >>> clean = np.random.default_rng(0).random((2, 8, 8))
    >>> ssim(clean, clean, data_range=1)
    array([1., 1.])
    """
    clean, denoised = _check_pair(clean, denoised, image_shape, data_range)
    return np.array([_ssim(c, d, data_range) for c, d in zip(clean, denoised, strict=True)])


METRICS = {"psnr": psnr, "ssim": ssim}


def _ssim(clean, denoised, data_range):
    from skimage.metrics import structural_similarity

    side = min(clean.shape[:2])
    if side < 3:
        raise ValueError(f"SSIM needs images of at least 3x3 pixels; got {clean.shape[:2]}.")
    window = min(7, side - (side + 1) % 2)
    # Products of variances of large values do not fit in float32.
    clean, denoised = clean.astype(np.float64), denoised.astype(np.float64)
    return structural_similarity(
        clean, denoised, data_range=data_range, channel_axis=-1, win_size=window
    )


def _check_pair(clean, denoised, image_shape, data_range):
    """Return clean and denoised images NHWC, as two arrays or two `ImageList`."""
    if not isinstance(data_range, Real) or not 0 < data_range < math.inf:
        raise ValueError(
            f"data_range={data_range!r} must be a positive number, the difference between white and black: 1 for "
            "floats in 0..1, 255 for uint8."
        )
    if is_image_list(clean) and is_image_list(denoised):
        clean, denoised = ImageList(clean, "clean"), ImageList(denoised, "denoised")
        clean.check_same_sizes(denoised)
        return clean, denoised
    clean, denoised = check_images(clean, name="clean"), check_images(denoised, name="denoised")
    if clean.shape != denoised.shape:
        raise ValueError(
            f"clean has shape {clean.shape} and denoised {denoised.shape}; expected the same "
            "images in the same layout."
        )
    shape = check_image_shape(image_shape, clean)
    return as_nhwc(clean, shape), as_nhwc(denoised, shape)
