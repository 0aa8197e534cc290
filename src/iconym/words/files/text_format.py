"""Word vectors as text: one line a word, its numbers after it, parted by single blanks.

word2vec and fastText write a first line "words dim" before them, GloVe does not.
"""

from collections.abc import Iterator
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
    shown,
    without_faults,
)

BLOCK = 1 << 22  # bytes of lines read at once
LONGEST = 1 << 21  # bytes in a first line: more than 100,000 numbers
BOM = b"\xef\xbb\xbf"  # some editors put it before a text


def read_text(path: Path, fault: Fault = refuse) -> WordVectors:
    r"""The word vectors of a text file with or without a first line "words dim".

    A word may hold blanks, if it does not end in a number after one: the numbers are counted from
    the end of the line. A blank after the last number, "\r" before the line break and a byte
    order mark are no part of a line.

    Args:
        path: perhaps packed by gzip.
        fault: told of a word that is no UTF-8, given twice, or not finite.

    Raises:
        BadData: for a line with another number of numbers or with something else, fewer or more
            lines than announced, a last line without its line break; names the line.
    """
    with opened(path) as file:
        count, dim, ahead = _layout(path, file)
        above = 0 if count is None else 1
        words, vectors = gather(_blocks(path, file, dim, ahead, fault), dim)
    if count is not None and len(words) != count:
        raise BadData(
            f"{path}, line 1: announces {count} words, but {len(words)} follow; fetch it again if "
            f'it was cut short, else mend its first line to "{len(words)} {dim}"'
        )
    return without_faults((words, vectors), path, lambda row: f"line {row + 1 + above}", fault)


def write_text(words: WordVectors, path: Path, *, header: bool = True) -> None:
    """Write word2vec's text, so that reading it gives the very same float32 numbers.

    Args:
        words: in the order of the file.
        path: packed by gzip if it ends in ".gz".
        header: False leaves the first line "words dim" out, as GloVe does.

    Raises:
        BadData: for an empty word or one with a blank or line break in it.
    """
    with replaced(path) as file:
        if header:
            file.write(f"{len(words)} {words.dim}\n".encode())
        elif words.words and words.words[0].startswith("\ufeff"):
            raise BadData("the first word starts with a byte order mark; write a header")
        row = 0
        for block in cast(words.vectors):
            names = words.words[row : row + len(block)]
            row += len(block)
            lines = (_line(word, vector) for word, vector in zip(names, block, strict=True))
            file.write("".join(lines).encode())


def _line(word: str, vector: np.ndarray) -> str:
    if not word or any(blank in word for blank in " \n\r"):
        raise BadData(f"the word {word!r} does not fit a line of text; save a folder")
    return " ".join([word, *map(str, vector)]) + "\n"


def _layout(path: Path, file: BufferedReader) -> tuple[int | None, int, list[bytes]]:
    """The announced number of words, if any, the dimension, and lines that are read already."""
    line = file.readline(LONGEST).removeprefix(BOM)
    if not line:
        raise BadData(f"{path} is empty; fetch it again")
    header = announced(path, line)
    if header is not None:
        return *header, []
    fields = line.rstrip(b"\r\n ").split(b" ")
    if len(fields) < 2 or len(line) == LONGEST:
        raise BadData(
            f"{path}, line 1: {shown(line)} is no word with numbers, parted by single blanks; name "
            "another file"
        )
    return None, len(fields) - 1, [line]


def _blocks(
    path: Path, file: BufferedReader, dim: int, ahead: list[bytes], fault: Fault
) -> Iterator[Block]:
    number = 1 if ahead else 2
    while lines := ahead or file.readlines(BLOCK):
        ahead = []
        words: list[str | None] = []
        numbers = []
        for line in lines:
            word, rest = _parted(line, dim)
            if not rest or not _is_word(word):
                raise BadData(_complaint(f"{path}, line {number}", line, dim))
            words.append(_decoded(f"{path}, line {number}", word, fault))
            numbers.append(rest)
            number += 1
        yield words, _matrix(path, number - len(lines), numbers, dim)
        if not lines[-1].endswith(b"\n"):
            raise BadData(
                f"{path}, line {number - 1}: no line break at the end of the file; fetch it again "
                "if it was cut short, else add one"
            )


def _parted(line: bytes, dim: int) -> tuple[bytes, bytes]:
    """A word and its numbers; nothing for the numbers if there are fewer than ``dim``."""
    line = line.rstrip(b"\r\n ")
    word, _, numbers = line.partition(b" ")
    if numbers.count(b" ") != dim - 1:
        word, *fields = line.rsplit(b" ", dim)
        numbers = b" ".join(fields) if len(fields) == dim else b""
    return word, numbers


def _is_word(word: bytes) -> bool:
    """Whether the bytes before the numbers are all a word's, with no number at its end."""
    parts = word.split(b" ")
    return all(parts) and (len(parts) == 1 or not _is_number(parts[-1]))


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field  # which Python takes for a sign of thousands


def _complaint(place: str, line: bytes, dim: int) -> str:
    wrong = f"{place}: not a word and {dim} numbers: {shown(line)}"
    if b"\0" in line:
        return f"{wrong}; if it is word2vec's binary format, let its name end in .bin"
    return f"{wrong}; mend the line, or the first one if that announces another number"


def _decoded(place: str, word: bytes, fault: Fault) -> str | None:
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        fault(f"{place}: {word[:40]!r} is no UTF-8 at its byte {error.start}; {REMEDY}")
        return None


def _matrix(path: Path, first: int, numbers: list[bytes], dim: int) -> np.ndarray:
    """The numbers of the lines from ``first`` on."""
    try:
        matrix = np.loadtxt(numbers, np.float32, comments=None, delimiter=" ", ndmin=2)
        if matrix.shape == (len(numbers), dim):
            return matrix
    except ValueError:
        pass
    for number, line in enumerate(numbers, first):
        for field in line.split(b" "):
            if not _is_number(field):
                raise BadData(f"{path}, line {number}: {shown(field)} is no number; mend the line")
    raise BadData(
        f"{path}, line {first}: not {dim} numbers in each line from here on; mend the file"
    )
