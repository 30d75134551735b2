"""Threads: as many as joblib grants a worker, so that parallel searches do not fight over cores."""

import os
from functools import cache

import keras


@cache
def obey_thread_limit() -> int | None:
    """Limit TensorFlow, once a process, to the threads that ``OMP_NUM_THREADS`` allows.

    joblib sets it in each of its workers to the number of cores over ``n_jobs``. TensorFlow alone
    does not look at it, and starts as many threads as there are cores in every worker. Torch does
    look; JAX cannot be told after its start.

    Returns
    -------
    int or None
        The limit that was set; ``None`` where there is none, or TensorFlow has started before.
    """
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if keras.backend.backend() != "tensorflow" or not limit.isdecimal() or int(limit) == 0:
        return None
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(int(limit))
        tf.config.threading.set_inter_op_parallelism_threads(int(limit))
    except RuntimeError:
        return None
    return int(limit)
