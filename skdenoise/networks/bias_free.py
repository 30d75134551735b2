"""The bias-free network: predicts the noise in photographs, at any strength."""

from dataclasses import replace

from skdenoise.networks.base import Network
from skdenoise.networks.compact import RECIPE, u_net
from skdenoise.networks.graph import Graph


def bias_free(channels, filters=(64, 96), linear=False):
    """Describe a U-Net of the layers of `compact`, without biases, that predicts the noise.

    Its convolutions have no biases and its output has no sigmoid, so that scaling the input scales the
    output. This also holds at noise levels that were not trained on. Its ReLUs are leaky: without
    biases, plain ReLUs die one channel after the other and never recover. The predicted noise is
    subtracted from the image. It is made for photographs (`UNetDenoiser.for_photographs`). With the
    default filters it has 489,984 parameters and 45 thousand multiply-adds a pixel (grey).

    Parameters
    ----------
    channels, filters
        As in `compact`.
    linear : bool
        Whether the output is the image itself, and not the noise that is subtracted from it, so that no
        path leads straight from a pixel to itself.

    Returns
    -------
    Graph

    References
    ----------
    S. Mohan, Z. Kadkhodaie, E. P. Simoncelli and C. Fernandez-Granda, "Robust and Interpretable Blind
    Image Denoising via Bias-Free Convolutional Neural Networks", ICLR 2020.
    """
    graph = Graph("bias_free", channels)
    pixels = graph.space_to_depth(graph.image)
    x = u_net(graph, pixels, filters, activation="leaky_relu", use_bias=False)
    x = graph.output_convolution(x, 4 * channels, use_bias=False, starts_at_zero=not linear)
    x = graph.depth_to_space(x)
    if not linear:
        graph.difference(graph.image, x)
    return graph


NETWORK = Network(
    graph=bias_free,
    initializer="centred_orthogonal",
    filters=(64, 96),
    recipe=replace(
        RECIPE,
        learning_rate=2e-3,
        constant_learning_rate=5e-4,
        batch_size=8,
        loss="mae",
        loss_of_pairs="mse",
        steps=10_000,
        steps_from_start=None,
        linear_losses=(),  # there is no sigmoid that could saturate
    ),
    halvings=len,
    is_bounded=False,
    scales_with_input=True,
)
