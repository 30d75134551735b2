"""Noise stronger than any that was trained on: what a network without biases keeps of its quality.

Writes experiments/results/noise_levels.md, a table of docs/guide/photographs.md.

Three networks, alike but for what they are compared by, with the preset for photographs on grey ones:
without biases, for standard deviations from 0 to 55 of 255, and from 0 to 100; and with biases, from 0
to 55. As many steps each, and each denoises at one scale and at two. PSNR on Set12 as in
``photographs.py``. After 4,000 steps of 16 patches none is as good as it can be: the differences are
what counts.
"""

import dataclasses
import math

import numpy as np
from _data import load_photographs
from _record import main
from photographs import SIGMAS, blind, psnr_by_sigma, set12, stand_ins

from skdenoise import MultiScale, UNetDenoiser
from skdenoise.networks.by_name import NETWORKS

COLUMNS = ["what", "trained up to", *(f"{sigma} (dB)" for sigma in SIGMAS)]
TWIN = "bias_free with biases"


def measure(quick):
    """Return the rows of the table."""
    images = stand_ins() if quick else set12()
    training = images if quick else list(load_photographs()["train400"][:360])
    steps, batch_size = (2, 2) if quick else (4_000, 16)
    NETWORKS[TWIN] = dataclasses.replace(NETWORKS["bias_free"], graph=_with_biases)
    rows = []
    for network, strongest in (("bias_free", 55), ("bias_free", 100), (TWIN, 55)):
        denoiser = UNetDenoiser.for_photographs(
            network=network,
            noise_factor=(0, strongest / 255),
            batch_size=batch_size,
            epochs=math.ceil(steps / math.ceil(len(training) / batch_size)),
            value_range=(0, 1),
            random_state=0,
        ).fit([np.float32(image) / 255 for image in training])
        for n_scales in (1, 2):
            values = psnr_by_sigma(
                images, blind(denoiser.set_params(inference=MultiScale(n_scales=n_scales)))
            )
            what = network if n_scales == 1 else f"{network}, MultiScale(n_scales={n_scales})"
            rows.append({"what": what, "trained up to": strongest})
            rows[-1] |= {f"{s} (dB)": value for s, value in zip(SIGMAS, values, strict=True)}
    return rows


def _with_biases(channels, filters, linear):
    """Describe the network without biases, with biases."""
    graph = NETWORKS["bias_free"].graph(channels, filters, linear)
    for operator in graph.operators:
        if "use_bias" in operator.params:
            operator.params["use_bias"] = True
    return graph


if __name__ == "__main__":
    main(__file__)
