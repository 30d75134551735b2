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
from joblib import cpu_count
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdenoise import (
    CommonCorruption,
    Compose,
    FilterDenoiser,
    GaussianNoise,
    PoissonNoise,
    RandomChoice,
    SubspaceDenoiser,
    UNetDenoiser,
    load,
)
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


def test_output_of_a_loaded_denoiser_is_the_same(saved, digits):
    denoiser, path = saved
    again = load(path)
    assert isinstance(again, UNetDenoiser)
    np.testing.assert_allclose(
        again.transform(digits[0]), denoiser.transform(digits[0]), rtol=0, atol=2e-6
    )
    assert again.score(digits[0][:50]) == pytest.approx(denoiser.score(digits[0][:50]), abs=1e-4)
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
    np.testing.assert_allclose(
        third.transform(digits[0]), again.transform(digits[0]), rtol=0, atol=2e-6
    )
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
    with pytest.raises(FileNotFoundError, match="does not exist"):
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


def some_noise(kind="GaussianNoise", **parameters):
    return {"noise_model": kind, "parameters": parameters}


def nested_noise(depth):
    noise = some_noise()
    for _ in range(depth):
        noise = some_noise("Compose", models=[noise])
    return noise


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
        lambda about: about["learned"].update(seed=True),
        lambda about: about["learned"].update(value_range=[0, 1e-40]),
        lambda about: about["learned"].update(value_range=[-1e308, 1e308]),
        lambda about: about["learned"].update(value_range=[0, 10**400]),
        lambda about: about["learned"].update(feature_names_in=["a", "b"]),
        lambda about: about["learned"].update(feature_names_in="a" * 64),
        lambda about: about["learned"].update(n_features_in=-64),
        lambda about: about["learned"].update(image_shape=[-8, -8, 1]),
        lambda about: about["learned"].update(history={"loss": [1, 2, 3]}),
        lambda about: about["learned"].update(history={"loss": "ab"}),
        lambda about: about["learned"].update(noise=some_noise(sigma="a")),
        lambda about: about["learned"].update(noise=some_noise(sigma=1e39)),
        lambda about: about["learned"].update(noise=some_noise("GaussianBlur", sigma=10**9)),
        lambda about: about["learned"].update(noise=some_noise("DefocusBlur", radius=10**9)),
        lambda about: about["learned"].update(noise=some_noise("MotionBlur", length=10**9)),
        lambda about: about["learned"].update(noise=some_noise("CameraPipeline", blur=10**9)),
        lambda about: about["learned"].update(
            noise=some_noise("RandomChoice", models=["gaussian", "hiss"], p=[1, 0])
        ),
        lambda about: about["learned"].update(
            noise=some_noise("Compose", models=[some_noise()] * 200_000)
        ),
        lambda about: about["learned"].update(noise=nested_noise(100)),
        lambda about: about["learned"].update(known_noise=some_noise(sigma=-1)),
        lambda about: about["network"].update(linear="yes"),
        lambda about: about["network"].update(channels=True),
        lambda about: about["network"].update(filters=[2, 10**400]),
        lambda about: about["parameters"].update(precision="float8"),
        lambda about: about["parameters"].update(precision=["float32"]),
        lambda about: about["parameters"].update(clip="yes"),
        lambda about: about["parameters"].update(value_range=[0, 0]),
        lambda about: about["parameters"].update(random_state=-1),
        lambda about: about["parameters"].update(strength=10**400),
        lambda about: about["parameters"].update(noise_factor=10**400),
        lambda about: about["parameters"].update(noise_factor="auto"),
        lambda about: about["parameters"].update(noise=nested_noise(100)),
        lambda about: about["parameters"].update(
            inference={"inference_step": "MultiScale", "parameters": {"n_scales": -1}}
        ),
    ],
)
def test_descriptions_that_make_no_sense_are_refused(saved, tmp_path, change):
    with pytest.raises(ValueError, match="is not a readable skdenoise model file"):
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
        {"weights/0.npy": as_npy(np.full((3, 3, 4, 2), 3e38, np.float32))},
        {"../outside.py": b"print(1)"},
        {"../outside.npy": as_npy(np.zeros(3, np.float32))},
        {"/outside.npy": as_npy(np.zeros(3, np.float32))},
        {f"weights/{index}.npy": b"" for index in range(100, 2000)},
    ],
)
def test_archives_that_make_no_sense_are_refused(saved, tmp_path, changes):
    with pytest.raises(ValueError, match="is not a readable skdenoise model file"):
        load(rewritten(saved[1], tmp_path, changes))


def test_entries_that_occur_twice_are_refused(saved, tmp_path):
    for twice in ("model.json", "weights/0.npy"):
        copy = rewritten(saved[1], tmp_path, {})
        with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(copy, "a") as archive:
            archive.writestr(twice, entries(saved[1])[twice])
        with pytest.raises(ValueError, match="each once"):
            load(copy)


@pytest.mark.parametrize(
    ("denoiser", "change"),
    [
        (FilterDenoiser("median"), lambda about: about["parameters"].update(size=10**9 + 1)),
        (FilterDenoiser(), lambda about: about["parameters"].update(patch_size=10**9 + 1)),
        (FilterDenoiser(), lambda about: about["parameters"].update(patch_distance=10**9)),
        (FilterDenoiser(), lambda about: about["parameters"].update(n_jobs="all")),
        (FilterDenoiser(), lambda about: about["parameters"].update(sigma=10**400)),
        (
            FilterDenoiser("gaussian"),
            lambda about: about["parameters"].update(sigma_spatial=1e9),
        ),
        (FilterDenoiser("gaussian"), lambda about: about["learned"].update(value_range=None)),
        (
            FilterDenoiser(),
            lambda about: about["parameters"].update(
                stabilize=some_noise("PoissonNoise", photons=0)
            ),
        ),
    ],
)
def test_filters_that_would_not_end_or_fail_are_refused(tmp_path, denoiser, change):
    denoiser.fit(np.random.default_rng(0).random((3, 8, 8))).save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"copy\.skdenoise is not a readable"):
        load(described(tmp_path / "model", tmp_path, change))


def test_components_whose_result_would_not_be_finite_are_refused(tmp_path):
    denoiser = SubspaceDenoiser(2, random_state=0).fit(np.random.default_rng(0).random((9, 8, 8)))
    denoiser.save(tmp_path / "model")
    huge = {"components_.npy": as_npy(denoiser.components_.astype(np.float64) * 1e200)}
    with pytest.raises(ValueError, match="result is not finite"):
        load(rewritten(tmp_path / "model", tmp_path, huge))


def test_more_processes_than_processors_are_not_started(tmp_path):
    images = np.random.default_rng(0).random((3, 8, 8))
    denoiser = FilterDenoiser("median").fit(images)
    denoiser.save(tmp_path / "model")
    many = load(
        described(
            tmp_path / "model", tmp_path, lambda about: about["parameters"].update(n_jobs=10**6)
        )
    )
    assert many._n_jobs(10**6) <= cpu_count()
    np.testing.assert_array_equal(many.transform(images), denoiser.transform(images))


def test_a_result_that_is_not_finite_is_refused(saved, digits):
    denoiser = clone(saved[0]).set_params(network="bias_free").fit(digits[0][:50])
    denoiser.model_.set_weights([weight * 1e30 for weight in denoiser.model_.get_weights()])
    with pytest.raises(ValueError, match="values that are not finite"):
        denoiser.transform(digits[0][:2])


def test_noise_of_too_many_parts_cannot_be_saved(tmp_path):
    many = Compose([GaussianNoise(0.1)] * 1001)
    denoiser = FilterDenoiser(noise=many).fit(np.random.default_rng(0).random((3, 8, 8)))
    with pytest.raises(ValueError, match="noise has more than 1000 items"):
        denoiser.save(tmp_path / "model")


@pytest.mark.parametrize("patch_size", [np.int64(4), (np.int64(4), 4)])
def test_numbers_of_numpy_are_saved(digits, tmp_path, patch_size):
    images = digits[0][:20].reshape(-1, 8, 8)
    denoiser = quick_denoiser(patch_size=patch_size).fit(images)
    denoiser.save(tmp_path / "model")
    found = load(tmp_path / "model").transform(images)
    np.testing.assert_allclose(found, denoiser.transform(images), rtol=0, atol=2e-6)


def test_a_file_that_could_not_be_loaded_is_not_written(saved, digits, tmp_path):
    (tmp_path / "model").write_text("before")
    denoiser = load(saved[1]).set_params(inference="self_ensemble")
    with pytest.raises(ValueError, match="has not learned to"):
        denoiser.save(tmp_path / "model")
    assert (tmp_path / "model").read_text() == "before"


def test_weights_that_are_not_finite_are_not_written(saved, digits, tmp_path):
    (tmp_path / "model").write_text("before")
    denoiser = load(saved[1])
    weights = denoiser.model_.get_weights()
    denoiser.model_.set_weights([np.full_like(weight, np.nan) for weight in weights])
    with pytest.raises(ValueError, match="weights/0 has values that are not finite"):
        denoiser.save(tmp_path / "model")
    assert (tmp_path / "model").read_text() == "before"


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(ValueError, match="text is not a readable"):
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
