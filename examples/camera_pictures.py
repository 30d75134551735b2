"""
Pictures of cameras and phones
==============================

The noise in a picture that a camera has written is not that of the sensor: it went through demosaicing,
white balance, sharpening and JPEG compression. It is similar in neighbouring pixels, so that a denoiser of
independent noise takes it for content. ``photo-real`` was trained on such noise. Writes
``camera_pictures.jpg``, ``camera_pictures_strength.jpg`` and ``camera_pictures_dark.jpg``.
"""

import numpy as np
from sklearn.datasets import load_sample_images

from skdenoise import (
    CameraPipeline,
    UNetDenoiser,
    add_noise,
    estimate_noise,
    plot_image_rows,
    psnr,
)

# %%
# Parts of two photographs, with the noise of a camera at a high sensitivity. Your own pictures are read with
# ``skimage.io.imread("photo.jpg")[np.newaxis]``.

temple, flower = load_sample_images().images
clean = np.stack(
    [
        temple[20:200, 200:380],
        temple[150:330, 340:520],
        flower[60:240, 190:370],
        flower[:180, 400:580],
    ]
)
camera = CameraPipeline(shot=(2e-3, 6e-3), quality=(80, 95))
noisy = add_noise(clean, camera, random_state=0)

# %%
# The estimate recognises such noise by the correlation of neighbouring pixels, which is about 0 for
# independent noise.

strength, correlation = estimate_noise(noisy, return_correlation=True)
print(
    f"noise: about {100 * strength.mean():.1f} % of the range, correlation {correlation.mean():.1f}"
)

# %%
# Both denoisers come with the package. Neither is told how strong the noise is.

results = {"noisy": noisy}
for name in ("photo-gray", "photo-real"):
    results[name] = UNetDenoiser.from_pretrained(name).transform(noisy)
for name, images in results.items():
    print(f"{name:10} {psnr(clean, images, data_range=255).mean():.1f} dB")

# %%
# The denoiser of independent noise leaves the grain. On the command line, ``skdenoise denoise`` says so, and
# names the denoiser to try.

figure = plot_image_rows({**results, "clean": clean})
figure.savefig("camera_pictures.jpg", dpi=100, pil_kwargs={"quality": 85})

# %%
# It has a price: fine texture, such as distant leaves, looks much like this noise. A picture without noise
# should stay as it is, and ``photo-real`` changes it more than ``photo-gray`` does.

for name in ("photo-gray", "photo-real"):
    unneeded = UNetDenoiser.from_pretrained(name).transform(clean)
    print(
        f"{name}, no noise: {psnr(clean, unneeded, data_range=255).mean():.1f} dB"
    )

# %%
# If a picture looks too smooth, ``strength`` leaves some of the noise. It can be changed after the fit.

denoiser = UNetDenoiser.from_pretrained("photo-real")
strengths = {
    f"strength {strength:g}": denoiser.set_params(strength=strength).transform(
        noisy
    )
    for strength in (0, 0.5, 0.8, 1)
}
for name, images in strengths.items():
    print(f"{name:12} {psnr(clean, images, data_range=255).mean():.1f} dB")
closer = {
    name: images[:, 60:140, 40:120] for name, images in strengths.items()
}
figure = plot_image_rows(closer)
figure.savefig(
    "camera_pictures_strength.jpg", dpi=100, pil_kwargs={"quality": 85}
)

# %%
# ``photo-gray`` leaves the noise of a camera as it is (28.3 dB before and after), and ``photo-real`` removes it
# (30.6 dB). On pictures without noise it is the other way round: there ``photo-real`` changes more.

# %%
# In a dark room, a picture is too dark as well. Here it has an eighth of the light: three stops less. To show what is
# left, the results are made three stops brighter, as in an editor.


def exposed(images, stops):
    """Return images as if they had ``2 ** stops`` times the light."""
    light = 2.0**stops * (images / 255) ** 2.2
    return np.rint(255 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint8)


dark = exposed(clean, -3)
noisy = add_noise(dark, camera, random_state=0)
denoised = UNetDenoiser.from_pretrained("photo-real").transform(noisy)
for name, images in {"noisy": noisy, "photo-real": denoised}.items():
    print(
        f"dark, {name:10} {psnr(dark, images, data_range=255).mean():.1f} dB"
    )
figure = plot_image_rows(
    {
        "noisy": noisy,
        "noisy, brighter": exposed(noisy, 3),
        "photo-real, brighter": exposed(denoised, 3),
        "clean, brighter": exposed(dark, 3),
    }
)
figure.savefig("camera_pictures_dark.jpg", dpi=100, pil_kwargs={"quality": 85})

# %%
# The grain is gone, and edges stay. What the noise has covered is lost, such as the boats, and the petals are smoother
# than they were. Where it is darkest, the colours are wrong, and blotches are left.

# sphinx_gallery_thumbnail_path = "images/thumbnails/camera_pictures.jpg"
