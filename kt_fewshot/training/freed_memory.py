"""What becomes of memory that tensors free: kept for the next ones."""

import ctypes
from typing import Final

_LARGEST_MAPPED: Final = -3
_TRIM_ABOVE: Final = -1
"""`M_MMAP_THRESHOLD` and `M_TRIM_THRESHOLD` of glibc's mallopt."""

_KEPT: Final = 256 << 20
_MAPPED: Final = 32 << 20
"""Bytes; the second is the most that glibc takes."""


def keep_freed_memory() -> bool:
    """Let this process keep up to 256 MB of freed memory; does nothing where the C library is not glibc.

    By itself glibc hands large blocks back to the system when they are freed. A training frees and allocates the same
    blocks at every step, and the system clears each page anew: up to a quarter of the time of a small convolutional
    network on a CPU. It holds for the process, and changes no number.

    Returns:
        Whether it took hold.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        return False
    return bool(mallopt(_LARGEST_MAPPED, _MAPPED)) and bool(mallopt(_TRIM_ABOVE, _KEPT))
