"""Blocks: a method of a fitted estimator on a Dask array of images, whole images at a time."""

import inspect

import numpy as np


def map_images(method, images, *, dtype=None, **keywords):
    """Apply a method of a fitted estimator to a Dask array of images, block by block, lazily.

    The result is that of ``images.map_blocks(method, dtype=dtype, **keywords)``, but the estimator
    travels to each worker of a cluster once, not with each task, and blocks that cut images are
    refused.

    Parameters
    ----------
    method : bound method
        Of a fitted denoiser or pipeline: ``denoiser.transform``, ``pipeline.predict``.
    images : dask.array.Array of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Noisy images.
    dtype : dtype, default=None
        Of what `method` returns. ``None`` is that of `images`, which is right for ``transform``.
    **keywords
        Passed to `dask.array.map_blocks`; ``drop_axis=(1, 2)`` for ``predict`` on grey images.

    Returns
    -------
    dask.array.Array
        What `method` returns for each block.

    Raises
    ------
    TypeError
        Where `method` is no method, or `images` no Dask array.
    ValueError
        Where an axis other than the first has more than one chunk.

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
            "denoiser.transform; images.map_blocks applies functions."
        )
    if not isinstance(images, Array):
        raise TypeError(
            f"images is {type(images).__name__}. Expected a Dask array, such as "
            "dask.array.from_zarr(path) or dask.array.from_array(images, chunks=...)."
        )
    if any(number > 1 for number in images.numblocks[1:]):
        raise ValueError(
            f"images has chunks of {images.chunksize} in an array of shape {images.shape}: images are "
            "cut, and their parts would be taken for images. Make them whole: "
            f"images.rechunk({('auto', *images.shape[1:])})."
        )
    dtype = images.dtype if dtype is None else np.dtype(dtype)
    # Given meta, Dask does not try the method on an empty array.
    keywords = {"token": method.__name__, "meta": np.empty(0, dtype), **keywords}
    estimator = delayed(method.__self__)
    return images.map_blocks(_call, estimator, method.__name__, dtype=dtype, **keywords)


def _call(block, estimator, name):
    return getattr(estimator, name)(block)
