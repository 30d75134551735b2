"""The package as a whole: its import, its other backends, its memory."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

import skdenoise


def run_python(program, **environment):
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def test_import_loads_neither_keras_nor_a_backend_nor_matplotlib():
    program = (
        "import sys, skdenoise; skdenoise.add_noise([[0.0, 0.5]], random_state=0)\n"
        "print([m for m in ('keras', 'tensorflow', 'matplotlib', 'skimage', 'sklearn.linear_model') "
        "if m in sys.modules])"
    )
    assert run_python(program).strip() == "[]"


def test_import_leaves_global_state_alone():
    program = (
        # What they change themselves is their affair.
        "import joblib, numpy as np, scipy, sklearn.pipeline\n"
        "import logging, warnings\n"
        "def state():\n"
        "    return {\n"
        "        'logging': (logging.root.level, logging.root.handlers[:], logging.root.disabled),\n"
        "        'filters': warnings.filters[:],\n"
        "        'shown by': warnings.showwarning,\n"
        "        'errors': np.geterr(),\n"
        "        'random': np.random.get_state()[1].tolist(),\n"
        "    }\n"
        "before = state()\n"
        "import skdenoise\n"
        "after = state()\n"
        "print([name for name in before if before[name] != after[name]])"
    )
    assert run_python(program).strip() == "[]"


def test_public_names_exist_and_are_documented():
    for name in skdenoise.__all__:
        assert getattr(skdenoise, name).__doc__, name


FIT_IN_OTHER_BACKEND = """
import sys; sys.path.insert(0, "tests")
import json, pickle
import keras
from conftest import quick_denoiser
from sklearn.datasets import load_digits
X = load_digits().data / 16
denoiser = quick_denoiser(epochs=6, batch_size=32, validation_split=0.1).fit(X[:1200])
again = quick_denoiser(epochs=6, batch_size=32, validation_split=0.1).fit(X[:1200])
denoiser.partial_fit(X[:200]); again.partial_fit(X[:200])
copied = pickle.loads(pickle.dumps(denoiser))
print(json.dumps([
    keras.backend.backend(), denoiser.score(X[1200:]), again.score(X[1200:]), copied.score(X[1200:]),
]))
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_all_backends_of_keras_learn_the_same_and_are_repeatable(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    used, first, again, copied = json.loads(
        run_python(FIT_IN_OTHER_BACKEND, KERAS_BACKEND=backend).splitlines()[-1]
    )
    assert used == backend
    assert first == again == copied
    # As the default backend, up to the draw of the initial weights; noisy images have 10.9 dB.
    assert first == pytest.approx(14.9, abs=0.7)


REPEATED_FITS = """
import sys; sys.path.insert(0, "tests")
import gc
import psutil
from conftest import quick_denoiser
from sklearn.datasets import load_digits
X = load_digits().data[:64] / 16
def fits(n):
    for i in range(n):
        quick_denoiser(random_state=i, learning_rate=1e-3 + i * 1e-5).fit(X).transform(X)
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20
before = fits(15)
print((fits(60) - before) / 60)
"""


def test_repeated_fits_do_not_grow_memory():
    growth = float(run_python(REPEATED_FITS).splitlines()[-1])
    print(f"{growth:.2f} MiB a fit")
    # A fit that compiles anew leaks 8 MiB and more.
    assert growth < 0.5
