"""Displays: pictures of what was computed, in the manner of scikit-learn's own displays."""

from skdenoise.displays.denoising import DenoisingDisplay
from skdenoise.displays.robustness import RobustnessCurveDisplay
from skdenoise.displays.training import TrainingCurveDisplay

__all__ = ["DenoisingDisplay", "RobustnessCurveDisplay", "TrainingCurveDisplay"]
