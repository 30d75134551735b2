"""Architecture: everything that decides a network except its weights, and how it is built.

Keras is imported when a network is built.
"""

import inspect
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from skdenoise.networks.base import Network
from skdenoise.networks.by_name import NETWORKS
from skdenoise.networks.graph import Graph
from skdenoise.networks.recipes import OWN, Recipe

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Architecture:
    """Everything that decides a network except its weights."""

    network: str | Callable[..., Any]
    filters: tuple[int, ...] | None
    channels: int
    linear: bool = False

    @property
    def is_built_in(self) -> bool:
        """Whether the network has a name, and is not a user's function."""
        return isinstance(self.network, str)

    @property
    def declared(self) -> Network:
        """What a network with a name declares."""
        return NETWORKS[self.network]

    @property
    def recipe(self) -> Recipe:
        """How it is trained by default."""
        return self.declared.recipe if self.is_built_in else OWN

    @property
    def is_bounded(self) -> bool:
        """Whether the output is known to stay inside the value range."""
        return self.is_built_in and self.declared.is_bounded and not self.linear

    @property
    def scales_with_input(self) -> bool:
        """Whether twice the input is known to give twice the output."""
        return self.is_built_in and self.declared.scales_with_input

    @property
    def multiple(self) -> int:
        """What height and width must be a multiple of; 1 for a user's own network."""
        return self.declared.multiple(self.filters) if self.is_built_in else 1

    def as_linear(self):
        """Return the same with a linear output; a user's own network stays as it is."""
        return replace(self, linear=self.is_built_in)

    def input_shape(self, size):
        """Return the shape that the network is built for, to take images of `size`.

        A network with a name is built once for all sizes. A user's own is built for each size, since
        it may hold layers that depend on it.
        """
        return (None, None, self.channels) if self.is_built_in else (*size, self.channels)

    @property
    def has_graph(self) -> bool:
        """Whether it is described by a graph, and not by code that only Keras can run."""
        return self.is_built_in and self.declared.graph is not None

    @property
    def graph(self) -> Graph:
        """Its operators, if it has a graph."""
        return self.declared.graph(self.channels, self.filters, self.linear)

    def build(self, size, precision, seed) -> "keras.Model":
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

        Raises
        ------
        ForkError
            In a process that was forked after the framework had started.
        """
        from skdenoise.backend.threads import prepare_start

        prepare_start()
        shape = self.input_shape(size)
        if not self.is_built_in:
            return _build_own(self.network, shape, self.filters, seed, precision)
        policy = _policy(precision)
        return self.declared.build(shape, self.filters, policy, self.linear, seed)


# The models that functions of users have returned.
_RETURNED: weakref.WeakSet[Any] = weakref.WeakSet()


def check_architecture(network, filters, channels, linear=False, size=None) -> Architecture:
    """Check the parameters `network` and `filters`, and return the architecture they describe.

    `size`, height and width of images or patches, decides the filters if these are None.
    """
    if callable(network):
        return Architecture(network, filters if filters is None else tuple(filters), channels)
    if not isinstance(network, str) or network not in NETWORKS:
        raise ValueError(
            f"network={network!r} is neither one of {', '.join(sorted(NETWORKS))} nor a function "
            "that returns a keras.Model."
        )
    if filters is None:
        declared = NETWORKS[network]
        filters = declared.filters if size is None else declared.filters_for(size)
    if not np.iterable(filters) or not all(isinstance(n, Integral) and n > 0 for n in filters):
        raise ValueError(f"filters={filters!r} is not a tuple of positive integers, one per level.")
    if not len(filters):
        raise ValueError("filters=() has no level; give the number of filters of each level.")
    return Architecture(network, tuple(int(n) for n in filters), channels, linear)


def _policy(precision):
    import keras

    return keras.DTypePolicy("float32" if precision == "float32" else f"mixed_{precision}")


def _build_own(function, input_shape, filters, seed, precision):
    """Call a user's network function with the arguments that its signature has."""
    import keras

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
    if model in _RETURNED:
        raise ValueError(
            f"network={function!r} returned a keras.Model that it has returned before. Build a new one in each call: "
            "otherwise several denoisers, folds and candidates would share its weights."
        )
    _RETURNED.add(model)
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
            "must return images of the same shape as its input."
        )
