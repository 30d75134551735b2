"""One intra-op thread of TensorFlow, and as many as there are cores.

TensorFlow runs operations beside one another (inter-op), and each in several threads (intra-op), which
have to be woken and waited for: where operations are small, that takes longer than they do. The last two
cases are what a process may hold besides: the network of the original recipe, in a plain Keras script.
Each is run in a process of its own, once to compile, then in rounds.
"""

from functools import partial

import keras
import numpy as np
import pytest

from skdenoise import UNetDenoiser

CASES = (
    "fit, 16 of 28x28",
    "fit, 32 of 28x28",
    "fit, 64 of 8x8",
    "fit, bias_free, 8 of 64x64",
    "transform, 28x28",
    "transform, 512x512",
    "original, fit",
    "original, predict",
)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a setting of TensorFlow")
@pytest.mark.parametrize("threads", ["all", "one"])
@pytest.mark.parametrize("case", CASES)
def test_threads(benchmark, new_process, quick, case, threads):
    benchmark.group = case
    call = new_process(**{"TF_NUM_INTRAOP_THREADS": "1"} if threads == "one" else {})
    call(_prepare, case, quick)
    benchmark.pedantic(call, (_run,), rounds=5, warmup_rounds=1)


def _prepare(case, quick):
    """Keep the function to measure."""
    global _function
    does, *_, of = case.split(", ")
    random = np.random.default_rng(0).random
    if does == "original":
        import _original

        images, model = random((64 if quick else 512, 28, 28, 1), np.float32), _original.build()
        if of == "fit":
            _function = partial(_original.fit, model, images, seed=0, validation_split=0)
        else:
            _function = partial(model.predict, images, batch_size=128, verbose=0)
        return
    side = int(of.split("x")[-1])
    if does == "transform":
        n_images = 4 if quick else 16_000_000 // side**2
        images = random((n_images, side, side), np.float32)
        _function = partial(
            UNetDenoiser(epochs=1, random_state=0).fit(images[:1]).transform, images
        )
        return
    batch_size = int(of.split()[0])
    images = random(((2 if quick else 200) * batch_size, side, side), np.float32)
    network = "bias_free" if "bias_free" in case else "compact"
    denoiser = UNetDenoiser(network=network, batch_size=batch_size, epochs=1, random_state=0)
    _function = partial(denoiser.fit, images)


def _run():
    _function()
