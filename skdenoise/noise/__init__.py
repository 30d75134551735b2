"""Noise: models of it, adding it to images, and augmenting training data with it."""

from skdenoise.noise.augmentation import NoiseAugmenter, NoiseResampler
from skdenoise.noise.catalogue import noise_names
from skdenoise.noise.corruption import add_noise
from skdenoise.noise.models import (
    GaussianNoise,
    NoiseModel,
    PoissonNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
)

__all__ = [
    "GaussianNoise",
    "NoiseAugmenter",
    "NoiseModel",
    "NoiseResampler",
    "PoissonNoise",
    "SaltAndPepperNoise",
    "SpeckleNoise",
    "add_noise",
    "noise_names",
]
