"""Word vectors as word2vec's binary file.

A first line "words dim"; then for each word its bytes, a blank and its little-endian float32
numbers, after which word2vec.c writes a line break and other programs do not.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np

from iconym.errors import BadData
from iconym.nouns import WordVectors
from iconym.words.files.packed import opened, replaced
from iconym.words.files.rows import (
    REMEDY,
    Block,
    Fault,
    announced,
    cast,
    gather,
    refuse,
    without_faults,
)

CHUNK = 1 << 22  # bytes read at once
LONGEST_WORD = 1000  # bytes; a blank that comes later means that we have lost our place


@dataclass(frozen=True)
class _Layout:
    path: Path
    count: int
    dim: int
    start: int  # byte of the first word


def read_binary(path: Path, fault: Fault = refuse) -> WordVectors:
    """The word vectors of a binary file.

    Args:
        path: perhaps packed by gzip.
        fault: told of a word that is no UTF-8, given twice, or not finite.

    Raises:
        BadData: for a wrong first line, a file cut short or longer than announced; names the byte.
    """
    starts = array("q")
    with opened(path) as file:
        layout = _layout(path, file)
        rows = gather(_blocks(layout, file, starts, fault), layout.dim)
    return without_faults(rows, path, lambda row: f"byte {starts[row]}", fault)


def write_binary(words: WordVectors, path: Path) -> None:
    """Write word2vec's binary, line breaks included; packed by gzip if ``path`` ends in ".gz".

    Raises:
        BadData: for a word that is empty, of 1000 bytes or more, or holds a blank or line break.
    """
    with replaced(path) as file:
        file.write(f"{len(words)} {words.dim}\n".encode())
        row = 0
        for block in cast(words.vectors):
            names = words.words[row : row + len(block)]
            row += len(block)
            records = (_record(word, vector) for word, vector in zip(names, block, strict=True))
            file.write(b"".join(records))


def _record(word: str, vector: np.ndarray) -> bytes:
    data = word.encode()
    if not data or len(data) >= LONGEST_WORD or b" " in data or b"\n" in data:
        raise BadData(f"the word {word[:40]!r} cannot stand in a binary file; save a folder")
    return data + b" " + vector.tobytes() + b"\n"


def _layout(path: Path, file: BufferedReader) -> _Layout:
    line = file.readline(100)
    header = announced(path, line) if line.endswith(b"\n") else None
    if header is None:
        raise BadData(f'{path}: no first line "words dim"; if it is text, do not name it .bin')
    count, dim = header
    size = path.stat().st_size
    if path.suffix != ".gz" and count * (4 * dim + 2) > size:
        raise BadData(
            f"{path} announces {count} words of {dim} numbers, which do not fit its {size} "
            "bytes; it is cut short or has a wrong first line: fetch it again"
        )
    return _Layout(path, count, dim, len(line))


def _blocks(
    layout: _Layout, file: BufferedReader, starts: "array[int]", fault: Fault
) -> Iterator[Block]:
    """Blocks of words; the byte at which each one stands is appended to ``starts``."""
    base, buffer = layout.start, b""
    while len(starts) < layout.count:
        buffer += _more(layout, file, base, buffer, len(starts))
        words: list[str | None] = []
        numbers = []
        at = 0
        while len(starts) < layout.count:
            blank = buffer.find(b" ", at, at + LONGEST_WORD + 1)
            end = blank + 1 + 4 * layout.dim
            if blank < 0 or end > len(buffer):
                break
            word = buffer[at:blank].lstrip(b"\n")
            starts.append(base + blank - len(word))
            words.append(_decoded(layout.path, starts[-1], word, fault))
            numbers.append(buffer[blank + 1 : end])
            at = end
        yield words, np.frombuffer(b"".join(numbers), "<f4").reshape(-1, layout.dim)
        base, buffer = base + at, buffer[at:]
    while rest := buffer or file.read(CHUNK):
        if rest.strip():
            raise BadData(
                f"{layout.path}: more than the {layout.count} words announced, from byte {base} "
                "on; mend its first line or cut the rest off"
            )
        base, buffer = base + len(rest), b""


def _more(layout: _Layout, file: BufferedReader, base: int, buffer: bytes, row: int) -> bytes:
    """The next bytes after ``buffer``, which starts at byte ``base`` and ends within a word."""
    if len(buffer) > LONGEST_WORD and b" " not in buffer[: LONGEST_WORD + 1]:
        raise BadData(f"{layout.path}: no word at byte {base}; it is damaged: fetch it again")
    more = file.read(CHUNK)
    if not more:
        raise BadData(
            f"{layout.path} ends at byte {base + len(buffer)}, in word {row + 1} of "
            f"{layout.count}; it is cut short or announces too many: fetch it again"
        )
    return more


def _decoded(path: Path, start: int, word: bytes, fault: Fault) -> str | None:
    if not word:
        raise BadData(f"{path}, byte {start}: no word before the blank; fetch it again")
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        fault(f"{path}, byte {start + error.start}: {word[:40]!r} is no UTF-8; {REMEDY}")
        return None
