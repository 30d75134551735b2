"""Counting noise in small images: measured in each image, or once in all of them.

Writes experiments/results/one_sensor.md, a table of docs/guide/photographs.md.

Mean PSNR of the middle of the seven images of Set12 that have 256x256 pixels, with noise of a camera that grows with
the brightness, in 8 bits, after "photo-gray" with the noise measured in each image (``stabilize="estimate"``, and
``--stabilize``), measured once in all of them (``stabilize=fit_noise_model(images)``, and ``--noise-model together``), and
known.
"""

import numpy as np
from _data import load_photographs
from _record import main
from sklearn.datasets import load_sample_image

from skdenoise import CameraNoise, UNetDenoiser, add_noise, fit_noise_model, psnr

SIDES, NOISES = (64, 128, 256), ((0.01, 1e-4), (0.05, 1e-3))
COLUMNS = [
    "pixels",
    "shot",
    "read",
    "noisy (dB)",
    "measured in each (dB)",
    "measured in all (dB)",
    "known (dB)",
]


def measure(quick):
    """Return the rows of the table."""
    sides, noises = SIDES, NOISES
    if quick:
        sides, noises = SIDES[:1], NOISES[:1]
        images = load_sample_image("china.jpg")[np.newaxis, :256, :256, 1]
    else:
        images = load_photographs()["set12_256"]
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    return [_row(denoiser, images, side, *noise) for side in sides for noise in noises]


def _row(denoiser, images, side, shot, read):
    middle = slice((256 - side) // 2, (256 + side) // 2)
    clean = images[:, middle, middle]
    known = CameraNoise(shot=shot, read=read, gamma=1)
    noisy = add_noise(clean, known, random_state=0)
    ways = {
        "measured in each (dB)": "estimate",
        "measured in all (dB)": fit_noise_model(noisy),
        "known (dB)": known,
    }
    denoised = {
        column: denoiser.set_params(stabilize=stabilize).transform(noisy)
        for column, stabilize in ways.items()
    }
    qualities = {
        column: _quality(clean, images)
        for column, images in {"noisy (dB)": noisy, **denoised}.items()
    }
    return {"pixels": f"{side}x{side}", "shot": shot, "read": read} | qualities


def _quality(clean, images):
    return float(psnr(clean, images, data_range=255).mean())


if __name__ == "__main__":
    main(__file__)
