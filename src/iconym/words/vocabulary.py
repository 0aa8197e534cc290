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
    exempt = frozenset(forced)
    left = [(w, n) for w, n in counter.items() if n >= min_count or w in exempt]
    if not left:
        raise BadData(
            f"no word stands {min_count} times in the text ({len(counter)} different words); "
            "give more text or a smaller min_count"
        )
    left.sort(key=lambda pair: (-pair[1], pair[0]))
    words, counts = zip(*left, strict=True)
    return Vocabulary(words, np.array(counts, np.int64))
