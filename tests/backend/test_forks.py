"""Forked processes: what the framework survives works, and the rest is refused at once."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# `forked` runs a job in a child, and returns "done", the type of its error and the text, or "hangs".
START = """
import faulthandler, json, os, pickle, select, signal, sys, threading, warnings
faulthandler.dump_traceback_later(250)  # shows where it hangs
warnings.simplefilter("ignore")  # JAX and Python 3.12 warn of forks
import numpy as np
import skdenoise
from skdenoise import DenoisingClassifier, FilterDenoiser, SubspaceDenoiser, UNetDenoiser, load, to_onnx

X = np.random.default_rng(0).random((40, 8, 8)).astype(np.float32)
y = np.arange(40) % 2
def new(**params):
    return UNetDenoiser(filters=(2, 3), epochs=1, precision="float32", random_state=0, **params)
def fit_and_transform():
    return new().fit(X).transform(X)

def forked(job, limit=150):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            job()
            said = "done"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], limit)
    said = os.read(reading, 10_000).decode() if ready else "hangs"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    return said
"""

END = """
print(json.dumps(outcome))
"""

# PyTorch survives a fork in one thread, so it has two.
ENVIRONMENT = {"OMP_NUM_THREADS": "2", "TF_NUM_INTRAOP_THREADS": "2"}
NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def outcome_of(program, backend="tensorflow", **environment):
    """Run a program that fills `outcome`, in a process of its own."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    try:
        run = subprocess.run(
            [sys.executable, "-c", START + program + END],
            capture_output=True,
            text=True,
            timeout=280,
            env={**os.environ, **ENVIRONMENT, "KERAS_BACKEND": backend, **environment},
        )
    except subprocess.TimeoutExpired as expired:
        pytest.fail(f"It hangs: {(expired.stderr or b'').decode()[-3000:]}")
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


BEFORE_THE_START = """
outcome = {"nothing": forked(fit_and_transform)}
import skdenoise.inference.trained, skdenoise.training.with_labels  # Keras and its backend
outcome["an import"] = forked(fit_and_transform)
try:
    new(batch_size=-1).fit(X)
except ValueError:
    outcome["a fit that is an error"] = forked(fit_and_transform)
def in_a_grandchild():
    assert forked(fit_and_transform) == "done"
outcome["a fork of a fork"] = forked(in_a_grandchild)
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_all_backends_work_in_a_child_forked_before_they_start(backend):
    assert set(outcome_of(BEFORE_THE_START, backend).values()) == {"done"}


AFTER_THE_START = """
denoiser = new().fit(X)
denoiser.save(FILE)
loaded = load(FILE)
np.testing.assert_allclose(loaded.transform(X), denoiser.transform(X), atol=1e-5)
own = new(network=own_network).fit(X)
copied = pickle.loads(pickle.dumps(denoiser))
pipeline = make_pipeline(denoiser, ImageFlattener(), LogisticRegression()).fit(X, y)
def in_a_grandchild():
    forked_again = forked(lambda: denoiser.transform(X))
    raise ForkError(forked_again.removeprefix("ForkError: "))
refused = {
    "transform": lambda: denoiser.transform(X),
    "transform of a copy": lambda: copied.transform(X),
    "score": lambda: denoiser.score(X),
    "fit": lambda: new().fit(X),
    "partial_fit": lambda: denoiser.partial_fit(X),
    "another network": lambda: new(network="classic").fit(X),
    "precision": lambda: UNetDenoiser(epochs=1).fit(X),
    "network of the user": lambda: own.transform(X),
    "another size of it": lambda: own.transform(X[:, :6, :6]),
    "fit of it": lambda: new(network=own_network).fit(X),
    "labels": lambda: new(label_weight=0.3).fit(X, y),
    "model_": lambda: copied.model_,
    "pipeline": lambda: pipeline.predict(X),
    "classifier": lambda: DenoisingClassifier(LogisticRegression(), new()).fit(X.reshape(40, -1), y),
    "a fork of a fork": in_a_grandchild,
}
allowed = {
    "filter": lambda: FilterDenoiser("median").fit(X).transform(X),
    "subspace": lambda: SubspaceDenoiser().fit(X).transform(X),
    "load": lambda: load(FILE).transform(X),
    "transform of a loaded one": lambda: loaded.transform(X),
    "pretrained": lambda: UNetDenoiser.from_pretrained("photo-gray").transform(X),
    "to_onnx": lambda: to_onnx(denoiser),
    "to_onnx of a pipeline": lambda: to_onnx(pipeline),
    "noise": lambda: skdenoise.add_noise(X, random_state=0),
    "pickle": lambda: pickle.loads(pickle.dumps(denoiser)),
    "save": lambda: denoiser.save(FILE + ".again"),
    "in a notebook": lambda: denoiser._repr_html_(),
    "parameters": lambda: (repr(denoiser), denoiser.set_params(strength=1.0)),
}
outcome = {
    "refused": {name: forked(job) for name, job in refused.items()},
    "allowed": {name: forked(job) for name, job in allowed.items()},
    "parent": np.array_equal(denoiser.transform(X), copied.transform(X)),
}
"""

OWN_NETWORK = """
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skdenoise import ImageFlattener
from skdenoise.errors import ForkError
def own_network(input_shape, seed):
    import keras
    convolution = keras.layers.Conv2D(1, 3, padding="same")
    return keras.Sequential([keras.layers.Input(input_shape), convolution])
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_all_backends_are_refused_in_a_child_forked_after_they_started(backend, tmp_path):
    path = f"FILE = {str(tmp_path / 'denoiser.skdenoise')!r}"
    found = outcome_of(f"{path}{OWN_NETWORK}{AFTER_THE_START}", backend)
    for name, said in found["refused"].items():
        expected = f"ForkError: This process was forked after {NAMES[backend]} had started"
        assert said.startswith(expected), (name, said)
        assert "'spawn'" in said
    assert found["allowed"] == dict.fromkeys(found["allowed"], "done")
    assert found["parent"]


ONE_THREAD = """
import torch
denoiser = new().fit(X)
expected = denoiser.transform(X)
def in_one_thread():
    torch.set_num_threads(1)
    np.testing.assert_allclose(denoiser.transform(X), expected, atol=1e-5)
    fit_and_transform()
outcome = [forked(in_one_thread)]
"""


def test_pytorch_works_in_a_forked_child_in_one_thread():
    assert outcome_of(ONE_THREAD, "torch") == ["done"]


DURING_A_FIT = """
thread = threading.Thread(target=fit_and_transform)
thread.start()
thread.join()
outcome = {"started in another thread": forked(fit_and_transform)}

import keras
from skdenoise.backend import compiled
in_epoch, forks_are_done = threading.Event(), threading.Event()
class Wait(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        in_epoch.set()
        forks_are_done.wait()
fitting = threading.Thread(target=lambda: new(callbacks=[Wait()]).fit(X))
fitting.start()
in_epoch.wait()
outcome["in the middle of a fit"] = forked(fit_and_transform)
with compiled._lock:
    outcome["while networks are locked"] = forked(fit_and_transform)
forks_are_done.set()
fitting.join()
"""


def test_a_fork_while_other_threads_compute_is_refused():
    for name, said in outcome_of(DURING_A_FIT).items():
        assert said.startswith("ForkError: This process was forked after TensorFlow"), name


STARTED_BY_THE_USER = """
import keras
model = keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(1, 3)])
outcome = [forked(fit_and_transform)]
"""
ONE_OPERATION = """
import keras
keras.ops.ones(3)
outcome = [forked(fit_and_transform)]
"""


@pytest.mark.parametrize("program", [STARTED_BY_THE_USER, ONE_OPERATION])
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_backends_that_the_user_has_started_are_noticed(backend, program):
    (said,) = outcome_of(program, backend)
    assert said.startswith(f"ForkError: This process was forked after {NAMES[backend]} had")


STARTED_IN_THE_CHILD = """
import keras
def with_a_model_of_its_own():
    keras.ops.ones(3)
    fit_and_transform()
outcome = [forked(with_a_model_of_its_own)]
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_backends_that_the_user_has_started_in_the_child_work(backend):
    assert outcome_of(STARTED_IN_THE_CHILD, backend) == ["done"]


POOLS = """
import multiprocessing
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import GridSearchCV

context = multiprocessing.get_context("fork")
early = context.Pool(1)  # before TensorFlow starts
denoiser = new().fit(X)
expected = denoiser.transform(X)
outcome = {}
def tried(name, job):
    try:
        outcome[name] = job()
    except Exception as error:
        outcome[name] = f"{type(error).__name__}: {error}"
def is_as_expected(transformed):
    return bool(np.allclose(transformed, expected, atol=1e-5))
def in_pool():
    with context.Pool(1) as pool:
        pool.apply_async(denoiser.transform, (X,)).get(60)
def in_process():
    process = context.Process(target=denoiser.transform, args=(X,))
    process.start()
    process.join(60)
    code = process.exitcode
    process.kill()
    return code
# One task at a time: joblib can hang if it ends a pool while a second worker reports its error as well.
def in_joblib():
    with parallel_config(backend="multiprocessing", n_jobs=2):
        Parallel(timeout=60, pre_dispatch=1)(delayed(denoiser.transform)(X) for _ in range(2))
def in_search():
    search = GridSearchCV(new(), {"strength": [0.5, 1.0]}, cv=2, error_score="raise", pre_dispatch=1)
    with parallel_config(backend="multiprocessing", n_jobs=2):
        search.fit(X)
def filters_in_joblib():
    median = FilterDenoiser("median").fit(X)
    with parallel_config(backend="multiprocessing", n_jobs=2):
        parts = Parallel(timeout=60)(delayed(median.transform)(X) for _ in range(2))
    return np.array_equal(parts[0], median.transform(X))
tried("Pool", in_pool)
tried("Process", in_process)
tried("joblib", in_joblib)
tried("search", in_search)
tried("filters", filters_in_joblib)
tried("a pool made before", lambda: is_as_expected(early.apply_async(denoiser.transform, (X,)).get(60)))
early.terminate()
"""


def test_the_error_travels_through_pools_and_searches():
    outcome = outcome_of(POOLS)
    assert outcome.pop("filters") is True
    assert outcome.pop("a pool made before") is True
    assert outcome.pop("Process") == 1  # it has printed the error, and ended
    for name, said in outcome.items():
        assert said.startswith("ForkError: This process was forked after TensorFlow"), name
    assert set(outcome) == {"Pool", "joblib", "search"}


SURVIVING_METHODS = """
import multiprocessing
from joblib import Parallel, delayed
def main():
    denoiser = new().fit(X)
    expected = denoiser.transform(X)
    found = {}
    for method in ["spawn", "forkserver"]:
        with multiprocessing.get_context(method).Pool(1) as pool:
            found[method] = pool.apply_async(denoiser.transform, (X,)).get(120)
    found["loky"] = Parallel(n_jobs=2, timeout=120)(delayed(denoiser.transform)(X) for _ in range(2))[1]
    return {name: bool(np.allclose(made, expected, atol=1e-5)) for name, made in found.items()}
outcome = main()
"""


@pytest.mark.several
def test_what_the_error_advises_works():
    outcome = outcome_of(SURVIVING_METHODS)
    assert outcome == {"spawn": True, "forkserver": True, "loky": True}


GRAPH_IN_THE_CHILD = """
import onnxruntime
denoiser = new().fit(X)
expected = denoiser.transform(X)
graph = to_onnx(denoiser, X[:1]).SerializeToString()
def with_onnx():
    session = onnxruntime.InferenceSession(graph)
    np.testing.assert_allclose(session.run(None, {"images": X})[0], expected, atol=1e-5)
outcome = [forked(with_onnx)]
"""


def test_a_graph_that_was_made_before_the_fork_runs_in_the_child():
    pytest.importorskip("onnxruntime")
    assert outcome_of(GRAPH_IN_THE_CHILD) == ["done"]
