"""
Every noise model at a glance
=============================

One photograph, all noise models, all severities. If ImageNet-C has the model, the severities are those
of ImageNet-C. Runs in seconds; writes ``noise_gallery.jpg``.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_sample_images

from skdenoise import add_noise, noise_names

photograph = load_sample_images().images[0][40:296:2, 130:386:2]

# %%
# ``add_noise`` takes a batch of images, so the photograph gets a leading axis. Severity 0 is the
# photograph without noise.

names = noise_names()
figure, axes = plt.subplots(len(names), 6, figsize=(8.4, 1.42 * len(names)))
for row, name in zip(axes, names, strict=True):
    for severity, ax in enumerate(row):
        noisy = add_noise(
            photograph[None], name, severity=severity, random_state=0
        )
        ax.imshow(noisy[0])
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name.replace("_", " "), fontsize=9)
for severity, ax in enumerate(axes[0]):
    ax.set_title(
        "clean" if severity == 0 else f"severity {severity}", fontsize=9
    )
figure.subplots_adjust(
    left=0.04, right=0.995, top=0.985, bottom=0.002, wspace=0.03, hspace=0.03
)
figure.savefig("noise_gallery.jpg", dpi=90, pil_kwargs={"quality": 75})

# %%
# Blur and compression destroy fine detail, which no denoiser brings back for sure. Noise, dots and dead pixels leave
# most of it in the neighbouring pixels.

# sphinx_gallery_thumbnail_path = "images/thumbnails/noise_gallery.jpg"
