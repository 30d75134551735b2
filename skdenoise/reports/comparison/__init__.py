"""Comparison: whether denoising helps a classifier more than its rivals do."""

from skdenoise.reports.comparison.comparison import compare_denoising
from skdenoise.reports.comparison.result import ComparisonDisplay, DenoisingComparison

__all__ = ["ComparisonDisplay", "DenoisingComparison", "compare_denoising"]
