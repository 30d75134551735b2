"""Trained: a network with its weights, and its forward pass in batches and tiles."""

import math
from contextlib import contextmanager

import numpy as np

from skdenoise.backend.forks import check_fork
from skdenoise.extras import require_keras
from skdenoise.images.layout import pad_to_multiple
from skdenoise.inference import onnx_runtime
from skdenoise.inference.tiling import tiles
from skdenoise.networks.architecture import Architecture
from skdenoise.networks.measured import margin, values_per_pixel
from skdenoise.progress import track

# A batch has one of these numbers of 28x28 images, or as many pixels in images of another size. Each batch
# size is compiled separately, so there are few. 256 images are enough to keep a CPU busy.
_BATCH_SIZES = (1, 8, 64, 256)
_PIXELS = 28 * 28
# An image is cut into tiles if the outputs of all layers take more bytes than this. TensorFlow uses less
# than half of it, since it frees outputs that no later layer needs.
_MEMORY = 2**29


class TrainedNetwork:
    """A network with its weights, which denoises images.

    It is pickled as arrays, without compiled code. ``precision="auto"`` suits the machine that uses it.

    Parameters
    ----------
    architecture : Architecture
        The network that the weights belong to.
    size : (height, width)
        Size of the training images, before padding.
    precision : "auto", "float32" or "bfloat16"
        Compute dtype.
    weights : list of ndarray
        As ``keras.Model.get_weights`` returns them.
    model : keras.Model or None
        The trained model, if it is a user's own network.
    prefers_onnx_runtime : bool
        Whether to compute with ONNX Runtime, in float32, where it is installed, unless the precision is bfloat16
        or the network has no graph. It starts in a fraction of the time, which many images in bfloat16 make up for.
    """

    def __init__(
        self,
        architecture: Architecture,
        size,
        precision,
        weights,
        model=None,
        prefers_onnx_runtime=False,
    ):
        self.architecture = architecture
        self.size = tuple(size)
        self.precision = precision
        self.prefers_onnx_runtime = prefers_onnx_runtime
        self._weights = weights
        self._engine = None if model is None else self._keras_engine(model)
        self._session = None

    def __getstate__(self):
        return {
            "architecture": self.architecture,
            "size": self.size,
            "precision": self.precision,
            "weights": self.weights,
            "prefers_onnx_runtime": self.prefers_onnx_runtime,
        }

    def __setstate__(self, state):
        self.__init__(**state)

    def with_precision(self, precision):
        """Return the same network, to be computed in another precision."""
        return type(self)(**self.__getstate__() | {"precision": precision})

    @property
    def weights(self):
        """The weights, as a list of arrays."""
        return self._weights if self._engine is None else self._engine.weights

    @property
    def model(self):
        """The network as a ``keras.Model``. From the first access on, `denoise` uses this model."""
        return self._keras.model(self.precision)

    @property
    def was_given_away(self):
        """Whether somebody has the ``keras.Model``, who may change it."""
        return self._engine is not None and self._engine.was_given_away

    def denoise(self, images, pixels, clip=None, verbose=0):
        """Denoise NHWC images. Images that are too large are denoised in overlapping tiles.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Noisy images in the format `pixels`.
        pixels : PixelFormat
            How pixels are stored.
        clip : bool or None
            Whether to clip the output to the value range. If None, clips only integers.
        verbose : int
            Whether to show a progress bar for tiles.

        Returns
        -------
        ndarray
            Denoised images, of the same shape and in the same format.

        Raises
        ------
        ForkError
            If Keras is to compute, in a process that was forked after its framework had started.
        """
        height, width = images.shape[1:3]
        side = self._tile_side()
        if side is not None and height * width > side**2:
            reach = margin(self.architecture)
            if reach is not None:
                # With a smaller side, the margins would take more than half of it.
                side = max(side, 4 * reach)
                return self._denoise_in_tiles(images, pixels, clip, side, reach, verbose)
        denoised = np.empty_like(images)
        with self._forward(self._padded_size(height, width)) as forward:
            for part, batch_size in _batches(len(images), height * width):
                noisy = pad_to_multiple(pixels.to_unit(images[part]), self.architecture.multiple)
                clean = forward(_filled_up(noisy, batch_size))[: len(noisy), :height, :width]
                denoised[part] = pixels.from_unit(clean, clip)
        return denoised

    def _tile_side(self):
        """Return the side of a tile, or None for a user's own network: its reach is not measured."""
        if not self.architecture.is_built_in:
            return None
        multiple = self.architecture.multiple
        side = math.isqrt(int(_MEMORY / (4 * values_per_pixel(self.architecture))))
        return side // multiple * multiple

    def _denoise_in_tiles(self, images, pixels, clip, side, reach, verbose):
        denoised = np.empty_like(images)
        multiple = self.architecture.multiple
        padded = self._padded_size(*images.shape[1:3])
        parts = list(tiles(*padded, side, reach, multiple))
        work = [(i, tile) for i in range(len(images)) for tile in parts]
        with self._forward((side, side)) as forward:
            for i, tile in track(work, "denoising", verbose):
                # Tiles cover the padded image. At its end the slice of the image is shorter, and padding
                # fills it up.
                noisy = pad_to_multiple(pixels.to_unit(images[i][tile.seen][None]), multiple)
                clean = forward(noisy)[0][tile.kept]
                place = denoised[i][tile.place]
                place[:] = pixels.from_unit(clean[: place.shape[0], : place.shape[1]], clip)
        return denoised

    def _padded_size(self, height, width):
        multiple = self.architecture.multiple
        return height + -height % multiple, width + -width % multiple

    @contextmanager
    def _forward(self, size):
        """Lend the forward pass for images of `size`."""
        if self._uses_onnx_runtime:
            yield self._onnx_session().denoise
        else:
            check_fork()
            with self._keras.forward(size, self.precision) as forward:
                yield forward

    @property
    def _uses_onnx_runtime(self):
        if not self.prefers_onnx_runtime or not onnx_runtime.is_preferable():
            return False
        if self.was_given_away:
            return False
        return self.architecture.has_graph and self.precision != "bfloat16"

    def _onnx_session(self):
        if self._session is None or self._session.was_lost:
            self._session = onnx_runtime.Session(self.architecture.graph, self._weights)
        return self._session

    @property
    def _keras(self):
        if self._engine is None:
            self._engine = self._keras_engine()
        return self._engine

    def _keras_engine(self, model=None):
        require_keras("This denoiser, which ONNX Runtime cannot compute,")
        from skdenoise.inference.keras_engine import KerasEngine

        return KerasEngine(self.architecture, self.size, self._weights, model)


def _batches(n_images, n_pixels):
    """Cut `n_images` into slices, and yield each with the batch size that it is filled up to.

    The remaining images are put into one batch that is more than half full, or into several smaller ones.
    """
    sizes = sorted({max(1, size * _PIXELS // n_pixels) for size in _BATCH_SIZES})
    start = 0
    while start < n_images:
        rest = n_images - start
        fitting = [size for size in sizes if size < 2 * rest] or sizes[:1]
        yield slice(start, start + fitting[-1]), fitting[-1]
        start += fitting[-1]


def _filled_up(images, batch_size):
    missing = batch_size - len(images)
    if not missing:
        return images
    return np.concatenate([images, np.zeros((missing, *images.shape[1:]), images.dtype)])
