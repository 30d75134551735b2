"""
A denoiser for a camera
=======================

Cameras count photons: their noise depends on the light, and when a picture taken in poor light is
brightened, the noise is brightened with it. A ``UNetDenoiser`` that trains on the noise of the
camera, measured from its own pictures, removes it. Runs in about two minutes; writes
``camera_noise.png``.
"""

import numpy as np
from sklearn.datasets import load_sample_images

from skdenoise import (
    CameraNoise,
    FilterDenoiser,
    LowLight,
    RandomChoice,
    UNetDenoiser,
    add_noise,
    fit_noise_model,
)
from skdenoise.plotting import plot_image_rows

# %%
# Patches of a photograph to train on, and of another part of it to look at, in colour.


def patches(image, size=32, step=16):
    """Cut an image into overlapping square patches."""
    tops = range(0, image.shape[0] - size + 1, step)
    lefts = range(0, image.shape[1] - size + 1, step)
    return np.stack([image[t : t + size, s : s + size] for t in tops for s in lefts])


flower, temple = (image.astype(np.float32) / 255 for image in load_sample_images().images[::-1])
train = np.concatenate([patches(flower), patches(temple[:, :400])])
test = patches(temple[250:378, 440:632], size=64, step=64)

# %%
# How noisy is the camera? Its raw values are linear in light, and their variance grows with it. Pairs
# of a single shot and the average of many tell by how much; here a camera with known noise makes them.

camera = CameraNoise(shot=0.01, read=0.0005, gamma=1)
print("measured:", fit_noise_model(add_noise(train, camera, random_state=0), train))

# %%
# The pictures that come out of it are noisy in another way: poor light is brightened, and the sensor
# has one colour per pixel, so that the noise of neighbours is alike. The denoiser trains on both.

noise = RandomChoice(
    [
        LowLight(exposure=(0.03, 0.3)),
        CameraNoise(shot=(1e-3, 2e-2), mosaic=True),
    ]
)
denoiser = UNetDenoiser(noise, clip=True, loss="mae", epochs=60, random_state=0).fit(train)

# %%
# On pictures that it has not seen, beside non-local means:

low_light = add_noise(test, LowLight(exposure=0.05), clip=True, random_state=1)
means = FilterDenoiser("nl_means").fit(test)
for name, denoised in {
    "noisy": low_light,
    "non-local means": means.transform(low_light),
    "UNetDenoiser": denoiser.transform(low_light),
}.items():
    error = np.mean((np.clip(denoised, 0, 1) - test) ** 2, axis=(1, 2, 3))
    print(f"{name:16} {np.mean(-10 * np.log10(error)):.1f} dB")

figure = plot_image_rows(
    {
        "low light": low_light,
        "non-local means": means.transform(low_light),
        "UNetDenoiser": denoiser.transform(low_light),
        "clean": test,
    }
)
figure.savefig("camera_noise.png", dpi=110)
