"""Word vectors as text: one line a word, its numbers after it, parted by single blanks.

word2vec and fastText write a first line "words dim" before them, GloVe does not.
"""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np

from iconym.errors import BadData
from iconym.files import replace_file
from iconym.nouns import WordVectors


def read_text(path: Path) -> WordVectors:
    """The word vectors of a text file with or without a first line "words dim".

    A word may hold blanks: the numbers are counted from the end of the line.

    Raises:
        BadData: for a line with another number of numbers, a word given twice, what is not a
            finite number, fewer or more lines than announced, damaged bytes; names the line.
    """
    with _readable(path), open_packed(path) as file:
        numbered = enumerate((line.decode().rstrip("\r\n") for line in file), 1)
        header, dim, lines = _header(path, numbered)
        rows, vectors = _rows(path, lines, dim)
    if header is not None and len(rows) != header:
        raise BadData(
            f"{path} announces {header} words and holds {len(rows)}; it is cut short or has a "
            "wrong first line: fetch it again"
        )
    return WordVectors(tuple(rows), np.stack(vectors))


def write_text(words: WordVectors, path: Path) -> None:
    """Write word2vec's text, so that reading it gives the very same float32 numbers.

    Raises:
        BadData: for a word with a line break in it, or without a letter.
    """
    lines = [f"{len(words)} {words.dim}"]
    for word, vector in zip(words.words, words.vectors.astype(np.float32), strict=True):
        if not word or "\n" in word or "\r" in word:
            raise BadData(f"the word {word!r} does not fit a line of text; save a folder")
        lines.append(" ".join([word, *map(str, vector)]))
    data = "\n".join(lines).encode() + b"\n"
    replace_file(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def open_packed(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """The bytes of a file, unpacked if its name ends in ".gz"."""
    return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")


def _header(
    path: Path, lines: Iterator[tuple[int, str]]
) -> tuple[int | None, int, Iterable[tuple[int, str]]]:
    """The announced number of words, if any, the dimension, and the lines of words."""
    first = next(lines, None)
    if first is None:
        raise BadData(f"{path} is empty; fetch it again")
    fields = first[1].split(" ")
    if len(fields) == 2 and all(field.isascii() and field.isdigit() for field in fields):
        words, dim = int(fields[0]), int(fields[1])
        if words < 1 or dim < 1:
            raise BadData(f"{path}:1: announces {words} words of {dim} numbers; fetch it again")
        return words, dim, lines
    if len(fields) < 2:
        raise BadData(f"{path}:1: {first[1][:40]!r} is no word with numbers; is it another format?")
    return None, len(fields) - 1, chain([first], lines)


def _rows(
    path: Path, lines: Iterable[tuple[int, str]], dim: int
) -> tuple[dict[str, int], list[np.ndarray]]:
    """The line of each word, and the vectors."""
    rows: dict[str, int] = {}
    vectors = []
    for number, line in lines:
        word, *numbers = line.rstrip(" ").rsplit(" ", dim)
        if len(numbers) != dim or not word:
            raise BadData(f"{path}:{number}: not a word and {dim} numbers: {line[:40]!r}")
        if word in rows:
            raise BadData(f"{path}:{number}: {word!r} stands in line {rows[word]} too; keep one")
        rows[word] = number
        vectors.append(_numbers(f"{path}:{number}", numbers))
    return rows, vectors


def _numbers(place: str, numbers: list[str]) -> np.ndarray:
    try:
        vector = np.array([float(n) for n in numbers])
    except ValueError as error:
        raise BadData(f"{place}: {error}; the line holds more or less than numbers") from error
    if not (np.abs(vector) <= np.finfo(np.float32).max).all():
        raise BadData(f"{place}: NaN or a number beyond float32; train or fetch the vectors again")
    return vector.astype(np.float32)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise BadData(
            f"{path} is no UTF-8 text ({error.reason}); if it is word2vec's binary format, "
            "let its name end in .bin"
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadData(f"{path}: damaged gzip ({error}); fetch it again") from error
