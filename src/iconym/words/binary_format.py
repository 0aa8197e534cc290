"""Word vectors as word2vec's binary file.

A first line "words dim"; then for each word its bytes, a blank and its little-endian float32
numbers, after which word2vec.c writes a line break and other programs do not.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

from iconym.errors import BadData
from iconym.files import replace_file
from iconym.nouns import WordVectors
from iconym.words.text_format import open_packed

LONGEST_WORD = 1000  # bytes; a blank that comes later means that we have lost our place


def read_binary(path: Path) -> WordVectors:
    """The word vectors of a binary file.

    Raises:
        BadData: for a wrong first line, a file cut short or longer than announced, a word given
            twice or not in UTF-8, NaN; names the byte.
    """
    try:
        with open_packed(path) as file:
            data = file.read()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadData(f"{path}: damaged gzip ({error}); fetch it again") from error
    count, dim, at = _header(path, data)
    starts: dict[str, int] = {}
    vectors = np.empty((count, dim), np.float32)
    for row in range(count):
        word, numbers = _word(path, data, at)
        if word in starts:
            raise BadData(f"{path}: {word!r} at byte {at} stands at {starts[word]} too; keep one")
        starts[word] = at
        at = numbers + 4 * dim
        if at > len(data):
            raise BadData(
                f"{path} ends at byte {len(data)}, in word {row + 1} of {count}; fetch it again"
            )
        vectors[row] = np.frombuffer(data, "<f4", dim, numbers)
        if not np.isfinite(vectors[row]).all():
            raise BadData(f"{path}: NaN or infinity at byte {numbers}, {word!r}; fetch it again")
    if data[at:].strip():
        raise BadData(f"{path}: more than the {count} words announced, from byte {at} on")
    return WordVectors(tuple(starts), vectors)


def write_binary(words: WordVectors, path: Path) -> None:
    """Write word2vec's binary, line breaks included.

    Raises:
        BadData: for an empty word or one with a blank or line break in it.
    """
    parts = [f"{len(words)} {words.dim}\n".encode()]
    for word, vector in zip(words.words, words.vectors, strict=True):
        if not word or " " in word or "\n" in word:
            raise BadData(f"the word {word!r} cannot stand in a binary file; save a folder")
        parts.append(word.encode() + b" " + vector.astype("<f4").tobytes() + b"\n")
    data = b"".join(parts)
    replace_file(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _header(path: Path, data: bytes) -> tuple[int, int, int]:
    """How many words, of how many numbers, and where the first one starts."""
    end = data.find(b"\n", 0, 100)
    fields = data[: max(end, 0)].split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        raise BadData(f'{path}: no first line "words dim"; if it is text, do not name it .bin')
    count, dim = int(fields[0]), int(fields[1])
    if count < 1 or dim < 1 or count * (4 * dim + 2) > len(data):
        raise BadData(
            f"{path} announces {count} words of {dim} numbers, which do not fit its {len(data)} "
            "bytes; it is cut short or has a wrong first line: fetch it again"
        )
    return count, dim, end + 1


def _word(path: Path, data: bytes, at: int) -> tuple[str, int]:
    """The word that starts at byte ``at``, and where its numbers start."""
    blank = data.find(b" ", at, at + LONGEST_WORD)
    if blank < 0:
        raise BadData(f"{path}: no word at byte {at}; it is cut short or damaged: fetch it again")
    try:
        return data[at:blank].lstrip(b"\n").decode(), blank + 1
    except UnicodeDecodeError as error:
        raise BadData(f"{path}: no UTF-8 word at byte {at}; fetch it again") from error
