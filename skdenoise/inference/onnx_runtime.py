"""ONNX Runtime: computes a network of the package without Keras, which takes seconds to import."""

import ctypes
import os
import weakref
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from skdenoise.backend.threads import thread_limit
from skdenoise.networks.onnx_model import onnx_model

# What the drivers of NVIDIA and AMD, and Windows in a Linux machine, create where there is a GPU.
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
_ONLY_ERRORS = 3


@cache
def is_preferable() -> bool:
    """Return whether ONNX Runtime is installed, and no GPU is found, with which Keras is faster."""
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        return False
    return not any(Path(path).exists() for path in _GPU_DEVICES) and which("nvidia-smi") is None


class Session:
    """A network with its weights in ONNX Runtime, in float32.

    Parameters
    ----------
    graph, weights
        As `onnx_model` takes them.

    Attributes
    ----------
    was_lost : bool
        Whether this process was forked after the session was made: a fork copies none of its threads.
    """

    def __init__(self, graph, weights):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ONLY_ERRORS
        options.intra_op_num_threads = thread_limit()  # 0: as many as there are cores
        self._session = onnxruntime.InferenceSession(
            onnx_model(graph, weights).SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )
        self.was_lost = False
        _sessions.add(self)

    def denoise(self, images):
        """Apply the network to float32 images of shape (n, height, width, channels)."""
        (denoised,) = self._session.run(None, {"images": images})
        return denoised


# Those of this process that are in use.
_sessions: "weakref.WeakSet[Session]" = weakref.WeakSet()


def _lose_sessions():
    """In a forked process, never use the sessions of its parent, nor free them: that would wait for their threads."""
    for session in _sessions:
        session.was_lost = True
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session._session))


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_lose_sessions)
