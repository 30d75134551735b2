"""J-invariance: denoise each pixel while it is hidden from the network."""

from functools import partial

import numpy as np

from skdenoise.images.pixels import changed_in_unit
from skdenoise.inference.base import InferenceStep
from skdenoise.supervision.blind_spots import hidden_predictions


class JInvariant(InferenceStep):
    """Denoise each pixel while it is hidden, so that its noise does not influence the result [1]_.

    It takes sixteen passes over each image. It needs ``supervision="self"``, with which the network
    learns to predict hidden pixels.

    References
    ----------
    .. [1] J. Batson and L. Royer, "Noise2Self: Blind Denoising by Self-Supervision", ICML 2019.

    Examples
    --------
    >>> from skdenoise import JInvariant, UNetDenoiser
    >>> UNetDenoiser(supervision="self", inference=JInvariant()).get_params()[
    ...     "inference"
    ... ]
    JInvariant()
    """

    def check(self, *, supervision, augment, inner):
        """Check that the network learns to predict hidden pixels."""
        if supervision.direction is not None:
            raise ValueError(
                "inference='j_invariant' hides single pixels, but the network has learned to predict whole "
                f"lines, with supervision={supervision.name!r}. Leave the step out."
            )
        if not supervision.hides_pixels:
            raise ValueError(
                "inference='j_invariant' hides pixels, which the network has not learned to predict "
                f'with supervision={supervision.name!r}. Set supervision="self", or leave the step out.'
            )

    def wrap(self, denoise, network):
        """Return a function that hides each pixel once."""

        def predict_all(noisy):
            predicted = np.empty_like(noisy)
            for grid, values in hidden_predictions(denoise, noisy):
                predicted[:, grid] = values
            return predicted

        return partial(changed_in_unit, predict_all)
