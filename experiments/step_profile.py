"""Where the time of a training step of the default denoiser goes.

Writes experiments/results/step_profile.md, a table of docs/benchmarks.md.

The operations of TensorFlow, by kind, as its own profiler sees them: milliseconds a step, summed over
the threads that they run in. Batches are made in a thread beside. `rate` is what the convolutions
compute, and what a large matrix multiplication does, in the same precision, in the same run.
"""

import collections
import tempfile
from pathlib import Path

import keras
import numpy as np
from _record import interleaved, main, seconds

from skdenoise import UNetDenoiser
from skdenoise.backend.precision import resolve_precision

COLUMNS = ["images", "what", "ms a step", "rate (GFLOP/s)"]
KINDS = {
    "Conv2DBackpropFilter": "convolutions, gradients of the filters",
    "Conv2DBackpropInput": "convolutions, gradients of the inputs",
    "Conv2D": "convolutions, forward",
    "PyFunc": "batches, in a thread beside",
}
OTHERS = "everything else"
CASES = ((28, 16), (8, 64))


def measure(quick):
    """Return the rows of the table."""
    if keras.backend.backend() != "tensorflow":
        raise SystemExit("The profiler is that of TensorFlow: run with KERAS_BACKEND=tensorflow.")
    steps, side = (5, 256) if quick else (400, 1024)
    rows = []
    for size, batch_size in CASES[:1] if quick else CASES:
        rows += _rows_of_a_case(size, batch_size, steps)
    rate = _rate_of_multiplication(side)
    return [*rows, {"what": f"matrix multiplication, {side}x{side}", "rate (GFLOP/s)": rate}]


def _rows_of_a_case(size, batch_size, steps):
    rng = np.random.default_rng(0)
    images = rng.random((steps * batch_size, size, size), dtype=np.float32)
    denoiser = UNetDenoiser(batch_size=batch_size, epochs=1, random_state=0)
    denoiser.fit(images[: 8 * batch_size])
    wall = seconds(denoiser.fit, images) / steps
    arithmetic = 2e-9 * _multiply_adds(denoiser.model_, size) * batch_size
    case = f"{batch_size} of {size}x{size}"
    rows = [{"images": case, "what": "a step, from start to end", "ms a step": 1e3 * wall}]
    # The gradients with respect to filters and to inputs take as much arithmetic each.
    for what, spent in _profile(lambda: denoiser.fit(images)).items():
        rows.append({"images": case, "what": what, "ms a step": 1e3 * spent / steps})
        if what.startswith("convolutions"):
            rows[-1]["rate (GFLOP/s)"] = arithmetic / (spent / steps)
    return rows


def _profile(call):
    """Return the seconds that each kind of operation takes while a function runs."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            call()
        (file,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(file.read_bytes())
    spent = dict.fromkeys([*KINDS.values(), OTHERS], 0.0)
    for kind, picoseconds in _operations(space).items():
        known = (what for name, what in KINDS.items() if name in kind)
        spent[next(known, OTHERS)] += picoseconds * 1e-12
    return spent


def _operations(space):
    """Return the picoseconds of each kind of operation, whose events are called ``place:kind``."""
    total = collections.Counter()
    for plane in space.planes:
        names = {key: event.name for key, event in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                name = names[event.metadata_id]
                kind = name.split(":")[-1]
                # Not the iterators ("Iterator::..."), nor the function that holds all operations.
                if ":" in name and "::" not in name and "__inference" not in kind:
                    total[kind] += event.duration_ps
    return total


def _multiply_adds(model, size):
    """Return the multiply-adds of the convolutions for an image of so many pixels a side."""
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    outputs = keras.Model(model.inputs, [layer.output for layer in convolutions])(
        np.zeros((1, size, size, model.inputs[0].shape[-1]), np.float32)
    )
    return sum(
        int(np.prod(layer.kernel.shape)) * output.shape[1] * output.shape[2]
        for layer, output in zip(convolutions, outputs, strict=True)
    )


def _rate_of_multiplication(side):
    """Return the rate, in GFLOP/s, at which large matrices are multiplied."""
    square = keras.random.uniform((side, side), seed=0)
    square = keras.ops.cast(square, resolve_precision("auto"))

    def multiply():
        keras.ops.convert_to_numpy(keras.ops.matmul(square, square)[:1, :1])

    return float(2e-9 * side**3 / np.median(interleaved({"": multiply}, 5)[""]))


if __name__ == "__main__":
    main(__file__)
