"""Displays: plots of results, with the interface of scikit-learn's displays."""

from skdenoise.displays.denoising import DenoisingDisplay
from skdenoise.displays.robustness import RobustnessCurveDisplay
from skdenoise.displays.training import TrainingCurveDisplay

__all__ = ["DenoisingDisplay", "RobustnessCurveDisplay", "TrainingCurveDisplay"]
