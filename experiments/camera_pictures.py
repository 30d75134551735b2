"""Pictures of cameras as they write them: the packaged denoisers, beside a blur and non-local means.

Writes experiments/results/camera_pictures.md, a table of docs/guide/photographs.md.

Mean PSNR of 33 pictures in colour (512x512 pixels, JPEG) of five cameras at ISO 1,600 to 12,800; the clean
image is the mean of many shots (PolyU: J. Xu et al., "Real-world Noisy Image Denoising: A New Benchmark",
2018; for non-commercial use). No denoiser was trained on them. The interval of the gain is a bootstrap over
the scenes, since some pictures show the same one. The strengths of the peers, of seven and of six, are those
with the highest mean PSNR on these same pictures, which favours the peers: photo-real has no strength to
choose. With --quick, parts of two photographs with simulated noise.
"""

import re

import numpy as np
from _data import load_real_pairs
from _record import main
from scipy.ndimage import gaussian_filter
from scipy.stats import bootstrap
from sklearn.datasets import load_sample_images

from skdenoise import CameraPipeline, UNetDenoiser, add_noise, psnr

WORSE = "worse by more than 0.1 dB"
COLUMNS = ["what", "PSNR (dB)", "gain (dB)", "95 % interval", "least gain (dB)", WORSE]
BLURS = (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2)
STRENGTHS = (2, 3, 4, 5, 6, 8)


def measure(quick):
    """Return the rows of the table."""
    noisy, clean, names = _simulated() if quick else load_real_pairs()
    # The number at the end is that of the part of the scene.
    _, scenes = np.unique([re.sub(r"_+\d+$", "", name) for name in names], return_inverse=True)
    blurs = {
        f"Gaussian blur of {sigma:g} pixels, the best of {len(BLURS)}": _blurred(noisy, sigma)
        for sigma in BLURS
    }
    means = {
        f"OpenCV's non-local means, h={h}, the best of {len(STRENGTHS)}": _nl_means(noisy, h)
        for h in STRENGTHS
    }
    results = {
        "noisy": noisy,
        **_best(clean, blurs),
        **_best(clean, means),
        "photo-gray": UNetDenoiser.from_pretrained("photo-gray").transform(noisy),
        "photo-real": UNetDenoiser.from_pretrained("photo-real").transform(noisy),
        "photo-real, self-ensemble": UNetDenoiser.from_pretrained(
            "photo-real", inference="self_ensemble"
        ).transform(noisy),
    }
    before = psnr(clean, noisy, data_range=255)
    return [_row(what, clean, images, before, scenes) for what, images in results.items()]


def _simulated():
    clean = np.stack(load_sample_images().images)[:, :64, :64]
    return add_noise(clean, CameraPipeline(), random_state=0), clean, ["temple_1", "flower_1"]


def _row(what, clean, images, before, scenes):
    gain = psnr(clean, images, data_range=255) - before
    return {
        "what": what,
        "PSNR (dB)": np.mean(gain + before),
        "gain (dB)": np.mean(gain),
        "95 % interval": _interval(gain, scenes),
        "least gain (dB)": np.min(gain),
        WORSE: f"{np.sum(gain < -0.1)} of {len(gain)}",
    }


def _interval(gain, scenes):
    if max(scenes) < 2 or not gain.any():
        return ""
    sums, numbers = np.bincount(scenes, gain), np.bincount(scenes)
    low, high = bootstrap([sums, numbers], _mean, paired=True, rng=0).confidence_interval
    return f"{low:.2f} to {high:.2f}"


def _mean(sums, numbers, axis=-1):
    return np.sum(sums, axis=axis) / np.sum(numbers, axis=axis)


def _best(clean, results):
    """Return the result with the highest mean PSNR, by its name."""
    best = max(results, key=lambda what: psnr(clean, results[what], data_range=255).mean())
    return {best: results[best]}


def _blurred(noisy, sigma):
    blurred = gaussian_filter(noisy.astype(np.float32), (0, sigma, sigma, 0))
    return np.rint(blurred).astype(np.uint8)


def _nl_means(noisy, h):
    import cv2

    # OpenCV's colours are blue, green, red.
    denoised = [
        cv2.fastNlMeansDenoisingColored(image, None, h, h, 7, 21)
        for image in np.ascontiguousarray(noisy[..., ::-1])
    ]
    return np.stack(denoised)[..., ::-1]


if __name__ == "__main__":
    main(__file__)
