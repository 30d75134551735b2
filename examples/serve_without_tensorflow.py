"""
Classifying noisy digits without TensorFlow
===========================================

``to_onnx`` turns a fitted pipeline, denoiser and classifier, into one ONNX graph. A service then needs
only ONNX Runtime and NumPy. This example makes a virtual environment with nothing else in it, and
classifies noisy digits there. Writes ``serve_without_tensorflow.png``.
"""

import subprocess
import tempfile
import venv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, to_onnx

# %%
# Fit a pipeline as usual, and write it to a file:

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
pipeline = make_pipeline(
    UNetDenoiser(noise_factor=0.3, epochs=15, random_state=0), SVC()
)
pipeline.fit(X[:1000], y[:1000])

folder = Path(tempfile.mkdtemp())
(folder / "digits.onnx").write_bytes(to_onnx(pipeline).SerializeToString())
noisy = add_noise(X[1000:], noise_factor=0.3, random_state=1)
np.save(folder / "requests.npy", noisy)
print(f"digits.onnx: {(folder / 'digits.onnx').stat().st_size / 1024:.0f} KiB")

# %%
# This is the whole service. The input of the graph is called ``images``. The output is the label of each
# image, and the scores of all labels.

SERVICE = """
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("digits.onnx")
labels, scores = session.run(None, {"images": np.load("requests.npy")})
np.save("answers.npy", labels)
"""

# %%
# A new environment, with neither scikit-learn nor Keras nor this package:

venv.create(folder / "bare", with_pip=True)
python = folder / "bare" / "bin" / "python"
subprocess.run(
    [python, "-m", "pip", "install", "--quiet", "onnxruntime"], check=True
)
subprocess.run([python, "-c", SERVICE], cwd=folder, check=True)
answers = np.load(folder / "answers.npy")

# %%
# Its labels equal those of the pipeline.

print(
    f"same as the pipeline: {np.mean(answers == pipeline.predict(noisy)):.2%} of {len(noisy)} digits"
)
print(f"correct: {np.mean(answers == y[1000:]):.2%}")

figure, axes = plt.subplots(2, 8, figsize=(8, 2.4), layout="constrained")
for ax, image, answer in zip(
    axes.flat, noisy.reshape(-1, 8, 8), answers, strict=False
):
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set_title(f"{answer}", fontsize=10)
    ax.set_axis_off()
figure.suptitle("Noisy digits, and the labels that the graph predicts")
figure.savefig("serve_without_tensorflow.png", dpi=120)

# %%
# The graph predicts the same digits as the pipeline. It needs ONNX Runtime only, and no Keras, TensorFlow or
# scikit-learn.
