"""Clean images: learning from them, with noise that is added, or from pairs with real noise."""

import numpy as np

from skdenoise.images.value_range import check_value_range_of_pairs
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.supervision.base import Supervision, noisy_is_of_no_use


class CleanImages(Supervision):
    """Learn from clean images, to which noise is added, or from pairs of noisy and clean images."""

    name = "clean"
    learns_from_clean = True
    target = "clean"
    images = "clean images, to which this noise was added"

    def check_inputs(self, clean, noisy, *, noise_factor, train_output, noise_is_known):
        """Check that noisy images are given exactly where their noise is to be estimated."""
        estimates = isinstance(noise_factor, str) and noise_factor == "estimate"
        if noisy is not None and (clean is not None or not estimates):
            raise ValueError(noisy_is_of_no_use(noise_factor, self.name, clean))
        if estimates and clean is None and noisy is None and not noise_is_known:
            raise ValueError(
                "noise_factor='estimate' needs noisy images to estimate the strength of their noise: "
                "fit(X, noisy=...), with clean X. (partial_fit continues with the estimate of the last "
                "fit, unless that was a fit on pairs: give noise_factor as a number then.)"
            )

    def value_range(self, value_range, images, targets):
        """Return the value range of the clean images, or of both images of a pair."""
        return check_value_range_of_pairs(value_range, images, targets)

    def noisy_images(self, images, noisy):
        """Return the given noisy images: `images` are clean."""
        return noisy

    def noise_factor(self, strengths):
        """Return the range from the 5th to the 95th percentile."""
        low, high = np.percentile(strengths, (5, 95))
        return float(low), float(high)

    def noises(self, noise):
        """Return the noise to add to clean images."""
        return noise, None

    def suits_start_weights(self, noise, linear):
        """Return whether the noise is Gaussian (that of pairs is not known), and the output is not linear."""
        return isinstance(noise, GaussianNoise) and not linear

    def default_loss(self, recipe, *, has_pairs, linear):
        """Return the loss of the recipe of the network."""
        if linear:
            return "mse"
        return recipe.loss_of_pairs if has_pairs else recipe.loss

    def needs_linear_output(self, targets_exceed_range):
        """Return whether the clean images exceed the value range."""
        return targets_exceed_range

    def psnr(self, network, images, noise):
        """Raise: there are clean images to compare with."""
        raise TypeError(
            "With clean images, the PSNR is that of the denoised against the clean ones."
        )
