"""Supervision: what all ways to learn have in common.

To add one: a module with a subclass of `Supervision`, and one line in `by_name.SUPERVISIONS`.
"""

from abc import ABC, abstractmethod

from skdenoise.images.value_range import robust_value_range
from skdenoise.supervision.pairs import Pairs


class Supervision(ABC):
    """A way to learn: what the network is given, what it should return, and what follows from that.

    The defaults are those of a way to learn from noisy images alone.

    Attributes
    ----------
    name : str
        What ``UNetDenoiser(supervision=...)`` calls it.
    learns_from_clean : bool
        Whether there are clean images, so that noise can be added to them or pairs be given.
    uses_noise : bool
        Whether the parameters `noise` and `noise_factor` matter.
    hides_pixels : bool
        Whether the network learns to predict pixels that it does not see.
    direction : {"row", "column"} or None
        The lines that are hidden as a whole, if any. Then images must not be turned by a quarter.
    pairs : type
        Makes the batches: `Pairs` or a subclass.
    target : str
        What the denoised images are compared with, in words.
    images : str
        What it learns from, in words.
    """

    name: str
    learns_from_clean = False
    uses_noise = True
    hides_pixels = False
    direction: str | None = None
    pairs: type[Pairs] = Pairs
    target = "held-back noisy"
    images = "noisy images alone"

    def __repr__(self):
        return f"{type(self).__name__}()"

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash(type(self))

    def check_inputs(self, clean, noisy, *, noise_factor, train_output, noise_is_known):
        """Check what ``fit`` is given.

        Parameters
        ----------
        clean, noisy : array-like or None
            The arguments of ``fit``.
        noise_factor, train_output
            The parameters of the denoiser.
        noise_is_known : bool
            Whether a fit before this ``partial_fit`` has found the noise.

        Raises
        ------
        ValueError
            For images that this way to learn has no use for, or that it lacks.
        """
        if clean is not None:
            raise ValueError(
                f"supervision={self.name!r} learns from noisy images alone, but clean= is given. Leave "
                'it out, or set supervision="clean".'
            )
        if noisy is not None:
            raise ValueError(noisy_is_of_no_use(noise_factor, self.name, clean))
        if train_output == "clean":
            raise ValueError(
                f"supervision={self.name!r} has no clean images for train_output='clean' to return; "
                "set it to 'denoised'."
            )

    def value_range(self, value_range, images, targets):
        """Return the value range of the images of a fit.

        Parameters
        ----------
        value_range : (low, high) or None
            As the user gave it.
        images, targets : ndarray, ImageList or StoredImages
            The inputs and the targets, which may be the same.
        """
        return robust_value_range(value_range, images)

    def noisy_images(self, images, noisy):
        """Return the images that ``noise_factor="estimate"`` looks at: `images`, or the given `noisy`."""
        return images

    def noise_factor(self, strengths):
        """Return the noise factor that follows from the estimated strengths of several images."""
        raise ValueError(
            f"noise_factor='estimate' is of no use with supervision={self.name!r}; leave it out."
        )

    def noises(self, noise):
        """Return the noise to add to clean images, and the noise known to be in the images.

        Parameters
        ----------
        noise : noise model
            What the parameters `noise` and `noise_factor` stand for.

        Returns
        -------
        added, known : noise model or None
        """
        return None, None

    def suits_start_weights(self, noise, linear):
        """Return whether the weights of the package, which remove Gaussian noise, are a good start.

        Parameters
        ----------
        noise : noise model or None
            What is added to clean images.
        linear : bool
            Whether the output is linear. The weights for that have learned from noisy pictures alone.
        """
        return True

    def default_loss(self, recipe, *, has_pairs, linear):
        """Return the default loss.

        Targets with noise in them need one that is least at their mean.
        """
        return "mse"

    def needs_linear_output(self, targets_exceed_range):
        """Return whether the network needs a linear output and no path from a pixel to itself."""
        return True

    @abstractmethod
    def psnr(self, network, images, noise):
        """Return the PSNR of noisy images that are denoised, without clean ones to compare with.

        Parameters
        ----------
        network : TrainedNetwork
            Denoises them.
        images : ndarray of shape (n, height, width, channels), float32
            Noisy images in units of the value range.
        noise : noise model or None
            The noise that is known to be in them.

        Returns
        -------
        ndarray of shape (n,)
            In dB. It ranks denoisers of one kind, and lies far below the PSNR against clean images.
        """


def noisy_is_of_no_use(noise_factor, supervision, clean):
    """Return the message for `noisy=` where nothing is estimated from it."""
    beside = ", and clean= is given" if clean is not None else ""
    return (
        "noisy= is for noise_factor='estimate' and clean X, but "
        f"noise_factor={noise_factor!r}, supervision={supervision!r}{beside}. Leave noisy out."
    )
