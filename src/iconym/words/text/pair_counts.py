"""How often words, and words that follow each other, stand in a text of any size."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt64

from iconym.words.text.numbering import Ends, Tokens, new_numbers, number_sentences
from iconym.words.text.tokens import Sentence

Keys = UInt64[np.ndarray, " pairs"]  # each the numbers of two words: the first << 32 | the second
Counts = Int64[np.ndarray, " pairs"]

SECOND = np.uint64(0xFFFF_FFFF)
HALF = np.uint64(32)


class Counted(NamedTuple):
    """The counts of a part of a text."""

    words: list[str]
    singles: Int64[np.ndarray, " words"]  # how often each word stands there
    pairs: Keys  # increasing
    together: Counts
    total: int  # words read
    dropped: int


class PairCounts:
    """Counts of words and pairs, of which there are never many more than ``most``.

    With more, all counts of 1 are dropped, the next time those of up to 2, and so on.
    ``dropped`` is the last of these numbers, 0 while nothing was lost.

    Source: ``ReduceVocab`` of word2phrase.c.
    """

    def __init__(self, most: int) -> None:
        """No counts yet."""
        self.most, self.total, self.dropped = most, 0, 0
        self._numbers = new_numbers()
        self._singles = np.zeros(0, np.int64)
        self._pairs, self._together = np.zeros(0, np.uint64), np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._singles) + len(self._pairs)

    @property
    def counted(self) -> Counted:
        """All counts."""
        tables = self._singles, self._pairs, self._together
        return Counted(list(self._numbers), *tables, self.total, self.dropped)

    def add(self, sentences: Iterable[Sentence]) -> None:
        """Count the words and pairs of ``sentences``; no pair reaches from one into the next."""
        for tokens, ends in number_sentences(sentences, self._numbers):
            self.total += len(tokens)
            singles = np.bincount(tokens, minlength=len(self._numbers))
            self._add(singles, *np.unique(_pairs(tokens, ends), return_counts=True))

    def merge(self, more: Counted) -> None:
        """Add the counts of another part of the text."""
        self.total += more.total
        self.dropped = max(self.dropped, more.dropped)
        own = np.array([self._numbers[word] for word in more.words], np.uint64)
        singles = np.zeros(len(self._numbers), np.int64)
        singles[own.astype(np.int64)] = more.singles
        pairs = own[more.pairs >> HALF] << HALF | own[more.pairs & SECOND]
        order = np.argsort(pairs)
        self._add(singles, pairs[order], more.together[order])

    def phrases(self, min_count: int, threshold: float) -> Iterator[tuple[str, str]]:
        """The pairs with a score above ``threshold``, as ``find_phrases`` defines it."""
        words = list(self._numbers)
        first, second = self._pairs >> HALF, self._pairs & SECOND
        a, b = self._singles[first], self._singles[second]
        score = (self._together - min_count) / (a.astype(np.float64) * b) * self.total
        for row in np.flatnonzero((score > threshold) & (np.minimum(a, b) >= min_count)):
            yield words[first[row]], words[second[row]]

    def _add(self, singles: Int64[np.ndarray, " words"], pairs: Keys, together: Counts) -> None:
        singles[: len(self._singles)] += self._singles
        self._singles = singles
        at = np.searchsorted(self._pairs, pairs)
        known = at < len(self._pairs)
        known[known] = self._pairs[at[known]] == pairs[known]
        self._together[at[known]] += together[known]
        new = ~known
        self._pairs = np.insert(self._pairs, at[new], pairs[new])
        self._together = np.insert(self._together, at[new], together[new])
        while len(self) > self.most:
            self._drop()

    def _drop(self) -> None:
        self.dropped += 1
        kept = self._singles > self.dropped
        own = (np.cumsum(kept) - 1).astype(np.uint64)
        words = [word for word, keep in zip(self._numbers, kept, strict=True) if keep]
        self._singles = self._singles[kept]
        self._numbers.clear()  # not a new one: ``add`` is reading into this one
        self._numbers.update(zip(words, count()))
        self._numbers.default_factory = count(len(words)).__next__
        # a pair counts no more than its words do, so what is left of the pairs has its words
        kept = self._together > self.dropped
        pairs, self._together = self._pairs[kept], self._together[kept]
        self._pairs = own[pairs >> HALF] << HALF | own[pairs & SECOND]


def _pairs(tokens: Tokens, ends: Ends) -> Keys:
    """The key of each pair of ``tokens`` that does not lie across the end of a sentence."""
    inside = np.ones(len(tokens), bool)
    inside[ends[ends > 0] - 1] = False
    first = np.flatnonzero(inside)
    wide = tokens.astype(np.uint64)
    return wide[first] << HALF | wide[first + 1]
