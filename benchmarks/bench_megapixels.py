"""A colour photograph of one megapixel, and one of 12: `photo-gray` beside its peers.

The photograph is made of scikit-learn's two, side by side, with Gaussian noise of 25 of 255, in 8 bits. Each
denoiser runs in a process of its own, with all threads and with one. `MiB` is the peak over what the process
held before. The strength of OpenCV's colour non-local means is the best of four for this picture, and CBM3D
(the package bm3d) is told the noise level; `photo-gray` is told nothing. DnCNN for colour has the weights that
it starts with, which take as long as trained ones. The slow ones run once, and not on 12 megapixels; CBM3D
gets a quarter of a megapixel.
"""

from functools import partial

import numpy as np
import pytest
from _memory import Peak
from sklearn.datasets import load_sample_images

from skdenoise import add_noise, psnr

NOISE = 25 / 255
THREADS = ("all threads", "one thread")
SIZES = {"1 megapixel": (1000, 1000), "12 megapixels": (3000, 4000)}
CASES = {
    "1 megapixel": ("photo-gray", "OpenCV", "DnCNN", "CBM3D"),
    "12 megapixels": ("photo-gray", "photo-gray, bfloat16", "OpenCV"),
}
SLOW = ("DnCNN", "CBM3D")
SHARES = {"CBM3D": 4}  # one part of so many
STRENGTHS = (10, 15, 20, 25)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize(
    ("size", "case"), [(size, case) for size, cases in CASES.items() for case in cases]
)
def test_photograph(benchmark, new_process, quick, size, case, threads):
    benchmark.group = f"{size}, {threads}"
    one = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    call = new_process(**one if threads == "one thread" else {})
    call(_prepare, case, (60, 80) if quick else SIZES[size], threads == "one thread")
    rounds = 1 if quick or case in SLOW else 3
    benchmark.extra_info |= {"what": case, "images": 1 / SHARES.get(case, 1)}
    benchmark.extra_info |= benchmark.pedantic(call, (_run, case), rounds=rounds)


def _prepare(case, size, in_one_thread):
    """Keep the noisy and the clean photograph, and the function to measure."""
    global _noisy, _clean, _function
    height, width = size
    scene = np.concatenate(load_sample_images().images, axis=1)
    times = (-(-height // scene.shape[0]), -(-width // scene.shape[1]), 1)
    _clean = np.tile(scene, times)[: height // SHARES.get(case, 1), :width]
    _noisy = add_noise(_clean[np.newaxis], noise_factor=NOISE, random_state=0)[0]
    if case == "OpenCV":
        _function = _opencv(in_one_thread)
    elif case == "CBM3D":
        _function = _cbm3d
    elif case == "DnCNN":
        _function = _dncnn()
    else:
        _function = _packaged(case)


def _packaged(case):
    from skdenoise import UNetDenoiser

    name, _, precision = case.partition(", ")
    denoiser = UNetDenoiser.from_pretrained(name, precision=precision or "auto")
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


def _cbm3d(image):
    from bm3d import bm3d_rgb

    return np.clip(255 * bm3d_rgb(image / 255, NOISE), 0, 255)


def _dncnn():
    from peers import build_dncnn

    model = build_dncnn(channels=3)
    model.predict_on_batch(np.zeros((1, *_noisy.shape), np.float32))
    return lambda image: model.predict_on_batch(np.float32(image[np.newaxis]) / 255)


def _run(case):
    with Peak() as peak:
        denoised = _function(_noisy)
    found = {"MiB": peak.growth}
    comparable = case not in SLOW  # trained, and on the whole photograph
    return found | {"PSNR (dB)": _psnr(_clean, denoised)} if comparable else found


def _psnr(clean, denoised):
    return float(psnr(clean[np.newaxis], denoised[np.newaxis], data_range=255)[0])
