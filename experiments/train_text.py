"""Train the denoiser that `UNetDenoiser.from_pretrained("text")` returns, and write its file.

    python experiments/train_text.py text.skdenoise --minutes 55
    python experiments/train_text.py better.skdenoise --start text.skdenoise --peak 1e-3

On rendered pages in 25 families of fonts (`_training_pages`; install them first), with independent and correlated
noise, random dots, motion blur, Gaussian blur and JPEG compression, all in 8 bits. The learning rate falls along half a
cosine of the time, as in ``train_photographs.py``. Prints the PSNR on pages in other fonts, those of
``reading_text.py``, which says what Tesseract reads. With --quick, a small network for seconds on a
few pages in fonts of Matplotlib, written to a temporary folder.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from _text import FONT_FOLDER, pages_to_read
from _training import for_minutes, round_weights, with_parameters_of
from _training_pages import fonts_in, text_pages

from skdenoise import (
    Compose,
    CorrelatedGaussianNoise,
    GaussianBlur,
    GaussianNoise,
    JPEGCompression,
    MotionBlur,
    NoiseModel,
    RandomChoice,
    SaltAndPepperNoise,
    UNetDenoiser,
    add_noise,
    load,
    psnr,
)

# Motion blur and JPEG harm most, and need most training.
MIXTURE = RandomChoice(
    [
        GaussianNoise(sigma=(0, 0.6)),
        CorrelatedGaussianNoise(sigma=(0, 0.3)),
        SaltAndPepperNoise(amount=(0, 0.3)),
        Compose([MotionBlur(length=(1, 9), angle=(-90, 90)), GaussianNoise(sigma=(0, 0.12))]),
        Compose([GaussianBlur(sigma=(0.3, 2)), GaussianNoise(sigma=(0, 0.15))]),
        Compose([GaussianNoise(sigma=(0, 0.15)), JPEGCompression(quality=(3, 50))]),
    ],
    p=[0.45, 0.05, 0.05, 0.2, 0.1, 0.15],
)
FILTERS = (32, 64)
N_PAGES, PATCH_SIZE, BATCH_SIZE = 3000, 64, 16


class InUnitsOfContrast(NoiseModel):
    """Noise whose strength is in units of the contrast of each image.

    So pale text has weak noise, which leaves it readable. An image of a single shade gets a random contrast.
    """

    def __init__(self, noise):
        self.noise = noise

    def __call__(self, images, rng):
        """Stretch each image to 0..1, add the noise, and take the stretching back."""
        low = images.min(axis=(1, 2, 3), keepdims=True)
        contrast = images.max(axis=(1, 2, 3), keepdims=True) - low
        drawn = rng.uniform(0.15, 1, contrast.shape).astype(np.float32)
        contrast = np.where(contrast < 0.05, drawn, contrast)
        return low + contrast * self.noise((images - low) / contrast, rng)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", nargs="?", help="the file to write")
    parser.add_argument("--minutes", type=float, default=55)
    parser.add_argument("--peak", type=float, default=4e-3, help="the highest learning rate")
    parser.add_argument("--start", help="a file to go on from")
    parser.add_argument("--fonts", default="/usr/share/fonts", help="the folder of the fonts")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    if arguments.quick:
        paths = [str(path) for path in FONT_FOLDER.glob("DejaVuSans*.ttf")]
        with tempfile.TemporaryDirectory() as folder:
            train(Path(folder, "quick.skdenoise"), text_pages(8, paths, rng), 0.05, filters=(8, 16))
    elif arguments.path is None:
        parser.error("state the file to write")
    else:
        pages = text_pages(N_PAGES, fonts_in(arguments.fonts), rng)
        train(arguments.path, pages, arguments.minutes, arguments.peak, arguments.start)


def train(path, pages, minutes, peak=4e-3, start=None, filters=FILTERS):
    """Train, write the file, and print the PSNR on pages in other fonts."""
    denoiser = load(start) if start else UNetDenoiser(init="random", filters=filters)
    denoiser.set_params(
        noise=InUnitsOfContrast(MIXTURE),
        noise_factor=None,
        warm_start=start is not None,
        batch_size=BATCH_SIZE,
        patch_size=PATCH_SIZE,
        **for_minutes(minutes, peak),
    ).fit(pages)
    round_weights(denoiser)
    with_parameters_of(UNetDenoiser(MIXTURE, patch_size=PATCH_SIZE), denoiser)
    denoiser.noise_ = MIXTURE
    denoiser.save(path)
    for noise in MIXTURE.models:
        values = [_psnr_of(denoiser, page, noise) for page, _ in pages_to_read(5)]
        print("{}: {:.2f} -> {:.2f} dB".format(noise, *np.mean(values, axis=0)))


def _psnr_of(denoiser, page, noise):
    """Return the PSNR of a page with noise, and of the page denoised."""
    clean = page[np.newaxis]
    noisy = add_noise(clean, noise, random_state=0)
    return [psnr(clean, images, data_range=255)[0] for images in (noisy, denoiser.transform(noisy))]


if __name__ == "__main__":
    main()
