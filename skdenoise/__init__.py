"""A learned image denoiser for scikit-learn pipelines.

Importing the package loads neither Keras nor TensorFlow; the first network that is built does.
"""

from skdenoise.denoiser import UNetDenoiser
from skdenoise.evaluation import noisy_scorer
from skdenoise.metrics import psnr, psnr_scorer, ssim, ssim_scorer
from skdenoise.noise import (
    Brightness,
    CameraNoise,
    CatalogueModel,
    CommonCorruption,
    Compose,
    Contrast,
    DeadPixels,
    DefocusBlur,
    Fog,
    GaussianBlur,
    GaussianNoise,
    JPEGCompression,
    LowLight,
    MotionBlur,
    NoiseAugmenter,
    NoiseModel,
    NoiseResampler,
    Pixelate,
    PoissonNoise,
    Quantization,
    RandomChoice,
    RandomErasing,
    SaltAndPepperNoise,
    SpeckleNoise,
    UniformNoise,
    add_noise,
    noise_names,
)

__version__ = "0.1.0"

__all__ = [
    "Brightness",
    "CameraNoise",
    "CatalogueModel",
    "CommonCorruption",
    "Compose",
    "Contrast",
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
    "SaltAndPepperNoise",
    "SpeckleNoise",
    "UNetDenoiser",
    "UniformNoise",
    "add_noise",
    "noise_names",
    "noisy_scorer",
    "psnr",
    "psnr_scorer",
    "ssim",
    "ssim_scorer",
]
