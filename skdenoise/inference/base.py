"""Step: the base class of everything that `transform` does beyond one pass through the network.

To add one: a module with a subclass of `InferenceStep`, and one line in `by_name.INFERENCE_STEPS`.
"""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator


class InferenceStep(BaseEstimator, ABC):
    """One step of ``UNetDenoiser(inference=...)``, which wraps a denoising and calls it several times.

    A search can vary its parameters, for example ``denoise__inference__n_scales``.
    """

    def check(self, *, supervision, augment, inner):
        """Check that the step suits the way the network learns.

        Parameters
        ----------
        supervision : Supervision
            The way the network learns.
        augment : bool
            Whether it learns from flipped and turned images.
        inner : list of InferenceStep
            The steps that this one wraps.

        Raises
        ------
        ValueError
            If the step does not suit it, or if the parameters of the step are wrong.
        """

    @abstractmethod
    def wrap(self, denoise, network):
        """Return a function that denoises in several passes.

        Parameters
        ----------
        denoise : callable
            The denoising to wrap, ``denoise(images, pixels, clip=None)``, as `TrainedNetwork.denoise`.
        network : TrainedNetwork
            The network that all steps use.

        Returns
        -------
        callable
            The new denoising, with the same arguments.
        """
