"""Initial weights: drawn anew in a built network, since Keras never frees all of a network it builds."""

from itertools import islice

import keras
import numpy as np

from skdenoise.networks.layers import seeds


def initial_weights(model, built_with, seed):
    """Return the weights that a network would have if it were built with another seed.

    Parameters
    ----------
    model : keras.Model
        The network, whose layers have explicit seeds (`layers.seeds`).
    built_with : int
        The seed that it was built with.
    seed : int
        The other seed.

    Returns
    -------
    list of ndarray or None
        As ``keras.Model.get_weights`` returns them. None if a weight has no initializer of its name, as
        in a layer that is not Keras's own: the network must be built again then.
    """
    n_weights = len(model.weights)
    of_seed = dict(
        zip(islice(seeds(built_with), n_weights), islice(seeds(seed), n_weights), strict=True)
    )
    owners = {id(weight): layer for layer in model.layers for weight in layer.weights}
    drawn = [_drawn(owners.get(id(weight)), weight, of_seed) for weight in model.weights]
    return None if any(values is None for values in drawn) else drawn


def can_be_drawn(model, built_with):
    """Return whether `initial_weights` gives those of a network that was built just now."""
    drawn = initial_weights(model, built_with, built_with)
    return drawn is not None and all(map(np.array_equal, drawn, model.get_weights()))


def _drawn(layer, weight, of_seed):
    # "kernel" has kernel_initializer, "depthwise_kernel" has depthwise_initializer.
    names = (f"{weight.name}_initializer", f"{weight.name.removesuffix('_kernel')}_initializer")
    initializer = next((getattr(layer, name) for name in names if hasattr(layer, name)), None)
    if initializer is None:
        return None
    config = initializer.get_config()
    if config.get("seed") is not None:
        if config["seed"] not in of_seed:
            return None
        config["seed"] = of_seed[config["seed"]]
    values = type(initializer).from_config(config)(weight.shape, dtype="float32")
    return keras.ops.convert_to_numpy(values)
