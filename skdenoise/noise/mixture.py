"""Mixtures: apply several noise models in turn, or one of several to each image."""

from collections.abc import Sequence

import numpy as np

from skdenoise.noise.by_name import catalogue_name, name_of
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.noise.model import NoiseModel, apply_by_group
from skdenoise.noise.severity import CommonCorruption
from skdenoise.typing import NoiseFunction, UnitImages


class Compose(NoiseModel):
    """Apply several noise models, one after the other.

    To search over parameters, give whole lists: ``noise__models=[[...], [...]]``.

    Parameters
    ----------
    models : list of str or noise model
        Names (see `noise_names`), with their default strength, or noise models.

    See Also
    --------
    RandomChoice : Applies one of the models to each image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Compose, GaussianBlur, GaussianNoise, add_noise
    >>> camera = Compose([GaussianBlur(sigma=1), GaussianNoise(sigma=0.1)])
    >>> add_noise(np.zeros((3, 8, 8)), camera, random_state=0).shape
    (3, 8, 8)
    """

    def __init__(self, models: Sequence[str | NoiseFunction]) -> None:
        self.models = models

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Apply the models in order."""
        for model in _resolve(self.models):
            images = model(images, rng)
        return images


class RandomChoice(NoiseModel):
    """Apply one of several noise models, drawn at random, to each image.

    Use it to train one denoiser for several kinds of noise. To search over parameters, give whole
    lists: ``noise__models=[[...], [...]]``.

    Parameters
    ----------
    models : list of str or noise model
        Names (see `noise_names`), with their default strength, or noise models.
    p : list of float, default=None
        Probabilities of the models. If None, all models have the same probability.

    See Also
    --------
    Compose : Applies all of the models, in turn.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import GaussianNoise, RandomChoice, add_noise
    >>> either = RandomChoice(
    ...     [GaussianNoise(sigma=0.1), "salt_and_pepper"], p=[0.2, 0.8]
    ... )
    >>> noisy = add_noise(np.full((500, 8, 8), 0.5), either, random_state=0)
    >>> salted = (noisy == 0.5).any(axis=(1, 2))
    >>> print(f"{salted.mean():.1f}")
    0.8
    """

    def __init__(
        self, models: Sequence[str | NoiseFunction], p: Sequence[float] | None = None
    ) -> None:
        self.models = models
        self.p = p

    def __call__(self, images: UnitImages, rng: np.random.Generator) -> UnitImages:
        """Draw a model for each image, and apply it."""
        models = dict(enumerate(_resolve(self.models)))
        drawn = rng.choice(len(models), size=len(images), p=self._probabilities())
        return apply_by_group(models, drawn, images, rng)

    def _probabilities(self):
        if self.p is None:
            return None
        p = np.asarray(self.p, dtype=float)
        if p.shape != (len(self.models),) or not (p >= 0).all() or not np.isclose(p.sum(), 1):
            raise ValueError(
                f"p={self.p!r} must have one probability for each of the {len(self.models)} "
                "models, with the sum 1."
            )
        return p / p.sum()


def _resolve(models):
    if isinstance(models, str) or not isinstance(models, list | tuple) or not models:
        raise ValueError(f"models={models!r} must be a list with at least one name or noise model.")
    return [resolve_noise(model) for model in models]


def names_in(model: object) -> set[str]:
    """Return the names, in the catalogue, of all parts of a noise model."""
    if isinstance(model, CommonCorruption):
        return {catalogue_name(model.name)}
    if isinstance(model, Compose | RandomChoice):
        return set().union(*(names_in(part) for part in _resolve(model.models)))
    return {name_of(model)} - {None}
