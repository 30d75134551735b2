"""
Counted photons: microscopy and astronomy
=========================================

Where light is weak, a sensor counts photons, and the noise grows with the brightness. A denoiser of Gaussian
noise expects the same noise everywhere: it leaves bright specks, or smooths what is dark. With
``stabilize`` the noise is made equally strong everywhere before it is removed, and this is undone
afterwards. Any denoiser of Gaussian noise can be used so, as it is. Writes ``counted_photons.jpg``.
"""

import numpy as np
from skimage.data import cell, hubble_deep_field

from skdenoise import (
    PoissonNoise,
    UNetDenoiser,
    add_noise,
    fit_noise_model,
    plot_image_rows,
    psnr,
)

# %%
# A cell and distant galaxies: parts of images that come with scikit-image, with at most 20 photons a pixel.

galaxies = hubble_deep_field()[..., 1]
clean = np.stack(
    [
        cell()[294:454, 348:508],
        galaxies[40:200, 380:540],
        galaxies[600:760, 620:780],
        galaxies[630:790, 80:240],
    ]
)
clean = clean / np.float32(clean.max(axis=(1, 2), keepdims=True))
noisy = add_noise(clean, PoissonNoise(photons=20), random_state=0)

# %%
# ``fit_noise_model`` measures how the noise grows: its variance is ``read + shot * x`` at a brightness x.

noise = fit_noise_model(noisy, value_range=(0, 1))
print(f"{noise}: one photon is 1 / {1 / noise.shot:.0f} of white")

# %%
# With ``stabilize="estimate"`` this is done for each image. If all images are from the same sensor, with the same
# settings, give the model instead, ``stabilize=noise``.

denoiser = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
results = {
    "noisy": noisy,
    "photo-gray": denoiser.transform(noisy),
    "stabilized": denoiser.set_params(stabilize="estimate").transform(noisy),
}
for name, images in results.items():
    values = psnr(clean, images, data_range=1)
    print(
        f"{name:10} cell {values[0]:.1f} dB, galaxies {values[1:].mean():.1f} dB"
    )

# %%
# On the command line it is ``skdenoise denoise photo-gray images -o denoised --stabilize``.

shown = {
    name: np.clip(images, 0, 1) ** 0.6
    for name, images in {**results, "clean": clean}.items()
}
figure = plot_image_rows(shown)  # dark regions are brightened for display
figure.savefig("counted_photons.jpg", dpi=100, pil_kwargs={"quality": 85})

# %%
# Stabilized, the cell gains 18 dB, where the denoiser alone gains 12 and leaves bright specks: noise that grows with
# the brightness has to be made equally strong everywhere first.

# sphinx_gallery_thumbnail_path = "images/thumbnails/counted_photons.jpg"
