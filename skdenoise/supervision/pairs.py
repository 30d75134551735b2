"""Pairs: what a network is given, and what it is to make of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdenoise.images.layout import pad_to_multiple
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.ragged import ImageList
from skdenoise.images.stored import StoredImages
from skdenoise.images.views import cut, draw_view
from skdenoise.noise.adding import corrupt_unit
from skdenoise.supervision.blind_spots import draw_hidden, hide
from skdenoise.supervision.recorrupted import recorrupt


@dataclass(frozen=True)
class Pairs:
    """Where the noisy/clean pairs come from.

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
            noisy = self.noisy_pixels.stored(corrupt_unit(clean, self.noise, rng), self.clip)
        return pad_to_multiple(noisy, self.multiple), pad_to_multiple(clean, self.multiple)

    def _views(self, indices, rng):
        """Return a function that takes what is seen of the images of `indices`."""
        if self.patch_size is None and not self.augment:
            return lambda images: images[indices]
        shapes = (self.clean.shapes[i] if self._is_list else self.clean.shape[1:] for i in indices)
        views = [draw_view(shape, self.size, self.augment, rng) for shape in shapes]
        return lambda images: cut(images, indices, views, self.size)

    @property
    def _is_list(self):
        return isinstance(self.clean, ImageList)


@dataclass(frozen=True)
class CleanPairs(Pairs):
    """Clean images twice, for a device that draws the noise on the first, and pads them then."""

    def batch(self, indices, rng):
        """Return the clean images of `indices`, as they are and padded."""
        clean = self.clean_pixels.to_unit(self._views(indices, rng)(self.clean))
        return clean, pad_to_multiple(clean, self.multiple)


@dataclass(frozen=True)
class BlindSpots(Pairs):
    """Noisy images with some pixels hidden, which are to be told from what surrounds them.

    Nothing but its own noisy value is asked of a hidden pixel, so that where noise is independent
    from pixel to pixel and zero on average the best answer is the clean value.

    References
    ----------
    A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void: Learning Denoising from Single Noisy Images",
    CVPR 2019. J. Batson and L. Royer, "Noise2Self: Blind Denoising by Self-Supervision", ICML 2019.
    """

    def batch(self, indices, rng):
        """Return images with hidden pixels, the images, and the weights of the pixels in the loss."""
        noisy = self.clean_pixels.to_unit(self._views(indices, rng)(self.clean))
        hidden = draw_hidden(noisy.shape[:3], rng)
        # The margin that is padded repeats what is seen, hidden as it is, and counts for nothing.
        margin = [(0, full - size) for full, size in zip(self.padded_size, self.size, strict=True)]
        return (
            pad_to_multiple(hide(noisy, hidden), self.multiple),
            pad_to_multiple(noisy, self.multiple),
            np.pad(hidden.astype(np.float32), [(0, 0), *margin]),
        )


@dataclass(frozen=True)
class Recorruptions(Pairs):
    """Noisy images with more noise added, and with that noise subtracted, enlarged.

    For Gaussian noise of known strength: what makes the first most like the second is what makes it
    most like the clean image (`recorrupt`).
    """

    def batch(self, indices, rng):
        """Return the images with more noise, and with noise subtracted; see `recorrupt`."""
        noisy = self.clean_pixels.to_unit(self._views(indices, rng)(self.clean))
        seen, target = recorrupt(noisy, self.noise, rng)
        return pad_to_multiple(seen, self.multiple), pad_to_multiple(target, self.multiple)
