"""What UNetDenoiser.transform costs over the bare forward pass of its network.

    python benchmarks/transform_overhead.py

On 10,000 MNIST-sized images, in turn: ``transform``, and a loop of ``model_.predict_on_batch`` over
the same images in the batches that serve it best. Then one image, beside ``Model.predict``.
"""

import time

import numpy as np

from skdenoise import UNetDenoiser

REPEATS = 5


def seconds(function, *arguments):
    """Return the wall time of one call."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main():
    """Measure, and print medians and ratios."""
    images = np.random.default_rng(0).random((10_000, 28, 28, 1), dtype=np.float32)
    denoiser = UNetDenoiser(epochs=1, random_state=0).fit(images[:320])
    model = denoiser.model_

    def bare_loop(batch_size):
        for start in range(0, len(images), batch_size):
            model.predict_on_batch(images[start : start + batch_size])

    for batch_size in (64, 128, 256):
        bare_loop(batch_size)
    denoiser.transform(images)
    ratios = []
    for _ in range(REPEATS):
        bare = min(seconds(bare_loop, batch_size) for batch_size in (64, 128, 256))
        ratios.append(seconds(denoiser.transform, images) / bare)
    print(f"10,000 images: transform takes {np.median(ratios):.3f} times the bare loop (median)")

    one = images[:1]
    calls = {
        "transform": lambda: denoiser.transform(one),
        "predict_on_batch": lambda: model.predict_on_batch(one),
        "Model.predict": lambda: model.predict(one, verbose=0),
    }
    for call in calls.values():
        call()
    times = {name: [] for name in calls}
    for _ in range(50):
        for name, call in calls.items():
            times[name].append(seconds(call))
    for name, values in times.items():
        print(f"one image, {name}: {np.median(values) * 1e3:.1f} ms (median)")


if __name__ == "__main__":
    main()
