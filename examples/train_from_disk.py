"""
Training from disk
==================

``fit`` can train on images that do not fit in memory: in an ``np.memmap``, as here, or in an array of
Zarr, HDF5 or Dask. It reads them block by block, in shuffled order. Writes ``train_from_disk.png``.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_sample_images

from skdenoise import UNetDenoiser, add_noise, plot_image_rows, psnr

# %%
# Pieces of a photograph are written to disk one by one, so only one is in memory at a time. In practice
# there would be millions of them.

temple, flower = (image[:, :, 1] for image in load_sample_images().images)
size, n_images = 32, 4000
rng = np.random.default_rng(0)
folder = tempfile.TemporaryDirectory()
stored = np.lib.format.open_memmap(
    Path(folder.name) / "clean.npy", "w+", np.uint8, (n_images, size, size)
)
for piece in stored:
    top, left = (
        rng.integers(temple.shape[0] - size),
        rng.integers(temple.shape[1] - size),
    )
    piece[:] = temple[top : top + size, left : left + size]
stored.flush()

# %%
# ``fit`` takes the array directly. ``zarr.open_array(path)``, ``h5py.File(path)["clean"]`` or
# ``dask.array.from_zarr(path)`` work as well.

denoiser = UNetDenoiser(
    noise_factor=0.1, filters=(16, 32), epochs=2, random_state=0
).fit(stored)

# %%
# If more images arrive later, ``partial_fit`` learns from them, in parts of any length.

for part in np.array_split(stored, 4):
    denoiser.partial_fit(part)

# %%
# Results on the other photograph, which it has not seen:

noisy = add_noise(flower[np.newaxis], noise_factor=0.1, random_state=0)
denoised = denoiser.transform(noisy)
for name, images in {"noisy": noisy, "denoised": denoised}.items():
    print(
        f"{name}: {psnr(flower[np.newaxis], images, data_range=255)[0]:.1f} dB"
    )

rows = {"noisy": noisy, "denoised": denoised, "clean": flower[np.newaxis]}
places = [np.s_[0, 120:220, left : left + 100] for left in (150, 250, 350)]
plot_image_rows(
    {
        name: np.stack([images[place] for place in places])
        for name, images in rows.items()
    }
).savefig("train_from_disk.png", dpi=110)
folder.cleanup()

# %%
# The photograph gains 6 dB, from a fit that had one batch of patches in memory at a time.
