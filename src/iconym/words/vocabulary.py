"""Vocabularies: the words that are worth a vector, and how often each stands in the text."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int64

from iconym.errors import BadData


@dataclass(frozen=True)
class Vocabulary:
    """Words and how often each stands in a text: ``words[i]`` stands there ``counts[i]`` times."""

    words: tuple[str, ...]
    counts: Int64[np.ndarray, " words"]

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.row

    @cached_property
    def row(self) -> dict[str, int]:
        """The place of each word."""
        return {word: row for row, word in enumerate(self.words)}


def count_words(
    sentences: Iterable[list[str]], *, min_count: int = 5, forced: Iterable[str] = ()
) -> Vocabulary:
    """The words of ``sentences``, the most frequent first, equally frequent ones by alphabet.

    Args:
        sentences: lists of words, read once.
        min_count: a word that stands there less often is left out ...
        forced: ... unless it is one of these, say the labels of a data set. One that does not
            stand there at all is left out nevertheless: nothing could be learned about it.

    Raises:
        BadData: if no word is left.
    """
    counter: Counter[str] = Counter()
    for sentence in sentences:
        counter.update(sentence)
    return frequent_words(counter.items(), min_count=min_count, forced=forced)


def frequent_words(
    counts: Iterable[tuple[str, int]], *, min_count: int = 5, forced: Iterable[str] = ()
) -> Vocabulary:
    """The vocabulary of words that were counted before, as ``count_words`` makes it.

    Args:
        counts: each word once, in any order, and how often it stands in the text.
        min_count: as for ``count_words``.
        forced: as for ``count_words``.

    Raises:
        BadData: if no word is left.
    """
    exempt, different = frozenset(forced), 0
    left = []
    for word, times in counts:
        different += 1
        if times >= min_count or word in exempt:
            left.append((word, times))
    if not left:
        raise BadData(
            f"no word stands {min_count} times in the text ({different} different words); "
            "give more text or a smaller min_count"
        )
    left.sort(key=lambda pair: (-pair[1], pair[0]))
    words, kept = zip(*left, strict=True)
    return Vocabulary(words, np.array(kept, np.int64))
