"""Recipes: how each network is trained where the user does not say otherwise."""

import math
from dataclasses import dataclass, replace

# Steps of an epoch, at most, where a fit is so many steps and not so many passes: progress, early
# stopping and interrupts go by epochs.
_MOST_STEPS = 250

# Pixels of a tiny image, at most: the 8x8 digits are tiny, and so are images of 16x16.
_TINY = 256


@dataclass(frozen=True)
class Recipe:
    """How a network is trained where the user does not say otherwise.

    Parameters
    ----------
    learning_rate : float
        The rate, or its peak.
    constant_learning_rate : float
        The rate of ``partial_fit``, which cannot know when it should fall.
    warmup : float or None
        Share of the steps in which it rises, before it falls along a cosine; ``None`` keeps it
        constant.
    batch_size : int
        Images per step.
    validation_split : float
        Share of the images that are held out.
    loss, loss_of_pairs : str
        The loss where noise is drawn on clean images, and where there are pairs.
    epochs : int or None
        Passes over the images; ``None`` makes them from `steps`.
    steps : int or None
        Steps that make a fit, whatever the number of images.
    adam : tuple of (name, value)
        Parameters of Adam, where the user names no optimizer.
    tiny : Recipe or None
        What takes its place for tiny images, if they are as many as it has in a step. A step costs
        what it takes to start its operations then, so that fewer and larger ones teach as much in
        less time.
    """

    learning_rate: float
    constant_learning_rate: float
    warmup: float | None
    batch_size: int
    validation_split: float
    loss: str = "binary_crossentropy"
    loss_of_pairs: str = "binary_crossentropy"
    epochs: int | None = None
    steps: int | None = None
    adam: tuple = ()
    tiny: "Recipe | None" = None

    def for_images(self, n_images, size):
        """Return the recipe for so many images, or patches, of a height and width."""
        is_tiny = self.tiny and math.prod(size) <= _TINY and n_images >= self.tiny.batch_size
        return self.tiny if is_tiny else self

    def length(self, n_images, batch_size, epochs=None):
        """Return the number of epochs, by default the recipe's own, and of steps in each."""
        batches = math.ceil(n_images / batch_size)
        epochs = self.epochs if epochs is None else epochs
        if epochs is not None:
            return epochs, batches
        epochs = math.ceil(self.steps / min(batches, _MOST_STEPS))
        return epochs, round(self.steps / epochs)


# benchmarks/recipe.py and tiny_images.py tell what each choice is worth.
_COMPACT = Recipe(
    5e-3,
    2e-3,
    0.05,
    batch_size=16,
    validation_split=0.0,
    steps=2500,
    adam=(("beta_2", 0.98), ("clipnorm", 1.0)),
)

RECIPES = {
    "classic": Recipe(1e-3, 1e-3, None, batch_size=128, validation_split=0.1, epochs=10),
    "compact": replace(_COMPACT, tiny=replace(_COMPACT, batch_size=64, steps=1000)),
    "bias_free": replace(
        _COMPACT,
        learning_rate=2e-3,
        constant_learning_rate=5e-4,
        batch_size=8,
        loss="mae",
        loss_of_pairs="mse",
        steps=10_000,
    ),
    # Gentler, since nothing is known of the network.
    "own": Recipe(2e-3, 2e-3, 0.05, batch_size=32, validation_split=0.0, steps=2500),
}


def recipe_of(network) -> Recipe:
    """Return the recipe of a network of this package, or that of a user's own."""
    return RECIPES[network if isinstance(network, str) else "own"]
