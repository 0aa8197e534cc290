"""Questions with known answers to put to word vectors: analogies and rated pairs of words."""

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iconym.errors import BadData


@dataclass(frozen=True)
class Section:
    """Analogies of one kind: "a is to b as c is to d"."""

    name: str
    questions: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True)
class RatedPairs:
    """Pairs of words and how alike people find them; a larger number is more alike."""

    name: str
    pairs: tuple[tuple[str, str], ...]
    ratings: tuple[float, ...]


def read_analogies(path: Path) -> tuple[Section, ...]:
    """The sections of a file such as questions-words.txt, perhaps packed by gzip.

    A line ": name" starts a section, each other line holds four words.

    Raises:
        BadData: if the file is not there, empty or damaged; names the line.
    """
    sections: list[tuple[str, list[tuple[str, str, str, str]]]] = []
    for place, line in _lines(path):
        if line.startswith(":"):
            sections.append((line[1:].strip(), []))
            continue
        words = line.split()
        if len(words) != 4 or not sections:
            raise BadData(f"{place}: {line[:40]!r} is no section and no four words; mend the file")
        a, b, c, d = words
        sections[-1][1].append((a, b, c, d))
    return tuple(Section(name, tuple(questions)) for name, questions in sections)


def read_rated_pairs(path: Path) -> RatedPairs:
    """A file with two words and a number in each line, parted by tabs or blanks.

    Lines that start with "#" are left out. The name is that of the file without suffixes.

    Raises:
        BadData: if the file is not there, empty or damaged; names the line.
    """
    pairs, ratings = [], []
    for place, line in _lines(path):
        if line.startswith("#"):
            continue
        fields = line.split()
        rating = _number(fields[2]) if len(fields) == 3 else math.nan
        if not math.isfinite(rating):
            raise BadData(f"{place}: {line[:40]!r} is not two words and a number; mend the file")
        pairs.append((fields[0], fields[1]))
        ratings.append(rating)
    if not pairs:
        raise BadData(f"{path} holds no pair; name another file")
    return RatedPairs(path.name.split(".")[0], tuple(pairs), tuple(ratings))


def similarity_files(path: Path) -> list[Path]:
    """The files of rated pairs at ``path``: itself, or every ``.txt`` of a folder in order of name.

    Raises:
        BadData: if a folder has none.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.endswith((".txt", ".txt.gz")))
    if not files:
        raise BadData(f"{path} holds no .txt; name a folder or file of rated pairs")
    return files


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that are not blank, each with its place for messages."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BadData(f"{path} is not there; name a file of questions") from error
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadData(f"{path} is damaged ({error}); fetch it again") from error
    if not text.strip():
        raise BadData(f"{path} is empty; name another file")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{path}:{number}", line.strip()
