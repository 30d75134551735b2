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
    "shot noise",
    "noisy (dB)",
    "measured in each (dB)",
    "measured in all (dB)",
    "known (dB)",
]


def measure(quick):
    """Return the rows of the table."""
    if quick:
        images = load_sample_image("china.jpg")[np.newaxis, :256, :256, 1]
    else:
        images = load_photographs()["set12_256"]
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    sides, noises = (SIDES[:1], NOISES[:1]) if quick else (SIDES, NOISES)
    return [_row(denoiser, images, side, *noise) for side in sides for noise in noises]


def _row(denoiser, images, side, shot, read):
    middle = slice((256 - side) // 2, (256 + side) // 2)
    clean = images[:, middle, middle]
    known = CameraNoise(shot=shot, read=read, gamma=1)
    noisy = add_noise(clean, known, random_state=0)
    row = {"pixels": f"{side}x{side}", "shot noise": shot, "noisy (dB)": _quality(clean, noisy)}
    ways = {"each": "estimate", "all": fit_noise_model(noisy), "known": known}
    for name, stabilize in ways.items():
        column = f"{name} (dB)" if name == "known" else f"measured in {name} (dB)"
        denoised = denoiser.set_params(stabilize=stabilize).transform(noisy)
        row[column] = _quality(clean, denoised)
    return row


def _quality(clean, images):
    return float(psnr(clean, images, data_range=255).mean())


if __name__ == "__main__":
    main(__file__)
