"""
Pairs of real images
====================

Microscopes and cameras give several exposures of one scene. The average of many is nearly clean, and a
pair of one exposure and the average teaches a denoiser the noise as it is, whatever it is; so do two
single exposures, as long as their noise is independent and zero on average. Writes ``real_pairs.png``.
"""

from functools import partial

import numpy as np
from sklearn.datasets import load_sample_images

from skdenoise import CameraNoise, UNetDenoiser, add_noise, plot_image_rows, psnr

# %%
# A camera takes sixteen exposures of one scene, and one of another. Here they are made of clean
# photographs, with noise that a camera has: stronger in the light, and never clipped, since raw data
# has a black level.

temple, flower = (
    image[::2, ::2, 1].astype(np.float32) / 255 for image in load_sample_images().images
)
sensor = CameraNoise(shot=1 / 50, read=0.002, gamma=1)
exposures = add_noise(np.stack([flower] * 16), sensor, value_range=(0, 1), random_state=0)
other = add_noise(temple[None], sensor, value_range=(0, 1), random_state=1)

# %%
# Pairs come as noisy images and ``clean=`` the same ones clean: here each exposure with the average of
# the other fifteen (with its own noise in the target, the denoiser would learn to keep some of it). Or
# each exposure with the next, which has noise of its own: ``clean=`` takes that as well. The value range
# must be given, since noisy images do not tell it.

averages = (exposures.sum(axis=0) - exposures) / 15
recipe = {"value_range": (0, 1), "filters": (32, 64), "epochs": 150, "random_state": 0}
new = partial(UNetDenoiser.for_photographs, **recipe)
denoisers = {
    "exposure and average": new().fit(exposures, clean=averages),
    "two exposures": new().fit(exposures, clean=np.roll(exposures, 1, axis=0)),
}

# %%
# On the other scene, whose clean image it has not seen:

rows = {"noisy": other}
rows |= {name: denoiser.transform(other) for name, denoiser in denoisers.items()}
for name, images in rows.items():
    print(f"{name}: {psnr(temple[None], images, data_range=1)[0]:.1f} dB")

parts = [
    np.s_[0, top : top + 70, left : left + 70] for top, left in ((60, 110), (90, 200), (140, 20))
]
rows = {
    name: np.stack([images[part] for part in parts])
    for name, images in (rows | {"clean": temple[None]}).items()
}
plot_image_rows(rows).savefig("real_pairs.png", dpi=110)

# %%
# A score against a noisy image counts its noise as an error. It ranks denoisers, but says little of
# how good they are:

second = add_noise(temple[None], sensor, value_range=(0, 1), random_state=2)
score = denoisers["two exposures"].score(other, clean=second)
print(f"against another exposure: {score:.1f} dB")
