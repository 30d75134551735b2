"""ONNX Runtime: computes a network of the package without Keras, which takes seconds to import."""

import ctypes
import os
import weakref
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import numpy as np

from skdenoise.backend.threads import thread_limit
from skdenoise.networks.graph import CLIPPED_FOR_LOGIT, LEAKY_SLOPE

# The newest operators that tf2onnx writes, and the matching file format.
OPSET, IR_VERSION = 18, 8
# What the drivers of NVIDIA and AMD, and Windows in a Linux machine, create where there is a GPU.
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
_ONLY_ERRORS = 3


@cache
def is_preferable() -> bool:
    """Return whether ONNX Runtime is installed, and no GPU is found, with which Keras is faster."""
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        return False
    return not any(Path(path).exists() for path in _GPU_DEVICES) and which("nvidia-smi") is None


class Session:
    """A network with its weights in ONNX Runtime, in float32.

    Parameters
    ----------
    graph : Graph
        The network.
    weights : list of ndarray
        Its weights, in the order of ``graph.weight_shapes``.

    Attributes
    ----------
    was_lost : bool
        Whether this process was forked after the session was made: a fork copies none of its threads.
    """

    def __init__(self, graph, weights):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ONLY_ERRORS
        options.intra_op_num_threads = thread_limit()  # 0: as many as there are cores
        self._session = onnxruntime.InferenceSession(
            graph_model(graph, weights).SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )
        self.was_lost = False
        _sessions.add(self)

    def denoise(self, images):
        """Apply the network to float32 images of shape (n, height, width, channels)."""
        (denoised,) = self._session.run(None, {"images": images})
        return denoised


# Those of this process that are in use.
_sessions: "weakref.WeakSet[Session]" = weakref.WeakSet()


def _lose_sessions():
    """In a forked process, never use the sessions of its parent, nor free them: that would wait for their threads."""
    for session in _sessions:
        session.was_lost = True
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session._session))


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_lose_sessions)


def graph_model(graph, weights):
    """Return a network with its weights as an ONNX model.

    Parameters
    ----------
    graph : Graph
        The network.
    weights : list of ndarray
        Its weights, in the order of ``graph.weight_shapes``.

    Returns
    -------
    onnx.ModelProto
        From ``images``, float32 of shape (n, height, width, channels), to ``denoised`` of the same shape.
    """
    from onnx import TensorProto, helper, numpy_helper

    remaining = iter(weights)
    nodes, constants = [], []

    def constant(name, values):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def activate(x, activation, output):
        kind, attributes = _ACTIVATIONS[activation]
        return add(kind, [x], output, **attributes)

    # ONNX has its convolutions with the channels first.
    add("Transpose", ["images"], _name(graph.image), perm=[0, 3, 1, 2])
    one = constant("one", np.float32(1))
    least, most = (
        constant(name, np.float32(value))
        for name, value in (("least", CLIPPED_FOR_LOGIT), ("most", 1 - CLIPPED_FOR_LOGIT))
    )
    doubled = constant("doubled", np.array([1, 1, 2, 2], np.float32))
    for operator in graph.operators:
        inputs, name = [_name(values) for values in operator.inputs], _name(operator.output)
        activation = operator.params.get("activation")
        match operator.kind:
            case "convolution":
                size = operator.params["size"]
                inputs.append(constant(f"{name}_kernel", next(remaining).transpose(3, 2, 0, 1)))
                if operator.params["use_bias"]:
                    inputs.append(constant(f"{name}_bias", next(remaining)))
                pads = [size // 2] * 4
                x = add("Conv", inputs, f"{name}_linear", kernel_shape=[size, size], pads=pads)
                activate(x, activation, name)
            case "activated_sum":
                activate(add("Add", inputs, f"{name}_linear"), activation, name)
            case "max_pooling":
                add("MaxPool", inputs, name, kernel_shape=[2, 2], strides=[2, 2])
            case "upsampling":
                nearest = {"mode": "nearest", "nearest_mode": "floor"}
                nearest["coordinate_transformation_mode"] = "asymmetric"
                add("Resize", [*inputs, "", doubled], name, **nearest)
            case "space_to_depth":
                add("SpaceToDepth", inputs, name, blocksize=2)
            case "depth_to_space":
                add("DepthToSpace", inputs, name, blocksize=2, mode="DCR")
            case "concatenate":
                add("Concat", inputs, name, axis=1)
            case "difference":
                add("Sub", inputs, name)
            case "sigmoid":
                activate(*inputs, "sigmoid", name)
            case "logit":
                x = add("Clip", [*inputs, least, most], f"{name}_clipped")
                of_white = add("Log", [x], f"{name}_of_white")
                rest = add("Sub", [one, x], f"{name}_rest")
                of_black = add("Log", [rest], f"{name}_of_black")
                add("Sub", [of_white, of_black], name)
            case kind:
                raise NotImplementedError(f"ONNX Runtime has no {kind!r} here yet.")
    add("Transpose", [_name(graph.output)], "denoised", perm=[0, 2, 3, 1])
    shape = ["N", "height", "width", graph.image.channels]
    images, denoised = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name in ("images", "denoised")
    )
    used = {name for node in nodes for name in node.input}
    return helper.make_model(
        helper.make_graph(
            nodes, "network", [images], [denoised], [c for c in constants if c.name in used]
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


_ACTIVATIONS = {
    None: ("Identity", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAKY_SLOPE}),
    "sigmoid": ("Sigmoid", {}),
}


def _name(values):
    return f"values_{values.index}" if values.index >= 0 else "image"
