"""Trained: the weights of a network, and its forward pass in batches and tiles."""

import math
from contextlib import contextmanager

import numpy as np

from skdenoise.backend.compiled import CompiledNetwork, borrowed, set_jit_compile
from skdenoise.backend.precision import resolve_precision
from skdenoise.images.layout import pad_to_multiple
from skdenoise.inference.tiling import tiles
from skdenoise.networks.architecture import Architecture
from skdenoise.networks.measured import margin, values_per_pixel
from skdenoise.progress import track
from skdenoise.training.keys import forward_key

# Batches hold one of these numbers of 28x28 images, or as many pixels in images of another size. Each size
# of a batch is compiled once, so there are few; 256 images are enough to keep a processor busy.
_BATCH_SIZES = (1, 8, 64, 256)
_PIXELS = 28 * 28
# An image is cut into tiles if the outputs of all layers take more bytes than this. TensorFlow needs less
# than half of it, since it frees what no later layer needs.
_MEMORY = 2**29
# A user's own network is built for each size of image, and kept for the last few sizes.
_OWN_MODELS_KEPT = 4


class TrainedNetwork:
    """The weights of a network, and what it takes to apply them to images.

    It is pickled as arrays, without compiled code. The code is made again, or found among the networks
    that are kept, when it is first used, so that ``precision="auto"`` is decided where it is used.

    Parameters
    ----------
    architecture : Architecture
        The network that the weights belong to.
    size : (height, width)
        Of the images that it was trained on, before they were padded.
    precision : "auto", "float32" or "bfloat16"
        Compute dtype.
    weights : list of ndarray
        As ``keras.Model.get_weights`` returns them.
    model : keras.Model or None
        A user's own network as it was trained.
    """

    def __init__(self, architecture: Architecture, size, precision, weights, model=None):
        self.architecture = architecture
        self.size = tuple(size)
        self.precision = precision
        self._weights = weights
        self._model = model
        self._own_models = {}
        if model is not None:
            model.set_weights(weights)

    def __getstate__(self):
        return {
            "architecture": self.architecture,
            "size": self.size,
            "precision": self.precision,
            "weights": self.weights,
        }

    def __setstate__(self, state):
        self.__init__(**state)

    @property
    def weights(self):
        """The weights, as a list of arrays."""
        return self._weights if self._model is None else self._model.get_weights()

    @property
    def model(self):
        """The network as a ``keras.Model``. Once it was asked for, it is what `denoise` applies."""
        if self._model is None:
            model = self._build(self.size)
            model.set_weights(self._weights)
            self._model = model
        return self._model

    def denoise(self, images, pixels, clip=None, verbose=0):
        """Denoise NHWC images, those that are too large in overlapping tiles.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            As they are stored in `pixels`.
        pixels : PixelFormat
            How they are stored.
        clip : bool or None
            Whether to limit the output to the value range; ``None`` limits integers alone.
        verbose : int
            Whether to show a progress bar for tiles.

        Returns
        -------
        ndarray
            Of the same shape, stored in the same way.
        """
        height, width = images.shape[1:3]
        side = self._tile_side()
        if side is not None and height * width > side**2:
            reach = margin(self.architecture)
            if reach is not None:
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
        """Return the side of a tile; None for a user's own network, whose reach is not measured."""
        if not self.architecture.is_built_in:
            return None
        multiple = self.architecture.multiple
        side = math.isqrt(int(_MEMORY / (4 * values_per_pixel(self.architecture))))
        return side // multiple * multiple

    def _denoise_in_tiles(self, images, pixels, clip, side, reach, verbose):
        denoised = np.empty_like(images)
        multiple = self.architecture.multiple
        padded = self._padded_size(*images.shape[1:3])
        parts = list(tiles(*padded, side, reach))
        work = [(i, tile) for i in range(len(images)) for tile in parts]
        with self._forward((side, side)) as forward:
            for i, tile in track(work, "denoising", verbose):
                # Slices end with the image, where padding makes up for what is missing.
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
        """Lend the compiled forward pass for images of `size`."""
        is_own = not self.architecture.is_built_in
        if is_own and size != self.size:
            yield self._own_model_for(size).predict_on_batch
            return
        if is_own or self._model is not None:
            yield self.model.predict_on_batch
            return
        key = forward_key(self.architecture, resolve_precision(self.precision))
        with borrowed(key, lambda: CompiledNetwork(self._build(size))) as network:
            network.load(self.weights)
            yield network.model.predict_on_batch

    def _own_model_for(self, size):
        """Return a user's own network, built for another size than it was trained on."""
        if size not in self._own_models:
            while len(self._own_models) >= _OWN_MODELS_KEPT:
                self._own_models.pop(next(iter(self._own_models)))
            self._own_models[size] = self._build(size)
        model = self._own_models[size]
        try:
            model.set_weights(self.weights)
        except ValueError as error:
            raise ValueError(
                f"network={self.architecture.network!r}, trained on images of size {self.size}, "
                f"cannot take images of size {size}: its weights depend on the size. {error}"
            ) from error
        return model

    def _build(self, size):
        model = self.architecture.build(size, resolve_precision(self.precision), seed=0)
        set_jit_compile(model)
        return model


def _batches(n_images, n_pixels):
    """Cut `n_images` into slices; give with each the batch size that it is filled up to.

    A rest goes into one batch that is at least half full, or into several smaller ones.
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
