"""Train the start weights of `network="compact"`, and write their file.

    python experiments/train_start_weights.py skdenoise/networks/start/compact-1.npz --channels 1
    python experiments/train_start_weights.py skdenoise/networks/start/compact-3.npz --channels 3
    python experiments/train_start_weights.py skdenoise/networks/start/compact-1-linear.npz --linear --minutes 7
    python experiments/train_start_weights.py skdenoise/networks/start/compact-3-linear.npz --linear --minutes 7 \
        --channels 3

On 48,000 pictures of 32x32 pixels: parts of free photographs (nine of ten photographs; the tenth is for
validation), letters in the fonts of Matplotlib, and drawings. No image set that the package is measured on.
Gaussian noise of 0 to 0.6, weak noise more often; a third in 8 bits, which clip it. Fifteen minutes on one
core, as in ``train_photographs.py``. With --linear, the weights are for a linear output, which learning from noisy images
needs: they learn from the noisy pictures alone, by predicting hidden pixels, and none is in 8 bits. Prints the PSNR on the pictures for validation. With --quick, for
seconds on a few pictures of scikit-learn's photographs, written to a temporary folder.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from _data import other_free_photographs
from _pictures import small_pictures
from _record import mean_psnr
from _training import for_minutes
from PIL import Image
from sklearn.datasets import load_sample_images

from skdenoise import Compose, GaussianNoise, Quantization, RandomChoice, UNetDenoiser, add_noise

PEAK, BATCH_SIZE = 4e-3, 32
BLIND = GaussianNoise(sigma=(0, 0.6))
WEAK = GaussianNoise(sigma=(0, 0.15))
NOISE = RandomChoice([BLIND, WEAK, Compose([BLIND, Quantization(levels=256)])], p=[0.5, 0.2, 0.3])
NOT_CLIPPED = RandomChoice([BLIND, WEAK])
LUMA = np.float32([0.299, 0.587, 0.114])


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", nargs="?", help="the file to write")
    parser.add_argument("--channels", type=int, choices=(1, 3), default=1)
    parser.add_argument("--linear", action="store_true", help="weights for a linear output")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        photographs = [Image.fromarray(image) for image in load_sample_images().images]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "quick.npz")
            for linear in (False, True):
                train(path, arguments.channels, linear, 0.05, photographs, photographs, 64)
    elif arguments.path is None:
        parser.error("state the file to write")
    else:
        photographs = list(other_free_photographs(0))
        training = [image for index, image in enumerate(photographs) if index % 10 != 5]
        train(
            arguments.path,
            arguments.channels,
            arguments.linear,
            arguments.minutes,
            training,
            photographs[5::10],
        )


def train(path, channels, linear, minutes, photographs, others, n_pictures=48_000):
    """Train, write the file, and print the PSNR."""
    rng = np.random.default_rng(0)
    X, validation = (
        _with_channels(small_pictures(n, images, rng), channels)
        for n, images in ((n_pictures, photographs), (1000, others))
    )
    if linear:
        X = add_noise(X, NOT_CLIPPED, random_state=1)
    denoiser = UNetDenoiser(
        noise=NOISE,
        supervision="self" if linear else "clean",
        value_range=(0, 1),
        augment=True,
        init="random",
        batch_size=BATCH_SIZE,
        **for_minutes(minutes, PEAK),
    ).fit(X)
    np.savez_compressed(path, *(np.float16(weight) for weight in denoiser.model_.get_weights()))
    for sigma in (0.05, 0.2, 0.4):
        noisy = add_noise(validation, noise_factor=sigma, random_state=1)
        print(f"{sigma}: {mean_psnr(validation, denoiser.transform(noisy)):.2f} dB")


def _with_channels(pictures, channels):
    """Return floats in 0..1, grey or in colour."""
    if channels == 1:
        pictures = np.rint(pictures @ LUMA)[..., None]
    return np.float32(pictures) / 255


if __name__ == "__main__":
    main()
