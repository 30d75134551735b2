"""Severity: noise models with the strengths of published benchmarks."""

from numbers import Integral

import numpy as np

from skdenoise.noise.by_name import named_model
from skdenoise.noise.model import CatalogueModel, NoiseModel, apply_by_group, draw_integers
from skdenoise.typing import Severity, UnitImages

# CIFAR-C has images of 32x32. TinyImageNet-C has 64x64, with strengths close to ImageNet-C.
_CIFAR_BELOW = 64


class CommonCorruption(NoiseModel):
    """A corruption at a severity, as in ImageNet-C, CIFAR-C and MNIST-C.

    Parameters
    ----------
    name : str, default="gaussian"
        One of `noise_names`, or a name of ImageNet-C.
    severity : int or (low, high), default=3
        From 1 to 5; 0 is the identity. If a range, drawn uniformly for each image, ends included.
    scale : {"cifar", "imagenet"}, default=None
        The table of strengths. If None, uses ``"cifar"`` for images below 64 pixels and
        ``"imagenet"`` for larger ones. MNIST-C uses ``"imagenet"`` for 28x28.

    Notes
    -----
    The result is clipped to 0..1, as in the published benchmark. For models that are not in
    ImageNet-C, the documentation of their class states the severities.

    References
    ----------
    .. [1] D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common
       Corruptions and Perturbations", ICLR 2019.
    .. [2] N. Mu and J. Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import CommonCorruption, add_noise
    >>> images = np.full((10, 32, 32), 0.5)
    >>> CommonCorruption("gaussian_noise", severity=5).model(32)
    GaussianNoise(sigma=0.1)
    >>> noisy = add_noise(
    ...     images, CommonCorruption("gaussian_noise", severity=5), random_state=0
    ... )
    >>> print(f"{noisy.std():.2f}")
    0.10
    """

    def __init__(
        self, name: str = "gaussian", severity: Severity = 3, scale: str | None = None
    ) -> None:
        self.name = name
        self.severity = severity
        self.scale = scale

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Corrupt each image with its severity."""
        named_model(self.name)
        severities = draw_integers("severity", self.severity, len(images), rng, 0, 5)
        used = set(severities[severities > 0].tolist())
        models = {severity: self._clipped(severity, images) for severity in sorted(used)}
        return apply_by_group(models, severities, images, rng)

    def model(self, size: int) -> CatalogueModel:
        """Return the noise model for this severity and size of images.

        Parameters
        ----------
        size : int
            Height or width in pixels, the larger one. Only used if `scale` is None.

        Returns
        -------
        CatalogueModel
            The model at the published strength.
        """
        if not isinstance(self.severity, Integral) or not 1 <= self.severity <= 5:
            raise ValueError(f"severity={self.severity!r} must be an integer from 1 to 5.")
        return self._model(self.severity, size)

    def _model(self, severity, size):
        scale = self.scale
        if scale is None:
            scale = "cifar" if size < _CIFAR_BELOW else "imagenet"
        if scale not in ("cifar", "imagenet"):
            raise ValueError(f"scale={scale!r} is neither 'cifar' nor 'imagenet'.")
        return named_model(self.name).from_severity(severity, scale)

    def _clipped(self, severity, images):
        model = self._model(severity, max(images.shape[1:3]))
        return lambda images, rng: np.clip(model(images, rng), 0, 1)
