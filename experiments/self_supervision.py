"""Learning from noisy images alone, beside learning from clean ones, and what start weights are worth to it.

Writes experiments/results/self_supervision.md, a table of docs/guide/no_clean_images.md.

Noise is Gaussian and not clipped. MNIST, noise 0.4: 10,000 training images, the whole test set. A stack, noise 0.1: eleven
frames of 460x460 pixels of a photograph, which moves by four pixels from frame to frame; its PSNR is that
of the frames themselves, in patches of 64. Fits have their default length, or the number of steps of 16 images that
is given. Then how well the score of a denoiser, which needs no clean images, ranks eight others (filters,
learning rate and length differ) on 1,000 validation images of MNIST: Spearman's correlation with their PSNR.
"""

import itertools

import numpy as np
from _data import load_mnist, load_photographs
from _record import main, mean_psnr
from scipy.stats import spearmanr
from start_weights import set_steps

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.by_name import NETWORKS

COLUMNS = [
    "what",
    "MNIST (dB)",
    "with hidden pixels (dB)",
    "stack (dB)",
    "correlation with PSNR",
]
NOISE, NOISE_OF_STACK = 0.4, 0.1
RECIPE = NETWORKS["compact"].recipe
# Supervision, initial weights, and steps if not the default number.
FITS = (
    ("clean", "auto", None),
    ("self", "auto", None),
    ("self", "auto", 312),
    ("self", "random", None),
    ("recorrupted", "auto", None),
    ("recorrupted", "random", None),
)
N_FRAMES, SIDE, DRIFT = 11, 460, 4


def measure(quick):
    """Return the rows of the table."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    X, X_test = X.reshape(-1, 28, 28), X_test.reshape(-1, 28, 28)
    n_training, n_ranked, n_judged = (64, 64, 20) if quick else (10_000, 3_000, 1_000)
    training, validation = X[:n_training], X[-n_judged:]
    noisy, noisy_test, noisy_validation = (
        add_noise(images, noise_factor=NOISE, random_state=seed)
        for seed, images in enumerate((training, X_test, validation))
    )
    frames = _frames(quick)
    noisy_frames = add_noise(frames, noise_factor=NOISE_OF_STACK, random_state=0)
    rows = []
    for supervision, init, steps in FITS[1:2] if quick else FITS:
        row = {"what": _name(supervision, init, steps)}
        is_clean = supervision == "clean"
        set_steps(1 if quick else steps)
        denoiser = _denoiser(supervision, init, NOISE)
        denoiser.fit(training if is_clean else noisy)
        row["MNIST (dB)"] = mean_psnr(X_test, denoiser.transform(noisy_test))
        if supervision == "self" and steps is None:
            hidden = denoiser.set_params(inference="j_invariant").transform(noisy_test)
            row["with hidden pixels (dB)"] = mean_psnr(X_test, hidden)
        denoiser = _denoiser(supervision, init, NOISE_OF_STACK)
        denoiser.set_params(patch_size=64, augment=True)
        denoiser.fit(frames if is_clean else noisy_frames)
        row["stack (dB)"] = mean_psnr(frames, denoiser.transform(noisy_frames))
        print(row, flush=True)
        rows.append(row)
    rows.append(_correlation(noisy[:n_ranked], validation, noisy_validation, quick))
    return rows


def _frames(quick):
    photograph = load_photographs(stand_in=quick)["train400" if quick else "set12_512"][0]
    n, side = (2, 70) if quick else (N_FRAMES, SIDE)
    places = (slice(DRIFT * frame, DRIFT * frame + side) for frame in range(n))
    return np.stack([photograph[place, place] for place in places]) / np.float32(255)


def _name(supervision, init, steps):
    steps = steps or (RECIPE.steps if init == "random" else RECIPE.steps_from_start)
    how = ", init='random'" if init == "random" else ""
    return f"supervision={supervision!r}{how}, {steps:,} steps"


def _denoiser(supervision, init, noise_factor):
    return UNetDenoiser(
        noise_factor=None if supervision == "self" else noise_factor,
        supervision=supervision,
        init=init,
        value_range=(0, 1),
        random_state=0,
    )


def _correlation(training, clean, noisy, quick):
    """Return a row of Spearman's correlations between scores and PSNR, of one pass and of hidden pixels."""
    grid = (
        [((8, 16),), (5e-4, 5e-3), (1,)] if quick else [((8, 16), (32, 64)), (5e-4, 5e-3), (1, 2)]
    )
    scores, single, hidden = [], [], []
    for filters, learning_rate, epochs in itertools.product(*grid):
        denoiser = UNetDenoiser(
            supervision="self",
            filters=filters,
            learning_rate=learning_rate,
            epochs=epochs,
            value_range=(0, 1),
            random_state=0,
        ).fit(training)
        scores.append(denoiser.score(noisy))
        single.append(mean_psnr(clean, denoiser.transform(noisy)))
        hidden.append(
            mean_psnr(clean, denoiser.set_params(inference="j_invariant").transform(noisy))
        )
    correlations = [spearmanr(scores, values).statistic for values in (single, hidden)]
    return {
        "what": f"score of {len(scores)} denoisers",
        "correlation with PSNR": "{:.2f}, with hidden pixels {:.2f}".format(*correlations),
    }


if __name__ == "__main__":
    main(__file__)
