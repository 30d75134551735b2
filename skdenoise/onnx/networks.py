"""Networks: a trained Keras network as an ONNX model, through Keras's own export."""

import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import onnx

from skdenoise.onnx.graphs import IR_VERSION, OPSET

_replacing = Lock()


def network_model(trained):
    """Return a trained network as an ONNX model in float32, with names of Keras's choice.

    Parameters
    ----------
    trained : TrainedNetwork
        Rebuilt in float32 with the same weights: ONNX Runtime takes no bfloat16 on a CPU.
    """
    import keras

    model = trained.architecture.build(trained.size, "float32", seed=0)
    model.set_weights(trained.weights)
    shape = trained.architecture.input_shape(trained.size)
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
    with tempfile.TemporaryDirectory() as folder, _sound_optimizers(), warnings.catch_warnings():
        # Keras 3.15 asks NumPy for a name that NumPy means to bring back.
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
    """Let tf2onnx leave out, within, the one of its optimizers that can make a wrong graph.

    Its `ReshapeOptimizer` writes a shape with two unknown sides as constants by adding an axis and
    squeezing it out again. Where the reshape is the last operator, the squeeze goes astray, and the
    output keeps the axis. Whether it is the last depends on the order of sets: with images of one
    channel, one export in some fifty went wrong. Without it the shape is computed at run time.
    """
    import keras

    if keras.backend.backend() != "tensorflow":  # Keras asks another package.
        yield
        return
    from tf2onnx.optimizer.reshape_optimizer import ReshapeOptimizer

    with _replacing:  # Two exports at a time might restore what the other has put there.
        optimize = ReshapeOptimizer.optimize
        ReshapeOptimizer.optimize = lambda self, graph, iteration: graph
        try:
            yield
        finally:
            ReshapeOptimizer.optimize = optimize
