"""Comparison: whether denoising helps a classifier, and more than its rivals do."""

from skdenoise.comparison.comparison import compare_denoising
from skdenoise.comparison.result import DenoisingComparison

__all__ = ["DenoisingComparison", "compare_denoising"]
