"""What it saves that glibc keeps freed memory (skdenoise/backend/allocator.py).

Second fits of the same denoiser, 128 steps, on images of 8x8 and of 28x28 pixels, in processes with and
without that setting.
"""

import resource

import numpy as np
import pytest

from skdenoise import UNetDenoiser


@pytest.mark.parametrize("freed_memory", ["kept", "returned"])
@pytest.mark.parametrize("side", [8, 28])
def test_fit(benchmark, new_process, quick, side, freed_memory):
    benchmark.group = f"{side}x{side}, 128 steps"
    # A value in the environment is the user's decision; this one is glibc's default.
    call = new_process(**{"MALLOC_TOP_PAD_": "131072"} if freed_memory == "returned" else {})
    faults = benchmark.pedantic(call, (_fit, side, 2 if quick else 128), rounds=5, warmup_rounds=1)
    benchmark.extra_info["page faults"] = faults


def _fit(side, steps):
    """Fit, and return the page faults."""
    images = np.random.default_rng(0).random((steps * 16, side, side), dtype=np.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    UNetDenoiser(batch_size=16, epochs=1, random_state=0).fit(images)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
