"""Memory that a process holds and no longer needs, given back to the system.

Pages of files are read again, from the system's cache, where something asks for them after all.
Linux only; elsewhere nothing is done.
"""

import ctypes
import mmap
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

MAPPED = Path("/proc/self/smaps")
COMPILER = "libllvmlite"


def release_unused() -> None:
    """Give back what was freed, and what the compiler maps of its library, some 65 MiB.

    Of the library only pages that nothing may write and nothing has written: the file has them.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):  # of the GNU C library
        library.malloc_trim(0)
    for start, end in _unchanged(COMPILER):
        _give_back(start, end)


def release_rows(array: np.ndarray) -> None:
    """Give back the pages of a memory-mapped file that lie wholly within ``array``.

    An array in memory of its own, or one that may be written, is left alone.
    """
    mapped = isinstance(array, np.memmap) and not array.flags.writeable
    if mapped and sys.platform.startswith("linux"):
        _give_back(array.ctypes.data, array.ctypes.data + array.nbytes)


def _unchanged(name: str) -> Iterator[tuple[int, int]]:
    """The address ranges of a library of which the process has no changed copy."""
    span, changeable = (0, 0), True
    for line in MAPPED.read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):  # the head of a range: addresses, permissions, ..., file
            low, _, high = first.partition("-")
            span = (int(low, 16), int(high, 16))
            changeable = name not in line or "w" in rest[0]
        elif first == "Anonymous:" and rest[0] == "0" and not changeable:
            yield span


def _give_back(start: int, end: int) -> None:
    first, last = -(-start // mmap.PAGESIZE), end // mmap.PAGESIZE
    if first < last:
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        size = (last - first) * mmap.PAGESIZE
        advise(first * mmap.PAGESIZE, size, mmap.MADV_DONTNEED)
