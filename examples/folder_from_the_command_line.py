"""
A folder, from the command line
===============================

``skdenoise train`` learns from a folder of clean images, ``skdenoise denoise`` denoises files and folders.
Neither needs Python:

.. code-block:: bash

    skdenoise train clean -o photo.skdenoise
    skdenoise denoise photo.skdenoise noisy -o denoised

Writes ``folder_from_the_command_line.png``.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from skimage.io import imread, imsave
from sklearn.datasets import load_sample_images

from skdenoise import add_noise, plot_image_rows

# %%
# A folder with clean photographs, and one with noisy photographs in several formats and subfolders, and
# a damaged file:

folder = Path(tempfile.mkdtemp())
for name in ("clean", "noisy/old"):
    (folder / name).mkdir(parents=True)
photographs = np.stack(load_sample_images().images)
for i, (top, left) in enumerate(np.ndindex(2, 4)):
    part = np.s_[200 * top : 200 * top + 200, 160 * left : 160 * left + 160]
    for name, image in zip(("temple", "flower"), photographs, strict=True):
        imsave(folder / "clean" / f"{name}_{i}.png", image[part])
clean = photographs[:, 100:260, 200:360]
noisy = add_noise(clean, noise_factor=0.12, random_state=0)
imsave(folder / "noisy" / "temple.png", noisy[0])
imsave(folder / "noisy" / "old" / "flower.tif", noisy[1])
(folder / "noisy" / "damaged.jpg").write_bytes(b"not an image any more")


def skdenoise(*arguments):
    """Run the command in the folder, and show what it prints."""
    command = [sys.executable, "-m", "skdenoise", *arguments]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True
    )
    skipped = [
        line
        for line in result.stderr.splitlines()
        if line.startswith("skipped")
    ]
    print("$ skdenoise", *arguments)
    print(
        "\n".join(
            [result.stdout.strip(), *skipped, f"exit code {result.returncode}"]
        )
    )


# %%
# A fit of 300 short epochs, to save time on this page; the default is 1,250 steps. Some images are held
# out, to measure how good the denoiser is:

skdenoise(
    "train",
    "clean",
    "-o",
    "photo.skdenoise",
    "--epochs",
    "300",
    "--patch-size",
    "32",
    "--quiet",
)

# %%
# Each result has the name, the format and the subfolder of its input. Files that cannot be read are
# named, and the exit code shows it:

skdenoise("denoise", "photo.skdenoise", "noisy", "-o", "denoised", "--quiet")
for path in sorted((folder / "denoised").rglob("*.*")):
    print(path.relative_to(folder))

# %%
# The results:

names = "temple.png", "old/flower.tif"
rows = {
    place: np.stack([imread(folder / place / name) for name in names])
    for place in ("noisy", "denoised")
}
plot_image_rows(rows | {"clean": clean}).savefig(
    "folder_from_the_command_line.png", dpi=110
)

# %%
# Both photographs are denoised, the damaged file is named and left out, and names, formats and subfolders are
# those of the input.
