"""Allocator: make glibc keep memory that the next training step needs again.

A training step allocates and frees dozens of buffers in several threads. By default, glibc returns each
to the system at once, and the next step pays for every page of it. This took half of the time of a fit on
28x28 images (``benchmarks/bench_allocator.py``). Results do not change. A process only keeps more freed
memory: at most 64 MiB per thread that allocates.
"""

import ctypes
import os
import sys
from functools import cache

# Names and values from <malloc.h>. The thresholds are the highest that glibc itself adapts to.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MIB = 2**20


@cache
def keep_freed_memory() -> bool:
    """Make glibc keep freed memory, once per process. Without glibc, do nothing.

    It also does nothing if ``MALLOC_TOP_PAD_`` or ``GLIBC_TUNABLES`` is set in the environment, since the
    user has decided then.

    Returns
    -------
    bool
        Whether glibc accepted the settings.
    """
    if not sys.platform.startswith("linux"):
        return False
    if "MALLOC_TOP_PAD_" in os.environ or "GLIBC_TUNABLES" in os.environ:
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    accepted = mallopt(_M_MMAP_THRESHOLD, 32 * _MIB)
    accepted &= mallopt(_M_TRIM_THRESHOLD, 64 * _MIB)
    accepted &= mallopt(_M_TOP_PAD, 64 * _MIB)
    return bool(accepted)
