"""Networks: a trained network as an ONNX model, by its graph or, for a user's own, by Keras's export."""

import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import onnx

from skdenoise.networks.onnx_model import IR_VERSION, OPSET, onnx_model

_replacing = Lock()


def network_model(trained):
    """Return a trained network as an ONNX model in float32.

    Parameters
    ----------
    trained : TrainedNetwork
        The network.
    """
    if trained.architecture.has_graph:
        return onnx_model(trained.architecture.graph, trained.weights)
    return _exported(trained)


def _exported(trained):
    """Rebuild a network in Keras, in float32 since ONNX Runtime has no bfloat16 on a CPU, and export it."""
    import keras

    model = trained.architecture.build(trained.size, "float32", seed=0)
    model.set_weights(trained.weights)
    shape = trained.architecture.input_shape(trained.size)
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
    with tempfile.TemporaryDirectory() as folder, _sound_optimizers(), warnings.catch_warnings():
        # Keras 3.15 uses a NumPy name for which NumPy warns of a change.
        warnings.simplefilter("ignore", FutureWarning)
        path = str(Path(folder, "network.onnx"))
        model.export(
            path, format="onnx", verbose=False, input_signature=signature, opset_version=OPSET
        )
        exported = onnx.load(path)
    exported.ir_version = IR_VERSION
    return exported


@contextmanager
def _sound_optimizers():
    """Disable, inside this context, an optimizer of tf2onnx that can produce a wrong graph.

    `ReshapeOptimizer` writes a shape with two unknown sides as constants: it adds an axis and squeezes it
    out again. If the reshape is the last operator, the squeeze is lost and the output keeps the axis.
    Whether it is last depends on the order of a set: with images of one channel, about one export in
    fifty was wrong. Without the optimizer, the shape is computed at run time.
    """
    import keras

    if keras.backend.backend() != "tensorflow":  # Keras exports with another package.
        yield
        return
    from tf2onnx.optimizer.reshape_optimizer import ReshapeOptimizer

    with _replacing:  # Two exports at the same time could restore each other's replacement.
        optimize = ReshapeOptimizer.optimize
        ReshapeOptimizer.optimize = lambda self, graph, iteration: graph
        try:
            yield
        finally:
            ReshapeOptimizer.optimize = optimize
