"""Text for training: files to sentences of words, sentences to one array of numbers."""

import gzip
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64

from iconym.errors import BadData
from iconym.nouns import split_words
from iconym.words.vocabulary import Vocabulary

LONGEST_SENTENCE = 1000  # words; longer ones are cut, as word2vec.c does
TEXT_SUFFIXES = (".txt", ".txt.gz")


@dataclass(frozen=True)
class TextFiles:
    """The sentences of text files: one a line, read anew by each loop over them.

    Args:
        paths: UTF-8 text, packed by gzip where the name ends in ".gz"; a folder stands for all
            its ".txt" and ".txt.gz" files, in the order of their paths.

    Iterating raises:
        BadData: for a path that is not there, a folder without text, damaged or foreign bytes.
    """

    paths: tuple[Path, ...]

    def __iter__(self) -> Iterator[list[str]]:
        for path in self.paths:
            for file in _files(path):
                yield from text_sentences(_lines(file))


@dataclass(frozen=True)
class Corpus:
    """Sentences of word numbers: sentence i is ``tokens[offsets[i] : offsets[i + 1]]``."""

    tokens: Int32[np.ndarray, " tokens"]
    offsets: Int64[np.ndarray, " offsets"]  # one more than there are sentences

    def __len__(self) -> int:
        return len(self.offsets) - 1


def text_sentences(lines: Iterable[str]) -> Iterator[list[str]]:
    """The words of each line, as ``nouns.split_words`` finds them; no line without any."""
    for line in lines:
        if words := split_words(line):
            yield words


def encode(sentences: Iterable[list[str]], vocabulary: Vocabulary) -> Corpus:
    """``sentences`` as numbers of ``vocabulary``; words that it lacks are left out.

    A sentence of more than 1,000 known words is cut into pieces of 1,000, one of none is left
    out. (word2vec.c cuts after subsampling, so its pieces are longer.)
    """
    row, tokens, offsets = vocabulary.row, array("i"), array("q", [0])
    for sentence in sentences:
        known = [row[word] for word in sentence if word in row]
        for start in range(0, len(known), LONGEST_SENTENCE):
            tokens.extend(known[start : start + LONGEST_SENTENCE])
            offsets.append(len(tokens))
    return Corpus(np.array(tokens, np.int32), np.array(offsets, np.int64))


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise BadData(f"{path} is not there; name a text file or a folder of them")
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.rglob("*") if p.name.endswith(TEXT_SUFFIXES) and p.is_file())
    if not found:
        raise BadData(f"{path} holds no {' or '.join(TEXT_SUFFIXES)} file; name one that does")
    return found


def _lines(path: Path) -> Iterator[str]:
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise BadData(f"{path}:{number}: not UTF-8 ({error.reason}); convert the file") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadData(f"{path}:{number + 1}: damaged gzip ({error}); fetch it again") from error
