"""The C allocator: keeps it from giving back memory that the next training step takes again.

A training step takes and frees dozens of buffers in several threads. glibc returns each to the
system at once, and the next step pays for every page of it: half of the time of a fit on 28x28
images went there (``benchmarks/bench_allocator.py``). This changes no result, only how much freed memory
a process keeps, at most 64 MiB per thread that allocates.
"""

import ctypes
import os
import sys
from functools import cache

# Names and values of <malloc.h>; the thresholds are what glibc itself adapts them to at most.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MIB = 2**20


@cache
def keep_freed_memory() -> bool:
    """Tell glibc, once a process, to keep freed memory; elsewhere do nothing.

    A user who has set ``MALLOC_TOP_PAD_`` or ``GLIBC_TUNABLES`` in the environment has decided, and
    is left alone.

    Returns
    -------
    bool
        Whether it was told.
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
