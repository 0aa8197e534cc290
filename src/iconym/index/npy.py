"""Arrays as NumPy's own files, written in pieces and mapped instead of read."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib.format import write_array_header_1_0

from iconym.errors import DamagedFolder

PIECE = 2**24  # bytes
UNREADABLE = (  # what NumPy raises for a file that is missing, cut short, or of a damaged header
    FileNotFoundError,
    ValueError,
    EOFError,
    SyntaxError,
    TokenError,
    TypeError,
)


def to_npy(array: np.ndarray) -> Iterator[bytes]:
    """An array as NumPy's own file, which can be memory-mapped, in pieces of about 16 MiB."""
    array = np.asarray(array)
    yield npy_header(array.shape, array.dtype)
    step = max(1, PIECE // max(1, array[:1].nbytes))
    for start in range(0, len(array), step):
        yield array[start : start + step].tobytes()


def npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """How the file of an array in C order begins; its bytes come after."""
    header = BytesIO()
    form = {"descr": dtype.newbyteorder("<").str, "fortran_order": False, "shape": shape}
    write_array_header_1_0(header, form)
    return header.getvalue()


def map_npy(path: Path, shape: tuple[int, ...] | None = None, dtype: Any = None) -> np.ndarray:
    """The array in a file of ``to_npy``, mapped and not to be changed; nothing is read yet.

    Raises:
        DamagedFolder: for a file that is missing, is no array, or not of this shape and dtype.
    """
    try:
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except UNREADABLE as error:
        raise DamagedFolder(f"{path} cannot be mapped; save the folder again") from error
    if shape not in (None, array.shape) or dtype not in (None, array.dtype):
        raise DamagedFolder(f"{path} holds {array.dtype} of {array.shape}; save the folder again")
    return array
