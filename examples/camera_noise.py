"""
A denoiser for a camera
=======================

Cameras count photons, so their noise depends on the light. If a picture taken in poor light is
brightened, the noise is brightened too. Here, a ``UNetDenoiser`` trains on the noise of the camera,
which is measured from its own pictures. Runs in a few minutes; writes ``camera_noise.png``.
"""

import math

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
    plot_image_rows,
    psnr,
)

# %%
# Colour patches to train on, and patches of another part of a photograph to look at.


def patches(image, size=32, step=16):
    """Cut an image into overlapping square patches."""
    tops = range(0, image.shape[0] - size + 1, step)
    lefts = range(0, image.shape[1] - size + 1, step)
    return np.stack(
        [image[t : t + size, s : s + size] for t in tops for s in lefts]
    )


flower, temple = (
    image.astype(np.float32) / 255
    for image in load_sample_images().images[::-1]
)
train = np.concatenate([patches(flower), patches(temple[:, :400])])
test = patches(temple[250:378, 440:632], size=64, step=64)

# %%
# How noisy is the camera? The signal of its sensor is linear in light, and the variance grows with the
# light. Pairs of a single exposure and the average of many show by how much. Here, a known camera takes
# them.

sensor = CameraNoise(shot=1 / 500, read=(3 / 500) ** 2, gamma=1)
measured = fit_noise_model(add_noise(train, sensor, random_state=0), train)
photons, electrons = (
    1 / measured.shot,
    math.sqrt(measured.read) / measured.shot,
)
print(
    f"photons at white: {photons:.0f} (true: 500), read noise: {electrons:.1f} electrons (true: 3)"
)

# %%
# The finished pictures are noisy in other ways. The sensor has one colour per pixel, and interpolation
# between pixels makes the noise of neighbours similar. In poor light, the noise is brightened with the
# picture. The denoiser trains on both.

daylight = CameraNoise(measured.shot, measured.read, mosaic=True)
low_light = LowLight(
    exposure=(0.05, 0.5), photons=photons, read_noise=electrons
)
denoiser = UNetDenoiser(
    RandomChoice([daylight, low_light]),
    clip=True,
    loss="mae",
    epochs=30,
    random_state=0,
).fit(train)

# %%
# Results on a part of the picture that it has not seen, compared with non-local means:

rows = {"clean": test}
filtered = FilterDenoiser("nl_means", clip=True).fit(test)
for name, noise in {
    "daylight": daylight,
    "low light": low_light.set_params(exposure=0.1),
}.items():
    noisy = add_noise(test, noise, clip=True, random_state=1)
    results = {
        "noisy": noisy,
        "non-local means": filtered.transform(noisy),
        "UNetDenoiser": denoiser.transform(noisy),
    }
    for method, images in results.items():
        print(
            f"{name}, {method}: {psnr(test, images, data_range=1).mean():.1f} dB"
        )
        rows[f"{name}\n{method}"] = images

plot_image_rows(rows).savefig("camera_noise.png", dpi=110)

# sphinx_gallery_thumbnail_path = "images/thumbnails/camera_noise.jpg"
