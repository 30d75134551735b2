"""A learned image denoiser for scikit-learn pipelines.

Importing the package loads neither Keras nor TensorFlow; the first network that is built does.
"""

from skdenoise.denoiser import UNetDenoiser
from skdenoise.evaluation import noisy_scorer
from skdenoise.metrics import psnr, psnr_scorer, ssim, ssim_scorer
from skdenoise.noise import (
    GaussianNoise,
    NoiseAugmenter,
    NoiseModel,
    NoiseResampler,
    PoissonNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
    add_noise,
    noise_names,
)

__version__ = "0.1.0"

__all__ = [
    "GaussianNoise",
    "NoiseAugmenter",
    "NoiseModel",
    "NoiseResampler",
    "PoissonNoise",
    "SaltAndPepperNoise",
    "SpeckleNoise",
    "UNetDenoiser",
    "add_noise",
    "noise_names",
    "noisy_scorer",
    "psnr",
    "psnr_scorer",
    "ssim",
    "ssim_scorer",
]
