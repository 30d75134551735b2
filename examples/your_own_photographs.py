"""
Denoising your own photographs
==============================

A denoiser for photographs comes with the package, so you need not train one. It is for grey images and for
colours, with noise of any strength up to 55 of 255. Writes ``your_own_photographs.png``.
"""

import numpy as np
from sklearn.datasets import load_sample_images

from skdenoise import (
    FilterDenoiser,
    UNetDenoiser,
    add_noise,
    estimate_noise,
    plot_image_rows,
    psnr,
)

# %%
# Parts of two photographs, with noise as strong as a camera makes in a dark room. To read your own, use
# ``skimage.io.imread("photo.png")[np.newaxis]``; the leading axis is that of the images.

temple, flower = load_sample_images().images
clean = np.stack(
    [
        temple[20:200, 200:380],
        temple[150:330, 340:520],
        flower[60:240, 190:370],
        flower[:180, 400:580],
    ]
)
noisy = add_noise(clean, noise_factor=0.15, random_state=0)
print(
    f"{noisy.shape}, {noisy.dtype}; noise: about {np.mean(estimate_noise(noisy)):.2f} of the range"
)

# %%
# The denoiser does not know how strong the noise is. It was trained on grey images, so it denoises the
# brightness, and two differences between colours.

denoiser = UNetDenoiser.from_pretrained("photo-gray")
denoised = denoiser.transform(noisy)

# %%
# For comparison, a well-known filter: non-local means, which estimates the noise itself:

filtered = FilterDenoiser("nl_means").fit(clean).transform(noisy)

for name, images in {
    "noisy": noisy,
    "non-local means": filtered,
    "denoised": denoised,
}.items():
    print(f"{name:16} {psnr(clean, images, data_range=255).mean():.1f} dB")

# %%
# The photographs from the denoiser are sharper, and 3.5 decibels better. The noise was clipped at black and
# white, as in every file of 8 bits, which made dark parts brighter and bright parts darker. The denoiser undoes
# this.
#
# The removed part should look like noise, and show nothing of temple and flower, except where noise was
# clipped.

residual = np.clip(noisy.astype(float) - denoised + 128, 0, 255).astype(
    np.uint8
)
rows = {
    "noisy": noisy,
    "non-local means": filtered,
    "denoised": denoised,
    "removed": residual,
    "clean": clean,
}
plot_image_rows(rows).savefig("your_own_photographs.png", dpi=100)

# %%
# The command line denoises a whole folder, and keeps its structure:
#
# .. code-block:: bash
#
#     skdenoise denoise photo-gray holidays -o denoised
#
# In the pictures that cameras and phones write, the noise is not independent from pixel to pixel, and stays:
# :doc:`another denoiser <camera_pictures>` is for those. To train on your own photographs,
# :meth:`UNetDenoiser.for_photographs <skdenoise.UNetDenoiser.for_photographs>` sets up a smaller network of
# the same kind. With ``warm_start=True``, ``from_pretrained`` continues from these weights.
