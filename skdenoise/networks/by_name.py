"""By name: the networks that `UNetDenoiser(network=...)` takes. Importing it does not load Keras."""

from skdenoise.networks import bias_free, classic, compact
from skdenoise.networks.base import Network

NETWORKS: dict[str, Network] = {
    "classic": classic.NETWORK,
    "compact": compact.NETWORK,
    "bias_free": bias_free.NETWORK,
}
