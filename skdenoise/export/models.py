"""Models: what each kind of denoiser makes of images in units of the value range, in ONNX."""

import tempfile
import warnings
from functools import singledispatch
from pathlib import Path

import numpy as np
import onnx
from scipy import ndimage

from skdenoise.export.graphs import IR_VERSION, OPSET, Layout, assemble, for_stored_images
from skdenoise.filters import FilterDenoiser
from skdenoise.images import PixelFormat
from skdenoise.subspace import SubspaceDenoiser
from skdenoise.unet import UNetDenoiser


def denoising_model(denoiser, dtype, layout: Layout, stays_float=False):
    """Return a fitted denoiser as an ONNX model of arrays of images.

    Parameters
    ----------
    denoiser : UNetDenoiser, FilterDenoiser or SubspaceDenoiser
        Fitted.
    dtype : dtype
        Of the images.
    layout : Layout
        How they lie in the array.
    stays_float : bool
        Whether the output is float32, of whole numbers, where the images are integers.

    Returns
    -------
    onnx.ModelProto
        Its input is called ``images``, its output ``denoised``.
    """
    pixels = PixelFormat(np.dtype(dtype), denoiser.value_range_)
    made = np.float32 if stays_float and pixels.is_integer else None
    return for_stored_images(
        _model(denoiser), layout, pixels, made, denoiser.clip, _multiple(denoiser)
    )


def takes_any_size(denoiser) -> bool:
    """Tell whether a denoiser takes images of other sizes than it was fitted on."""
    if isinstance(denoiser, UNetDenoiser):
        return denoiser._network.architecture.is_built_in
    return not isinstance(denoiser, SubspaceDenoiser)


def _multiple(denoiser):
    if isinstance(denoiser, UNetDenoiser):
        return denoiser._network.architecture.multiple
    return 1


@singledispatch
def _model(denoiser):
    """Return what a denoiser makes of images in units of the value range."""
    raise TypeError(f"{type(denoiser).__name__} is no denoiser of skdenoise that ONNX can express.")


@_model.register
def _(denoiser: UNetDenoiser):
    if denoiser.j_invariant:
        raise ValueError(
            "j_invariant=True takes sixteen passes over each image, which are no graph; export the "
            "denoiser after set_params(j_invariant=False)."
        )
    import keras

    trained = denoiser._network
    # A rebuild in float32: ONNX Runtime takes no bfloat16 on a CPU.
    model = trained.architecture.build(trained.size, "float32", seed=0)
    model.set_weights(trained.weights)
    shape = trained.architecture.input_shape(trained.size)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "network.onnx"))
        signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
        with warnings.catch_warnings():
            # Keras 3.15 asks NumPy for a name that NumPy means to bring back.
            warnings.simplefilter("ignore", FutureWarning)
            model.export(
                path, format="onnx", verbose=False, input_signature=signature, opset_version=OPSET
            )
        exported = onnx.load(path)
    exported.ir_version = IR_VERSION
    return exported


@_model.register
def _(denoiser: SubspaceDenoiser):
    size = denoiser.mean_.shape[0]
    return assemble(
        "float[N, h, w, c] unit",
        "float[N, h, w, c] clean",
        """
        rows = Reshape (unit, flat_shape)
        centred = Sub (rows, noisy_mean)
        weights = MatMul (centred, analysis)
        variation = MatMul (weights, synthesis)
        restored = Add (variation, mean)
        clean = Reshape (restored, image_shape)
        """,
        flat_shape=np.array([-1, size], np.int64),
        image_shape=np.array([-1, *denoiser.image_shape_], np.int64),
        noisy_mean=denoiser.noisy_mean_.astype(np.float32),
        analysis=(denoiser.components_.T * denoiser.gain_).astype(np.float32),
        synthesis=denoiser.components_.astype(np.float32),
        mean=denoiser.mean_.astype(np.float32),
    )


@_model.register
def _(denoiser: FilterDenoiser):
    _, _, params = denoiser._filter()
    if denoiser.method not in _FILTERS:
        raise ValueError(
            f"FilterDenoiser(method={denoiser.method!r}) is more than ONNX's operators can express; "
            f"of the filters, {' and '.join(map(repr, _FILTERS))} can be exported."
        )
    return _FILTERS[denoiser.method](denoiser.image_shape_[2], **params)


def _gaussian(channels, sigma_spatial):
    impulse = np.zeros(2 * round(4 * sigma_spatial + 1) + 1)
    impulse[len(impulse) // 2] = 1
    weights = np.trim_zeros(ndimage.gaussian_filter1d(impulse, sigma_spatial, mode="constant"))
    kernel = np.tile(weights.astype(np.float32), (channels, 1, 1, 1))
    return assemble(
        "float[N, h, w, c] unit",
        "float[N, h, w, c] clean",
        f"""
        {_CONTINUED}
        nchw = Transpose <perm = [0, 3, 1, 2]> (continued)
        across = Conv <group = {channels}> (nchw, kernel)
        smooth = Conv <group = {channels}> (across, kernel_down)
        clean = Transpose <perm = [0, 2, 3, 1]> (smooth)
        """,
        kernel=kernel,
        kernel_down=kernel.transpose(0, 1, 3, 2),
        **_reach(len(weights) // 2),
    )


def _median(channels, size):
    """Take each window apart into channels, by a convolution that picks, and sort these."""
    picks = np.eye(size**2, dtype=np.float32).reshape(size**2, 1, size, size)
    return assemble(
        "float[N, h, w, c] unit",
        "float[N, h, w, c] clean",
        f"""
        {_CONTINUED}
        nchw = Transpose <perm = [0, 3, 1, 2]> (continued)
        windows = Conv <group = {channels}> (nchw, picks)
        parts = Shape <start = 2, end = 4> (windows)
        apart_shape = Concat <axis = 0> (batch, parts)
        apart = Reshape (windows, apart_shape)
        least, places = TopK <axis = 2, largest = 0, sorted = 1> (apart, half)
        median = Slice (least, middle, end, axis)
        channels_first = Squeeze (median, axis)
        clean = Transpose <perm = [0, 2, 3, 1]> (channels_first)
        """,
        picks=np.tile(picks, (channels, 1, 1, 1)),
        batch=np.array([0, channels, size**2], np.int64),
        half=np.array([size**2 // 2 + 1], np.int64),
        middle=np.array([size**2 // 2], np.int64),
        end=np.array([size**2 // 2 + 1], np.int64),
        axis=np.array([2], np.int64),
        **_reach(size // 2),
    )


_FILTERS = {"gaussian": _gaussian, "median": _median}

# Beyond an edge the image is repeated back to front, the outermost pixel twice, as often as it takes.
_CONTINUED = "\n".join(
    f"""
    {name}_shape = Shape <start = {axis}, end = {axis + 1}> ({source})
    {name}_count = Squeeze ({name}_shape)
    {name}_end = Add ({name}_count, reach)
    {name}_places = Range (start, {name}_end, one)
    {name}_period = Mul ({name}_count, two)
    {name}_there = Mod ({name}_places, {name}_period)
    {name}_last = Sub ({name}_period, one)
    {name}_back = Sub ({name}_last, {name}_there)
    {name}_repeated = Min ({name}_there, {name}_back)
    {result} = Gather <axis = {axis}> ({source}, {name}_repeated)
    """
    for name, source, result, axis in [
        ("row", "unit", "tall", 1),
        ("column", "tall", "continued", 2),
    ]
)


def _reach(pixels):
    """Return the constants of `_CONTINUED`."""
    return {
        "reach": np.int64(pixels),
        "start": np.int64(-pixels),
        "one": np.int64(1),
        "two": np.int64(2),
    }
