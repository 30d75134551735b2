"""Train the denoiser that `UNetDenoiser.from_pretrained("photo-real")` returns, and write its file.

    python experiments/train_camera_pictures.py photo-real.skdenoise --minutes 40
    python experiments/train_camera_pictures.py better.skdenoise --start photo-real.skdenoise

Goes on from "photo-gray" with noise as cameras leave it in their pictures: on patches of 64x64 pixels of 265
photographs under free licences, as they are or enlarged up to twice (a camera's own pictures are softer than
photographs that were made smaller), noisy and clean as opponent colours. The learning rate falls along half
a cosine of the time. Prints the PSNR of the 32 other photographs with such noise. With --quick, a small
network for seconds, on parts of two photographs, which is written to a temporary folder.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from _data import load_free_photographs, other_free_photographs
from _training import for_minutes, round_weights, with_parameters_of
from PIL import Image
from sklearn.datasets import load_sample_images
from train_photographs import BATCH_SIZE

from skdenoise import CameraPipeline, GaussianNoise, RandomChoice, UNetDenoiser, load, psnr
from skdenoise.images.opponent import ORTHONORMAL

N_VALIDATION, N_PATCHES = 32, 6000
# The noise at the edges of a picture is different, so that edges are cut off.
SIZE, EDGE = 64, 8
SHARE_ENLARGED, LARGEST = 0.6, 2
# Weaker than any in the default range as well, so that pictures with hardly any noise stay as they are.
SHOT = (1e-5, 1.2e-2)
NOISE = RandomChoice(
    [
        CameraPipeline(shot=SHOT),
        CameraPipeline(shot=SHOT, mosaic=False),
        GaussianNoise(sigma=(0, 0.1)),
    ],
    p=[0.75, 0.15, 0.1],
)
WARMUP_STEPS = 50


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", nargs="?", help="the file to write")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--peak", type=float, default=1e-3, help="the highest learning rate")
    parser.add_argument("--start", help="a file to go on from")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    if arguments.quick:
        images = load_sample_images().images
        small = UNetDenoiser.for_photographs(value_range=(0, 1), filters=(8, 16), epochs=1)
        small.fit(images[0][None, :64, :64, 0] / 255)
        patches = patches_of(map(Image.fromarray, images), 16, rng)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "quick.skdenoise")
            train(path, small, patches, 0.05, arguments.peak, rng)
            judge(load(path), np.stack(images)[:, :64, :64], rng)
    elif arguments.path is None:
        parser.error("state the file to write")
    else:
        start = (
            load(arguments.start) if arguments.start else UNetDenoiser.from_pretrained("photo-gray")
        )
        patches = patches_of(other_free_photographs(N_VALIDATION), N_PATCHES, rng)
        train(arguments.path, start, patches, arguments.minutes, arguments.peak, rng)
        judge(load(arguments.path), load_free_photographs(N_VALIDATION, 256), rng)


def patches_of(photographs, n_patches, rng):
    """Return patches of photographs, floats in 0..1, some of them enlarged."""
    photographs = list(photographs)
    return np.stack(
        [_patch(photographs[index % len(photographs)], rng) for index in range(n_patches)]
    )


def _patch(photograph, rng):
    side = SIZE + 2 * EDGE
    enlarged = rng.random() < SHARE_ENLARGED
    seen = side / rng.uniform(1, LARGEST) if enlarged else side
    left, top = rng.uniform(0, photograph.width - seen), rng.uniform(0, photograph.height - seen)
    if not enlarged:
        left, top = int(left), int(top)
    box = (left, top, left + seen, top + seen)
    patch = photograph.resize((side, side), Image.Resampling.BICUBIC, box=box)
    return np.asarray(patch) / np.float32(255)


def noised(images, rng, n_at_once=250):
    """Return pictures of 8 bits, with the noise of cameras, as floats."""
    noisy = np.empty_like(images)
    for start in range(0, len(images), n_at_once):
        few = slice(start, start + n_at_once)
        noisy[few] = np.rint(255 * np.clip(NOISE(images[few], rng), 0, 1)) / np.float32(255)
    return noisy


def train(path, denoiser, patches, minutes, peak, rng):
    """Train on patches of photographs, and write the file."""
    inside = (slice(None), slice(EDGE, -EDGE), slice(EDGE, -EDGE))
    noisy, clean = (ORTHONORMAL.split(images[inside]) for images in (noised(patches, rng), patches))
    denoiser.set_params(
        value_range=(0, 1),
        warm_start=True,
        patch_size=None,
        loss="mae",  # the targets are clean; the squared error goes by the strongest noise
        batch_size=BATCH_SIZE,
        **for_minutes(minutes, peak, WARMUP_STEPS),
    ).fit(noisy, clean=clean)
    round_weights(denoiser)
    with_parameters_of(UNetDenoiser.for_photographs(CameraPipeline(), colour="opponent"), denoiser)
    denoiser.noise_ = CameraPipeline()
    denoiser.save(path)


def judge(denoiser, photographs, rng):
    """Print the PSNR of photographs with the noise of cameras, and denoised."""
    clean = photographs / np.float32(255)
    noisy = noised(clean, rng, n_at_once=8)
    values = [
        psnr(clean, images, data_range=1).mean() for images in (noisy, denoiser.transform(noisy))
    ]
    print("noisy {:.2f} dB, denoised {:.2f} dB".format(*values))


if __name__ == "__main__":
    main()
