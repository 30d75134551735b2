"""The compact network: a lighter U-Net that works at half resolution."""

from dataclasses import replace

from skdenoise.networks.base import Network
from skdenoise.networks.graph import Graph
from skdenoise.networks.recipes import Recipe


def compact(channels, filters=(32, 64), linear=False):
    """Describe the lighter U-Net that works at half resolution.

    Space to depth turns 2x2 pixels into channels. The encoder has two 3x3 convolutions at the first
    level and one, after max pooling, at each further level. The bottleneck is two residual blocks. The
    decoder turns channels into 2x2 pixels (a 1x1 convolution, then depth to space), adds the encoder's
    level and convolves. The last convolution also sees the image itself and its logit, so that pixels
    that need no change pass the final sigmoid unchanged. With filters (32, 64) on (28, 28, 1) it has
    195,652 parameters and 13 million multiply-adds; `classic` has 203 million.

    Parameters
    ----------
    channels : int
        Channels of the image, whose height and width are multiples of ``2 ** len(filters)``.
    filters : tuple of int
        Number of filters per level, from half resolution to the bottleneck.
    linear : bool
        Whether the sigmoid is left out. The last convolution does not see the image then, so that no
        path leads straight from a pixel to itself.

    Returns
    -------
    Graph
    """
    graph = Graph("compact", channels)
    pixels = graph.space_to_depth(graph.image)
    x = u_net(graph, pixels, filters)
    if not linear:
        logits = graph.space_to_depth(graph.logit(graph.image))
        x = graph.concatenate(x, pixels, logits)
    x = graph.depth_to_space(graph.output_convolution(x, 4 * channels))
    if not linear:
        graph.sigmoid(x)
    return graph


def u_net(graph, pixels, filters, activation="relu", use_bias=True):
    """Add the U-Net of `compact` for pixels at half resolution, without the output convolution.

    Parameters
    ----------
    graph : Graph
        What it is added to.
    pixels : Values
        The image at half resolution, 2x2 pixels as channels.
    filters : tuple of int
        Number of filters per level.
    activation : {"relu", "leaky_relu"}
        Of the convolutions and of the sums.
    use_bias : bool
        Whether the convolutions have biases.

    Returns
    -------
    Values
    """

    def conv(x, n, *, size=3, activation=activation):
        return graph.convolution(x, n, size=size, activation=activation, use_bias=use_bias)

    first, *deeper = filters
    x = conv(conv(pixels, first), first)
    skips = []
    for n in deeper:
        skips.append(x)
        x = conv(graph.max_pooling(x), n)
    for _ in range(2):
        residual = conv(conv(x, filters[-1]), filters[-1], activation=None)
        x = graph.activated_sum(x, residual, activation)
    for n, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = graph.depth_to_space(conv(x, 4 * n, size=1, activation=None))
        x = conv(graph.activated_sum(x, skip, activation), n)
    return x


# experiments/recipe.py and tiny_images.py measure what each choice is worth.
RECIPE = Recipe(
    5e-3,
    2e-3,
    0.05,
    batch_size=16,
    validation_split=0.0,
    steps=2500,
    steps_from_start=1250,
    linear_losses=(
        "mse",
        "mean_squared_error",
        "mae",
        "mean_absolute_error",
        "huber",
        "huber_loss",
        "log_cosh",
    ),
    adam=(("beta_2", 0.98), ("clipnorm", 1.0)),
)

NETWORK = Network(
    graph=compact,
    filters=(32, 64),
    recipe=replace(
        RECIPE,
        tiny=replace(RECIPE, batch_size=64, steps=1000, steps_from_start=None, filters=(32,)),
    ),
    halvings=len,
)
