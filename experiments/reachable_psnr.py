"""How good a denoiser of MNIST can be: a larger network, trained three hundred times as long as a default fit.

Writes experiments/results/reachable_psnr.md, a table of docs/benchmarks.md.

Noise of 0.4, not clipped. All learn from the first 54,000 training images with new noise in each step;
PSNR is the mean over all test images. The large network has three levels and residual blocks at each of
them. It takes an hour and a half of one core of an EPYC with bfloat16, so that each row is one run. Rows
are printed once they are there.
"""

import dataclasses

from _data import load_mnist
from _record import main, mean_psnr, seconds

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.by_name import NETWORKS
from skdenoise.networks.graph import Graph

NOISE = 0.4
COLUMNS = ["what", "parameters", "images seen", "seconds", "PSNR (dB)"]
# Steps, peak learning rate and batch size of the large network.
STEPS, RATE, BATCH = 50_000, 2e-3, 32
FILTERS = (64, 128, 128)


def residual(channels, filters=FILTERS, linear=False):
    """Describe a U-Net at half resolution with a residual block at each level, on both sides."""
    del linear  # the losses here keep the sigmoid
    graph = Graph("residual", channels)

    def block(x, n):
        change = graph.convolution(graph.convolution(x, n), n, activation=None)
        return graph.activated_sum(x, change, "relu")

    first, *deeper = filters
    pixels = graph.space_to_depth(graph.image)
    x, skips = block(graph.convolution(pixels, first), first), []
    for n in deeper:
        skips.append(x)
        x = block(graph.convolution(graph.max_pooling(x), n), n)
    for n, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = graph.depth_to_space(graph.convolution(x, 4 * n, size=1, activation=None))
        x = block(graph.activated_sum(x, skip, "relu"), n)
    logits = graph.space_to_depth(graph.logit(graph.image))
    x = graph.concatenate(x, pixels, logits)
    graph.sigmoid(graph.depth_to_space(graph.output_convolution(x, 4 * channels)))
    return graph


def measure(quick):
    """Return the rows of the table."""
    X, _, X_test, _ = load_mnist(stand_in=quick)
    X, X_test = X.reshape(-1, 28, 28, 1)[:54_000], X_test.reshape(-1, 28, 28, 1)
    steps = STEPS
    if quick:
        X, X_test, steps = X[:64], X_test[:50], 2
    noisy = add_noise(X_test, noise_factor=NOISE, random_state=1)
    compact = NETWORKS["compact"]
    recipe = dataclasses.replace(compact.recipe, steps=steps, learning_rate=RATE)
    NETWORKS["residual"] = dataclasses.replace(
        compact, graph=residual, filters=FILTERS, recipe=recipe
    )
    rows = []
    for what, params in (
        ("UNetDenoiser()", {"epochs": 1} if quick else {}),
        ("UNetDenoiser(epochs=5, batch_size=32)", {"epochs": 1 if quick else 5, "batch_size": 32}),
        ("the large network", {"network": "residual", "batch_size": BATCH}),
    ):
        denoiser = UNetDenoiser(noise_factor=NOISE, random_state=0, **params)
        wall = seconds(denoiser.fit, X)
        rows.append(
            {
                "what": what,
                "parameters": denoiser.model_.count_params(),
                "images seen": _images_seen(denoiser, len(X), steps),
                "seconds": wall,
                "PSNR (dB)": mean_psnr(X_test, denoiser.transform(noisy)),
            }
        )
        print(rows[-1], flush=True)
    return rows


def _images_seen(denoiser, n_images, steps):
    """Return how many noisy images a fit saw."""
    if denoiser.network == "residual":
        return steps * BATCH
    if denoiser.epochs:
        return denoiser.epochs * n_images
    recipe = NETWORKS["compact"].recipe
    return recipe.steps_from_start * recipe.batch_size


if __name__ == "__main__":
    main(__file__)
