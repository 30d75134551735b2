"""
Text that cannot be read for noise
==================================

Tesseract, a program that reads text in pictures, cannot be trained again by its users. With a denoiser in front
of it, it reads noisy pages that it does not read alone. The denoiser, ``text``, comes with the package, and was
trained on rendered pages in other fonts. Writes ``reading_text.png``. Without the program (Debian:
``tesseract-ocr``), the page is denoised, but not read.
"""

import shutil
import subprocess
from difflib import SequenceMatcher
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage.io import imsave

from skdenoise import UNetDenoiser, add_noise, plot_image_rows

# %%
# A page of text, and the same page with noise.

text = """Image classifiers break on noisy images.
Training every classifier on noisy data is
one answer. A denoiser in front of any
classifier is another one, and needs no
change of what comes after it."""
font = ImageFont.truetype(
    Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSerif.ttf"), 18
)
page = Image.new("L", (460, 170), 255)
ImageDraw.Draw(page).multiline_text(
    (20, 20), text, fill=0, font=font, spacing=8
)
page = np.asarray(page)[np.newaxis]
noisy = add_noise(page, noise_factor=0.3, random_state=0)

# %%
# It is denoised, without any training, and without knowing how strong the noise is.

denoised = UNetDenoiser.from_pretrained("text").transform(noisy)
pages = {"noisy": noisy, "denoised": denoised}
figure = plot_image_rows({**pages, "clean": page})
figure.savefig("reading_text.png", dpi=150, bbox_inches="tight")

# %%
# What Tesseract reads on each page, and how much of it is right.


def read(picture):
    """Return what Tesseract reads, or nothing where it is not installed."""
    if shutil.which("tesseract") is None:
        return ""
    imsave("page.bmp", picture, check_contrast=False)
    command = ["tesseract", "page.bmp", "stdout", "--psm", "6"]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout
    Path("page.bmp").unlink()
    return " ".join(found.split())


for name, (picture,) in pages.items():
    found = read(picture)
    alike = SequenceMatcher(
        None, found, " ".join(text.split()), autojunk=False
    ).ratio()
    print(f"{name:10} {100 * alike:3.0f} % alike: {found[:60]}")

# %%
# Tesseract gets three quarters of the letters right on the noisy page, and nearly all after the denoiser. Neither of
# the two was trained for the other.
