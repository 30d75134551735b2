"""Recipes: how a network is trained by default.

Each network declares its own, in its module.
"""

import math
from dataclasses import dataclass, replace

# So many steps make an epoch where the length of a fit is given in steps. Progress, early stopping and
# interrupts work epoch by epoch, so that an epoch should take neither minutes nor milliseconds.
_FEWEST_STEPS, _MOST_STEPS = 25, 250

# An image of at most so many pixels is tiny: 8x8 digits are, and images of 16x16.
_TINY = 256


def is_tiny(size) -> bool:
    """Return whether images, or patches, of a height and width are tiny."""
    return math.prod(size) <= _TINY


@dataclass(frozen=True)
class Recipe:
    """How a network is trained by default.

    Parameters
    ----------
    learning_rate : float
        The learning rate, or its peak.
    constant_learning_rate : float
        The learning rate of ``partial_fit``, which cannot know when the rate should fall.
    warmup : float or None
        Share of the steps in which the rate rises. Then it falls along half a cosine. If None, the
        rate is constant.
    batch_size : int
        Images per step.
    validation_split : float
        Share of the images that is held out.
    loss, loss_of_pairs : str
        The loss when noise is added to clean images, and the loss for real pairs.
    linear_losses : tuple of str
        Losses with which the network's final sigmoid is left out, because it can saturate: all images are then
        black, and no gradient is left to change that.
    epochs : int or None
        Passes over the images. If None, computed from `steps`.
    steps : int or None
        Length of a fit in steps, whatever the number of images.
    steps_from_start : int or None
        The same for a fit that starts from weights that remove such noise. If None, as many.
    adam : tuple of (name, value)
        Parameters of Adam, the default optimizer.
    filters : tuple of int or None
        Default number of filters of each level. If None, that of the network.
    tiny : Recipe or None
        Recipe for tiny images, if there is at least one full batch of them. Most of the time of a
        step on tiny images is the start of its operations, so fewer and larger steps learn as much in
        less time.
    """

    learning_rate: float
    constant_learning_rate: float
    warmup: float | None
    batch_size: int
    validation_split: float
    loss: str = "binary_crossentropy"
    loss_of_pairs: str = "binary_crossentropy"
    linear_losses: tuple[str, ...] = ()
    epochs: int | None = None
    steps: int | None = None
    steps_from_start: int | None = None
    adam: tuple = ()
    filters: tuple[int, ...] | None = None
    tiny: "Recipe | None" = None

    def for_images(self, n_images, size):
        """Return the recipe for a number of images, or patches, of a height and width."""
        suits = self.tiny and is_tiny(size) and n_images >= self.tiny.batch_size
        return self.tiny if suits else self

    def needs_linear_output(self, loss):
        """Return whether the final sigmoid is left out for a loss, as the user gives it."""
        name = loss if isinstance(loss, str) else getattr(loss, "name", None)
        return name in self.linear_losses

    def from_start(self):
        """Return the recipe for a fit that starts from weights that remove such noise."""
        return replace(self, steps=self.steps_from_start or self.steps)

    def length(self, n_images, batch_size, epochs=None):
        """Return the number of epochs (by default the recipe's own), and of steps in each."""
        batches = math.ceil(n_images / batch_size)
        epochs = self.epochs if epochs is None else epochs
        if epochs is not None:
            return epochs, batches
        epochs = math.ceil(self.steps / min(max(batches, _FEWEST_STEPS), _MOST_STEPS))
        return epochs, round(self.steps / epochs)


# For a user's own network, of which nothing is known: a gentler rate.
OWN = Recipe(2e-3, 2e-3, 0.05, batch_size=32, validation_split=0.0, steps=2500)
