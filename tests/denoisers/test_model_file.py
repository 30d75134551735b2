"""Model files: what is saved comes back, and what is damaged is refused."""

import io
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdenoise import (
    CommonCorruption,
    Compose,
    GaussianNoise,
    PoissonNoise,
    RandomChoice,
    UNetDenoiser,
    load,
)
from skdenoise.denoisers.model_file import _least_weights
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.unets import NETWORKS
from skdenoise.noise import NoiseModel

# Written by the first version that had model files; it must stay readable.
VERSION_1 = Path(__file__).parent / "models" / "version_1.skdenoise"


@pytest.fixture(scope="module")
def saved(tmp_path_factory, digits):
    """A small denoiser, and the file that it was saved to."""
    denoiser = quick_denoiser(filters=(2, 3), noise_factor=0.3).fit(digits[0][:100])
    path = tmp_path_factory.mktemp("saved") / "model.skdenoise"
    denoiser.save(path)
    return denoiser, path


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path, folder, changes):
    """Write a copy of a model file in which some entries are others."""
    copy = folder / "copy.skdenoise"
    with zipfile.ZipFile(copy, "w") as archive:
        for name, content in (entries(path) | changes).items():
            if content is not None:
                archive.writestr(name, content)
    return copy


def described(path, folder, change):
    """Write a copy of a model file whose description is changed by a function."""
    description = json.loads(entries(path)["model.json"])
    change(description)
    return rewritten(path, folder, {"model.json": json.dumps(description)})


def test_output_of_a_loaded_denoiser_is_the_same_bit_by_bit(saved, digits):
    denoiser, path = saved
    again = load(path)
    assert isinstance(again, UNetDenoiser)
    np.testing.assert_array_equal(again.transform(digits[0]), denoiser.transform(digits[0]))
    assert again.score(digits[0][:50]) == denoiser.score(digits[0][:50])
    assert again.get_params() == denoiser.get_params()
    for name in ("history_", "n_iter_", "image_shape_", "value_range_", "n_features_in_"):
        assert getattr(again, name) == getattr(denoiser, name)


def test_what_is_loaded_can_go_on_learning_and_be_saved_again(saved, digits, tmp_path):
    again = load(saved[1])
    again.partial_fit(digits[0][:100])
    assert again.n_iter_ == 2
    again.set_params(warm_start=True).fit(digits[0][:100])
    again.save(tmp_path / "model.skdenoise")
    third = load(tmp_path / "model.skdenoise")
    np.testing.assert_array_equal(third.transform(digits[0]), again.transform(digits[0]))
    assert clone(third).get_params() == third.get_params()


@pytest.mark.parametrize(
    "params",
    [
        {"noise": GaussianNoise(sigma=(0.1, 0.3))},
        {"noise": Compose([PoissonNoise(photons=30), "dead_pixels"])},
        {"noise": RandomChoice([CommonCorruption("fog", (1, 5)), "speckle"], p=(0.3, 0.7))},
        {
            "noise_factor": (0, 0.5),
            "value_range": (0, 2),
            "patch_size": (4, 4),
        },
        {"network": "classic", "filters": (2, 3, 4), "loss": "mae", "optimizer": "sgd"},
        {"callbacks": [keras.callbacks.Callback()], "random_state": np.random.RandomState(0)},
    ],
)
def test_parameters_are_kept(digits, tmp_path, params):
    denoiser = quick_denoiser(**{"filters": (2, 3), **params}).fit(digits[0][:50].reshape(-1, 8, 8))
    denoiser.save(tmp_path / "model")
    again = load(tmp_path / "model")
    left_out = {"callbacks": None, "random_state": None} if "callbacks" in params else {}
    assert repr(again) == repr(clone(denoiser).set_params(**left_out))
    assert repr(again.noise_) == repr(denoiser.noise_)
    assert not hasattr(again, "n_features_in_")


def test_numbers_of_numpy_become_numbers(digits, tmp_path):
    params = {"filters": np.array([2, 3]), "noise_factor": np.float32(0.5)}
    quick_denoiser(**params).fit(digits[0][:50]).save(tmp_path / "model")
    assert load(tmp_path / "model").filters == (2, 3)
    assert load(tmp_path / "model").noise_factor == 0.5


def test_feature_names_and_pairs_are_kept(digits, tmp_path):
    table = pd.DataFrame(digits[0][:50]).rename(columns="pixel{}".format)
    denoiser = quick_denoiser(filters=(2, 3)).fit(table, clean=table)
    denoiser.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert list(again.get_feature_names_out()) == list(table.columns)
    assert again.noise_ is None
    with pytest.raises(ValueError, match="clean="):
        again.score(table)


def test_a_file_of_the_first_version_is_readable(digits):
    denoiser = load(VERSION_1)
    expected = np.load(VERSION_1.with_suffix(".npy"))
    np.testing.assert_allclose(denoiser.transform(digits[0][:5]), expected, atol=1e-5)


# What cannot be saved


class OwnNoise(NoiseModel):
    def __call__(self, images, rng):
        return images


def test_what_is_code_cannot_be_saved(digits, tmp_path):
    X = digits[0][:50].reshape(-1, 8, 8)

    def network(input_shape):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, keras.layers.Conv2D(1, 1)(inputs))

    for params in (
        {"network": network},
        {"loss": keras.losses.LogCosh()},
        {"optimizer": keras.optimizers.SGD(0.01)},
        {"noise": OwnNoise()},
    ):
        denoiser = quick_denoiser(**params).fit(X)
        with pytest.raises(ValueError, match="pickle"):
            denoiser.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_saving_before_fitting_or_to_nowhere(saved, tmp_path):
    with pytest.raises(NotFittedError):
        UNetDenoiser().save(tmp_path / "model")
    with pytest.raises(FileNotFoundError, match="no folder"):
        saved[0].save(tmp_path / "nowhere" / "model")


# What cannot be loaded


def test_a_newer_version_asks_for_an_upgrade(saved, tmp_path):
    newer = described(saved[1], tmp_path, lambda about: about.update(version=2))
    with pytest.raises(ValueError, match="upgrade"):
        load(newer)


def as_npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.clear(),
        lambda about: about.update(format="other"),
        lambda about: about.update(version="1"),
        lambda about: about["parameters"].update(own=1),
        lambda about: about["parameters"].update(epochs=-1),
        lambda about: about["parameters"].update(noise="hiss"),
        lambda about: about["parameters"].update(noise={"noise_model": "os", "parameters": {}}),
        lambda about: about["network"].update(name="other"),
        lambda about: about["network"].update(filters=[2, 4]),
        lambda about: about["network"].update(filters=[2, 10**6]),
        lambda about: about["network"].update(filters=[1] * 1000),
        lambda about: about["network"].update(filters=[1, 20000]),
        lambda about: about["network"].update(filters=[20000, 1], name="classic"),
        lambda about: about["network"].update(channels=3),
        lambda about: about["network"].update(channels=20000, filters=[1]),
        lambda about: about["network"].update(size=[8]),
        lambda about: about["learned"].update(value_range=[1, 0]),
        lambda about: about["learned"].update(image_shape=[8, 9, 1]),
        lambda about: about["learned"].update(image_shape=[4, 4, 4]),
        lambda about: about["learned"].update(n_iter=-1),
        lambda about: about["learned"].update(noise="gaussian"),
        lambda about: about["learned"].pop("seed"),
    ],
)
def test_descriptions_that_make_no_sense_are_refused(saved, tmp_path, change):
    with pytest.raises(ValueError, match="is no model file that can be read"):
        load(described(saved[1], tmp_path, change))


@pytest.mark.parametrize(
    "changes",
    [
        {"model.json": None},
        {"model.json": b"{"},
        {"model.json": b" " * (2**24 + 1)},
        {"weights/0.npy": None},
        {"weights/0.npy": b"no array"},
        {"weights/0.npy": as_npy(np.array([{}]))},
        {"weights/0.npy": as_npy(np.zeros((3, 3, 4, 2)))},
        {"weights/0.npy": as_npy(np.zeros((1, 1, 4, 2), np.float32))},
        {"weights/0.npy": as_npy(np.full((3, 3, 4, 2), np.nan, np.float32))},
        {"weights/99.npy": as_npy(np.zeros(3, np.float32))},
        {"../outside.py": b"print(1)"},
    ],
)
def test_archives_that_make_no_sense_are_refused(saved, tmp_path, changes):
    with pytest.raises(ValueError, match="is no model file that can be read"):
        load(rewritten(saved[1], tmp_path, changes))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("filters", [(1,), (7,), (1, 9), (9, 1), (2, 3, 4), (4, 1, 4)])
@pytest.mark.parametrize(("channels", "linear"), [(1, False), (3, False), (3, True)])
def test_the_least_number_of_weights_is_no_more_than_there_are(name, filters, channels, linear):
    model = check_architecture(name, filters, channels, linear).build((8, 8), "float32", 0)
    least = _least_weights(name, filters, channels, linear)
    assert least <= model.count_params() <= 10 * least


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(ValueError, match="text is no model file"):
        load(tmp_path / "text")


def loaded_or_named(path, X):
    try:
        return load(path).transform(X).shape == X.shape
    except ValueError as error:
        return path.name in str(error)


def test_damaged_files_are_loaded_or_named(saved, tmp_path, digits):
    original = np.frombuffer(saved[1].read_bytes(), np.uint8)
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = original.copy()
        damaged[rng.integers(len(damaged), size=3)] = rng.integers(256, size=3)
        path = tmp_path / "damaged"
        path.write_bytes(
            damaged[: rng.choice([len(damaged), rng.integers(len(damaged))])].tobytes()
        )
        assert loaded_or_named(path, digits[0][:2])
