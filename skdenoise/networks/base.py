"""Network: what each network of the package declares.

To add a network: a module with its `Network`, and one line in `by_name.NETWORKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skdenoise.networks.graph import Graph
from skdenoise.networks.recipes import Recipe, is_tiny

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Network:
    """A kind of network: a graph, or a function that builds it in Keras.

    A graph can be computed without Keras, and says by itself how far a pixel reaches and how many weights
    there are. Of a network built in Keras, this is measured.

    Parameters
    ----------
    filters : tuple of int
        Default number of filters of each level.
    recipe : Recipe
        How it is trained by default.
    halvings : callable
        ``halvings(filters)`` returns how many times the network halves the resolution: height and
        width must be a multiple of two to this power.
    graph : callable or None
        ``graph(channels, filters, linear)`` returns a `Graph`. With `linear`, the output may leave the
        value range, and no path may lead from an input pixel straight to the same output pixel.
    initializer : {"glorot_uniform", "centred_orthogonal"}
        How the initial kernels of the graph are drawn.
    own_build : callable or None
        ``own_build(input_shape, filters, dtype, linear, seed)`` returns a ``keras.Model``, of a network without
        a graph. Height and width in `input_shape` may be None. Every initializer gets a seed of its own
        that follows from `seed` (`layers.seeds`).
    is_bounded : bool
        Whether the output stays inside the value range, unless `linear`.
    scales_with_input : bool
        Whether twice the input gives twice the output.
    """

    filters: tuple[int, ...]
    recipe: Recipe
    halvings: Callable[[tuple[int, ...]], int]
    graph: Callable[..., Graph] | None = None
    initializer: str = "glorot_uniform"
    own_build: Callable[..., "keras.Model"] | None = None
    is_bounded: bool = True
    scales_with_input: bool = False

    def filters_for(self, size):
        """Return the default number of filters of each level for images, or patches, of a height and width."""
        tiny = self.recipe.tiny
        return tiny.filters if tiny and tiny.filters and is_tiny(size) else self.filters

    def multiple(self, filters):
        """Return what height and width must be a multiple of."""
        return 2 ** self.halvings(filters)

    @property
    def source(self):
        """What decides, with an architecture, how the network computes."""
        return self.graph, self.own_build

    def build(self, input_shape, filters, dtype="float32", linear=False, seed=0):
        """Return the network as a ``keras.Model``, with the initial weights of a seed."""
        if self.graph is None:
            return self.own_build(input_shape, filters, dtype, linear, seed)
        from skdenoise.networks.keras_model import keras_model

        graph = self.graph(input_shape[-1], filters, linear)
        return keras_model(graph, input_shape, initializer=self.initializer, dtype=dtype, seed=seed)
