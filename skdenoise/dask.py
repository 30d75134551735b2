"""Dask: apply a method of a fitted estimator to a Dask array of images, block by block."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from skdenoise.denoisers.base import Denoiser

if TYPE_CHECKING:
    from dask.array import Array


def map_images(
    method: Callable[..., Any], images: "Array", *, dtype: DTypeLike | None = None, **keywords: Any
) -> "Array":
    """Apply a method of a fitted estimator lazily to each block of a Dask array of images.

    The result is the same as ``images.map_blocks(method, dtype=dtype, **keywords)``. But the
    estimator is sent once to each worker of a cluster, not with each task, and blocks that cut
    images raise an error.

    Parameters
    ----------
    method : bound method
        A method of a fitted denoiser or pipeline, such as ``denoiser.transform`` or
        ``pipeline.predict``.
    images : dask.array.Array of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images. A denoiser from `UNetDenoiser.from_pretrained` takes black and white from each block: give it
        a ``value_range``.
    dtype : dtype, default=None
        Type of the result of `method`. If None, uses the dtype of `images`, which is right for
        ``transform``.
    **keywords
        Passed to `dask.array.map_blocks`, such as ``drop_axis=(1, 2)`` for ``predict`` on grey
        images.

    Returns
    -------
    dask.array.Array
        The results of `method`, block by block.

    Raises
    ------
    TypeError
        If `method` is not a method, or `images` is not a Dask array.
    ValueError
        If an axis other than the first has more than one chunk.

    Examples
    --------
    >>> import dask.array as da
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import FilterDenoiser, map_images
    >>> X = load_digits().images / 16
    >>> denoiser = FilterDenoiser("gaussian").fit(X)
    >>> denoised = map_images(denoiser.transform, da.from_array(X, chunks=(500, 8, 8)))
    >>> denoised.shape, denoised.npartitions
    ((1797, 8, 8), 4)
    >>> bool((denoised.compute() == denoiser.transform(X)).all())
    True
    """
    from dask import delayed
    from dask.array import Array

    if not inspect.ismethod(method):
        raise TypeError(
            f"method is {method!r}. Expected a method of a fitted estimator, such as "
            "denoiser.transform. To apply a function, use images.map_blocks."
        )
    if not isinstance(images, Array):
        raise TypeError(
            f"images is a {type(images).__name__}. Expected a Dask array, such as "
            "dask.array.from_zarr(path) or dask.array.from_array(images, chunks=...)."
        )
    if any(number > 1 for number in images.numblocks[1:]):
        raise ValueError(
            f"images has chunks of {images.chunksize} in an array of shape {images.shape}: images "
            "are cut into parts. Make each image part of one chunk: "
            f"images.rechunk({('auto', *images.shape[1:])})."
        )
    dtype = images.dtype if dtype is None else np.dtype(dtype)
    # With meta, Dask does not call the method on an empty array.
    keywords = {"token": method.__name__, "meta": np.empty(0, dtype), **keywords}
    estimator = delayed(method.__self__)
    return images.map_blocks(_call, estimator, method.__name__, dtype=dtype, **keywords)


def _call(block, estimator, name):
    method = getattr(estimator, name)
    if len(block):
        return method(block)
    # Estimators take no empty array, and a selection by a mask leaves empty blocks.
    if isinstance(estimator, Denoiser) and name == "transform":
        return block
    return method(np.zeros((1, *block.shape[1:]), block.dtype))[:0]
