"""Step: what `transform` does beyond one pass through the network, as objects with a name.

To add one: a module with a subclass of `InferenceStep`, and one line in `by_name.INFERENCE_STEPS`.
"""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator


class InferenceStep(BaseEstimator, ABC):
    """One step of ``UNetDenoiser(inference=...)``: it calls the denoising that it wraps several times.

    Its parameters may be searched over, as ``denoise__inference__n_scales``.
    """

    def check(self, *, supervision, augment, inner):
        """Check that the step suits how the network has learned.

        Parameters
        ----------
        supervision : Supervision
            How the network learns.
        augment : bool
            Whether it learns from images that are flipped and turned.
        inner : list of InferenceStep
            The steps that this one wraps.

        Raises
        ------
        ValueError
            If it does not, or if the step's parameters are wrong.
        """

    @abstractmethod
    def wrap(self, denoise, network):
        """Return a function that denoises in several passes.

        Parameters
        ----------
        denoise : callable
            ``denoise(images, pixels, clip=None)``: see `TrainedNetwork.denoise`. What the step wraps.
        network : TrainedNetwork
            The network at the bottom of it.

        Returns
        -------
        callable
            With the same arguments.
        """
