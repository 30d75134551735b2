"""How fast the default denoiser transforms, against the original network and against its machine.

``transform`` and the ``Model.predict`` of the original network in turn, on the same images. The
share of the machine is that of a large float32 matrix multiplication, timed in the same run.
"""

import pickle
import subprocess
import sys
import tempfile

import _original
import keras
import numpy as np
from _record import interleaved

from skdenoise import UNetDenoiser
from skdenoise.backend.precision import resolve_precision

COLUMNS = ["what", "ours", "peer", "unit", "ratio", "peer is"]
FIRST_CALLS = """
import pickle, sys, time
import numpy as np
import keras
denoiser = pickle.load(open(sys.argv[1], "rb"))
for size in (28, 28, 64, 33):
    images = np.zeros((8, size, size, 1), np.float32)
    start = time.perf_counter()
    denoiser.transform(images)
    print(time.perf_counter() - start)
"""


def measure(quick):
    """Return the rows of the table."""
    n_images, repeats = (500, 1) if quick else (10_000, 5)
    images = np.random.default_rng(0).random((n_images, 28, 28, 1), dtype=np.float32)
    denoiser = UNetDenoiser(epochs=1, precision="float32", random_state=0).fit(images[:320])
    return [
        *_throughput(denoiser, images, repeats),
        *_one_image(denoiser, images[:1]),
        *_first_calls(denoiser),
    ]


def _throughput(denoiser, images, repeats):
    original, n_peer = _original.build(), len(images) // 10
    # Of a copy: a denoiser whose model_ was asked for applies that, not a network of the pool.
    model = pickle.loads(pickle.dumps(denoiser)).model_
    size = 1024
    square = keras.random.uniform((size, size), seed=0)

    def bare_loop():
        for start in range(0, len(images), 256):
            model.predict_on_batch(images[start : start + 256])

    times = interleaved(
        {
            "ours": lambda: denoiser.transform(images),
            "bare": bare_loop,
            "original": lambda: original.predict(images[:n_peer], verbose=0),
            "matmul": lambda: keras.ops.convert_to_numpy(keras.ops.matmul(square, square)),
        },
        repeats,
    )
    ours = len(images) / times["ours"]
    peer = n_peer / times["original"]
    rate = 2e-9 * multiply_adds(model, 28) * ours
    bound = 2e-9 * size**3 / times["matmul"]
    return [
        _row("28x28 images", ours, peer, "images a second", "Model.predict of the original"),
        _row(
            "the same",
            ours,
            len(images) / times["bare"],
            "images a second",
            "a loop of compiled calls",
        ),
        _row("arithmetic", rate, bound, "GFLOP/s", "matrix multiplication, float32"),
    ]


def _one_image(denoiser, image):
    model = pickle.loads(pickle.dumps(denoiser)).model_
    times = interleaved(
        {
            "transform": lambda: denoiser.transform(image),
            "bare": lambda: model.predict_on_batch(image),
        },
        50,
    )
    return [_row("one image", times["transform"] * 1e3, times["bare"] * 1e3, "ms", "compiled call")]


def _first_calls(denoiser):

    with tempfile.NamedTemporaryFile() as file:
        pickle.dump(denoiser, file)
        file.flush()
        command = [sys.executable, "-W", "ignore", "-c", FIRST_CALLS, file.name]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    first, again, *new_sizes = map(float, output.split())
    return [
        {"what": "first call of a process", "ours": first, "unit": "s"},
        {"what": "second call", "ours": again, "unit": "s"},
        {"what": "first call of a new size (slower of two)", "ours": max(new_sizes), "unit": "s"},
    ]


def multiply_adds(model, size):
    """Return the multiply-adds of the convolutions for an image of so many pixels a side."""
    probe = keras.models.clone_model(model)
    total = 0
    shapes = {}
    for layer in probe.layers:
        if isinstance(layer, keras.layers.Conv2D):
            shapes[layer.name] = layer.kernel.shape
    taps = keras.Model(probe.inputs, [probe.get_layer(name).output for name in shapes])
    outputs = taps(np.zeros((1, size, size, probe.inputs[0].shape[-1]), np.float32))
    for kernel, output in zip(shapes.values(), outputs, strict=True):
        total += int(np.prod(kernel)) * output.shape[1] * output.shape[2]
    return total


def rate_of_multiplication(side):
    """Return the rate, in GFLOP/s, at which large matrices are multiplied."""
    square = keras.random.uniform((side, side), seed=0)
    square = keras.ops.cast(square, resolve_precision("auto"))

    def multiply():
        keras.ops.convert_to_numpy(keras.ops.matmul(square, square)[:1, :1])

    return float(2e-9 * side**3 / np.median(interleaved({"": multiply}, 5)[""]))


def _row(what, ours, peer, unit, peer_is):
    ratio = float(np.median(ours / peer))
    return {
        "what": what,
        "ours": float(np.median(ours)),
        "peer": float(np.median(peer)),
        "unit": unit,
        "ratio": ratio,
        "peer is": peer_is,
    }
