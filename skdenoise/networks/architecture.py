"""Architectures: all that decides a network but its weights, and what follows from it."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral
from typing import Any

import keras
import numpy as np
from keras import layers

from skdenoise.backend.threads import obey_thread_limit
from skdenoise.networks.unets import NETWORKS


@dataclass(frozen=True)
class Architecture:
    """All that decides a network but its weights; equal architectures may share compiled code."""

    network: str | Callable[..., Any]
    filters: tuple[int, ...] | None
    channels: int
    linear: bool = False

    @property
    def is_built_in(self) -> bool:
        """Whether the network is one of this package."""
        return isinstance(self.network, str)

    @property
    def is_bounded(self) -> bool:
        """Whether it is a network of this package that cannot leave the value range."""
        return self.is_built_in and NETWORKS[self.network].is_bounded and not self.linear

    @property
    def multiple(self) -> int:
        """What height and width must be a multiple of; 1 for a user's own network."""
        return NETWORKS[self.network].multiple(self.filters) if self.is_built_in else 1

    def as_linear(self):
        """Return the same with a linear output; a user's own network is what it is."""
        return replace(self, linear=self.is_built_in)

    def input_shape(self, size):
        """Return the shape that the network is built for, to take images of `size`.

        Networks of this package are built once for all sizes; a user's own is built for each, since
        it may hold layers that need to know the size.
        """
        return (None, None, self.channels) if self.is_built_in else (*size, self.channels)

    def build(self, size, precision, seed):
        """Build the network, with the initial weights that `seed` gives.

        Parameters
        ----------
        size : (height, width)
            Of the images that it will be given.
        precision : "float32" or "bfloat16"
            Compute dtype; variables and output are float32.
        seed : int
            Decides the initial weights; a user's own network may ignore it.

        Returns
        -------
        keras.Model
        """
        obey_thread_limit()
        shape = self.input_shape(size)
        if not self.is_built_in:
            return _build_own(self.network, shape, self.filters, seed, precision)
        policy = _policy(precision)
        model = NETWORKS[self.network].build(shape, self.filters, policy, self.linear)
        initialize(model, seed)
        return model


@dataclass(frozen=True)
class Footprint:
    """What a pixel of a network's output takes.

    Parameters
    ----------
    margin : int
        How far from it the input pixels may lie that it depends on, as a multiple of what height and
        width must be a multiple of.
    values : float
        How many numbers all layers put out for it.
    """

    margin: int
    values: float


@cache
def footprint(architecture) -> Footprint:
    """Measure a network of this package, layer by layer."""
    obey_thread_limit()
    multiple = architecture.multiple
    shape = (multiple, multiple, architecture.channels)
    model = NETWORKS[architecture.network].build(shape, architecture.filters)
    reach = multiple  # of all poolings
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            reach += layer.kernel_size[0] // 2 * (multiple // layer.output.shape[1])
    values = sum(math.prod(layer.output.shape[1:]) for layer in model.layers)
    return Footprint(multiple * math.ceil(reach / multiple), values / multiple**2)


def check_architecture(network, filters, channels, linear=False) -> Architecture:
    """Check the parameters `network` and `filters`, and return what they stand for."""
    if callable(network):
        return Architecture(network, filters if filters is None else tuple(filters), channels)
    if network not in NETWORKS:
        raise ValueError(
            f"network={network!r} is neither one of {', '.join(sorted(NETWORKS))} nor a function "
            "that returns a keras.Model."
        )
    filters = NETWORKS[network].filters if filters is None else filters
    if not np.iterable(filters) or not all(isinstance(n, Integral) and n > 0 for n in filters):
        raise ValueError(f"filters={filters!r} is not a tuple of positive integers, one per level.")
    if not len(filters):
        raise ValueError("filters=() has no level; give the number of filters of each level.")
    return Architecture(network, tuple(int(n) for n in filters), channels, linear)


def initialize(model, seed):
    """Draw the initial weights of a network of this package anew, from explicit seeds."""
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    seeds = np.random.SeedSequence(seed).generate_state(len(convolutions))
    for layer, layer_seed in zip(convolutions, seeds, strict=True):
        config = layer.kernel_initializer.get_config()
        if "seed" in config:
            config["seed"] = int(layer_seed >> 1)
        draw = type(layer.kernel_initializer).from_config(config)
        layer.kernel.assign(draw(layer.kernel.shape, dtype="float32"))
        if layer.use_bias:
            layer.bias.assign(np.zeros(layer.bias.shape, dtype=np.float32))


def _policy(precision):
    return keras.DTypePolicy("float32" if precision == "float32" else f"mixed_{precision}")


def _build_own(function, input_shape, filters, seed, precision):
    """Call a user's network function with those arguments that its signature has."""
    offered = {
        "input_shape": input_shape,
        "filters": filters,
        "seed": seed,
        "dtype": _policy(precision),
    }
    parameters = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        wanted = offered
    else:
        wanted = {name: value for name, value in offered.items() if name in parameters}
    model = function(**wanted)
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"network={function!r} returned {type(model).__name__}; expected a keras.Model."
        )
    _check_output_shape(model, function, input_shape)
    return model


def _check_output_shape(model, function, input_shape):
    try:
        output = model.compute_output_shape((1, *input_shape))
    except Exception as error:
        raise ValueError(
            f"network={function!r} cannot take images of shape {input_shape}: {error}"
        ) from error
    if not isinstance(output, tuple) or tuple(output[1:]) != tuple(input_shape):
        raise ValueError(
            f"network={function!r} turns images of shape {input_shape} into {output[1:]}; a denoiser "
            "must return images of the shape that it was given."
        )
