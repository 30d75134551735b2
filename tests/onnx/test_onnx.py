"""The export to ONNX, run by ONNX Runtime and compared with scikit-learn."""

import subprocess
import venv
import warnings

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.base import clone
from sklearn.datasets import load_sample_images
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from skdenoise import (
    FilterDenoiser,
    ImageFlattener,
    NoiseAugmenter,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    register_onnx_converters,
    to_onnx,
)

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("skl2onnx")
pytestmark = pytest.mark.filterwarnings(
    # Raised inside the converters.
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
)
PHOTOGRAPHS = np.stack(load_sample_images().images)[:, 150:197, 150:205]


def run(model, images):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"images": images})


def assert_same_denoised(denoiser, images, **params):
    (denoised,) = run(to_onnx(denoiser, images), images)
    expected = denoiser.transform(images)
    assert (denoised.dtype, denoised.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(denoised, expected, **({"atol": 1e-4, "rtol": 0} | params))


@pytest.mark.parametrize(
    ("network", "shape"), [("compact", (1, 10)), ("classic", (7, 5)), ("bias_free", (9, 6, 3))]
)
def test_the_graph_denoises_as_transform_does(network, shape):
    images = np.random.default_rng(0).random((40, *shape), np.float32)
    assert_same_denoised(quick_denoiser(network=network).fit(images), images)


def test_a_graph_that_tf2onnx_simplifies_late_is_right_too(monkeypatch, digits, trained):
    # Seen once in fifty times: the transpose at the end became a reshape in the second round.
    optimizer = pytest.importorskip("tf2onnx.optimizer.transpose_optimizer").TransposeOptimizer
    optimize = optimizer.optimize

    def optimize_late(self, graph, iteration):
        if iteration == 0:
            self.post_optimize_action = lambda: None
        return optimize(self, graph, iteration)

    monkeypatch.setattr(optimizer, "optimize", optimize_late)
    assert_same_denoised(trained, digits[0].astype(np.float32))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "uint16", "int32"])
def test_the_graph_takes_and_returns_every_dtype(dtype):
    scale = 1 if dtype.startswith("float") else 200
    images = (PHOTOGRAPHS[:, :20, :20] / 255 * scale).astype(dtype)
    denoiser = FilterDenoiser("gaussian", clip=dtype == "float64" or None).fit(images)
    noisy = (images + 0.3 * scale * (images > images.mean())).astype(dtype)
    # A value that float32 rounds to one side of a half may be rounded to the other.
    assert_same_denoised(denoiser, noisy, atol=1e-4 if scale == 1 and dtype != "float16" else 1)


@pytest.mark.parametrize(
    "denoiser", [quick_denoiser(strength=0.4), FilterDenoiser("gaussian", clip=True, strength=0.4)]
)
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_the_graph_blends_as_strength_says(denoiser, dtype):
    images = (PHOTOGRAPHS[:, :20, :20] / (1 if dtype == "uint8" else 255)).astype(dtype)
    assert_same_denoised(clone(denoiser).fit(images), images, atol=1 if dtype == "uint8" else 1e-4)


@pytest.mark.parametrize("strength", [1, 0.4])
def test_the_graph_leaves_integers_beyond_the_range_as_transform_does(strength):
    images = (PHOTOGRAPHS[:, :20, :20] * 20.0).astype(np.uint16)
    images[:, 2:12, 2:12] = 6000
    denoiser = FilterDenoiser("gaussian", value_range=(1000, 4095), strength=strength)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*far outside")
        denoiser.fit(images)
        assert_same_denoised(denoiser, images, atol=1)
        assert denoiser.transform(images).max() > 4095


@pytest.mark.parametrize("dtype", [np.float32, np.uint16])
def test_at_strength_0_the_graph_returns_the_images_as_they_are(dtype):
    images = (PHOTOGRAPHS[:, :20, :20] / 255 * (1 if dtype == np.float32 else 1000)).astype(dtype)
    denoiser = FilterDenoiser("gaussian", clip=True, strength=0).fit(images)
    outside = (3 * images).astype(dtype)
    (found,) = run(to_onnx(denoiser, images), outside)
    np.testing.assert_array_equal(found, outside)
    np.testing.assert_array_equal(denoiser.transform(outside), outside)


def test_a_graph_takes_no_images(digits):
    for X in (digits[0][:9], digits[0][:9].reshape(-1, 8, 8)):
        denoiser = FilterDenoiser("gaussian").fit(X)
        assert run(to_onnx(denoiser, X), X[:0])[0].shape == X[:0].shape


def test_an_empty_list_of_steps_is_one_pass(digits):
    denoiser = quick_denoiser(inference=[]).fit(digits[0][:50])
    assert_same_denoised(denoiser, digits[0][:5])


def test_the_graph_takes_images_of_any_size_and_number():
    denoiser = quick_denoiser().fit(PHOTOGRAPHS)
    model = to_onnx(denoiser, PHOTOGRAPHS)
    for shape in [(1, 30, 41), (3, 64, 64), (2, 3, 200)]:
        images = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
        (denoised,) = run(model, images)
        np.testing.assert_allclose(denoised, denoiser.transform(images), atol=1)


def test_a_network_of_ones_own_is_exported_for_its_size(digits):
    def smooth(input_shape, seed):
        import keras

        inputs = keras.Input(input_shape)
        means = keras.layers.AveragePooling2D(2)(inputs)
        outputs = keras.layers.UpSampling2D(2)(means)
        centred = keras.layers.LayerNormalization()(outputs)
        return keras.Model(inputs, keras.layers.Add()([outputs, centred]))

    denoiser = UNetDenoiser(network=smooth, epochs=1, random_state=0).fit(digits[0][:64])
    assert_same_denoised(denoiser, digits[0].astype(np.float32))


@pytest.mark.parametrize("shape", [(8, 8), (2, 3), (20, 31, 3)])
@pytest.mark.parametrize(
    "params", [("gaussian", {}), ("gaussian", {"sigma_spatial": 3.3}), ("median", {"size": 5})]
)
def test_filters_that_are_operators_are_exported(shape, params):
    images = np.random.default_rng(0).random((3, *shape))
    assert_same_denoised(FilterDenoiser(params[0], **params[1]).fit(images), images)


def test_subspace_denoisers_are_exported(digits):
    X = digits[0].astype(np.float32)
    assert_same_denoised(SubspaceDenoiser(20, noise_factor=0.3).fit(X), X)


CLASSIFIERS = {
    "logistic": LogisticRegression(max_iter=500),
    "forest": RandomForestClassifier(random_state=0),
    "svc": SVC(),
    "linear_svc": LinearSVC(),
    "mlp": MLPClassifier(max_iter=50, early_stopping=True, random_state=0),
    "knn": KNeighborsClassifier(),
}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *((name, np.float32) for name in CLASSIFIERS),
        ("svc", np.float64),
        ("forest", np.uint8),
        ("knn", np.uint8),
    ],
)
def test_the_graph_of_a_pipeline_predicts_as_the_pipeline_does(name, dtype, digits, trained):
    X, y = digits
    scale = 255 if dtype is np.uint8 else 1
    X = (X * scale).astype(dtype)
    denoiser = quick_denoiser(noise_factor=0.2).fit(X[:1200]) if scale > 1 else trained
    pipeline = make_pipeline(FrozenEstimator(denoiser), CLASSIFIERS[name]).fit(X[:800], y[:800])
    noisy = add_noise(X[800:], noise_factor=0.2, random_state=1)
    labels, scores = run(to_onnx(pipeline, X), noisy)
    assert scores.shape[0] == len(noisy)
    assert np.mean(labels != pipeline.predict(noisy)) <= 0.003
    if hasattr(pipeline, "predict_proba"):
        np.testing.assert_allclose(scores, pipeline.predict_proba(noisy), atol=0.011)


def test_pipelines_of_image_arrays_and_searches_are_exported(digits):
    images, y = digits[0].reshape(-1, 8, 8).astype(np.float32), digits[1]
    pipeline = make_pipeline(
        NoiseAugmenter(noise_factor=0.1, random_state=0),
        FilterDenoiser("gaussian"),
        ImageFlattener(),
        StandardScaler(),
        LogisticRegression(max_iter=300),
    )
    grid = {"filterdenoiser__sigma_spatial": [0.4, 3.0]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(images[:500], y[:500])
    labels, probabilities = run(to_onnx(search), images[500:])
    np.testing.assert_array_equal(labels, search.predict(images[500:]))
    np.testing.assert_allclose(probabilities, search.predict_proba(images[500:]), atol=1e-4)


def test_skl2onnx_takes_pipelines_once_the_converters_are_registered(digits, trained):
    import skl2onnx

    register_onnx_converters()
    X, y = digits
    pipeline = make_pipeline(trained, LogisticRegression(max_iter=300))
    pipeline[-1].fit(X[:300], y[:300])
    model = skl2onnx.to_onnx(pipeline, X[:1].astype(np.float32), options={"zipmap": False})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    labels, _ = session.run(None, {"X": X.astype(np.float32)})
    np.testing.assert_array_equal(labels, pipeline.predict(X.astype(np.float32)))


def test_what_cannot_be_exported_is_refused_by_name(digits, trained):
    X, y = digits
    with pytest.raises(ValueError, match=r"'wavelet'.* of the filters, 'gaussian' and 'median'"):
        to_onnx(FilterDenoiser("wavelet").fit(X))
    hidden = quick_denoiser(supervision="self", inference="j_invariant").fit(X[:100])
    with pytest.raises(ValueError, match="inference=None"):
        to_onnx(hidden)
    with pytest.raises(ValueError, match="inference=None"):
        to_onnx(UNetDenoiser.from_pretrained("photo-gray", inference="self_ensemble"))
    with pytest.raises(ValueError, match="inference=None"):
        to_onnx(UNetDenoiser.from_pretrained("photo-gray", inference="multiscale"))
    odd = make_pipeline(trained, FunctionTransformer(np.sqrt), LogisticRegression())
    odd[-1].fit(X[:100], y[:100])
    with pytest.raises(ValueError, match="FunctionTransformer"):
        to_onnx(odd)
    with pytest.raises(TypeError, match=r"skl2onnx\.to_onnx"):
        to_onnx(LogisticRegression().fit(X[:100], y[:100]))
    with pytest.raises(ValueError, match=r"StandardScaler.*give to_onnx an X"):
        to_onnx(make_pipeline(StandardScaler(), quick_denoiser()).fit(X[:100]))
    with pytest.raises(TypeError, match=r"target_opset.*Leave them out for a denoiser"):
        to_onnx(trained, X, target_opset=18)
    with pytest.raises(ValueError, match="50 features"):
        to_onnx(trained, X[:, :50])


ANSWER = """
import sys
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession("digits.onnx")
label, probabilities = session.run(None, {"images": np.load("noisy.npy")})
np.save("labels.npy", label)
print([name for name in ("sklearn", "keras", "tensorflow", "skdenoise") if name in sys.modules])
"""


def test_the_graph_runs_where_there_is_nothing_but_onnx_runtime(tmp_path, digits, trained):
    X, y = digits[0].astype(np.float32), digits[1]
    pipeline = make_pipeline(FrozenEstimator(trained), SVC()).fit(X[:800], y[:800])
    noisy = add_noise(X[800:], noise_factor=0.2, random_state=1)
    (tmp_path / "digits.onnx").write_bytes(to_onnx(pipeline, X).SerializeToString())
    np.save(tmp_path / "noisy.npy", noisy)

    venv.create(tmp_path / "bare", with_pip=True)
    python = tmp_path / "bare" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "onnxruntime"]
    if subprocess.run(install, capture_output=True).returncode:
        pytest.skip("pip cannot install onnxruntime here")
    answer = [python, "-c", ANSWER]
    done = subprocess.run(answer, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
    labels = np.load(tmp_path / "labels.npy")
    np.testing.assert_array_equal(labels, pipeline.predict(noisy))


def test_what_is_missing_of_an_extra_is_named(monkeypatch):
    from importlib import metadata

    from skdenoise import extras

    found = {"onnx": "1.10.0", "skl2onnx": None}

    def version(name):
        if name in found and found[name] is None:
            raise metadata.PackageNotFoundError(name)
        return found.get(name) or metadata.version(name)

    monkeypatch.setattr(extras, "version", version)
    with pytest.raises(ImportError, match=r"onnx>=.*found 1.10.0.*skl2onnx>=.*not installed"):
        register_onnx_converters()


def test_images_are_flattened_and_come_back():
    flattener = ImageFlattener().fit(PHOTOGRAPHS)
    rows = flattener.transform(PHOTOGRAPHS)
    assert rows.shape == (2, 47 * 55 * 3)
    assert len(flattener.get_feature_names_out()) == rows.shape[1]
    np.testing.assert_array_equal(flattener.inverse_transform(rows), PHOTOGRAPHS)
    with pytest.raises(ValueError, match="rows of a classifier must have the same length"):
        flattener.transform(PHOTOGRAPHS[:, :-1])
    with pytest.raises(ValueError, match=r"\(2, 10\).*Expected \(n, 7755\)"):
        flattener.inverse_transform(rows[:, :10])


@pytest.mark.parametrize("name", ["photo-gray", "text"])
@pytest.mark.parametrize(("dtype", "white"), [("float32", 1), ("float32", 255), ("uint16", 65535)])
def test_a_denoiser_of_any_range_is_exported_for_that_of_the_images(name, dtype, white):
    grey = PHOTOGRAPHS.mean(axis=-1) / 255
    assert_same_denoised(
        UNetDenoiser.from_pretrained(name, precision="float32"),
        (white * grey).astype(dtype),
        atol=white * 1e-4,
    )


def test_a_denoiser_of_any_range_takes_it_from_the_steps_before(digits):
    X, y = (200 * digits[0][:200]).astype("float32"), digits[1][:200]
    rows = FrozenEstimator(
        UNetDenoiser.from_pretrained("text", image_shape=(8, 8), precision="float32")
    )
    for pipeline in (
        make_pipeline(rows, LogisticRegression(max_iter=1000)),
        make_pipeline(NoiseAugmenter(noise_factor=0.1), rows, LogisticRegression(max_iter=1000)),
    ):
        label, _ = run(to_onnx(pipeline.fit(X, y), X), X)
        np.testing.assert_array_equal(label, pipeline.predict(X))


def test_a_graph_for_other_images_or_an_old_opset_is_refused(digits):
    X, y = digits[0][:100], digits[1][:100]
    packaged = UNetDenoiser.from_pretrained("photo-gray")
    with pytest.raises(ValueError, match="X has 3 channel"):
        to_onnx(packaged, PHOTOGRAPHS)
    deep = np.rint(65535 * X).astype("uint16")
    pipeline = make_pipeline(FilterDenoiser("gaussian"), KNeighborsClassifier()).fit(deep, y)
    with pytest.raises(ValueError, match="no images of uint16 in a pipeline"):
        to_onnx(pipeline, deep)
    pipeline = make_pipeline(FilterDenoiser("gaussian"), LogisticRegression(max_iter=500)).fit(X, y)
    with pytest.raises(ValueError, match="target_opset=15 is too old"):
        to_onnx(pipeline, X.astype("float32"), target_opset=15)


def test_skl2onnx_alone_does_not_guess_the_range_of_wide_integers():
    import skl2onnx
    from skl2onnx.common.data_types import Int32TensorType

    register_onnx_converters()
    rows = UNetDenoiser.from_pretrained("text", image_shape=(8, 8))
    with pytest.raises(ValueError, match="cannot be inferred from int32 alone"):
        skl2onnx.to_onnx(rows, initial_types=[("images", Int32TensorType([None, 64]))])
