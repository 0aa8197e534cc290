"""Rows of word vectors on their way between a file and memory: gathered, freed of faults, cast.

Some faults are those of one word: it stands twice, is no UTF-8, or its vector is not finite. They
go to a ``Fault``, which refuses the whole file (``refuse``) or notes them, and the word is left
out.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData
from iconym.nouns import WordVectors

Fault = Callable[[str], None]
Block = tuple[list[str | None], Float[np.ndarray, "n dim"]]  # None: a word told of already

REMEDY = "mend the file, or leave such words out: iconym words convert --drop-bad"
MOST_NUMBERS = 1_000_000  # in a vector; a first line that announces more is damaged
ROWS = 8192  # cast, checked or scored at once: 10 MB of 300 numbers


def refuse(message: str) -> None:
    """What happens to a fault unless a caller says otherwise: it is raised as ``BadData``."""
    raise BadData(message)


def announced(path: Path, line: bytes) -> tuple[int, int] | None:
    """How many words of how many numbers a first line "words dim" announces; None if it is none.

    Raises:
        BadData: for numbers that cannot be.
    """
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() and len(field) < 16 for field in fields):
        return None
    count, dim = int(fields[0]), int(fields[1])
    if count < 1 or not 0 < dim <= MOST_NUMBERS:
        raise BadData(f"{path}, line 1: announces {count} words of {dim} numbers; fetch it again")
    return count, dim


def gather(blocks: Iterable[Block], dim: int) -> Block:
    """All words and one matrix of all vectors, float32 (n, dim), without holding both at a time.

    The matrix grows in place, by a quarter of its length.
    """
    words: list[str | None] = []
    vectors = np.empty((0, dim), np.float32)
    for some, rows in blocks:
        end = len(words) + len(some)
        if end > len(vectors):
            vectors.resize((end + len(words) // 4, dim), refcheck=False)
        vectors[len(words) : end] = rows
        words += some
    vectors.resize((len(words), dim), refcheck=False)
    return words, vectors


def without_faults(
    rows: Block, path: Path, place: Callable[[int], str], fault: Fault
) -> WordVectors:
    """The words that have none; each fault of another is told.

    Args:
        rows: vectors of a memory map are not read, so that a big one stays on the disk.
        path: the file, for messages.
        place: where in it a row stands ("line 3"), for messages.
        fault: told of a word that stands twice (the first one stays) or whose vector is not
            finite.

    Raises:
        BadData: if numbers disagree or no word is left.
    """
    words, vectors = rows
    if len(words) != len(vectors):
        raise BadData(f"{path}: {len(words)} words but {len(vectors)} vectors; save it again")
    bad = {row for row, word in enumerate(words) if word is None}
    if len(set(words)) < len(words):
        for row, first in _repeated(words):
            where = f"{path}, {place(row)}"
            fault(f"{where}: {words[row]!r} stands in {place(first)} too; {REMEDY}")
            bad.add(row)
    for row in not_finite(vectors) if not isinstance(vectors, np.memmap) else ():
        where = f"{path}, {place(row)}"
        fault(f"{where}: NaN or a number beyond float32 for {words[row]!r}; {REMEDY}")
        bad.add(row)
    if not bad:
        return WordVectors(tuple(map(str, words)), vectors)
    kept = [row for row in range(len(words)) if row not in bad]
    if not kept:
        raise BadData(f"{path}: no word without a fault; fetch it again")
    return WordVectors(tuple(str(words[row]) for row in kept), vectors[kept])


def shown(data: bytes) -> str:
    """The start of some bytes, for messages."""
    return repr(data[:40].decode(errors="replace"))


def not_finite(vectors: np.ndarray) -> list[int]:
    """The rows of a matrix (n, dim) with a NaN or infinity in them."""
    found: list[int] = []
    for start in range(0, len(vectors), ROWS):
        finite = np.isfinite(vectors[start : start + ROWS])
        if not finite.all():
            found += (start + np.flatnonzero(~finite.all(axis=1))).tolist()
    return found


def cast(vectors: np.ndarray, dtype: str = "<f4") -> Iterator[np.ndarray]:
    """The rows of a matrix (n, dim) in this type, some thousand at a time.

    Raises:
        BadData: for a number that is not finite in it.
    """
    for start in range(0, len(vectors), ROWS):
        with np.errstate(over="ignore"):  # told below
            rows = np.ascontiguousarray(vectors[start : start + ROWS], dtype)
        if not np.isfinite(rows).all():
            name = np.dtype(dtype).name
            remedy = "train or fetch them again" if name == "float32" else "save as float32"
            raise BadData(f"the vectors hold a number beyond the range of {name}; {remedy}")
        yield rows


def _repeated(words: list[str | None]) -> Iterator[tuple[int, int]]:
    """The row of each word that stood before, with the row of the first one."""
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        if word is not None and first.setdefault(word, row) != row:
            yield row, first[word]
