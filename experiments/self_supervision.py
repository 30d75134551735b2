"""Learning from noisy images alone, beside learning from clean ones.

Writes experiments/results/self_supervision.md, a table of docs/guide/no_clean_images.md.

MNIST, Gaussian noise 0.4, not clipped: 10,000 training images, the whole test set, for each kind of
supervision the default network and length. Then how well the score of a denoiser, which needs no clean
images, ranks eight others (filters, learning rate and length differ) on 1,000 validation images:
Spearman's correlation with their PSNR.
"""

import itertools

from _data import load_mnist
from _record import main, mean_psnr, seconds
from scipy.stats import spearmanr

from skdenoise import UNetDenoiser, add_noise

COLUMNS = ["what", "PSNR (dB)", "with hidden pixels (dB)", "fit seconds", "correlation with PSNR"]
NOISE = 0.4


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
    common = {"epochs": 1 if quick else None, "value_range": (0, 1), "random_state": 0}
    rows = []
    for supervision in ("clean", "self", "recorrupted"):
        noise_factor = None if supervision == "self" else NOISE
        denoiser = UNetDenoiser(noise_factor=noise_factor, supervision=supervision, **common)
        wall = seconds(denoiser.fit, training if supervision == "clean" else noisy)
        row = {"what": f"supervision={supervision!r}", "fit seconds": wall}
        row["PSNR (dB)"] = mean_psnr(X_test, denoiser.transform(noisy_test))
        if supervision == "self":
            hidden = denoiser.set_params(inference="j_invariant").transform(noisy_test)
            row["with hidden pixels (dB)"] = mean_psnr(X_test, hidden)
        rows.append(row)
    rows.append(_correlation(noisy[:n_ranked], validation, noisy_validation, quick))
    return rows


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
