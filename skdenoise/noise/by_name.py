"""By name: the noise models that `add_noise` and the denoisers take by a name.

To add one: its class, in the module of its family, and one line at the end of `_MODELS`.
"""

from skdenoise.noise.camera import CameraNoise, LowLight
from skdenoise.noise.camera_pipeline import CameraPipeline
from skdenoise.noise.correlated import CorrelatedGaussianNoise, RowNoise
from skdenoise.noise.digital import JPEGCompression, Pixelate
from skdenoise.noise.light import Brightness, Contrast, Fog
from skdenoise.noise.model import CatalogueModel
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

# New models go to the end: what a report draws depends on the position.
_MODELS: dict[str, type[CatalogueModel]] = {
    "brightness": Brightness,
    "camera": CameraNoise,
    "contrast": Contrast,
    "dead_pixels": DeadPixels,
    "defocus_blur": DefocusBlur,
    "fog": Fog,
    "gaussian": GaussianNoise,
    "gaussian_blur": GaussianBlur,
    "jpeg_compression": JPEGCompression,
    "low_light": LowLight,
    "motion_blur": MotionBlur,
    "pixelate": Pixelate,
    "poisson": PoissonNoise,
    "quantization": Quantization,
    "random_erasing": RandomErasing,
    "salt_and_pepper": SaltAndPepperNoise,
    "speckle": SpeckleNoise,
    "uniform": UniformNoise,
    "camera_pipeline": CameraPipeline,
    "correlated_gaussian": CorrelatedGaussianNoise,
    "row": RowNoise,
}

# Names of ImageNet-C, which many users know, if they differ from the names above.
_ALIASES = {
    "gaussian_noise": "gaussian",
    "shot_noise": "poisson",
    "impulse_noise": "salt_and_pepper",
    "speckle_noise": "speckle",
}


def noise_names() -> list[str]:
    """Return the names of the noise models, sorted.

    Returns
    -------
    list of str
        What `noise` may be in `add_noise` and in the denoisers.

    Examples
    --------
    >>> from skdenoise import noise_names
    >>> noise_names()[:3]
    ['brightness', 'camera', 'camera_pipeline']
    """
    return sorted(_MODELS)


def named_model(name: str) -> type[CatalogueModel]:
    """Return the class of a noise model.

    Raises
    ------
    ValueError
        If the name is neither in `noise_names` nor a name of ImageNet-C.
    """
    model = _MODELS.get(_ALIASES.get(name, name))
    if model is None:
        raise ValueError(
            f"noise={name!r} is not a known noise model; expected one of {noise_names()}."
        )
    return model


def position_of(name: str) -> int:
    """Return a number for a model in the catalogue, which stays the same when others are added."""
    return list(_MODELS).index(name)


def catalogue_name(name: str) -> str:
    """Return the name of a model in the catalogue, given that name or the name of ImageNet-C."""
    named_model(name)
    return _ALIASES.get(name, name)


def name_of(model: object) -> str | None:
    """Return the name of a noise model in the catalogue, or None."""
    names = [name for name, known in _MODELS.items() if type(model) is known]
    return names[0] if names else None
