"""
No clean images
===============

One noisy photograph and nothing else: ``supervision="self"`` hides pixels and learns to predict them
from their neighbours. That works if the noise of a pixel is independent of the noise of its neighbours,
and fails if it is not. Writes ``no_clean_images.png``.
"""

import numpy as np
from sklearn.datasets import load_sample_image

from skdenoise import (
    CameraNoise,
    UNetDenoiser,
    add_noise,
    plot_image_rows,
    psnr,
)

# %%
# Three noisy photographs of one scene. The first has the noise of a sensor, independent from pixel to
# pixel. The second is the first compressed as JPEG. The third comes from a camera with one colour per
# pixel, which interpolates the other colours from neighbouring pixels.

clean = (
    load_sample_image("flower.jpg")[np.newaxis, 60:316, 160:480].astype(
        np.float32
    )
    / 255
)
sensor = add_noise(clean, noise_factor=0.15, random_state=0)
cases = {
    "sensor": sensor,
    "JPEG": add_noise(
        np.clip(sensor, 0, 1),
        "jpeg_compression",
        quality=80,
        value_range=(0, 1),
    ),
    "demosaiced": add_noise(
        clean,
        CameraNoise(shot=0.04, read=0.01, mosaic=True),
        value_range=(0, 1),
        random_state=0,
    ),
}

# %%
# Each denoiser learns from its own noisy image alone. By default this takes 1,250 steps; with photographs,
# 300 are enough to see what it can learn. (An image is one epoch, and each step takes 16 parts of it.)

denoised = {}
for name, noisy in cases.items():
    denoiser = UNetDenoiser(
        supervision="self",
        value_range=(0, 1),
        patch_size=32,
        augment=True,
        epochs=300,
        random_state=0,
    )
    denoised[name] = denoiser.fit_transform(noisy)
    before, after = (
        psnr(clean, images, data_range=1)[0]
        for images in (noisy, denoised[name])
    )
    print(f"{name}: {before:.1f} dB, denoised {after:.1f} dB")

# %%
# A part of each, from left to right. The noise of the sensor is gone. Compression spreads the noise over
# blocks of 8x8 pixels, and interpolation spreads it over neighbours. There the neighbours predict the
# noise, so it stays.

part = np.s_[:, 70:166, 90:186]
rows = {
    "noisy": np.concatenate([image[part] for image in cases.values()]),
    "denoised": np.concatenate([image[part] for image in denoised.values()]),
    "clean": np.concatenate([clean[part]] * 3),
}
plot_image_rows(rows).savefig("no_clean_images.png", dpi=110)
