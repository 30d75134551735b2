"""A colour photograph of 12 megapixels: `photo-gray` beside the colour non-local means of OpenCV.

The photograph is made of scikit-learn's two, side by side, with Gaussian noise of 25 of 255, in 8 bits. Each
runs in a process of its own, with all threads and with one. `MiB` is the peak over what the process held
before. The strength of non-local means is the best of four for this picture; `photo-gray` is not told the
noise level.
"""

from functools import partial

import numpy as np
import pytest
from _memory import Peak
from sklearn.datasets import load_sample_images

from skdenoise import add_noise, psnr

NOISE = 25 / 255
CASES = ("photo-gray", "photo-gray, bfloat16", "OpenCV")
STRENGTHS = (10, 15, 20, 25)


@pytest.mark.parametrize("threads", ["all threads", "one thread"])
@pytest.mark.parametrize("case", CASES)
def test_12_megapixels(benchmark, new_process, quick, case, threads):
    benchmark.group = threads
    one = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    call = new_process(**one if threads == "one thread" else {})
    call(_prepare, case, threads == "one thread", quick)
    rounds = 1 if quick else 3
    benchmark.extra_info |= benchmark.pedantic(call, (_run,), rounds=rounds)


def _prepare(case, in_one_thread, quick):
    """Keep the noisy and the clean photograph, and the function to measure."""
    global _noisy, _clean, _function
    height, width = (60, 80) if quick else (3000, 4000)
    scene = np.concatenate(load_sample_images().images, axis=1)
    times = (-(-height // scene.shape[0]), -(-width // scene.shape[1]), 1)
    _clean = np.tile(scene, times)[:height, :width]
    _noisy = add_noise(_clean[np.newaxis], noise_factor=NOISE, random_state=0)[0]
    _function = _opencv(in_one_thread) if case == "OpenCV" else _photo_gray(case)


def _photo_gray(case):
    from skdenoise import UNetDenoiser

    precision = "bfloat16" if "bfloat16" in case else "auto"
    denoiser = UNetDenoiser.from_pretrained("photo-gray", precision=precision)
    denoiser.transform(_noisy[np.newaxis, :64, :64])  # starts the engine
    return lambda image: denoiser.transform(image[np.newaxis])[0]


def _opencv(in_one_thread):
    import cv2

    if in_one_thread:
        cv2.setNumThreads(1)

    def denoise(strength, image):
        return cv2.fastNlMeansDenoisingColored(image, None, strength, strength, 7, 21)

    part = (slice(400), slice(1200))
    errors = [_psnr(_clean[part], denoise(strength, _noisy[part])) for strength in STRENGTHS]
    return partial(denoise, STRENGTHS[int(np.argmax(errors))])


def _run():
    with Peak() as peak:
        denoised = _function(_noisy)
    return {"MiB": peak.growth, "PSNR (dB)": _psnr(_clean, denoised)}


def _psnr(clean, denoised):
    return psnr(clean[np.newaxis], denoised[np.newaxis], data_range=255)
