"""Whether bfloat16 and float32 give the same denoiser, and which is faster here.

Writes experiments/results/bfloat16.md, a table of docs/benchmarks.md.

MNIST, noise 0.4 not clipped, 3,000 training and 2,000 test images, 564 steps: PSNR on the test
images and accuracy of an SVC behind the denoiser, means of three seeds.
"""

import numpy as np
from _data import load_mnist
from _record import main, mean_psnr, seconds
from sklearn.svm import SVC

from skdenoise import NoiseAugmenter, UNetDenoiser, add_noise
from skdenoise.backend.precision import resolve_precision

COLUMNS = ["what", "float32", "bfloat16", "difference"]


def measure(quick):
    """Return the rows of the table."""
    X, y, X_test, y_test = load_mnist(stand_in=quick)
    n_training, n_test, seeds, epochs = (64, 50, 1, 1) if quick else (3_000, 2_000, 3, 3)
    X, y = X[:n_training], y[:n_training]
    X_test, y_test = X_test[:n_test], y_test[:n_test]
    noisy = add_noise(X_test, noise_factor=0.4, random_state=1)
    found = {"float32": [], "bfloat16": []}
    for precision in found:
        UNetDenoiser(epochs=1, precision=precision).fit(X[:64])
    for seed in range(seeds):
        for precision, runs in found.items():
            denoiser = UNetDenoiser(
                noise_factor=0.4, epochs=epochs, precision=precision, random_state=seed
            )
            wall = seconds(denoiser.fit, X)
            augmented = NoiseAugmenter(noise_factor=0.4, random_state=seed).fit_transform(X)
            classifier = SVC(C=5).fit(denoiser.transform(augmented), y)
            denoised = denoiser.transform(noisy)
            quality = mean_psnr(X_test, denoised)
            runs.append((quality, 100 * classifier.score(denoised, y_test), wall))
    found = {precision: np.mean(runs, axis=0) for precision, runs in found.items()}
    rows = [
        {
            "what": what,
            "float32": float(found["float32"][i]),
            "bfloat16": float(found["bfloat16"][i]),
            "difference": float(found["bfloat16"][i] - found["float32"][i]),
        }
        for i, what in enumerate(("PSNR (dB)", "accuracy of an SVC (%)", "seconds of the fit"))
    ]
    rows.append({"what": f"precision='auto' is {resolve_precision('auto')} here"})
    return rows


if __name__ == "__main__":
    main(__file__)
