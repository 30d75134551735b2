"""Types: the words that the signatures of this package share.

The module imports NumPy, and nothing of this package.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

# (height, width) or (height, width, channels)
ImageShape: TypeAlias = tuple[int, int] | tuple[int, int, int]

# (black, white)
ValueRange: TypeAlias = tuple[float, float]

# One strength, or the range that a strength is drawn from for each image.
Strength: TypeAlias = float | tuple[float, float]
Severity: TypeAlias = int | tuple[int, int]

RandomState: TypeAlias = int | np.random.RandomState | None

# Images of any layout and dtype.
Images: TypeAlias = NDArray[Any]

# Images of one size, or a list of images that may differ in size.
ImagesOrList: TypeAlias = ArrayLike | Sequence[NDArray[Any]]

# Images NHWC in units of the value range, as noise models and networks take them.
UnitImages: TypeAlias = NDArray[np.float32]

# A noise model, or any function with its signature.
NoiseFunction: TypeAlias = Callable[[UnitImages, np.random.Generator], UnitImages]

# The dtype of images that is the same after a call.
Pixel = TypeVar("Pixel", bound=np.generic)
