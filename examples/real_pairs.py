"""
Pairs of real images
====================

Microscopes and cameras can take several exposures of one scene. The average of many is nearly clean. From
pairs of one exposure and the average, a denoiser learns the real noise, whatever it is. Two single
exposures work as well, if their noise is independent and zero on average. Writes ``real_pairs.png``.
"""

from functools import partial

import numpy as np
from sklearn.datasets import load_sample_images

from skdenoise import (
    CameraNoise,
    UNetDenoiser,
    add_noise,
    plot_image_rows,
    psnr,
)

# %%
# A camera takes sixteen exposures of one scene, and one of another. Here they are made from clean
# photographs, with the noise of a camera. It is stronger in bright regions, and not clipped, because raw
# data has a black level.

temple, flower = (
    image[::2, ::2, 1].astype(np.float32) / 255
    for image in load_sample_images().images
)
sensor = CameraNoise(shot=1 / 50, read=0.002, gamma=1)
exposures = add_noise(
    np.stack([flower] * 16), sensor, value_range=(0, 1), random_state=0
)
other = add_noise(temple[None], sensor, value_range=(0, 1), random_state=1)

# %%
# ``fit`` takes the noisy images of the pairs, and the clean ones as ``clean=``. The first denoiser pairs
# each exposure with the average of the other fifteen. (If its own noise were in the target, the denoiser
# would learn to keep some of it.) The second pairs each exposure with the next one, which has its own
# noise. Give the value range, because noisy images do not show it.

averages = (exposures.sum(axis=0) - exposures) / 15
recipe = {
    "value_range": (0, 1),
    "filters": (32, 64),
    "epochs": 150,
    "random_state": 0,
}
new = partial(UNetDenoiser.for_photographs, **recipe)
denoisers = {
    "exposure and average": new().fit(exposures, clean=averages),
    "two exposures": new().fit(exposures, clean=np.roll(exposures, 1, axis=0)),
}

# %%
# Results on the other scene, which the denoisers have not seen:

rows = {"noisy": other}
rows |= {
    name: denoiser.transform(other) for name, denoiser in denoisers.items()
}
for name, images in rows.items():
    print(f"{name}: {psnr(temple[None], images, data_range=1)[0]:.1f} dB")

parts = [
    np.s_[0, top : top + 70, left : left + 70]
    for top, left in ((60, 110), (90, 200), (140, 20))
]
rows = {
    name: np.stack([images[part] for part in parts])
    for name, images in (rows | {"clean": temple[None]}).items()
}
plot_image_rows(rows).savefig("real_pairs.png", dpi=110)

# %%
# A score against a noisy image counts its noise as an error. It can rank denoisers, but it does not show
# how good they are:

second = add_noise(temple[None], sensor, value_range=(0, 1), random_state=2)
score = denoisers["two exposures"].score(other, clean=second)
print(f"against another exposure: {score:.1f} dB")
