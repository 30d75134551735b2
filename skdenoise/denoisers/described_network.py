"""Described networks: what a model file says of a network and of the way it learned, checked when it is read."""

from skdenoise.denoisers.description import integers
from skdenoise.supervision.by_name import SUPERVISIONS


def described_architecture(network, size, weights):
    """Return the architecture in a model file, after checking that its weights are those in the file."""
    from skdenoise.networks.architecture import check_architecture
    from skdenoise.networks.measured import least_weights

    if not isinstance(network["name"], str):
        raise ValueError(f"its network {network['name']!r} is not a name.")
    filters = integers(network["filters"])
    (channels,) = integers([network["channels"]], 1)
    if len(filters) > 16 or channels > 2**16:
        raise ValueError(
            f"{len(filters)} levels or {channels} channels are more than a network has."
        )
    architecture = check_architecture(
        network["name"], filters, channels, bool(network.get("linear"))
    )
    if least_weights(architecture) > sum(weight.size for weight in weights):
        raise ValueError(
            f"a network with filters={filters} and {channels} channels has more weights than it holds."
        )
    shapes = [tuple(weight.shape) for weight in architecture.build(size, "float32", seed=0).weights]
    found = [weight.shape for weight in weights]
    if shapes != found:
        raise ValueError(f"its weights have the shapes {found}; its network needs {shapes}.")
    return architecture


def name_of(supervision):
    """Return the name of a way to learn that has one, for a model file."""
    if SUPERVISIONS.get(supervision.name) != supervision:
        raise ValueError(
            f"supervision={supervision!r} cannot be described in a model file, which holds no code. "
            "Use pickle, for files that only you and those who trust you will load."
        )
    return supervision.name
