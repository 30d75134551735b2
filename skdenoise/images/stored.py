"""Stored images: arrays that are read block by block, in an order that needs few blocks at a time."""

import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from numbers import Integral

import numpy as np

from skdenoise.images.layout import check_values

# What is read at once, at least: a store takes some time for each request, however small.
_BYTES_READ = 2**22
# What is kept of each store in memory, and so what the images of a batch are drawn from.
_BYTES_KEPT = 2**28
_LEAST_BLOCKS_KEPT = 3


def is_stored(X) -> bool:
    """Tell whether `X` is an array that can be read in parts: a memmap, or one of Zarr, HDF5 or Dask.

    All of these but the memmap have `chunks`.
    """
    if isinstance(X, np.ndarray):
        return isinstance(X, np.memmap) and X.ndim > 1
    return all(hasattr(X, name) for name in ("chunks", "shape", "dtype", "ndim")) and X.ndim > 1


def as_stored(X, clean=None):
    """Return what `fit` is given, arrays in stores as `StoredImages`, which share their blocks."""
    X = StoredImages(X, "X") if is_stored(X) else X
    clean = StoredImages(clean, "clean") if is_stored(clean) else clean
    stores = [images for images in (X, clean) if isinstance(images, StoredImages)]
    if len(stores) == 2 and len(X) == len(clean):
        bounds = min((images.blocks.bounds for images in stores), key=len)
        kept = min(_n_kept(bounds, images.bytes_per_image) for images in stores)
        blocks = Blocks(bounds, kept)
        X, clean = (images.in_blocks(blocks) for images in stores)
    return X, clean


@dataclass(frozen=True)
class Blocks:
    """How stored images are cut into blocks, which are read as a whole.

    Parameters
    ----------
    bounds : ndarray of int
        The first image of each block, and the number of images.
    kept : int
        How many blocks are in memory at a time.
    """

    bounds: np.ndarray
    kept: int

    def __len__(self):
        return len(self.bounds) - 1

    @property
    def fit_in_memory(self) -> bool:
        """Whether all of them are kept, so that each is read but once."""
        return len(self) <= self.kept

    def of(self, indices):
        """Return the number of the block of each image."""
        return np.searchsorted(self.bounds, indices, side="right") - 1

    def shuffled(self, indices, rng, mixed=None):
        """Return images in a random order that asks for few blocks at a time.

        The blocks come in random order, one after the other, and the images of each are spread
        evenly over its own time and that of the blocks that follow, `mixed` in all: by default as
        many as are kept. Where all are kept, the order is any.
        """
        if self.fit_in_memory:
            return rng.permutation(indices)
        mixed = self.kept - 1 if mixed is None else mixed
        turn = rng.permutation(len(self))[self.of(indices)]
        return indices[np.argsort(turn + mixed * rng.random(len(indices)))]


class StoredImages:
    """Images in a store, of which few blocks are in memory; they are checked when they are read.

    Indexed by numbers, slices or arrays of numbers, it gives arrays in memory.

    Parameters
    ----------
    array : memmap, or array of Zarr, HDF5 or Dask
        Of shape (n, n_features), (n, height, width) or (n, height, width, channels).
    name : str
        What the error messages call it.

    Attributes
    ----------
    shape, dtype, ndim
        As those of arrays.
    blocks : Blocks
        Whole chunks of the store, of at least 4 MiB.

    Raises
    ------
    ValueError
        Where the number of images is not known, which Dask allows.
    """

    def __init__(self, array, name="X"):
        if not all(isinstance(size, Integral) for size in array.shape):
            raise ValueError(
                f"{name} has shape {array.shape}: how many images there are is not known. Call its "
                "compute_chunk_sizes() first."
            )
        self.name = name
        self.shape = tuple(int(size) for size in array.shape)
        self.dtype = np.dtype(array.dtype)
        self._array = array
        bounds = _bounds(array, self.bytes_per_image)
        self.blocks = Blocks(bounds, _n_kept(bounds, self.bytes_per_image))
        self._read = _kept_reader(array, name, self.blocks)

    def __len__(self):
        return self.shape[0]

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    @property
    def bytes_per_image(self):
        """What an image takes in memory."""
        return max(1, self.dtype.itemsize * int(np.prod(self.shape[1:])))

    def __getitem__(self, index):
        if isinstance(index, Integral):
            return self[np.array([index])][0]
        if isinstance(index, slice):
            index = np.arange(*index.indices(len(self)))
        images = np.empty((len(index), *self.shape[1:]), self.dtype)
        blocks = self.blocks.of(index)
        # In the order in which they are asked for: the first are still in memory.
        for number in dict.fromkeys(blocks.tolist()):
            here = blocks == number
            block = self._read(number)[index[here] - self.blocks.bounds[number]]
            images[here] = block.reshape(len(block), *self.shape[1:])
        return images

    def reshape(self, _, *shape):
        """View each image in another shape, given after a first number, which is ignored."""
        view = copy.copy(self)
        view.shape = (len(self), *shape)
        return view

    def in_blocks(self, blocks):
        """Return the same images cut into other blocks."""
        images = copy.copy(self)
        images.blocks = blocks
        images._read = _kept_reader(self._array, self.name, blocks)
        return images

    def few(self):
        """Return up to 256 images, from few blocks, that tell of all."""
        if self.blocks.fit_in_memory:
            return self[:: max(1, len(self) // 256)]
        some = np.linspace(0, len(self.blocks) - 1, 4, dtype=int)
        starts, stops = self.blocks.bounds[some], self.blocks.bounds[some + 1]
        return self[np.unique(np.linspace(starts, stops - 1, 64, dtype=int))]

    def min(self):
        """Return the smallest value of all images."""
        return self._extremes[0]

    def max(self):
        """Return the largest value of all images."""
        return self._extremes[1]

    @cached_property
    def _extremes(self):
        extremes = [(b.min(), b.max()) for b in map(self._read, range(len(self.blocks)))]
        lowest, highest = zip(*extremes, strict=True)
        return min(lowest), max(highest)


def _bounds(array, bytes_per_image):
    """Cut an array into blocks: whole chunks, as many as it takes for what is worth a request."""
    n_images, least = int(array.shape[0]), -(-_BYTES_READ // bytes_per_image)
    chunks = getattr(array, "chunks", None)
    if chunks is None:
        ends = np.arange(1, n_images + 1)
    elif isinstance(chunks[0], Integral):
        ends = np.append(np.arange(chunks[0], n_images, chunks[0]), n_images)
    else:
        ends = np.cumsum(chunks[0])
    bounds = [0]
    while bounds[-1] < n_images:
        enough = np.searchsorted(ends, bounds[-1] + least)
        bounds.append(int(ends[min(enough, len(ends) - 1)]))
    return np.array(bounds)


def _n_kept(bounds, bytes_per_image):
    largest = bytes_per_image * int(np.diff(bounds).max(initial=1))
    return max(_LEAST_BLOCKS_KEPT, _BYTES_KEPT // largest)


def _kept_reader(array, name, blocks):
    """Return a function of the number of a block, which keeps those that were last asked for.

    It does not know the `StoredImages` that has it, so that both are freed without a search for
    cycles.
    """
    return lru_cache(blocks.kept)(partial(_read, array, name, blocks.bounds))


def _read(array, name, bounds, number):
    start, stop = bounds[number : number + 2].tolist()
    called = f"{name}[{start}:{stop}]"
    # A memmap is copied, in one go, so that no image is looked for in the file again.
    in_memory = np.array if isinstance(array, np.memmap) else np.asarray
    try:
        block = in_memory(array[start:stop])
    except Exception as error:
        raise OSError(
            f"{called} could not be read from its store ({type(array).__module__}): {error!r}"
        ) from error
    if block.shape != (stop - start, *array.shape[1:]) or block.dtype != array.dtype:
        raise ValueError(
            f"{called} came from its store as {block.dtype} of shape {block.shape}; the array is "
            f"{array.dtype} of shape {array.shape}."
        )
    checked = check_values(block, called)
    if checked.dtype != block.dtype:
        raise ValueError(f"{name} holds {array.dtype}; expected numbers or booleans.")
    return checked
