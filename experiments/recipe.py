"""What was tried for the default network and its training, and what each choice is worth.

Writes experiments/results/recipe.md, a table of docs/benchmarks.md.

Each row is the default with one thing changed, trained on as many images: PSNR on validation images
less that of the default, mean and standard deviation over three seeds, noise not clipped. MNIST: the first 10,000 images,
judged on 1,000 of the last 6,000; CIFAR-10, in colour: 9,000, judged on the other 1,000; digits:
1,437, judged on the other 360. A fit is 600 steps of 16 images: a short one, in which differences are
larger than in the default's 2,500. There are 198 fits, as many at a time as there are cores, each in one
thread; each is kept in the folder for temporary files, so that a run that was broken off goes on where
it was, as long as the commit is the same, without changes.
"""

import dataclasses
import itertools
import tempfile
from pathlib import Path

import joblib
import numpy as np
from _data import load_cifar10, load_mnist
from _record import environment, main, mean_psnr
from joblib import Parallel, delayed
from sklearn.datasets import load_digits

from skdenoise import UNetDenoiser, add_noise
from skdenoise.networks.by_name import NETWORKS
from skdenoise.networks.graph import Graph

TASKS = [(name, noise) for name in ("MNIST", "digits") for noise in (0.2, 0.4)]
TASKS += [("CIFAR-10", 0.05), ("CIFAR-10", 0.2)]
COLUMNS = ["what", *(f"{name} {noise}" for name, noise in TASKS), "mean"]
IMAGES = 600 * 16


def measure(quick):
    """Return the rows of the table."""
    n_images, seeds, tasks = (32, (0,), TASKS[2:3]) if quick else (IMAGES, (0, 1, 2), TASKS)
    quality = _quality if quick else _kept(environment())
    changes = _changes()
    whats = list(changes)
    if quick:  # what is built; the rest is numbers
        whats = [what for what in whats if changes[what].network is not None]
        whats = ["default", *whats]
    fits = list(itertools.product(whats, tasks, seeds))
    found = Parallel(n_jobs=1 if quick else -1)(
        delayed(quality)(*task, what, n_images, seed) for what, task, seed in fits
    )
    of_fit = dict(zip(fits, found, strict=True))
    rows = []
    for what in whats:
        rows.append({"what": what})
        for task in tasks:
            rows[-1]["{} {}".format(*task)] = np.array([of_fit[what, task, s] for s in seeds])
    return [_shown(rows[0]), *(_less(row, rows[0]) for row in rows[1:])]


def _kept(measured_in):
    """Return `_quality` that remembers what a commit has given, but nothing of one with changes."""
    if measured_in["commit"].endswith("+"):
        return _quality
    name = f"skdenoise-recipe-{measured_in['commit']}-{measured_in['backend']}"
    return joblib.Memory(Path(tempfile.gettempdir()) / name, verbose=0).cache(_quality)


@dataclasses.dataclass
class Change:
    """What differs from the default."""

    recipe: dict = dataclasses.field(default_factory=dict)
    network: object = None
    loss: str = "binary_crossentropy"


def _changes():
    return {
        "default": Change(),
        "Adam as it is in Keras": Change({"adam": ()}),
        "the same, peak rate 2e-3": Change({"adam": (), "learning_rate": 2e-3}),
        "constant rate 1e-3": Change({"warmup": None, "learning_rate": 1e-3}),
        "batches of 32, half the steps": Change({"batch_size": 32}),
        "batches of 8, twice the steps": Change({"batch_size": 8}),
        "last convolution without the image": Change(network=_network(image=False, logit=False)),
        "with the image, without its logit": Change(network=_network(logit=False)),
        "concatenation, not addition": Change(network=_network(concatenate=True)),
        "mean squared error": Change(loss="mse"),
        "mean absolute error": Change(loss="mae"),
    }


def _quality(name, noise, what, n_images, seed):
    """Return the PSNR on validation images after one fit on `n_images`."""
    change = _changes()[what]
    compact = NETWORKS["compact"]
    recipe = dataclasses.replace(compact.recipe, tiny=None, **change.recipe)
    recipe = dataclasses.replace(recipe, steps=n_images // recipe.batch_size or 1)
    graph = change.network or compact.graph
    NETWORKS[what] = dataclasses.replace(compact, graph=graph, recipe=recipe)
    X, judged = _images(name)
    noisy = add_noise(judged, noise_factor=noise, random_state=99)
    denoiser = UNetDenoiser(noise_factor=noise, network=what, loss=change.loss, random_state=seed)
    return mean_psnr(judged, denoiser.fit(X).transform(noisy))


def _images(name):
    if name == "digits":
        images = (load_digits().images / 16).astype(np.float32)
        return images[:1437], images[1437:]
    if name == "MNIST":
        images = load_mnist()[0].reshape(-1, 28, 28)
        return images[:10_000], images[-6000:][:1000]
    images = load_cifar10()[0]
    return images[:9000], images[9000:]


def _network(*, image=True, logit=True, concatenate=False):
    """Return the default network without one of its parts, with two levels."""

    def described(channels, filters, linear):
        first, second = filters
        graph = Graph("variant", channels)
        conv = graph.convolution
        pixels = graph.space_to_depth(graph.image)
        skip = x = conv(conv(pixels, first), first)
        x = conv(graph.max_pooling(x), second)
        for _ in range(2):
            residual = conv(conv(x, second), second, activation=None)
            x = graph.activated_sum(x, residual, "relu")
        if concatenate:
            x = graph.concatenate(graph.upsampling(x), skip)
        else:
            x = graph.depth_to_space(conv(x, 4 * first, size=1, activation=None))
            x = graph.activated_sum(x, skip, "relu")
        seen = [conv(x, first)]
        if image:
            seen.append(pixels)
        if logit:
            seen.append(graph.space_to_depth(graph.logit(graph.image)))
        x = graph.concatenate(*seen) if len(seen) > 1 else seen[0]
        graph.sigmoid(graph.depth_to_space(graph.output_convolution(x, 4 * channels)))
        return graph

    return described


def _shown(row):
    return {
        key: f"{np.mean(value):.2f} dB" if key != "what" else value for key, value in row.items()
    }


def _less(row, default):
    """Return a row as differences from the default: their mean and spread over seeds."""
    differences = {key: row[key] - default[key] for key in row if key != "what"}
    shown = {key: f"{np.mean(d):+.2f} ± {np.std(d):.2f}" for key, d in differences.items()}
    mean = np.mean([np.mean(difference) for difference in differences.values()])
    return {"what": row["what"], **shown, "mean": f"{mean:+.2f}"}


if __name__ == "__main__":
    main(__file__)
