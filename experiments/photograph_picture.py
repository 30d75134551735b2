"""The photograph on the first screen of README: noisy, denoised and clean.

Writes docs/images/photograph.jpg, from a photograph that ships with scikit-learn and the denoiser that ships with
this package.

    python experiments/photograph_picture.py
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_sample_image

from skdenoise import UNetDenoiser, add_noise, psnr

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "photograph.jpg"
SIGMA = 25 / 255  # of the value range, as in the tables of the literature


def main():
    """Draw the picture; with --quick, of a small part and without writing it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    quick = parser.parse_args().quick
    part = np.s_[40:300, 170:430] if not quick else np.s_[:32, :32]
    clean = load_sample_image("china.jpg")[np.newaxis, *part]
    noisy = add_noise(clean, noise_factor=SIGMA, random_state=0)
    denoised = UNetDenoiser.from_pretrained("photo-gray").transform(noisy)
    figure = Figure(figsize=(9.6, 3.5), layout="constrained")
    panels = {
        f"noisy, {psnr(clean, noisy, data_range=255)[0]:.1f} dB": noisy,
        f"denoised, {psnr(clean, denoised, data_range=255)[0]:.1f} dB": denoised,
        "clean": clean,
    }
    for axes, (title, images) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        axes.imshow(images[0], interpolation="none")
        axes.set_title(title, fontsize=11)
        axes.set_axis_off()
        print(title)
    if not quick:
        figure.savefig(PICTURE, dpi=110, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main()
