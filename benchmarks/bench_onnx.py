"""A denoiser that was exported to ONNX, in ONNX Runtime, and the denoiser itself, in float32 and in the fastest precision.

Whether both answer alike is measured by experiments/onnx_agreement.py.
"""

import onnxruntime
import pytest

from skdenoise import UNetDenoiser, add_noise, to_onnx


@pytest.fixture(scope="module")
def denoiser(mnist):
    return UNetDenoiser(precision="float32", epochs=1, random_state=0).fit(mnist[0][:320])


@pytest.fixture(scope="module")
def fastest(mnist):
    return UNetDenoiser(epochs=1, random_state=0).fit(mnist[0][:320])


@pytest.fixture(scope="module")
def functions(denoiser, fastest):
    session = onnxruntime.InferenceSession(to_onnx(denoiser).SerializeToString())
    return {
        "onnx_runtime": lambda images: session.run(None, {"images": images}),
        "keras, float32": denoiser.transform,
        "keras, auto": fastest.transform,
    }


@pytest.mark.parametrize("runs_in", ["onnx_runtime", "keras, float32", "keras, auto"])
@pytest.mark.parametrize("n_images", [1, 5000])
def test_denoising(benchmark, functions, mnist, quick, n_images, runs_in):
    noisy = add_noise(mnist[1][: min(n_images, 100) if quick else n_images], noise_factor=0.4)
    benchmark.group = "one image" if n_images == 1 else f"{n_images:,} images at a time"
    rounds = 100 if n_images == 1 else 5
    benchmark.pedantic(functions[runs_in], (noisy,), rounds=rounds, warmup_rounds=1)
