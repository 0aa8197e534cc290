"""Co-occurrences: how often each two words stand near each other, in memory or on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32, Int64

from iconym.errors import DamagedFolder
from iconym.files import load_folder, save_folder

KIND, FORMAT = "cooccurrences", 1
PIECE = 1 << 20  # numbers written at a time
FILES = {"starts.int64": "<i8", "columns.int32": "<i4", "values.float32": "<f4"}


@dataclass(frozen=True)
class Cooccurrences:
    """How often words meet: a sparse matrix in compressed rows, one row and one column a word.

    Row i holds ``values[starts[i] : starts[i + 1]]``, in the columns of the same places, which
    ascend. No value is 0. The arrays may be memory maps.
    """

    starts: Int64[np.ndarray, " starts"]  # one more than there are words
    columns: Int32[np.ndarray, " records"]
    values: Float32[np.ndarray, " records"]

    def __len__(self) -> int:
        """How many records: pairs of words that meet at all."""
        return len(self.values)

    @property
    def words(self) -> int:
        """How many words there are, those that meet none included."""
        return len(self.starts) - 1

    @property
    def rows(self) -> Int32[np.ndarray, " records"]:
        """The row of each record, newly made."""
        return np.repeat(np.arange(self.words, dtype=np.int32), np.diff(self.starts))


def save_cooccurrences(found: Cooccurrences, folder: Path) -> None:
    """Write ``found``, 8 bytes a record, in place of other co-occurrences that were in ``folder``.

    Raises:
        BadFolder: if ``folder`` is there and holds something else.
    """
    arrays = (found.starts, found.columns, found.values)
    files = {
        name: _pieces(array.astype(kind, copy=False))
        for (name, kind), array in zip(FILES.items(), arrays, strict=True)
    }
    save_folder(folder, KIND, FORMAT, files)


def load_cooccurrences(folder: Path) -> Cooccurrences:
    """What ``save_cooccurrences`` wrote, as memory maps that cannot be written.

    Raises:
        BadFolder: if it is no such folder, or damaged; the sizes are checked.
    """
    load_folder(folder, KIND, FORMAT, unread=tuple(FILES))
    starts, columns, values = (_mapped(folder / name, kind) for name, kind in FILES.items())
    if not len(starts) or not starts[-1] == len(columns) == len(values):
        raise DamagedFolder(f"{folder} holds arrays that do not fit together; count them again")
    return Cooccurrences(starts, columns, values)


def _pieces(array: np.ndarray) -> Iterator[bytes]:
    for start in range(0, len(array), PIECE):
        yield array[start : start + PIECE].tobytes()


def _mapped(path: Path, kind: str) -> np.ndarray:
    if path.stat().st_size == 0:  # cannot be mapped
        return np.zeros(0, kind)
    return np.asarray(np.memmap(path, kind, "r"))
