"""The quality and the speed of the denoisers that people use today, on the same noisy images.

Writes experiments/results/peers.md, a table of docs/benchmarks.md.

MNIST with Gaussian noise 0.4, not clipped. Each peer's parameters are those with the highest PSNR on
200 validation images (BM3D: on the first 20 of them); all are judged on the same 200 test images. What
learns, learns from the first 10,000 training images; DnCNN trains for as long as the default denoiser
did. OpenCV works on uint8, so its images are limited to 0..1 first.
"""

import itertools
import time

import keras
import numpy as np
from _data import load_mnist
from _record import main, mean_psnr, seconds

from skdenoise import FilterDenoiser, SubspaceDenoiser, UNetDenoiser, add_noise

COLUMNS = ["what", "parameters", "PSNR (dB)", "images a second", "ratio", "fit seconds"]
NOISE = 0.4
SCALES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
FILTERS = {
    "nl_means": {"h": SCALES, "patch_size": (3, 5, 7)},
    "wavelet": {"wavelet": ("db1", "db2", "sym4")},
    "tv_chambolle": {"weight": SCALES},
    "bilateral": {"sigma_color": (1.0, 2.0, 5.0, 10.0), "sigma_spatial": (0.75, 1.0, 1.5)},
    "wiener": {"size": (3, 5, 7)},
    "median": {"size": (3, 5)},
    "gaussian": {"sigma_spatial": (0.5, 0.75, 1.0, 1.25)},
}


def measure(quick):
    """Return the rows of the table; `ratio` is the speed of ours over that of the peer."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    X, X_test = X.reshape(-1, 28, 28, 1), X_test.reshape(-1, 28, 28, 1)
    n_training, n_images = (320, 4) if quick else (10_000, 200)
    training = X[:n_training]
    tuning = Task(X[-6000:][:n_images], seed=0)
    # BM3D denoises some three images a second.
    fewer = Task(X[-6000:][: n_images // 10 or 1], seed=0)
    judging = Task(X_test[:n_images], seed=1)
    ours = UNetDenoiser(noise_factor=NOISE, epochs=1 if quick else None, random_state=0)
    UNetDenoiser(epochs=1).fit(training[:16])
    fit_seconds = seconds(ours.fit, training)
    rows = [judging.row("UNetDenoiser()", None, ours.transform, fit_seconds)]
    for name, candidates in _families(training, quick):
        parameters, denoise, fitted_in = _best(candidates, fewer if name == "BM3D" else tuning)
        rows.append(judging.row(name, parameters, denoise, fitted_in))
    steps, dncnn = _dncnn(training, fit_seconds)
    rows.append(judging.row("DnCNN, trained as long", f"{steps} steps of 16", dncnn, fit_seconds))
    for row in rows:
        row["ratio"] = rows[0]["images a second"] / row["images a second"]
    return rows


class Task:
    """Clean images, the same ones noisy, and what a denoiser makes of them."""

    def __init__(self, clean, seed):
        self.clean = clean
        self.noisy = add_noise(clean, noise_factor=NOISE, random_state=seed)

    def psnr(self, denoise):
        """Return the mean PSNR in dB."""
        return mean_psnr(self.clean, denoise(self.noisy))

    def row(self, what, parameters, denoise, fit_seconds):
        """Return the row of a denoiser; its speed is the median of three passes."""
        denoised, walls = None, []
        for _ in range(3):
            start = time.perf_counter()
            denoised = denoise(self.noisy)
            walls.append(time.perf_counter() - start)
        return {
            "what": what,
            "parameters": parameters,
            "PSNR (dB)": round(mean_psnr(self.clean, denoised), 2),
            "images a second": float(len(self.clean) / np.median(walls)),
            "fit seconds": fit_seconds,
        }


def _families(training, quick):
    """Yield the name of each peer with its candidates: parameters, how to denoise, fit seconds."""
    for method, grid in FILTERS.items():
        sigma = {} if method in ("median", "gaussian") else {"sigma": NOISE}
        yield (
            method,
            [
                _fitted(FilterDenoiser, training, method=method, **sigma, **own)
                for own in _grid(grid)
            ],
        )
    yield "OpenCV non-local means", [({"h": h}, _opencv(h), None) for h in (10, 20, 30, 40, 50, 70)]
    sigmas = (NOISE,) if quick else (0.25, 0.3, 0.35, 0.4)
    yield "BM3D", [({"sigma": sigma}, _bm3d(sigma), None) for sigma in sigmas]
    for name, wiener in (("PCA", False), ("linear Wiener filter", True)):
        sizes = (20, 40, 80, 160, 320)
        yield (
            name,
            [_fitted(SubspaceDenoiser, training, n_components=n, wiener=wiener) for n in sizes],
        )


def _fitted(kind, training, **parameters):
    """Fit one candidate; return its parameters, how it denoises, and how long it fitted."""
    denoiser = kind(**parameters, noise_factor=NOISE, random_state=0)
    fit_seconds = seconds(denoiser.fit, training)
    hidden = ("method", "sigma", "wiener")
    shown = {name: value for name, value in parameters.items() if name not in hidden}
    return shown, denoiser.transform, fit_seconds if kind is SubspaceDenoiser else None


def _grid(grid):
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _opencv(h):
    import cv2

    def denoise(images):
        stored = np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
        clean = [cv2.fastNlMeansDenoising(image, None, h, 5, 21) for image in stored]
        return np.reshape(clean, images.shape).astype(np.float32) / 255

    return denoise


def _bm3d(sigma):
    from bm3d import bm3d

    def denoise(images):
        return np.reshape([bm3d(image[..., 0], sigma) for image in images], images.shape)

    return denoise


def build_dncnn(channels=1):
    """Return DnCNN of 17 layers (Zhang et al. 2017: residual, batch normalization)."""
    layers = keras.layers
    inputs = keras.Input((None, None, channels))
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(inputs)
    for _ in range(15):
        x = layers.Conv2D(64, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    noise = layers.Conv2D(channels, 3, padding="same")(x)
    return keras.Model(inputs, layers.Subtract()([inputs, noise]))


def _dncnn(training, budget):
    """Train DnCNN for `budget` seconds."""
    keras.utils.set_random_seed(0)
    model = build_dncnn()
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    rng = np.random.default_rng(0)
    model.train_on_batch(training[:16], training[:16])
    steps, start = 0, time.perf_counter()
    while (share := (time.perf_counter() - start) / budget) < 1:
        steps += 1
        model.optimizer.learning_rate.assign(1e-3 if share < 0.7 else 1e-4)
        clean = training[rng.integers(len(training), size=16)]
        noise = NOISE * rng.standard_normal(clean.shape, dtype=np.float32)
        model.train_on_batch(clean + noise, clean)
    return steps, lambda images: model.predict(images, verbose=0)


def _best(candidates, tuning):
    """Return the candidate with the highest PSNR on the validation images."""
    return max(candidates, key=lambda candidate: tuning.psnr(candidate[1]))


if __name__ == "__main__":
    main(__file__)
