"""What it saves to tell glibc to keep freed memory (skdenoise/allocator.py).

    python benchmarks/allocator.py

Fits the same denoiser in fresh processes, in turn with and without, on images of 8x8 and of 28x28.
"""

import os
import resource
import subprocess
import sys
import time

import numpy as np

REPEATS = 3


def fit(side):
    """Fit once to compile, then print seconds and page faults of a second fit."""
    from skdenoise import UNetDenoiser

    images = np.random.default_rng(0).random((128 * 16, side, side), dtype=np.float32)
    denoiser = UNetDenoiser(epochs=1, random_state=0).fit(images[:640])
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    start = time.perf_counter()
    denoiser.fit(images)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
    print(time.perf_counter() - start, faults)


def run(side, *, keep):
    """Return seconds and page faults of a fit in a process of its own."""
    # A value in the environment is the user's decision; this one is glibc's default.
    decided = {} if keep else {"MALLOC_TOP_PAD_": "131072"}
    output = subprocess.run(
        [sys.executable, __file__, str(side)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **decided},
    ).stdout
    return [float(value) for value in output.splitlines()[-1].split()]


def main():
    """Measure in turn, and print medians and the ratio."""
    for side in (8, 28):
        pairs = [(run(side, keep=True), run(side, keep=False)) for _ in range(REPEATS)]
        kept, default = (np.median([pair[i] for pair in pairs], axis=0) for i in (0, 1))
        ratio = np.median([pair[1][0] / pair[0][0] for pair in pairs])
        print(
            f"{side}x{side}, 128 steps: kept {kept[0]:.1f} s and {kept[1]:.0f} page faults; ",
            end="",
        )
        print(f"default {default[0]:.1f} s and {default[1]:.0f}; {ratio:.2f} times as long")


if __name__ == "__main__":
    fit(int(sys.argv[1])) if len(sys.argv) > 1 else main()
