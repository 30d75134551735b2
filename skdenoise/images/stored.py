"""Stored images: arrays on disk, read block by block, with few blocks in memory at a time."""

import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdenoise.images.layout import check_values
from skdenoise.typing import Images

# A read is at least this large, since each request to a store takes time.
_BYTES_READ = 2**22
# Size of the blocks that are kept in memory for each store. Batches are drawn from them.
_BYTES_KEPT = 2**28
_LEAST_BLOCKS_KEPT = 3


def is_stored(X: Any) -> bool:
    """Return whether `X` can be read in parts: a memmap, or an array of Zarr, HDF5 or Dask.

    All of these except a memmap have `chunks`.
    """
    if isinstance(X, np.ndarray):
        return isinstance(X, np.memmap) and X.ndim > 1
    return all(hasattr(X, name) for name in ("chunks", "shape", "dtype", "ndim")) and X.ndim > 1


def as_stored(X: Any, clean: Any = None) -> tuple[Any, Any]:
    """Return images for `fit`: arrays in stores as `StoredImages` that share their blocks."""
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
    """How stored images are divided into blocks. A block is read as a whole.

    Parameters
    ----------
    bounds : ndarray of int
        The first image of each block, followed by the number of images.
    kept : int
        How many blocks are kept in memory.
    """

    bounds: NDArray[np.intp]
    kept: int

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def fit_in_memory(self) -> bool:
        """Whether all blocks are kept in memory, so that each is read only once."""
        return len(self) <= self.kept

    def of(self, indices: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the block number of each image."""
        return np.searchsorted(self.bounds, indices, side="right") - 1

    def shuffled(
        self, indices: NDArray[np.intp], rng: np.random.Generator, mixed: int | None = None
    ) -> NDArray[np.intp]:
        """Return indices of images in a random order that needs few blocks at a time.

        The blocks follow each other in random order. The images of a block are spread evenly over
        its own turn and the turns of the next blocks, `mixed` in addition to its own. If None, uses
        one less than the blocks that are kept. If all blocks are kept, every order is possible.
        """
        if self.fit_in_memory:
            return rng.permutation(indices)
        mixed = self.kept - 1 if mixed is None else mixed
        turn = rng.permutation(len(self))[self.of(indices)]
        return indices[np.argsort(turn + mixed * rng.random(len(indices)))]


class StoredImages:
    """Images in a store. A few blocks are in memory, and are checked when they are read.

    Indexing by an integer, a slice or an array of integers returns arrays in memory.

    Parameters
    ----------
    array : memmap, or array of Zarr, HDF5 or Dask
        Of shape (n, n_features), (n, height, width) or (n, height, width, channels).
    name : str
        The name of the array in error messages.

    Attributes
    ----------
    shape, dtype, ndim
        As for arrays.
    blocks : Blocks
        Blocks of whole chunks of the store, at least 4 MiB each.

    Raises
    ------
    ValueError
        If the number of images is unknown, which is possible with Dask.
    """

    def __init__(self, array: Any, name: str = "X") -> None:
        if not all(isinstance(size, Integral) for size in array.shape):
            raise ValueError(
                f"{name} has shape {array.shape}: the number of images is unknown. Call its "
                "compute_chunk_sizes() first."
            )
        self.name = name
        self.shape = tuple(int(size) for size in array.shape)
        self.dtype = np.dtype(array.dtype)
        self._array = array
        bounds = _bounds(array, self.bytes_per_image)
        self.blocks = Blocks(bounds, _n_kept(bounds, self.bytes_per_image))
        self._read = _kept_reader(array, name, self.blocks)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def bytes_per_image(self) -> int:
        """Size of an image in memory."""
        return max(1, self.dtype.itemsize * int(np.prod(self.shape[1:])))

    def __getitem__(self, index: Any) -> Images:
        if isinstance(index, Integral):
            return self[np.array([index])][0]
        if isinstance(index, slice):
            index = np.arange(*index.indices(len(self)))
        images = np.empty((len(index), *self.shape[1:]), self.dtype)
        blocks = self.blocks.of(index)
        # Blocks are read in the order of the indices: the first are still in memory.
        for number in dict.fromkeys(blocks.tolist()):
            here = blocks == number
            block = self._read(number)[index[here] - self.blocks.bounds[number]]
            images[here] = block.reshape(len(block), *self.shape[1:])
        return images

    def reshape(self, _: int, *shape: int) -> "StoredImages":
        """Return a view in which each image has another shape. The first argument is ignored."""
        view = copy.copy(self)
        view.shape = (len(self), *shape)
        return view

    def in_blocks(self, blocks: Blocks) -> "StoredImages":
        """Return the same images, divided into other blocks."""
        images = copy.copy(self)
        images.blocks = blocks
        images._read = _kept_reader(self._array, self.name, blocks)
        return images

    def few(self) -> Images:
        """Return a sample of up to 256 images, from few blocks."""
        if self.blocks.fit_in_memory:
            return self[:: max(1, len(self) // 256)]
        some = np.linspace(0, len(self.blocks) - 1, 4, dtype=int)
        starts, stops = self.blocks.bounds[some], self.blocks.bounds[some + 1]
        return self[np.unique(np.linspace(starts, stops - 1, 64, dtype=int))]

    def min(self) -> Any:
        """Return the smallest value of all images."""
        return self._extremes[0]

    def max(self) -> Any:
        """Return the largest value of all images."""
        return self._extremes[1]

    @cached_property
    def _extremes(self):
        extremes = [(b.min(), b.max()) for b in map(self._read, range(len(self.blocks)))]
        lowest, highest = zip(*extremes, strict=True)
        return min(lowest), max(highest)


def _bounds(array, bytes_per_image):
    """Divide an array into blocks of whole chunks, each of at least `_BYTES_READ`."""
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
    """Return a function that reads a block by its number, and keeps the last used blocks.

    It does not refer to its `StoredImages`, so that both are freed without garbage collection.
    """
    return lru_cache(blocks.kept)(partial(_read, array, name, blocks.bounds))


def _read(array, name, bounds, number):
    start, stop = bounds[number : number + 2].tolist()
    called = f"{name}[{start}:{stop}]"
    # A memmap is copied as a whole, so that the file is not read again for each image.
    in_memory = np.array if isinstance(array, np.memmap) else np.asanyarray
    try:
        block = array[start:stop]
        if hasattr(block, "compute"):  # Dask's own conversion to an array would lose a mask
            block = block.compute()
        block = in_memory(block)
    except Exception as error:
        raise OSError(
            f"{called} could not be read from its store ({type(array).__module__}): {error!r}"
        ) from error
    if block.shape != (stop - start, *array.shape[1:]) or block.dtype != array.dtype:
        raise ValueError(
            f"{called} was read from its store as {block.dtype} of shape {block.shape}; expected "
            f"{array.dtype}, as the array of shape {array.shape} states."
        )
    checked = check_values(block, called)
    if checked.dtype != block.dtype:
        raise ValueError(f"{name} holds {array.dtype}; expected numbers or booleans.")
    return checked
