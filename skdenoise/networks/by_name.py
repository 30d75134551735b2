"""By name: the networks that `UNetDenoiser(network=...)` takes. Importing it does not load Keras."""

from importlib import import_module

from skdenoise.networks.base import Network

# A network, or the module that has it as NETWORK: it is imported, and Keras with it, when it is used.
NETWORKS: dict[str, Network | str] = {
    "classic": "skdenoise.networks.classic",
    "compact": "skdenoise.networks.compact",
    "bias_free": "skdenoise.networks.bias_free",
}


def network_named(name) -> Network:
    """Return the network of a name in `NETWORKS`."""
    network = NETWORKS[name]
    return import_module(network).NETWORK if isinstance(network, str) else network
