"""ONNX model: a graph, with its weights, as operators of ONNX."""

import numpy as np

from skdenoise.networks.graph import CLIPPED_FOR_LOGIT, LEAKY_SLOPE

# The newest operators that tf2onnx writes, and the matching file format.
OPSET, IR_VERSION = 18, 8

_ACTIVATIONS = {
    None: ("Identity", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAKY_SLOPE}),
    "sigmoid": ("Sigmoid", {}),
}


def onnx_model(graph, weights):
    """Return a graph with its weights as an ONNX model.

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
    from onnx import TensorProto, helper

    writer = _Writer(weights)
    # ONNX has its convolutions with the channels first.
    writer.add("Transpose", ["images"], _name(graph.image), perm=[0, 3, 1, 2])
    for operator in graph.operators:
        write = getattr(writer, operator.kind)
        write([_name(values) for values in operator.inputs], _name(operator.output), operator)
    writer.add("Transpose", [_name(graph.output)], "denoised", perm=[0, 2, 3, 1])
    shape = ["N", "height", "width", graph.image.channels]
    images, denoised = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name in ("images", "denoised")
    )
    return helper.make_model(
        helper.make_graph(writer.nodes, graph.name, [images], [denoised], writer.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


class _Writer:
    """Collects nodes and constants. It has a method for each operator of `Graph`, with the operator's name."""

    def __init__(self, weights):
        self.nodes, self.constants = [], []
        self._weights = iter(weights)

    def add(self, kind, inputs, output, **attributes):
        """Add a node, and return the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(self, inputs, output, operator):
        size = operator.params["size"]
        kernel = next(self._weights).transpose(3, 2, 0, 1)
        inputs = [*inputs, self._constant(f"{output}_kernel", kernel)]
        if operator.params["use_bias"]:
            inputs.append(self._constant(f"{output}_bias", next(self._weights)))
        layout = {"kernel_shape": [size, size], "pads": [size // 2] * 4}
        self._activate(self.add("Conv", inputs, f"{output}_linear", **layout), output, operator)

    def activated_sum(self, inputs, output, operator):
        self._activate(self.add("Add", inputs, f"{output}_linear"), output, operator)

    def max_pooling(self, inputs, output, operator):
        self.add("MaxPool", inputs, output, kernel_shape=[2, 2], strides=[2, 2])

    def upsampling(self, inputs, output, operator):
        scales = self._constant(f"{output}_scales", np.float32([1, 1, 2, 2]))
        nearest = {"mode": "nearest", "nearest_mode": "floor"}
        nearest["coordinate_transformation_mode"] = "asymmetric"
        self.add("Resize", [*inputs, "", scales], output, **nearest)

    def space_to_depth(self, inputs, output, operator):
        self.add("SpaceToDepth", inputs, output, blocksize=2)

    def depth_to_space(self, inputs, output, operator):
        self.add("DepthToSpace", inputs, output, blocksize=2, mode="DCR")

    def concatenate(self, inputs, output, operator):
        self.add("Concat", inputs, output, axis=1)

    def difference(self, inputs, output, operator):
        self.add("Sub", inputs, output)

    def sigmoid(self, inputs, output, operator):
        self.add("Sigmoid", inputs, output)

    def logit(self, inputs, output, operator):
        limits = {"least": CLIPPED_FOR_LOGIT, "most": 1 - CLIPPED_FOR_LOGIT, "one": 1}
        least, most, one = (
            self._constant(f"{output}_{name}", np.float32(value)) for name, value in limits.items()
        )
        x = self.add("Clip", [*inputs, least, most], f"{output}_clipped")
        rest = self.add("Sub", [one, x], f"{output}_rest")
        logs = [self.add("Log", [part], f"{part}_log") for part in (x, rest)]
        self.add("Sub", logs, output)

    def _activate(self, x, output, operator):
        kind, attributes = _ACTIVATIONS[operator.params["activation"]]
        self.add(kind, [x], output, **attributes)

    def _constant(self, name, values):
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _name(values):
    return f"values_{values.index}" if values.index >= 0 else "image"
