"""Retracing: keep TensorFlow's false alarms about repeated tracing from the user.

TensorFlow warns if five of the last calls of one piece of code traced a function anew. It counts all Keras
models as one piece of code, so that a search over networks, or images of many sizes, cause the warning. Each
network must be traced, and each size of a user's own network too.
"""

import logging
import threading
from contextlib import contextmanager

import keras


@contextmanager
def without_retracing_warnings():
    """Drop this warning during a ``with`` block, if it is caused by this thread."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    logger, drop = tf.get_logger(), _DropRetracing()
    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


class _DropRetracing(logging.Filter):
    def __init__(self):
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record):
        is_ours = record.thread == self._thread
        return not (is_ours and "triggered tf.function retracing" in record.getMessage())
