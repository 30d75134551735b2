"""Bias and spread of estimate_noise, beside scikit-image's estimate_sigma, where the noise is known.

Writes experiments/results/noise_estimation.md, a table of docs/guide/choosing_noise.md.

100 test images of MNIST, 100 of load_digits, 100 of CIFAR-10, 40 photographs of 180x180 and seven of
256x256 pixels, with Gaussian noise, clipped and not: mean and standard deviation over the images.
"""

import numpy as np
from _data import load_cifar10, load_mnist, load_photographs
from _record import main
from skimage.restoration import estimate_sigma
from sklearn.datasets import load_digits

from skdenoise import add_noise, estimate_noise

COLUMNS = ["what", "noise", "estimate_noise", "estimate_sigma"]
SIGMAS = (0, 0.05, 0.1, 0.2, 0.4)


def measure(quick):
    """Return the rows of the table."""
    return [
        _row(what, images, sigma, clip)
        for what, images in _image_sets(quick).items()
        for sigma in SIGMAS
        for clip in (False, True)
        if sigma or not clip
    ]


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


def _row(what, images, sigma, clip):
    """Return mean and standard deviation of the estimates."""
    noisy = add_noise(images, noise_factor=sigma, clip=clip, value_range=(0, 1), random_state=0)
    channel_axis = -1 if images.ndim == 4 else None
    peer = [
        estimate_sigma(image, average_sigmas=True, channel_axis=channel_axis) for image in noisy
    ]
    ours = estimate_noise(noisy, value_range=(0, 1))
    return {
        "what": what,
        "noise": f"{sigma:g}{', clipped' if clip else ''}",
        "estimate_noise": f"{np.nanmean(ours):.3f} ± {np.nanstd(ours):.3f}",
        "estimate_sigma": f"{np.mean(peer):.3f} ± {np.std(peer):.3f}",
    }


if __name__ == "__main__":
    main(__file__)
