"""Network: what each network of the package declares.

To add a network: a module with its builder and its `Network`, and one line in `by_name.NETWORKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skdenoise.networks.recipes import Recipe

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Network:
    """A kind of network.

    How far a pixel reaches, and how many weights there are, is measured on the built model.

    Parameters
    ----------
    build : callable
        ``build(input_shape, filters, dtype, linear, seed)`` returns a ``keras.Model``. Height and width
        in `input_shape` may be None. With `linear`, the output may leave the value range, and no path
        may lead from an input pixel straight to the same output pixel. Every initializer gets a seed
        of its own that follows from `seed` (`layers.seeds`).
    filters : tuple of int
        Default number of filters of each level.
    recipe : Recipe
        How it is trained by default.
    halvings : callable
        ``halvings(filters)`` returns how many times the network halves the resolution: height and
        width must be a multiple of two to this power.
    is_bounded : bool
        Whether the output stays inside the value range, unless `linear`.
    scales_with_input : bool
        Whether twice the input gives twice the output.
    """

    build: Callable[..., "keras.Model"]
    filters: tuple[int, ...]
    recipe: Recipe
    halvings: Callable[[tuple[int, ...]], int]
    is_bounded: bool = True
    scales_with_input: bool = False

    def multiple(self, filters):
        """Return what height and width must be a multiple of."""
        return 2 ** self.halvings(filters)
