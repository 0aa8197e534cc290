"""Phrases: several words that are one token, joined by underscores ("snow_leopard").

Some are known beforehand (``Lexicon``: labels, the lemmas of a dictionary), others are found
because their words stand together more often than chance would have it (``find_phrases``).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from iconym.nouns import split_words

Sentence = list[str]


@dataclass(frozen=True)
class Joined:
    """``sentences`` with ``join`` applied to each, anew by each loop over them."""

    sentences: Iterable[Sentence]
    join: Callable[[Sentence], Sentence]

    def __iter__(self) -> Iterator[Sentence]:
        return map(self.join, self.sentences)


@dataclass(frozen=True)
class Lexicon:
    """Phrases known beforehand, to be joined wherever they stand, the longest first.

    Where two overlap, the one that starts earlier wins.
    """

    phrases: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Lexicon":
        """Those of ``texts`` ("snow leopard", "snow_leopard") that are several words."""
        split = (tuple(split_words(text)) for text in texts)
        return cls(frozenset(words for words in split if len(words) > 1))

    def __call__(self, sentence: Sentence) -> Sentence:
        """``sentence`` with the known phrases joined."""
        joined, at = [], 0
        while at < len(sentence):
            size = self._phrase_at(sentence, at)
            joined.append("_".join(sentence[at : at + size]))
            at += size
        return joined

    @property
    def tokens(self) -> frozenset[str]:
        """The phrases as they stand in joined sentences."""
        return frozenset("_".join(words) for words in self.phrases)

    def _phrase_at(self, sentence: Sentence, at: int) -> int:
        for size in self._sizes.get(sentence[at], ()):
            if tuple(sentence[at : at + size]) in self.phrases:
                return size
        return 1

    @cached_property
    def _sizes(self) -> dict[str, list[int]]:
        """For each first word, how long its phrases are, the longest first."""
        sizes: dict[str, set[int]] = {}
        for words in self.phrases:
            sizes.setdefault(words[0], set()).add(len(words))
        return {first: sorted(found, reverse=True) for first, found in sizes.items()}


@dataclass(frozen=True)
class Pairs:
    """Pairs of tokens that make a phrase, joined from left to right, none overlapping."""

    pairs: frozenset[tuple[str, str]]

    def __call__(self, sentence: Sentence) -> Sentence:
        """``sentence`` with the pairs joined."""
        joined: Sentence = []
        previous = None  # the last token, while it may still become the first of a pair
        for word in sentence:
            if previous is not None and (previous, word) in self.pairs:
                joined[-1] = f"{previous}_{word}"
                previous = None
            else:
                joined.append(word)
                previous = word
        return joined


@dataclass(frozen=True)
class Passes:
    """Several passes of pairs, one after the other; each may lengthen the phrases of the last."""

    passes: tuple[Pairs, ...]

    def __call__(self, sentence: Sentence) -> Sentence:
        """``sentence`` with the pairs of all passes joined."""
        for join in self.passes:
            sentence = join(sentence)
        return sentence


def find_phrases(
    sentences: Iterable[Sentence], *, min_count: int = 5, thresholds: tuple[float, ...] = (100.0,)
) -> Passes:
    """The phrases of ``sentences``: one pass over them for each threshold.

    A pair ``a b`` that stands together n(ab) times is a phrase if
    (n(ab) - min_count) / (n(a) n(b)) * N > threshold, where N is the number of all tokens and a
    and b stand there ``min_count`` times each. Two passes (200, 100) find phrases of up to four.

    Args:
        sentences: to be looped over once for each threshold.
        min_count: also taken off the count of each pair, so that rare pairs are no phrases.
        thresholds: higher means fewer phrases.

    Source: Mikolov et al. 2013, "Distributed representations of words and phrases", equation 6,
        with the factor N of their program word2phrase.
    """
    found = Passes(())
    for threshold in thresholds:
        pairs = _pairs(Joined(sentences, found), min_count, threshold)
        found = Passes((*found.passes, pairs))
    return found


def _pairs(sentences: Iterable[Sentence], min_count: int, threshold: float) -> Pairs:
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        single.update(sentence)
        double.update(pairwise(sentence))
    total = single.total()
    return Pairs(
        frozenset(
            (a, b)
            for (a, b), together in double.items()
            if single[a] >= min_count <= single[b]
            and (together - min_count) / (single[a] * single[b]) * total > threshold
        )
    )
