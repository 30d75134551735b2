"""Counting noise: a denoiser of Gaussian noise with and without a variance-stabilizing transform.

Writes experiments/results/counting_noise.md, a table of docs/guide/photographs.md.

Mean PSNR of the seven images of 256x256 pixels of Set12, denoised from counts of photons: the noise has
the variance shot * x at intensity x, where 1 / shot is the mean number of photons at white. "Known" means
that the transform is given the shot noise, "estimate" that it is measured in each image.
"""

from functools import partial

import numpy as np
from _data import load_photographs
from _record import main, mean_psnr
from photographs import stand_ins

from skdenoise import FilterDenoiser, PoissonNoise, UNetDenoiser
from skdenoise.noise.anscombe import AnscombeTransform

SHOTS = (0.001, 0.01, 0.03, 0.1)
COLUMNS = ["what", *(f"shot {shot} (dB)" for shot in SHOTS)]


def measure(quick):
    """Return the rows of the table."""
    images = stand_ins()[:1] if quick else load_photographs()["set12_256"]
    clean = np.stack(images)[..., np.newaxis] / np.float32(255)
    photo_gray = UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    nl_means = FilterDenoiser("nl_means", value_range=(0, 1)).fit(clean)
    denoise = {
        "noisy": lambda noisy, shot: noisy,
        "non-local means": partial(_denoised, nl_means, None),
        'non-local means, stabilize="estimate"': partial(_denoised, nl_means, "estimate"),
        "BM3D of the bm3d package, stabilized, known": _bm3d,
        "photo-gray": partial(_denoised, photo_gray, None),
        "photo-gray, stabilize=PoissonNoise(1 / shot)": partial(_denoised, photo_gray, "known"),
        'photo-gray, stabilize="estimate"': partial(_denoised, photo_gray, "estimate"),
    }
    rows = [{"what": what} for what in denoise]
    for shot in SHOTS:
        noisy = PoissonNoise(photons=1 / shot)(clean, np.random.default_rng(0))
        for row, function in zip(rows, denoise.values(), strict=True):
            row[f"shot {shot} (dB)"] = mean_psnr(clean, function(noisy, shot))
    return rows


def _denoised(denoiser, stabilize, noisy, shot):
    known = stabilize == "known"
    denoiser.set_params(stabilize=PoissonNoise(1 / shot) if known else stabilize)
    return denoiser.transform(noisy)


def _bm3d(noisy, shot):
    from bm3d import bm3d

    transform = AnscombeTransform(shot, 0)
    stabilized = transform.forward(noisy)[..., 0]
    denoised = np.stack([bm3d(image, transform.sigma) for image in stabilized])
    return transform.inverse(denoised[..., np.newaxis])


if __name__ == "__main__":
    main(__file__)
