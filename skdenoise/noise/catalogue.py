"""The catalogue: the names of the noise models."""

from skdenoise.noise.camera import CameraNoise, LowLight
from skdenoise.noise.digital import JPEGCompression, Pixelate
from skdenoise.noise.light import Brightness, Contrast, Fog
from skdenoise.noise.occlusion import RandomErasing
from skdenoise.noise.optics import DefocusBlur, GaussianBlur, MotionBlur
from skdenoise.noise.sensor import (
    DeadPixels,
    GaussianNoise,
    PoissonNoise,
    Quantization,
    SaltAndPepperNoise,
    SpeckleNoise,
    UniformNoise,
)

_MODELS = {
    "gaussian": GaussianNoise,
    "poisson": PoissonNoise,
    "salt_and_pepper": SaltAndPepperNoise,
    "speckle": SpeckleNoise,
    "uniform": UniformNoise,
    "camera": CameraNoise,
    "dead_pixels": DeadPixels,
    "quantization": Quantization,
    "gaussian_blur": GaussianBlur,
    "defocus_blur": DefocusBlur,
    "motion_blur": MotionBlur,
    "low_light": LowLight,
    "brightness": Brightness,
    "contrast": Contrast,
    "fog": Fog,
    "jpeg_compression": JPEGCompression,
    "pixelate": Pixelate,
    "random_erasing": RandomErasing,
}

# The names of ImageNet-C, where they are others, whose data sets many users come from.
_ALIASES = {
    "gaussian_noise": "gaussian",
    "shot_noise": "poisson",
    "impulse_noise": "salt_and_pepper",
    "speckle_noise": "speckle",
}


def noise_names() -> list[str]:
    """Return the names of the noise models, sorted.

    Examples
    --------
    >>> from skdenoise import noise_names
    >>> noise_names()[:3]
    ['brightness', 'camera', 'contrast']
    """
    return sorted(_MODELS)


def named_model(name):
    """Return the class of a noise model.

    Raises
    ------
    ValueError
        For a name that is none of `noise_names` and none of ImageNet-C's.
    """
    model = _MODELS.get(_ALIASES.get(name, name))
    if model is None:
        raise ValueError(
            f"noise={name!r} is not a known noise model; the names are {noise_names()}."
        )
    return model


def catalogue_name(name) -> str:
    """Return the name by which the catalogue knows a model, which ImageNet-C may call another."""
    named_model(name)
    return _ALIASES.get(name, name)


def name_of(model) -> str | None:
    """Return the name of a model of the catalogue, None for others."""
    names = [name for name, known in _MODELS.items() if type(model) is known]
    return names[0] if names else None
