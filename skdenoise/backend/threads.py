"""Threads: limit TensorFlow and ONNX Runtime to the threads of a worker of joblib or Dask."""

import os
import sys
from contextlib import suppress
from functools import cache

from skdenoise.backend.forks import note_start


def prepare_start() -> None:
    """Do what must come before the framework starts: refuse forked processes, and limit its threads.

    Raises
    ------
    ForkError
        In a process that was forked after the framework had started.
    """
    note_start()
    obey_thread_limit()


@cache
def obey_thread_limit() -> None:
    """Limit TensorFlow to the threads of a worker of Dask or joblib, once per process.

    A worker of Dask knows how many threads it has. joblib sets ``OMP_NUM_THREADS`` in each of its workers
    to the number of cores divided by ``n_jobs``. TensorFlow ignores both, and starts as many threads as
    there are cores in every worker. Torch respects ``OMP_NUM_THREADS``. JAX and TensorFlow cannot be
    limited after they have started. TensorFlow's own variables, ``TF_NUM_INTRAOP_THREADS`` and
    ``TF_NUM_INTEROP_THREADS``, take precedence if they are set.
    """
    import keras

    limit = thread_limit()
    if keras.backend.backend() != "tensorflow" or not limit:
        return
    import tensorflow as tf

    threading = tf.config.threading
    with suppress(RuntimeError):  # TensorFlow has started already
        if "TF_NUM_INTRAOP_THREADS" not in os.environ:
            threading.set_intra_op_parallelism_threads(limit)
        if "TF_NUM_INTEROP_THREADS" not in os.environ:
            threading.set_inter_op_parallelism_threads(limit)


def thread_limit() -> int:
    """Return the number of threads that this process was given, or 0 if it was given no limit."""
    return _threads_of_dask_worker() or _threads_of_environment()


def _threads_of_dask_worker():
    """Return the number of threads of the Dask worker that runs this task, or 0 if there is none.

    A worker without a nanny may be in the user's own process, which must not be limited. (A nanny sets
    ``OMP_NUM_THREADS`` to 1, however many threads its worker has.)
    """
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return 0
    try:
        worker = distributed.get_worker()
    except ValueError:
        return 0
    return worker.state.nthreads if worker.nanny else 0


def _threads_of_environment():
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return int(limit) if limit.isdecimal() else 0
