"""Forks: refuse to compute in a process that was forked after the framework had started.

TensorFlow, JAX and PyTorch compute in threads, and a fork copies none of them. In the child, they would
wait for these threads for ever.

Other modules look at the framework only when they use it. This one must have seen the fork, so it is
imported with the package, and imports no framework itself.
"""

import os
import sys

from skdenoise.errors import ForkError

_NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}

# Backends that this package has started in this process, and those started before it was forked.
_started: set[str] = set()
_lost: set[str] = set()


def check_fork() -> None:
    """Raise if this process was forked after the framework had started.

    Raises
    ------
    ForkError
        In such a process. With PyTorch, only if it computes in several threads.
    """
    if not _lost:
        return
    backend = _backend()
    if backend not in _lost or (backend == "torch" and _torch_has_one_thread()):
        return
    name = _NAMES.get(backend, backend)
    also = "torch.set_num_threads(1) in this process, " if backend == "torch" else ""
    raise ForkError(
        f"This process was forked after {name} had started in its parent. {name} cannot compute here: it "
        f"would wait for ever for the threads of the parent. Use {also}the start method 'spawn' or 'forkserver' of "
        "multiprocessing, or the backend 'loky' of joblib; or fork first, and load the denoiser in each child "
        "(with gunicorn: without --preload, or in post_fork)."
    )


def note_start() -> None:
    """Remember that the framework starts now. As `check_fork`, raise if it cannot."""
    check_fork()
    _started.add(_backend())


def _backend():
    import keras

    return keras.backend.backend()


def _torch_has_one_thread():
    import torch

    return torch.get_num_threads() == 1


def _note_fork():
    """Remember, in the child, which frameworks had started, be it by this package or by others."""
    _lost.update(_started)
    _started.clear()
    if _tensorflow_has_started():
        _lost.add("tensorflow")
    if _jax_has_started():
        _lost.add("jax")


# TensorFlow and JAX have no public function for this. With a version that has other names, only a framework
# that this package has started is noticed.
def _tensorflow_has_started():
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    return getattr(context, "_context_handle", None) is not None


def _jax_has_started():
    return bool(getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None))


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_note_fork)
