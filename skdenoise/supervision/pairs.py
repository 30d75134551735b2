"""Pairs: what a network is given, and what it should return."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdenoise.images.layout import pad_to_multiple
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList
from skdenoise.images.stored import StoredImages
from skdenoise.noise.adding import corrupt_unit
from skdenoise.supervision.augmentation import cut, draw_view


@dataclass(frozen=True)
class Pairs:
    """Pairs of noisy and clean images, made batch by batch.

    Parameters
    ----------
    clean : ndarray of shape (n, height, width, channels), ImageList or StoredImages
        Clean images, as they are stored.
    clean_pixels : PixelFormat
        How they are stored.
    noisy : ndarray of the same shape, ImageList, StoredImages or None
        The same images noisy; ``None`` draws the noise.
    noisy_pixels : PixelFormat
        How the noisy images are, or would be, stored.
    noise : noise model or None
        What draws the noise.
    clip : bool or None
        Whether drawn noise is limited to the value range, as in `add_noise`.
    multiple : int
        Height and width are padded to a multiple of it.
    patch_size : (height, width) or None
        Of the patches that are drawn anew each time; ``None`` takes whole images.
    augment : bool
        Whether they are flipped and turned at random.
    """

    clean: np.ndarray | ImageList | StoredImages
    clean_pixels: PixelFormat
    noisy: np.ndarray | ImageList | StoredImages | None
    noisy_pixels: PixelFormat
    noise: Any
    clip: bool | None
    multiple: int
    patch_size: tuple[int, int] | None = None
    augment: bool = False

    @property
    def size(self):
        """Height and width of what is trained on."""
        return self.patch_size or self.clean.shape[1:3]

    @property
    def padded_size(self):
        """Height and width after padding."""
        return tuple(size + -size % self.multiple for size in self.size)

    def shuffled(self, indices, rng, mixed=None):
        """Return `indices` in random order; of images in a store as `Blocks.shuffled` says."""
        for images in (self.clean, self.noisy):
            if isinstance(images, StoredImages):
                return images.blocks.shuffled(indices, rng, mixed)
        return rng.permutation(indices)

    def batch(self, indices, rng):
        """Return the noisy and the clean images of `indices`, in units of the value range."""
        see = self._views(indices, rng)
        clean = self.clean_pixels.to_unit(see(self.clean))
        if self.noisy is not None:
            noisy = self.noisy_pixels.to_unit(see(self.noisy))
        else:
            noisy = corrupt_unit(clean, self.noise, rng)
            noisy = self.noisy_pixels.stored(noisy, self.clip, clean)
        return pad_to_multiple(noisy, self.multiple), pad_to_multiple(clean, self.multiple)

    def _views(self, indices, rng):
        """Return a function that takes what is seen of the images of `indices`."""
        if self.patch_size is None and not self.augment:
            return lambda images: images[indices]
        shapes = (self.clean.shapes[i] if self._is_list else self.clean.shape[1:] for i in indices)
        views = [
            draw_view(shape, self.size, self.augment, rng, quarter_turns=self._quarter_turns)
            for shape in shapes
        ]
        return lambda images: cut(images, indices, views, self.size)

    @property
    def _quarter_turns(self):
        """Whether rows may become columns."""
        return True

    @property
    def _is_list(self):
        return isinstance(self.clean, ImageList)
