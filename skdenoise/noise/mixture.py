"""Mixtures: several noise models in turn, or one of several for each image."""

import numpy as np

from skdenoise.noise.by_name import resolve_noise
from skdenoise.noise.catalogue import catalogue_name, name_of
from skdenoise.noise.model import NoiseModel, apply_by_group
from skdenoise.noise.severity import CommonCorruption


class Compose(NoiseModel):
    """Apply several noise models, one after the other.

    A search goes over whole lists: ``noise__models=[[...], [...]]``.

    Parameters
    ----------
    models : list of str or noise model
        Names (`noise_names`), at their default strength, or instances.

    See Also
    --------
    RandomChoice : One of several for each image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import Compose, GaussianBlur, GaussianNoise, add_noise
    >>> camera = Compose([GaussianBlur(sigma=1), GaussianNoise(sigma=0.1)])
    >>> add_noise(np.zeros((3, 8, 8)), camera, random_state=0).shape
    (3, 8, 8)
    """

    def __init__(self, models):
        self.models = models

    def __call__(self, images, rng):
        """Apply the models in their order."""
        for model in _resolve(self.models):
            images = model(images, rng)
        return images


class RandomChoice(NoiseModel):
    """Apply one of several noise models, drawn for each image.

    A denoiser that is trained on it is blind to which of them it will meet. A search goes over whole
    lists: ``noise__models=[[...], [...]]``.

    Parameters
    ----------
    models : list of str or noise model
        Names (`noise_names`), at their default strength, or instances.
    p : list of float, default=None
        Their probabilities; ``None`` draws each as often as the others.

    See Also
    --------
    Compose : All of them, in turn.

    Examples
    --------
    >>> import numpy as np
    >>> from skdenoise import GaussianNoise, RandomChoice, add_noise
    >>> either = RandomChoice([GaussianNoise(sigma=0.1), "salt_and_pepper"], p=[0.2, 0.8])
    >>> noisy = add_noise(np.full((500, 8, 8), 0.5), either, random_state=0)
    >>> salted = (noisy == 0.5).any(axis=(1, 2))
    >>> print(f"{salted.mean():.1f}")
    0.8
    """

    def __init__(self, models, p=None):
        self.models = models
        self.p = p

    def __call__(self, images, rng):
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
                f"p={self.p!r} must be one probability for each of the {len(self.models)} models, "
                "which add up to 1."
            )
        return p / p.sum()


def _resolve(models):
    if isinstance(models, str) or not isinstance(models, list | tuple) or not models:
        raise ValueError(f"models={models!r} must be a list of at least one name or noise model.")
    return [resolve_noise(model) for model in models]


def names_in(model) -> set[str]:
    """Return the names of the models of the catalogue that a noise model consists of."""
    if isinstance(model, CommonCorruption):
        return {catalogue_name(model.name)}
    if isinstance(model, Compose | RandomChoice):
        return set().union(*(names_in(part) for part in _resolve(model.models)))
    return {name_of(model)} - {None}
