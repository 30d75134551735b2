"""Occlusion: hide a part of the image."""

import math
from typing import Self

import numpy as np

from skdenoise.noise.model import (
    CatalogueModel,
    check_limits,
    check_number,
    draw_log_uniform,
    draw_strength,
    severity_table,
)
from skdenoise.typing import Strength, UnitImages


class RandomErasing(CatalogueModel):
    """Erase a random rectangle of the image.

    Parameters
    ----------
    area : float or (low, high), default=(0.02, 0.4)
        Share of the image that is erased, between 0 and 1. If a range, drawn uniformly for each
        image.
    aspect_ratio : float or (low, high), default=(0.3, 3.3)
        Height of the rectangle over its width. If a range, drawn log-uniformly for each image.
    value : float, default=None
        Values in the rectangle, in units of the value range. If None, each value is drawn uniformly
        between 0 and 1.

    Notes
    -----
    Based on Zhong et al. [1]_, with their default ranges. They erase a rectangle in half of the
    images, draw the aspect ratio uniformly, and draw again until the rectangle fits. Here, a
    rectangle that is longer than the image is cut to the length of the image and made wider. There
    are no published severities. This package uses areas of 0.05, 0.1, 0.15, 0.2 and 0.3.

    References
    ----------
    .. [1] Z. Zhong et al., "Random Erasing Data Augmentation", AAAI 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import RandomErasing
    >>> white = np.ones((1, 20, 20, 1), dtype=np.float32)
    >>> erased = RandomErasing(area=0.25, aspect_ratio=1, value=0)(
    ...     white, np.random.default_rng(0)
    ... )
    >>> print(1 - erased.mean())
    0.25
    """

    severities = severity_table("area", ours=(0.05, 0.1, 0.15, 0.2, 0.3))

    def __init__(
        self,
        area: Strength = (0.02, 0.4),
        aspect_ratio: Strength = (0.3, 3.3),
        value: float | None = None,
    ) -> None:
        self.area = area
        self.aspect_ratio = aspect_ratio
        self.value = value

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Overwrite a rectangle of each image."""
        n_images, height, width, _ = images.shape
        area = draw_strength("area", self.area, n_images, rng, high=1) * (height * width)
        ratio = self._draw_ratio(n_images, rng)
        rows, columns = _sides(area.ravel(), ratio.ravel(), height, width)
        in_rows = _interval(rows, height, rng).reshape(n_images, height, 1, 1)
        in_columns = _interval(columns, width, rng).reshape(n_images, 1, width, 1)
        if self.value is None:
            filling = rng.random(images.shape, dtype=np.float32)
        else:
            filling = np.float32(check_number("value", self.value, -math.inf))
        return np.where(in_rows & in_columns, filling, images)

    def _draw_ratio(self, n_images, rng):
        low, _ = check_limits("aspect_ratio", self.aspect_ratio, 0, math.inf)
        if low == 0:
            raise ValueError(f"aspect_ratio={self.aspect_ratio!r} must be above 0.")
        return draw_log_uniform("aspect_ratio", self.aspect_ratio, n_images, rng)

    @classmethod
    def from_factor(cls, noise_factor: Strength) -> Self:
        """Make the model with ``area=noise_factor``."""
        return cls(area=noise_factor)


def _sides(area, ratio, height, width):
    """Return height and width, in whole pixels, of rectangles that fit into the image."""
    rows = np.clip(np.rint(np.sqrt(area * ratio)), 1, height)
    # A rectangle that is too long is made wider, and one that is too wide is made longer.
    columns = np.clip(np.rint(area / rows), 0, width)
    rows = np.clip(np.rint(area / np.maximum(columns, 1)), 0, height)
    return rows.astype(int), columns.astype(int)


def _interval(lengths, size, rng):
    """Return a mask of `size` places, True in an interval of given length at a random position."""
    lengths = lengths[:, np.newaxis]
    first = rng.integers(0, size - lengths, endpoint=True)
    places = np.arange(size)
    return (places >= first) & (places < first + lengths)
