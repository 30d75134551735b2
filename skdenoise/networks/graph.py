"""Graph: the operators of a network, whatever computes them.

The networks of the package are described once, as graphs. `keras_model` makes a Keras model of one, and
`onnx_model` an ONNX model, which needs no Keras.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

# The logit is that of values clipped so far from black and from white.
CLIPPED_FOR_LOGIT = 0.02

# The slope of a leaky ReLU below zero, as in Keras.
LEAKY_SLOPE = 0.2


@dataclass(frozen=True)
class Values:
    """What an operator puts out.

    Parameters
    ----------
    index : int
        Position of the operator in the graph. The image itself has -1.
    channels : int
        Number of channels.
    scale : Fraction
        Pixels of the image, along each axis, for one pixel of these values.
    reach : Fraction
        How many pixels beyond its own a value depends on, at most.
    is_exact : bool
        Whether the values are computed in float32, whatever the compute dtype.
    """

    index: int
    channels: int
    scale: Fraction = Fraction(1)
    reach: Fraction = Fraction(0)
    is_exact: bool = False


@dataclass(frozen=True)
class Operator:
    """An operator of a graph.

    Parameters
    ----------
    kind : str
        Name of the method of `Graph` that added it.
    inputs : tuple of Values
        What it is applied to.
    output : Values
        What it puts out.
    params : dict
        Other parameters.
    """

    kind: str
    inputs: tuple[Values, ...]
    output: Values
    params: dict[str, Any]


class Graph:
    """The operators of a network, in the order in which they are added, from the image to the output.

    The output is that of the last operator. Weights are those of the convolutions, in this order: each has a
    kernel of shape (height, width, channels in, channels out) and, unless `use_bias` is False, a bias.

    Parameters
    ----------
    name : str
        Name of the network.
    channels : int
        Channels of the image.
    """

    def __init__(self, name, channels):
        self.name = name
        self.image = Values(-1, channels)
        self.operators = []

    def convolution(self, x, filters, *, size=3, activation="relu", use_bias=True):
        """Add a convolution with 'same' padding, and the activation "relu", "leaky_relu" or None."""
        return self._convolution(x, filters, size, activation, use_bias)

    def output_convolution(
        self, x, filters, *, activation=None, use_bias=True, starts_at_zero=False
    ):
        """Add the last convolution, which is computed in float32, as is everything after it.

        With `starts_at_zero`, the initial weights are zero, and not drawn.
        """
        params = {"is_exact": True, "starts_at_zero": starts_at_zero}
        return self._convolution(x, filters, 3, activation, use_bias, **params)

    def max_pooling(self, x):
        """Add the maximum of each 2x2 values."""
        return self._add("max_pooling", x, scale=2 * x.scale)

    def upsampling(self, x):
        """Add nearest-neighbour upsampling by 2."""
        return self._add("upsampling", x, **_enlarged(x))

    def space_to_depth(self, x):
        """Turn blocks of 2x2 pixels into channels."""
        return self._add("space_to_depth", x, channels=4 * x.channels, scale=2 * x.scale)

    def depth_to_space(self, x):
        """Turn channels into blocks of 2x2 pixels."""
        return self._add("depth_to_space", x, channels=x.channels // 4, **_enlarged(x))

    def activated_sum(self, x, y, activation):
        """Add two arrays, then apply an activation."""
        return self._add("activated_sum", x, y, activation=activation)

    def difference(self, x, y):
        """Subtract `y` from `x`."""
        return self._add("difference", x, y)

    def concatenate(self, *parts):
        """Join channels."""
        return self._add("concatenate", *parts, channels=sum(part.channels for part in parts))

    def logit(self, x):
        """Invert the sigmoid, for values clipped away from black and white."""
        return self._add("logit", x)

    def sigmoid(self, x):
        """Apply the sigmoid."""
        return self._add("sigmoid", x)

    @property
    def output(self) -> Values:
        """What the network puts out."""
        return self.operators[-1].output

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the weights, as ``keras.Model.get_weights`` returns them."""
        return [shape for operator in self.operators for shape in _weight_shapes(operator)]

    @property
    def values_per_pixel(self) -> float:
        """How many numbers all operators put out for a pixel of the image."""
        outputs = [self.image, *(operator.output for operator in self.operators)]
        return float(sum(values.channels / values.scale**2 for values in outputs))

    @property
    def reach(self) -> int:
        """Largest distance between a pixel and the input pixels that it depends on."""
        return math.ceil(self.output.reach)

    def _convolution(self, x, filters, size, activation, use_bias, **params):
        return self._add(
            "convolution",
            x,
            channels=filters,
            reach=x.reach + x.scale * (size // 2),
            size=size,
            activation=activation,
            use_bias=use_bias,
            **params,
        )

    def _add(self, kind, *inputs, channels=None, scale=None, reach=None, is_exact=False, **params):
        first = inputs[0]
        output = Values(
            len(self.operators),
            first.channels if channels is None else channels,
            first.scale if scale is None else scale,
            max(x.reach for x in inputs) if reach is None else reach,
            is_exact or any(x.is_exact for x in inputs),
        )
        self.operators.append(Operator(kind, inputs, output, params))
        return output


def _enlarged(x):
    """Return scale and reach after upsampling: a value may lie at either end of the one it comes from."""
    return {"scale": x.scale / 2, "reach": x.reach + x.scale / 2}


def _weight_shapes(operator):
    if operator.kind != "convolution":
        return []
    size, filters = operator.params["size"], operator.output.channels
    kernel = (size, size, operator.inputs[0].channels, filters)
    return [kernel, (filters,)] if operator.params["use_bias"] else [kernel]
