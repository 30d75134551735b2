"""Start weights: what a network has learned of images before it sees those of a fit.

They come with the package, for some networks; `experiments/train_start_weights.py` trains them.
"""

from functools import cache
from pathlib import Path

import numpy as np

from skdenoise.networks.recipes import is_tiny

INITS = ("auto", "pretrained", "random")


def check_init(init):
    """Raise ValueError if the parameter `init` is not known."""
    if not isinstance(init, str) or init not in INITS:
        raise ValueError(f"init={init!r:.200} is not one of {', '.join(INITS)}.")


def start_weights(architecture, init, size, suits):
    """Return the weights that a fit starts from, or None if they are to be drawn.

    Parameters
    ----------
    architecture : Architecture
        The network.
    init : {"auto", "pretrained", "random"}
        As in `UNetDenoiser`.
    size : (height, width)
        Size of the training images or patches.
    suits : bool
        Whether the noise of the fit is like the noise that the weights of the package have learned to remove.

    Returns
    -------
    list of ndarray or None
        float32, not to be changed.

    Raises
    ------
    ValueError
        For ``"pretrained"``, if there are none for this network.
    """
    if init == "random" or (init == "auto" and (is_tiny(size) or not suits)):
        return None
    found = _packaged(architecture)
    if init == "pretrained" and found is None:
        raise ValueError(
            f"There are no start weights for {architecture}. There are some for network='compact' with "
            "filters=(32, 64), grey or with three channels. Set init='auto' or 'random'."
        )
    return found


def _packaged(architecture):
    if not architecture.has_graph:
        return None
    kind = "-linear" if architecture.linear else ""
    path = Path(__file__).with_name(f"{architecture.network}-{architecture.channels}{kind}.npz")
    if not path.exists():
        return None
    weights = _read(path)
    shapes = architecture.graph.weight_shapes
    return weights if [weight.shape for weight in weights] == shapes else None


@cache
def _read(path):
    with np.load(path) as arrays:
        return [arrays[f"arr_{index}"].astype(np.float32) for index in range(len(arrays))]
