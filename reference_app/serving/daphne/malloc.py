"""Limit the arenas of glibc's malloc, which cost memory and gain nothing under Python's GIL.

glibc gives threads arenas of their own, up to eight for each processor, so that they do not wait
for each other's allocations. Each arena keeps memory that others cannot use. The GIL lets one
thread run at a time, so few of them allocate at once (docs/decisions/0021-malloc-arenas.md).
"""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8  # mallopt(3), malloc.h of glibc


def limit_arenas(count: int) -> bool:
    """Limit the arenas of this process; return whether its C library does so.

    Only glibc has them. Call this before threads start: arenas that exist stay.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(_M_ARENA_MAX, count))
