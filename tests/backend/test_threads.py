"""Threads of TensorFlow."""

import os
import subprocess
import sys

import pytest

from skdenoise.backend.threads import _threads_of_environment


def test_threads_are_limited_as_joblib_tells_its_workers_but_for_what_tensorflow_is_told():
    """In a process of its own, since TensorFlow can be told only once."""
    code = """
import numpy as np, tensorflow as tf
from skdenoise import UNetDenoiser
UNetDenoiser(filters=(4,), epochs=1).fit(np.random.default_rng(0).random((20, 8, 8)))
print(tf.config.threading.get_intra_op_parallelism_threads())
print(tf.config.threading.get_inter_op_parallelism_threads())
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM_")}
    told = {"KERAS_BACKEND": "tensorflow", "OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "1"}
    environment |= told
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    # 0: left to TensorFlow, which asks the environment.
    assert run.stdout.split() == ["0", "3"]


@pytest.mark.parametrize(("limit", "threads"), [("3", 3), ("", 0), ("many", 0), (None, 0)])
def test_the_limit_of_the_environment_is_a_number_or_none(monkeypatch, limit, threads):
    if limit is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert _threads_of_environment() == threads
