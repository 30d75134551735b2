"""Threads: as many as joblib or Dask grants a worker, so that its neighbours keep their cores."""

import os
import sys
from contextlib import suppress
from functools import cache

import keras


@cache
def obey_thread_limit() -> None:
    """Limit TensorFlow, once a process, to the threads that a worker of Dask or joblib has.

    A worker of Dask says how many it has. joblib sets ``OMP_NUM_THREADS`` in each of its workers to
    the number of cores over ``n_jobs``. TensorFlow alone looks at neither, and starts as many
    threads as there are cores in every worker. Torch looks at the latter; JAX cannot be told after
    its start, and neither can TensorFlow. Its own variables, ``TF_NUM_INTRAOP_THREADS`` and
    ``TF_NUM_INTEROP_THREADS``, come first where they are set.
    """
    limit = _threads_of_dask_worker() or _threads_of_environment()
    if keras.backend.backend() != "tensorflow" or not limit:
        return
    import tensorflow as tf

    threading = tf.config.threading
    with suppress(RuntimeError):  # it has started
        if "TF_NUM_INTRAOP_THREADS" not in os.environ:
            threading.set_intra_op_parallelism_threads(limit)
        if "TF_NUM_INTEROP_THREADS" not in os.environ:
            threading.set_inter_op_parallelism_threads(limit)


def _threads_of_dask_worker():
    """Return the threads of the Dask worker whose task this is; 0 where there is none.

    A worker without a nanny may live in the user's own process, which is not ours to limit. (A nanny
    sets ``OMP_NUM_THREADS`` to 1, however many threads its worker has.)
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
