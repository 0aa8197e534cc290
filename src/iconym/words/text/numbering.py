"""Sentences as numbers of their own words, on disk: what one process makes of one shard."""

import json
import os
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64

from iconym.files import write_flushed, written_aside
from iconym.words.text.tokens import Sentence

BATCH = 1 << 20  # words in memory at a time

Numbers = defaultdict[str, int]
Tokens = Int32[np.ndarray, " tokens"]
Ends = Int64[np.ndarray, " sentences"]


def new_numbers() -> Numbers:
    """The number of each word: a word that is asked for first gets the next one, from 0."""
    return defaultdict(count().__next__)


def number_sentences(
    sentences: Iterable[Sentence], numbers: Numbers
) -> Iterator[tuple[Tokens, Ends]]:
    """About a million words at a time: their numbers, and where each sentence ends among them.

    Words that ``numbers`` lacks are added to it. The last batch may be empty.
    """
    tokens, ends = array("i"), array("q")
    for sentence in sentences:
        tokens.extend(map(numbers.__getitem__, sentence))
        ends.append(len(tokens))
        if len(tokens) >= BATCH:
            yield np.array(tokens, np.int32), np.array(ends, np.int64)
            tokens, ends = array("i"), array("q")
    yield np.array(tokens, np.int32), np.array(ends, np.int64)


@dataclass(frozen=True)
class Numbered:
    """A folder of sentences as numbers of its own words; it is there as a whole or not at all."""

    path: Path

    @property
    def exists(self) -> bool:
        """Whether it was written."""
        return self.path.is_dir()

    def write(self, sentences: Iterable[Sentence]) -> int:
        """Write ``sentences``; how many words they have.

        In memory are the different words and about a million tokens.
        """
        numbers, counts, written = new_numbers(), np.zeros(0, np.int64), 0
        with written_aside(self.path) as aside:
            with (
                open(aside / "tokens", "wb") as tokens_file,
                open(aside / "ends", "wb") as ends_file,
            ):
                for tokens, ends in number_sentences(sentences, numbers):
                    tokens_file.write(tokens.tobytes())
                    ends_file.write((ends + written).tobytes())
                    more = np.bincount(tokens, minlength=len(numbers))
                    more[: len(counts)] += counts
                    counts, written = more, written + len(tokens)
                for file in (tokens_file, ends_file):
                    file.flush()
                    os.fsync(file.fileno())
            counted = dict(zip(numbers, counts.tolist(), strict=True))
            write_flushed(aside / "counts.json", json.dumps(counted).encode())
        return written

    def counts(self) -> dict[str, int]:
        """How often each word stands there, in the order of the words' numbers."""
        return json.loads((self.path / "counts.json").read_bytes())

    def batches(self) -> Iterator[tuple[Tokens, Ends]]:
        """The sentences as ``number_sentences`` gave them, at most a million at a time."""
        tokens, ends = self._numbers("tokens", "<i4"), self._numbers("ends", "<i8")
        first = start = 0
        while first < len(ends):
            last = max(first + 1, int(np.searchsorted(ends, start + BATCH, side="right")))
            stop = int(ends[last - 1])
            yield np.array(tokens[start:stop], np.int32), np.array(ends[first:last] - start)
            first, start = last, stop

    def _numbers(self, name: str, kind: str) -> np.ndarray:
        path = self.path / name
        return np.memmap(path, kind, "r") if path.stat().st_size else np.empty(0, kind)
