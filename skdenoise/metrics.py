"""Metrics: how close images are to clean ones, a number for each image."""

import numpy as np

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.ragged import ImageList, is_image_list


def psnr(clean, denoised, *, data_range, image_shape=None):
    """Peak signal-to-noise ratio of each image.

    Parameters
    ----------
    clean, denoised : array-like of shape (n, n_features), (n, height, width[, channels]), or list
        The true images, and those to judge; the same shape. Images of a list may differ in size.
    data_range : float
        The span from black to white, as in scikit-image: 1 for floats in 0..1, 255 for uint8.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows.

    Returns
    -------
    ndarray of shape (n,)
        In dB, ``10 log10(data_range**2 / mse)``; infinity where the images are equal.

    See Also
    --------
    skimage.metrics.peak_signal_noise_ratio : Computes each of them.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import psnr
    >>> clean = np.zeros((2, 8, 8))
    >>> psnr(clean, clean + 0.1, data_range=1)
    array([20., 20.])
    """
    from skimage.metrics import peak_signal_noise_ratio

    clean, denoised = _check_pair(clean, denoised, image_shape)
    with np.errstate(divide="ignore"):
        return np.array(
            [
                peak_signal_noise_ratio(c, d, data_range=data_range)
                for c, d in zip(clean, denoised, strict=True)
            ]
        )


def ssim(clean, denoised, *, data_range, image_shape=None):
    """Structural similarity (SSIM) of each image.

    Parameters
    ----------
    clean, denoised : array-like of shape (n, n_features), (n, height, width[, channels]), or list
        The true images, and those to judge; the same shape, at least 3x3 pixels. Images of a list
        may differ in size.
    data_range : float
        The span from black to white, as in scikit-image: 1 for floats in 0..1, 255 for uint8.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows.

    Returns
    -------
    ndarray of shape (n,)
        1 where the images are equal; the mean over a 7x7 window that slides over the image (the
        largest odd one that fits, where that is smaller) and over the channels [1]_.

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
    clean, denoised = _check_pair(clean, denoised, image_shape)
    return np.array([_ssim(c, d, data_range) for c, d in zip(clean, denoised, strict=True)])


METRICS = {"psnr": psnr, "ssim": ssim}


def _ssim(clean, denoised, data_range):
    from skimage.metrics import structural_similarity

    side = min(clean.shape[:2])
    if side < 3:
        raise ValueError(f"SSIM needs images of at least 3x3 pixels; got {clean.shape[:2]}.")
    window = min(7, side - (side + 1) % 2)
    return structural_similarity(
        clean, denoised, data_range=data_range, channel_axis=-1, win_size=window
    )


def _check_pair(clean, denoised, image_shape):
    """Return images (height, width, channels), two arrays or two lists of them."""
    if is_image_list(clean) and is_image_list(denoised):
        clean, denoised = ImageList(clean, "clean"), ImageList(denoised, "denoised")
        clean.check_same_sizes(denoised)
        return clean, denoised
    clean, denoised = check_images(clean, name="clean"), check_images(denoised, name="denoised")
    if clean.shape != denoised.shape:
        raise ValueError(
            f"clean has shape {clean.shape} and denoised {denoised.shape}; both must be the same "
            "images in the same layout."
        )
    shape = check_image_shape(image_shape, clean)
    return as_nhwc(clean, shape), as_nhwc(denoised, shape)
