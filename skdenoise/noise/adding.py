"""Corruption: noise on images of any layout, range and dtype."""

import numpy as np

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat, changed_in_unit
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.by_name import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator


def add_noise(
    X,
    noise="gaussian",
    noise_factor=None,
    *,
    severity=None,
    scale=None,
    random_state=None,
    clip=None,
    image_shape=None,
    value_range=None,
    **noise_params,
):
    """Add noise to images.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Clean images.
    noise : str or noise model, default="gaussian"
        A name (`noise_names` lists them; those of ImageNet-C are known too) or an instance.
    noise_factor : float or (low, high), default=None
        The strength of a named model; 0 is no noise. For ``"gaussian"`` and ``"speckle"`` the
        standard deviation in units of the value range, for ``"salt_and_pepper"`` the share of
        values hit, for ``"poisson"`` 1 / sqrt(photons at white); for others see their class. A
        range is drawn from per image. ``None`` is the model's default (Gaussian: 0.4).
    severity : int or (low, high), default=None
        The strength of a named model as in ImageNet-C, from 1 to 5; 0 is no noise. The result is
        clipped to the value range, as published.
    scale : {"cifar", "imagenet"}, default=None
        Which table `severity` is from; ``None`` is ``"cifar"`` for images below 64 pixels.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.
    clip : bool, default=None
        Whether to limit noisy values to the value range. ``None`` limits integers and leaves floats.
        What `severity` asks for is limited in any case.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image or a strip.
    value_range : (low, high), default=None
        What is black and what is white; ``None`` infers it from `X`.
    **noise_params
        Parameters of the named model, such as ``amount=0.1``.

    Returns
    -------
    ndarray
        Noisy images of the shape and dtype of `X`.

    See Also
    --------
    CommonCorruption : What `severity` stands for, as a noise model.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import add_noise
    >>> images = np.full((2, 4, 4), 200, dtype=np.uint8)
    >>> noisy = add_noise(images, "gaussian", 0.1, random_state=0)
    >>> noisy.dtype, noisy.shape
    (dtype('uint8'), (2, 4, 4))
    >>> np.unique(add_noise(images, "salt_and_pepper", amount=0.5, random_state=0))
    array([  0, 200, 255], dtype=uint8)
    >>> blurred = add_noise(images, "motion_blur", severity=3, scale="cifar", random_state=0)
    >>> print(blurred.mean())
    200.0
    """
    X = check_images(X)
    model = resolve_noise(noise, noise_factor, severity=severity, scale=scale, **noise_params)
    shape = check_image_shape(image_shape, X)
    pixels = PixelFormat(X.dtype, check_value_range(value_range, X))
    rng = generator(draw_seed(random_state), Stream.ADD_NOISE)
    return corrupt(as_nhwc(X, shape), model, pixels, rng, clip=clip).reshape(X.shape)


def corrupt(images, model, pixels, rng, *, clip=None):
    """Return NHWC images, stored in `pixels`, with noise, stored in the same way."""
    return changed_in_unit(lambda unit: corrupt_unit(unit, model, rng), images, pixels, clip)


def corrupt_unit(images, model, rng):
    """Apply a noise model, and check what it made of the images."""
    noisy = np.asarray(model(images, rng))
    if noisy.shape != images.shape or not np.isfinite(noisy).all():
        raise ValueError(
            f"The noise model {model!r} turned images of shape {images.shape} into an array of "
            f"shape {noisy.shape}, finite: {bool(np.isfinite(noisy).all())}. It must keep the shape "
            "and give finite values."
        )
    return noisy.astype(np.float32, copy=False)
