"""Adding noise: to images of any layout, value range and dtype."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat, changed_in_unit, chunks
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.seeding import Stream, draw_seed, generator
from skdenoise.typing import (
    Images,
    ImageShape,
    NoiseFunction,
    Pixel,
    RandomState,
    Severity,
    Strength,
    UnitImages,
    ValueRange,
)

# The largest item, by kind of dtype, whose values float32 represents exactly: noise is added in float32.
_EXACT_BYTES = {"b": 1, "u": 2, "i": 2, "f": 4}


@overload
def add_noise(
    X: NDArray[Pixel],
    noise: str | NoiseFunction = "gaussian",
    noise_factor: Strength | None = None,
    *,
    severity: Severity | None = None,
    scale: str | None = None,
    random_state: RandomState = None,
    clip: bool | None = None,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    **noise_params: Any,
) -> NDArray[Pixel]: ...
@overload
def add_noise(
    X: ArrayLike,
    noise: str | NoiseFunction = "gaussian",
    noise_factor: Strength | None = None,
    *,
    severity: Severity | None = None,
    scale: str | None = None,
    random_state: RandomState = None,
    clip: bool | None = None,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    **noise_params: Any,
) -> Images: ...
def add_noise(
    X: ArrayLike,
    noise: str | NoiseFunction = "gaussian",
    noise_factor: Strength | None = None,
    *,
    severity: Severity | None = None,
    scale: str | None = None,
    random_state: RandomState = None,
    clip: bool | None = None,
    image_shape: ImageShape | None = None,
    value_range: ValueRange | None = None,
    **noise_params: Any,
) -> Images:
    """Add noise to images.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Clean images.
    noise : str or noise model, default="gaussian"
        A name (see `noise_names`; names of ImageNet-C are also accepted) or a noise model.
    noise_factor : float or (low, high), default=None
        Strength of a named model; 0 is no noise. For ``"gaussian"`` and ``"speckle"``, the standard
        deviation in units of the value range. For ``"salt_and_pepper"``, the share of values that
        are replaced. For ``"poisson"``, 1 / sqrt(photons at white). For other models, see their
        class. If a range, drawn for each image. If None, uses the model's default (Gaussian: 0.4).
    severity : int or (low, high), default=None
        Strength of a named model as in ImageNet-C, from 1 to 5; 0 is no noise. The result is
        clipped to the value range, as in the published benchmark.
    scale : {"cifar", "imagenet"}, default=None
        The table of severities. If None, uses ``"cifar"`` for images below 64 pixels and
        ``"imagenet"`` for larger ones.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.
    clip : bool, default=None
        Whether to clip noisy values to the value range. If None, clips only integers. With
        `severity`, values are always clipped. Values that the dtype cannot hold, such as float16
        beyond 65504, are clipped to those that it can.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, a row is a square grey image, or a strip of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from `X`.
    **noise_params
        Parameters of the named model, such as ``amount=0.1``.

    Returns
    -------
    ndarray
        Noisy images with the shape and dtype of `X`.

    See Also
    --------
    CommonCorruption : The noise model for `severity`.

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
    >>> blurred = add_noise(
    ...     images, "motion_blur", severity=3, scale="cifar", random_state=0
    ... )
    >>> print(blurred.mean())
    200.0
    """
    X = check_images(X)
    model = resolve_noise(noise, noise_factor, severity=severity, scale=scale, **noise_params)
    shape = check_image_shape(image_shape, X)
    pixels = PixelFormat(X.dtype, check_value_range(value_range, X))
    rng = generator(draw_seed(random_state), Stream.ADD_NOISE)
    return corrupt(as_nhwc(X, shape), model, pixels, rng, clip=clip).reshape(X.shape)


def corrupt(
    images: Images,
    model: NoiseFunction,
    pixels: PixelFormat,
    rng: np.random.Generator,
    *,
    clip: bool | None = None,
) -> Images:
    """Add noise to stored NHWC images, and return them in the same format, `pixels`."""
    noisy = changed_in_unit(lambda unit: corrupt_unit(unit, model, rng), images, pixels, clip)
    if images.dtype.itemsize > _EXACT_BYTES[images.dtype.kind]:
        for part in chunks(images):
            # Where the noise changed nothing, keep the stored value: float32 has rounded it.
            before, after = (pixels.to_unit(each[part]) for each in (images, noisy))
            np.copyto(noisy[part], images[part], where=before == after)
    return noisy


def corrupt_unit(images: UnitImages, model: NoiseFunction, rng: np.random.Generator) -> UnitImages:
    """Apply a noise model, and check the result."""
    noisy = np.asarray(model(images, rng))
    if noisy.shape != images.shape or not np.isfinite(noisy).all():
        raise ValueError(
            f"The noise model {model!r} turned images of shape {images.shape} into an array of "
            f"shape {noisy.shape}, finite: {bool(np.isfinite(noisy).all())}. It must keep the "
            "shape and return finite values."
        )
    return noisy.astype(np.float32, copy=False)
