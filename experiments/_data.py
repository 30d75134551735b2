"""The image sets of the benchmarks, from the folder that SKDENOISE_DATA names."""

import io
import os
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images


def load_mnist(*, as_uint8=False, stand_in=False):
    """Return MNIST as flat rows and labels: X_train, y_train, X_test, y_test.

    Values are floats in 0..1, or uint8. With `stand_in`, which needs no file, they are enlarged
    digits.
    """
    if stand_in:
        X, y = _enlarged_digits(28)
        return X, y, X[:1000], y[:1000]
    X, y, X_test, y_test = _load("mnist.npz", as_uint8)
    return X.reshape(len(X), -1), y, X_test.reshape(len(X_test), -1), y_test


def load_cifar10():
    """Return a part of CIFAR-10, colour images of floats in 0..1: X_train, y_train, X_test, y_test."""
    return _load("cifar10.npz", as_uint8=False)


def load_photographs(*, stand_in=False):
    """Return grey photographs, uint8, by the name of their set: train400, set12_256, set12_512.

    With `stand_in`, which needs no file, there is only train400: twelve parts of scikit-learn's
    photographs.
    """
    if stand_in:
        grey = np.stack(load_sample_images().images)[..., 1]
        return {
            "train400": np.concatenate(
                [grey[:, i : i + 180, j : j + 180] for i in (0, 180) for j in (0, 180, 360)]
            )
        }
    with np.load(_path("natural_gray.npz", "train400, set12_256 and set12_512")) as data:
        return dict(data)


def load_free_photographs(n, side):
    """Return the middle side x side pixels of `n` photographs in colour under free licences, uint8."""
    with _free_photographs() as (archive, names):
        chosen = [names[index] for index in _spread(n, names)]
        return np.stack([_middle(archive.read(name), side) for name in chosen])


def free_photograph_names(n):
    """Return where the `n` photographs of `load_free_photographs` are from: collection, folder and name."""
    with _free_photographs() as (archive, names):
        sources = archive.read("photographs_free/SOURCES.tsv").decode().splitlines()
        source_of = dict(line.split("\t")[:2] for line in sources)
        return [source_of[Path(names[index]).name] for index in _spread(n, names)]


def other_free_photographs(n):
    """Yield the other free photographs than the `n` of `load_free_photographs`, as Pillow images."""
    with _free_photographs() as (archive, names):
        for index in sorted(set(range(len(names))) - set(_spread(n, names))):
            yield Image.open(io.BytesIO(archive.read(names[index]))).convert("RGB")


def load_berkeley(without, *, stand_in=False):
    """Yield photographs of the Berkeley segmentation data set, as Pillow images, without those of these names.

    With `stand_in`, scikit-learn's photographs.
    """
    if stand_in:
        yield from map(Image.fromarray, load_sample_images().images)
        return
    with zipfile.ZipFile(_path("photographs_color.zip", "photographs in colour")) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".jpg") and Path(name).stem not in without:
                yield Image.open(io.BytesIO(archive.read(name)))


def load_real_pairs():
    """Return pictures of cameras and the means of many shots of the same scene, uint8, and their names."""
    with zipfile.ZipFile(_path("real_pairs.zip", "pictures of cameras")) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith("_real.JPG"))

        def read(name):
            return np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))

        noisy = np.stack([read(name) for name in names])
        clean = np.stack([read(name.replace("_real", "_mean")) for name in names])
    return noisy, clean, [Path(name).stem.removesuffix("_real") for name in names]


@contextmanager
def _free_photographs():
    with zipfile.ZipFile(_path("photographs_free.zip", "photographs in colour")) as archive:
        yield archive, sorted(name for name in archive.namelist() if name.endswith(".jpg"))


def _spread(n, names):
    """Return `n` indices, evenly spread."""
    return np.linspace(0, len(names) - 1, n, dtype=int)


def _middle(data, side):
    image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    top, left = ((length - side) // 2 for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def _load(name, as_uint8):
    path = _path(name, "x_train, y_train, x_test and y_test")
    with np.load(path) as data:
        X, y, X_test, y_test = (data[k] for k in ("x_train", "y_train", "x_test", "y_test"))
    if not as_uint8:
        X, X_test = (images.astype(np.float32) / 255 for images in (X, X_test))
    return X, np.ravel(y), X_test, np.ravel(y_test)


def _path(name, contents):
    path = Path(os.environ.get("SKDENOISE_DATA", "../shared/data")) / name
    if not path.exists():
        raise SystemExit(
            f"{path} is missing. Set SKDENOISE_DATA to a folder with {name}, which holds {contents}."
        )
    return path


def _enlarged_digits(size):
    """Return the digits of scikit-learn as rows of size x size floats, and labels."""
    X, y = load_digits(return_X_y=True)
    images = np.kron(X.reshape(-1, 8, 8) / 16, np.ones((4, 4)))[:, :size, :size]
    return images.reshape(len(X), -1).astype(np.float32), y
