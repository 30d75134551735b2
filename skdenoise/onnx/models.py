"""Models: each kind of denoiser as an ONNX model of images in units of the value range."""

from functools import singledispatch

import numpy as np
from scipy import ndimage

from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.images.pixels import PixelFormat
from skdenoise.onnx.graphs import (
    Layout,
    assemble,
    continuation,
    continued,
    for_stored_images,
)
from skdenoise.onnx.networks import network_model


def denoising_model(denoiser, dtype, layout: Layout, stays_float=False):
    """Return a fitted denoiser as an ONNX model of arrays of images.

    Parameters
    ----------
    denoiser : UNetDenoiser, FilterDenoiser or SubspaceDenoiser
        The fitted denoiser.
    dtype : dtype
        Dtype of the images.
    layout : Layout
        Layout of the array of images.
    stays_float : bool
        Whether the output for integer images is float32, with integer values.

    Returns
    -------
    onnx.ModelProto
        Its input is called ``images``, its output ``denoised``.
    """
    pixels = PixelFormat(np.dtype(dtype), value_range_for(denoiser, dtype))
    made = np.float32 if stays_float and pixels.is_integer else None
    denoiser._check_strength()
    if denoiser.stabilize is not None:
        raise ValueError(
            f"stabilize={denoiser.stabilize!r} transforms each image before it is denoised, which cannot be "
            "exported as a graph; export the denoiser after set_params(stabilize=None)."
        )
    return for_stored_images(
        _model(denoiser),
        layout,
        pixels,
        made,
        clip=denoiser.clip,
        multiple=_multiple(denoiser),
        strength=denoiser.strength,
    )


def value_range_for(denoiser, dtype):
    """Return the value range of images of a dtype. It matters for denoisers that have none of their own.

    Raises
    ------
    ValueError
        If the denoiser has none, and the dtype does not determine it.
    """
    dtype = np.dtype(dtype)
    if denoiser.value_range_ is None and dtype.kind in "iu" and dtype.itemsize > 1:
        raise ValueError(
            f"The denoiser takes images of any value range, which cannot be inferred from {dtype} alone. Give to_onnx "
            "an X with such images, or make the denoiser with from_pretrained(..., value_range=(low, high))."
        )
    return denoiser._range_of(np.zeros(1, dtype))


def takes_any_size(denoiser) -> bool:
    """Return whether a denoiser takes images of other sizes than in ``fit``."""
    if isinstance(denoiser, UNetDenoiser):
        return denoiser._network.architecture.is_built_in
    return not isinstance(denoiser, SubspaceDenoiser)


def _multiple(denoiser):
    if isinstance(denoiser, UNetDenoiser):
        return denoiser._network.architecture.multiple
    return 1


@singledispatch
def _model(denoiser):
    """Return the ONNX model of a denoiser for images in units of the value range."""
    raise TypeError(
        f"{type(denoiser).__name__} cannot be exported: expected a denoiser of skdenoise."
    )


@_model.register
def _(denoiser: UNetDenoiser):
    if denoiser._steps():
        raise ValueError(
            f"inference={denoiser.inference!r} takes several passes over each image, which cannot be "
            "exported as a graph; export the denoiser after set_params(inference=None)."
        )
    return network_model(denoiser._network)


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
            f"FilterDenoiser(method={denoiser.method!r}) cannot be expressed in ONNX's operators; "
            f"of the filters, {' and '.join(map(repr, _FILTERS))} can be exported."
        )
    return _FILTERS[denoiser.method](denoiser.image_shape_[2], **params)


def _gaussian(channels, sigma_spatial):
    impulse = np.zeros(2 * round(4 * sigma_spatial + 1) + 1)
    impulse[len(impulse) // 2] = 1
    weights = np.trim_zeros(ndimage.gaussian_filter1d(impulse, sigma_spatial, mode="constant"))
    kernel = np.tile(weights.astype(np.float32), (channels, 1, 1, 1))
    return _filter(
        f"""
        across = Conv <group = {channels}> (nchw, kernel)
        filtered = Conv <group = {channels}> (across, kernel_down)
        """,
        reach=len(weights) // 2,
        kernel=kernel,
        kernel_down=kernel.transpose(0, 1, 3, 2),
    )


def _median(channels, size):
    """Split each window into channels, with a convolution that picks pixels, and sort these."""
    picks = np.eye(size**2, dtype=np.float32).reshape(size**2, 1, size, size)
    return _filter(
        f"""
        windows = Conv <group = {channels}> (nchw, picks)
        parts = Shape <start = 2, end = 4> (windows)
        apart_shape = Concat <axis = 0> (batch, parts)
        apart = Reshape (windows, apart_shape)
        least, places = TopK <axis = 2, largest = 0, sorted = 1> (apart, half)
        median = Slice (least, middle, end, axis)
        filtered = Squeeze (median, axis)
        """,
        reach=size // 2,
        picks=np.tile(picks, (channels, 1, 1, 1)),
        batch=np.array([0, channels, size**2], np.int64),
        half=np.array([size**2 // 2 + 1], np.int64),
        middle=np.array([size**2 // 2], np.int64),
        end=np.array([size**2 // 2 + 1], np.int64),
        axis=np.array([2], np.int64),
    )


_FILTERS = {"gaussian": _gaussian, "median": _median}


def _filter(body, reach, **constants):
    """Return a model of operators from ``nchw``, padded by `reach` pixels, to ``filtered``."""
    return assemble(
        "float[N, h, w, c] unit",
        "float[N, h, w, c] clean",
        f"""
        {continued("unit", "wide")}
        nchw = Transpose <perm = [0, 3, 1, 2]> (wide)
        {body}
        clean = Transpose <perm = [0, 2, 3, 1]> (filtered)
        """,
        **continuation(reach, edge_twice=True),
        **constants,
    )
