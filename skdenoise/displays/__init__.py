"""Displays: plots of results, with the interface of scikit-learn's displays.

The modules import evaluation, denoisers and everything below them.
"""

from skdenoise.displays.certified import CertifiedAccuracyDisplay
from skdenoise.displays.denoising import DenoisingDisplay
from skdenoise.displays.intervals import IntervalDisplay
from skdenoise.displays.novelty import NoiseNoveltyDisplay
from skdenoise.displays.robustness import RobustnessCurveDisplay
from skdenoise.displays.training import TrainingCurveDisplay

__all__ = [
    "CertifiedAccuracyDisplay",
    "DenoisingDisplay",
    "IntervalDisplay",
    "NoiseNoveltyDisplay",
    "RobustnessCurveDisplay",
    "TrainingCurveDisplay",
]
