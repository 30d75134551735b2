"""Described networks: what a model file says of a network and of the way it learned, checked when it is read."""

import numpy as np

from skdenoise.denoisers.description import cannot_hold, integers
from skdenoise.images.pixels import UNIT
from skdenoise.supervision.by_name import SUPERVISIONS


def described_architecture(network, size, weights):
    """Return the architecture in a model file, after checking that its weights are those in the file."""
    from skdenoise.networks.architecture import check_architecture
    from skdenoise.networks.measured import least_weights, weight_shapes

    if not isinstance(network["name"], str):
        raise ValueError(f"its network {network['name']!r} is not a name.")
    filters = integers(network["filters"])
    (channels,) = integers([network["channels"]], 1)
    if len(filters) > 16 or channels > 2**16:
        raise ValueError(
            f"{len(filters)} levels or {channels} channels are more than a network has."
        )
    linear = network.get("linear", False)
    if not isinstance(linear, bool):
        raise ValueError(f"linear={linear!r:.200} of its network is neither true nor false.")
    architecture = check_architecture(network["name"], filters, channels, linear)
    if least_weights(architecture) > sum(weight.size for weight in weights):
        raise ValueError(
            f"a network with filters={filters} and {channels} channels has more weights than it holds."
        )
    shapes = weight_shapes(architecture, size)
    found = [weight.shape for weight in weights]
    if shapes != found:
        raise ValueError(f"its weights have the shapes {found}; its network needs {shapes}.")
    return architecture


def check_output(network):
    """Raise if a network, a `TrainedNetwork`, returns values that are not finite for small images."""
    architecture = network.architecture
    shape = (architecture.multiple, architecture.multiple, architecture.channels)
    noisy = np.random.default_rng(0).normal(0.5, 1, shape)
    images = np.stack([np.zeros(shape), np.ones(shape), noisy]).astype(np.float32)
    if not np.isfinite(network.denoise(images, UNIT)).all():
        largest = max(float(abs(weight).max(initial=0)) for weight in network.weights)
        raise ValueError(
            f"its network returns values that are not finite. Its weights are too large: up to {largest:.2g}."
        )


def name_of(supervision):
    """Return the name of a way to learn that has one, for a model file."""
    if SUPERVISIONS.get(supervision.name) != supervision:
        raise cannot_hold(f"supervision={supervision!r}")
    return supervision.name
