"""A learned image denoiser for scikit-learn pipelines.

Importing the package does not load Keras or TensorFlow. They load when the first network is built.
"""

from skdenoise.classifier.denoising_classifier import DenoisingClassifier
from skdenoise.dask import map_images
from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.denoisers.loading import load
from skdenoise.denoisers.own_range import denoise_images
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.displays import (
    CertifiedAccuracyDisplay,
    DenoisingDisplay,
    IntervalDisplay,
    NoiseNoveltyDisplay,
    RobustnessCurveDisplay,
    TrainingCurveDisplay,
)
from skdenoise.displays.drawing import plot_image_rows
from skdenoise.evaluation.conformal import ConformalDenoiser
from skdenoise.evaluation.novelty import NoiseNoveltyDetector
from skdenoise.evaluation.scorers import noisy_scorer, psnr_scorer, ssim_scorer
from skdenoise.evaluation.stein import PSNREstimate, estimate_psnr, estimated_psnr_scorer
from skdenoise.flattening import ImageFlattener
from skdenoise.inference.j_invariant import JInvariant
from skdenoise.inference.multiscale import MultiScale
from skdenoise.inference.self_ensemble import SelfEnsemble
from skdenoise.io.image_files import ImageFolder
from skdenoise.metrics import psnr, ssim
from skdenoise.noise import (
    Brightness,
    CameraNoise,
    CameraPipeline,
    CatalogueModel,
    CommonCorruption,
    Compose,
    Contrast,
    CorrelatedGaussianNoise,
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
    RowNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
    UniformNoise,
    add_noise,
    estimate_noise,
    fit_noise_model,
    noise_names,
)
from skdenoise.onnx import register_onnx_converters, to_onnx
from skdenoise.reports.certificate import Certificate, certify
from skdenoise.reports.comparison import ComparisonDisplay, DenoisingComparison, compare_denoising
from skdenoise.reports.corruptions import CorruptionReport, corruption_report

__version__ = "0.1.0"

__all__ = [
    "Brightness",
    "CameraNoise",
    "CameraPipeline",
    "CatalogueModel",
    "Certificate",
    "CertifiedAccuracyDisplay",
    "CommonCorruption",
    "ComparisonDisplay",
    "Compose",
    "ConformalDenoiser",
    "Contrast",
    "CorrelatedGaussianNoise",
    "CorruptionReport",
    "DeadPixels",
    "DefocusBlur",
    "DenoisingClassifier",
    "DenoisingComparison",
    "DenoisingDisplay",
    "FilterDenoiser",
    "Fog",
    "GaussianBlur",
    "GaussianNoise",
    "ImageFlattener",
    "ImageFolder",
    "IntervalDisplay",
    "JInvariant",
    "JPEGCompression",
    "LowLight",
    "MotionBlur",
    "MultiScale",
    "NoiseAugmenter",
    "NoiseModel",
    "NoiseNoveltyDetector",
    "NoiseNoveltyDisplay",
    "NoiseResampler",
    "PSNREstimate",
    "Pixelate",
    "PoissonNoise",
    "Quantization",
    "RandomChoice",
    "RandomErasing",
    "RobustnessCurveDisplay",
    "RowNoise",
    "SaltAndPepperNoise",
    "SelfEnsemble",
    "SpeckleNoise",
    "SubspaceDenoiser",
    "TrainingCurveDisplay",
    "UNetDenoiser",
    "UniformNoise",
    "add_noise",
    "certify",
    "compare_denoising",
    "corruption_report",
    "denoise_images",
    "estimate_noise",
    "estimate_psnr",
    "estimated_psnr_scorer",
    "fit_noise_model",
    "load",
    "map_images",
    "noise_names",
    "noisy_scorer",
    "plot_image_rows",
    "psnr",
    "psnr_scorer",
    "register_onnx_converters",
    "ssim",
    "ssim_scorer",
    "to_onnx",
]
