"""Bias and spread of estimate_noise, beside scikit-image's estimate_sigma, where the noise is known.

Writes experiments/results/noise_estimation.md, a table of docs/guide/choosing_noise.md.

100 test images of MNIST, 100 of load_digits, 100 of CIFAR-10, 40 photographs of 180x180 and seven of
256x256 pixels, with Gaussian noise, clipped and not, and photographs with correlated noise: mean and
standard deviation over the images. Also 33 pictures of cameras, whose noise is the difference from the mean
of many shots.
"""

import numpy as np
from _data import load_cifar10, load_mnist, load_photographs, load_real_pairs
from _record import main
from skimage.restoration import estimate_sigma
from sklearn.datasets import load_digits

from skdenoise import CorrelatedGaussianNoise, GaussianNoise, add_noise, estimate_noise

COLUMNS = ["what", "noise", "estimate_noise", "estimate_sigma"]
SIGMAS = (0, 0.05, 0.1, 0.2, 0.4)
CORRELATED_SIGMAS = (0.02, 0.05, 0.1, 0.2)


def measure(quick):
    """Return the rows of the table."""
    image_sets = _image_sets(quick)
    rows = [
        _noised_row(
            what, images, GaussianNoise(sigma), f"{sigma:g}{', clipped' if clip else ''}", clip
        )
        for what, images in image_sets.items()
        for sigma in SIGMAS
        for clip in (False, True)
        if sigma or not clip
    ]
    for what, images in image_sets.items():
        if "photographs" in what:
            for sigma in CORRELATED_SIGMAS:
                noise = CorrelatedGaussianNoise(sigma, correlation=0.7)
                rows.append(_noised_row(what, images, noise, f"{sigma:g}, correlation 0.7"))
    return rows if quick else [*rows, _row_of_cameras()]


def _row_of_cameras():
    noisy, clean, _ = load_real_pairs()
    noise = (noisy / 255 - clean / 255).std(axis=(1, 2, 3))
    return _row(
        "pictures of cameras, 512x512", noisy, f"{np.mean(noise):.3f} ± {np.std(noise):.3f}"
    )


def _image_sets(quick):
    """Return what is measured: images of floats in 0..1, by name."""
    digits = {"load_digits, 8x8": load_digits().images[:100] / 16}
    if quick:
        return digits
    photographs = load_photographs()
    return {
        "MNIST, 28x28": load_mnist()[2][:100].reshape(-1, 28, 28),
        **digits,
        "CIFAR-10, 32x32, colour": load_cifar10()[2][:100],
        "photographs, 180x180": photographs["train400"][-40:] / 255,
        "photographs, 256x256": photographs["set12_256"] / 255,
    }


def _noised_row(what, images, noise, called, clip=False):
    noisy = add_noise(images, noise, clip=clip, value_range=(0, 1), random_state=0)
    return _row(what, noisy, called, value_range=(0, 1))


def _row(what, noisy, called, value_range=None):
    """Return mean and standard deviation of the estimates."""
    channel_axis = -1 if noisy.ndim == 4 else None
    in_unit = noisy / 255 if noisy.dtype == np.uint8 else noisy
    peer = [
        estimate_sigma(image, average_sigmas=True, channel_axis=channel_axis) for image in in_unit
    ]
    ours = estimate_noise(noisy, value_range=value_range)
    return {
        "what": what,
        "noise": called,
        "estimate_noise": f"{np.nanmean(ours):.3f} ± {np.nanstd(ours):.3f}",
        "estimate_sigma": f"{np.mean(peer):.3f} ± {np.std(peer):.3f}",
    }


if __name__ == "__main__":
    main(__file__)
