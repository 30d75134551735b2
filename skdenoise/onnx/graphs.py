"""Graphs: ONNX models of operators, in ONNX's text form, from stored images to stored images."""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper, parser

from skdenoise.images.pixels import dtype_limits
from skdenoise.networks.onnx_model import IR_VERSION, OPSET

_DOMAIN = f'<ir_version: {IR_VERSION}, opset_import: ["" : {OPSET}]>'


@dataclass(frozen=True)
class Layout:
    """Layout of an array of images.

    Parameters
    ----------
    n_dimensions : int
        2 for flat rows, 3 for grey images, 4 for images with channels.
    image_shape : (height, width, channels)
        Shape of the images. Height and width are None if any size is accepted.
    """

    n_dimensions: int
    image_shape: tuple

    @property
    def dimensions(self) -> str:
        """The shape in ONNX's text form: numbers, and names for sides known only at run time."""
        height, width, channels = self.image_shape
        if self.n_dimensions == 2:
            return f"N, {height * width * channels}"
        size = f"N, {height or 'height'}, {width or 'width'}"
        return size if self.n_dimensions == 3 else f"{size}, {channels}"


def assemble(inputs, outputs, body, **constants):
    """Return a model of the operators in `body`.

    Parameters
    ----------
    inputs, outputs, body : str
        Inputs, outputs and operators in ONNX's text form.
    **constants : array-like
        Values of names in `body`. Names that it does not use are left out.
    """
    model = parser.parse_model(f"{_DOMAIN} denoising ({inputs}) => ({outputs}) {{ {body} }}")
    used = {name for node in model.graph.node for name in node.input}
    for name in sorted(used & constants.keys()):
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(constants[name]), name))
    return model


def continued(source, result):
    """Return operators that pad images by reflection, as ``numpy.pad`` does.

    Parameters
    ----------
    source, result : str
        Names of images of shape (n, height, width, channels).

    See Also
    --------
    continuation : The constants these operators need.
    """
    return "\n".join(
        f"""
        {name}_shape = Shape <start = {axis}, end = {axis + 1}> ({given})
        {name}_count = Squeeze ({name}_shape)
        {name}_wanted = Add ({name}_count, after)
        {name}_negative = Neg ({name}_wanted)
        {name}_missing = Mod ({name}_negative, multiple)
        {name}_end = Add ({name}_wanted, {name}_missing)
        {name}_places = Range (before, {name}_end, one)
        {name}_way = Sub ({name}_count, edge_once)
        {name}_there_and_back = Mul ({name}_way, two)
        {name}_period = Max ({name}_there_and_back, one)
        {name}_there = Mod ({name}_places, {name}_period)
        {name}_turn = Sub ({name}_period, edge_twice)
        {name}_back = Sub ({name}_turn, {name}_there)
        {name}_repeated = Min ({name}_there, {name}_back)
        {made} = Gather <axis = {axis}> ({given}, {name}_repeated)
        """
        for name, given, made, axis in [("row", source, "tall", 1), ("column", "tall", result, 2)]
    )


def continuation(reach=0, multiple=1, edge_twice=False):
    """Return the constants of `continued`.

    Parameters
    ----------
    reach : int
        Number of pixels added on each side.
    multiple : int
        Height and width are then padded to a multiple of this, at the bottom and on the right.
    edge_twice : bool
        Whether the edge pixel is repeated (NumPy's "symmetric") or not ("reflect").
    """
    numbers = {
        "before": -reach,
        "after": reach,
        "multiple": multiple,
        "edge_once": not edge_twice,
        "edge_twice": edge_twice,
        "one": 1,
        "two": 2,
    }
    return {name: np.int64(number) for name, number in numbers.items()}


def for_stored_images(model, layout, pixels, made=None, clip=None, multiple=1, strength=1.0):
    """Return a model of stored images from a model of images in units of the value range.

    Parameters
    ----------
    model : onnx.ModelProto
        From float32 images of shape (n, height, width, channels) to images of the same shape.
    layout : Layout
        Layout of the input and output arrays.
    pixels : PixelFormat
        Dtype and value range of the input.
    made : dtype or None
        Dtype of the output. If None, uses the dtype of the input.
    clip : bool or None
        Whether to clip the output to the value range. If None, integers are limited to it, or to being as far
        outside as the input is.
    multiple : int
        Height and width are padded to a multiple of this, by reflection.
    strength : float
        Weight of the output of `model`, from 0 to 1. The rest is the weight of the input. At 0 the input is
        returned as it is, also where it is outside of the value range.

    Returns
    -------
    onnx.ModelProto
        Its input is called ``images``, its output ``denoised``.
    """
    wide, made = pixels.scaled_in, np.dtype(made or pixels.dtype)
    low, high = pixels.value_range
    given = f"{dtype_name(pixels.dtype)}[{layout.dimensions}] images"
    result = f"{dtype_name(made)}[{layout.dimensions}] denoised"
    if strength == 0:
        return assemble(given, result, f"denoised = Cast <to = {_number(made)}> (images)")
    whole = assemble(
        given,
        result,
        f"""
        given = Cast <to = {_number(wide)}> (images)
        nhwc = {to_nhwc(layout)}
        shifted = Sub (nhwc, low)
        scaled = Div (shifted, span)
        unit = Cast <to = {_number(np.float32)}> (scaled)
        size = Shape <start = 1, end = 3> (unit)
        {continued("unit", "full") if multiple > 1 else "full = Identity (unit)"}
        clean = Model (full)
        cropped = Slice (clean, origin, size, size_axes)
        {_BLENDED if strength < 1 else "blended = Identity (cropped)"}
        exact = Cast <to = {_number(wide)}> (blended)
        spread = Mul (exact, span)
        values = Add (spread, low)
        {_kept(pixels, clip)}
        laid_out = {_FROM_NHWC[layout.n_dimensions]}
        denoised = Cast <to = {_number(made)}> (laid_out)
        """,
        low=wide(low),
        high=wide(high),
        span=wide(high - low),
        **_limits(pixels, wide),
        nhwc_shape=np.array([-1, *(side or 0 for side in layout.image_shape)], np.int64),
        flat_shape=np.array([-1, math.prod(side or 0 for side in layout.image_shape)], np.int64),
        channel_axis=np.array([3], np.int64),
        strength=np.float32(strength),
        origin=np.zeros(2, np.int64),
        size_axes=np.array([1, 2], np.int64),
        **continuation(multiple=multiple),
    )
    put_in_place(model, whole, "Model")
    onnx.checker.check_model(whole)
    return whole


_BLENDED = """
        change = Sub (cropped, unit)
        part = Mul (change, strength)
        blended = Add (unit, part)
"""
_TO_NHWC = {
    2: "Reshape (given, nhwc_shape)",
    3: "Unsqueeze (given, channel_axis)",
    4: "Identity (given)",
}
_FROM_NHWC = {
    2: "Reshape (kept, flat_shape)",
    3: "Squeeze (kept, channel_axis)",
    4: "Identity (kept)",
}


def _kept(pixels, clip):
    """Return operators that clip and round values, as a denoiser does."""
    if clip is None and pixels.is_integer:
        limited = """
            lowest = Min (nhwc, low)
            highest = Max (nhwc, high)
            not_below = Max (values, lowest)
            limited = Min (not_below, highest)
        """
    else:
        limited = f"limited = {'Clip (values, low, high)' if clip else 'Identity (values)'}"
    if not pixels.is_integer:
        return f"{limited} kept = Identity (limited)"
    return f"{limited} rounded = Round (limited) kept = Clip (rounded, least, most)"


def _limits(pixels, wide):
    if not pixels.is_integer:
        return {}
    least, most = dtype_limits(pixels.dtype)
    return {"least": wide(least), "most": wide(most)}


def to_nhwc(layout):
    """Return the operator that turns ``given``, in this layout, into images NHWC."""
    return _TO_NHWC[layout.n_dimensions]


def put_in_place(model, whole, op_type):
    """Replace the one operator of this type in `whole` by the operators of `model`."""
    model = compose.add_prefix(model, f"{op_type.lower()}/")
    nodes = list(whole.graph.node)
    (index,) = (i for i, node in enumerate(nodes) if node.op_type == op_type)
    place = nodes[index]
    nodes[index : index + 1] = [
        *_identities(place.input, [given.name for given in model.graph.input]),
        *model.graph.node,
        *_identities([made.name for made in model.graph.output], place.output),
    ]
    del whole.graph.node[:]
    whole.graph.node.extend(nodes)
    whole.graph.initializer.extend(model.graph.initializer)
    versions = {needed.domain: needed.version for needed in whole.opset_import}
    versions |= {needed.domain: needed.version for needed in model.opset_import}
    del whole.opset_import[:]
    whole.opset_import.extend(helper.make_opsetid(*version) for version in versions.items())


def _identities(given, made):
    return [
        helper.make_node("Identity", [one], [other]) for one, other in zip(given, made, strict=True)
    ]


def _number(dtype):
    """Return ONNX's number for a NumPy dtype."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def dtype_name(dtype):
    """Return ONNX's name for a NumPy dtype."""
    return element_name(_number(dtype))


def element_name(number):
    """Return ONNX's name for the number of an element type, as the graph text has it."""
    return onnx.TensorProto.DataType.Name(number).lower()
