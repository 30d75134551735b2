"""From the start of a process to its first denoised image: with ONNX Runtime, and with Keras on TensorFlow."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from skdenoise import add_noise

WITH_KERAS = """
from skdenoise.inference import onnx_runtime
onnx_runtime.is_preferable = lambda: False
"""
IN_PYTHON = """
import numpy as np
from PIL import Image
from skdenoise import UNetDenoiser
images = np.asarray(Image.open({path!r}))[np.newaxis]
UNetDenoiser.from_pretrained("photo-gray").transform(images)
"""
COMMAND = """
import sys
from skdenoise.__main__ import main
sys.argv[1:] = ["denoise", "photo-gray", {path!r}, "-o", {output!r}, "--overwrite", "--quiet"]
main()
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory, quick):
    """Return the file of a noisy colour photograph of 640x427 pixels."""
    path = tmp_path_factory.mktemp("start") / "noisy.png"
    clean = load_sample_image("china.jpg")[: 32 if quick else None]
    Image.fromarray(add_noise(clean[np.newaxis], noise_factor=0.1, random_state=0)[0]).save(path)
    return path


@pytest.mark.parametrize("computes", ["ONNX Runtime", "Keras"])
@pytest.mark.parametrize("runs", ["from_pretrained", "skdenoise denoise"])
def test_first_image(benchmark, image, runs, computes):
    code = IN_PYTHON if runs == "from_pretrained" else COMMAND
    code = code.format(path=str(image), output=str(Path(image).with_name("denoised.png")))
    if computes == "Keras":
        code = WITH_KERAS + code
    benchmark.group = runs
    benchmark.pedantic(
        subprocess.run, ([sys.executable, "-c", code],), {"check": True}, rounds=5, warmup_rounds=1
    )
