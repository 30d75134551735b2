"""Noise: models of noise, adding it to images, augmentation, fitting and estimation.

May import ``images``, ``base`` and the shared modules of the package, and no Keras.
"""

from skdenoise.noise.adding import add_noise
from skdenoise.noise.augmenters import NoiseAugmenter, NoiseResampler
from skdenoise.noise.by_name import noise_names
from skdenoise.noise.camera import CameraNoise, LowLight
from skdenoise.noise.camera_pipeline import CameraPipeline
from skdenoise.noise.correlated import CorrelatedGaussianNoise, RowNoise
from skdenoise.noise.digital import JPEGCompression, Pixelate
from skdenoise.noise.estimation import estimate_noise
from skdenoise.noise.fitting import fit_noise_model
from skdenoise.noise.light import Brightness, Contrast, Fog
from skdenoise.noise.mixture import Compose, RandomChoice
from skdenoise.noise.model import CatalogueModel, NoiseModel
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
from skdenoise.noise.severity import CommonCorruption

__all__ = [
    "Brightness",
    "CameraNoise",
    "CameraPipeline",
    "CatalogueModel",
    "CommonCorruption",
    "Compose",
    "Contrast",
    "CorrelatedGaussianNoise",
    "DeadPixels",
    "DefocusBlur",
    "Fog",
    "GaussianBlur",
    "GaussianNoise",
    "JPEGCompression",
    "LowLight",
    "MotionBlur",
    "NoiseAugmenter",
    "NoiseModel",
    "NoiseResampler",
    "Pixelate",
    "PoissonNoise",
    "Quantization",
    "RandomChoice",
    "RandomErasing",
    "RowNoise",
    "SaltAndPepperNoise",
    "SpeckleNoise",
    "UniformNoise",
    "add_noise",
    "estimate_noise",
    "fit_noise_model",
    "noise_names",
]
