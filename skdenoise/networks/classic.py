"""The classic network: the U-Net of the original recipe."""

from skdenoise.networks.base import Network
from skdenoise.networks.graph import Graph
from skdenoise.networks.recipes import Recipe


def classic(channels, filters=(64, 128, 256), linear=False):
    """Describe the U-Net of the original recipe.

    Each level has a 3x3 convolution, then max pooling. The bottleneck has one more convolution. On the
    way up, each level has nearest-neighbour upsampling, the concatenation with the encoder's level,
    and a convolution. All convolutions have 'same' padding and ReLU, except the last one, which has a
    sigmoid. For grey images it has 923,393 parameters.

    Parameters
    ----------
    channels : int
        Channels of the image, whose height and width are multiples of ``2 ** (len(filters) - 1)``.
    filters : tuple of int
        Number of filters per level, from full resolution to the bottleneck.
    linear : bool
        Whether the sigmoid is left out.

    Returns
    -------
    Graph
    """
    graph = Graph("classic", channels)
    *encoder, bottleneck = filters
    x, skips = graph.image, []
    for n in encoder:
        x = graph.convolution(x, n)
        skips.append(x)
        x = graph.max_pooling(x)
    x = graph.convolution(x, bottleneck)
    for n, skip in zip(reversed(encoder), reversed(skips), strict=True):
        x = graph.convolution(graph.concatenate(graph.upsampling(x), skip), n)
    graph.output_convolution(x, channels, activation=None if linear else "sigmoid")
    return graph


NETWORK = Network(
    graph=classic,
    filters=(64, 128, 256),
    recipe=Recipe(1e-3, 1e-3, None, batch_size=128, validation_split=0.1, epochs=10),
    halvings=lambda filters: len(filters) - 1,
)
