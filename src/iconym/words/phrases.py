"""Phrases: several words that are one token, joined by underscores ("snow_leopard").

Some are known beforehand (``Lexicon``: labels, the lemmas of a dictionary), others are found
because their words stand together more often than chance would have it (``find_phrases``).
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from iconym.errors import Usage
from iconym.files import replace_file, to_json
from iconym.nouns import Track, split_words, untracked
from iconym.words.text.fingerprints import fingerprint
from iconym.words.text.pair_counts import PairCounts
from iconym.words.text.pair_shards import count_pairs
from iconym.words.text.shards import Source
from iconym.words.text.sources import JoinedSource
from iconym.words.text.tokens import Sentence

MOST_COUNTS = 20_000_000  # different words and pairs at a time: some 0.7 GB of memory


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
    dropped: int = 0  # to save memory, what was counted at most so often was dropped meanwhile

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
    sentences: Iterable[Sentence],
    *,
    min_count: int = 5,
    thresholds: tuple[float, ...] = (100.0,),
    processes: int = 1,
    track: Track = untracked,
    place: Path | None = None,
) -> Passes:
    """The phrases of ``sentences``: one pass over them for each threshold.

    A pair ``a b`` that stands together n(ab) times is a phrase if
    (n(ab) - min_count) / (n(a) n(b)) * N > threshold, where N is the number of all tokens and a
    and b stand there ``min_count`` times each. Two passes (200, 100) find phrases of up to four.

    Unlike word2phrase.c, no pair reaches over the end of a sentence (there a flag that is meant
    to prevent it is reset too early), and a pair is not taken for a token of the same spelling
    that an earlier pass made.

    Memory: some 0.7 GB for 20 million different words and pairs, and in each process those of one
    shard. Where there would be more, those that were counted once are dropped, the next time
    those counted twice and so on, as there: rare pairs then count less than they should, and
    ``Pairs.dropped`` says so.

    Args:
        sentences: to be looped over once for each threshold; a ``Source`` is read by shards.
        min_count: also taken off the count of each pair, so that rare pairs are no phrases.
        thresholds: higher means fewer phrases.
        processes: that read the shards of a source; see ``each_shard``.
        track: shows the progress of reading a source; the items are ``ReadShard``.
        place: for a source, a folder that takes what is done so far, meanwhile about as many
            bytes as the text has, in the end the phrases. A search that was killed goes on from
            there; one that is finished is not done again while the text is the same.

    Raises:
        Usage: for several processes, or a ``place``, and sentences that are no ``Source``.

    Source: Mikolov et al. 2013, "Distributed representations of words and phrases", equation 6,
        with the factor N of their program word2phrase.
    """
    if not isinstance(sentences, Source) and (processes != 1 or place is not None):
        raise Usage("only a source, say TextFiles, has shards to share or keep; wrap the sentences")
    found = Passes(())
    for threshold in thresholds:
        rule = _Rule(min_count, threshold)
        if isinstance(sentences, Source):
            pairs = _pairs_of_source(JoinedSource(sentences, found), rule, processes, track, place)
        else:
            counts = PairCounts(MOST_COUNTS)
            counts.add(Joined(sentences, found))
            pairs = rule.pairs(counts)
        found = Passes((*found.passes, pairs))
    return found


@dataclass(frozen=True)
class _Rule:
    """Which pairs are phrases."""

    min_count: int
    threshold: float

    def pairs(self, counts: PairCounts) -> Pairs:
        found = counts.phrases(self.min_count, self.threshold)
        return Pairs(frozenset(found), counts.dropped)


def _pairs_of_source(
    source: JoinedSource, rule: _Rule, processes: int, track: Track, place: Path | None
) -> Pairs:
    if place is None:
        return rule.pairs(count_pairs(source, MOST_COUNTS, processes, track, None))
    names = [shard.name for shard in source.shards()]
    file = place / f"{fingerprint(MOST_COUNTS, rule, source.settings, names)}.json"
    if not file.exists():
        parts = place / "counts"
        found = rule.pairs(count_pairs(source, MOST_COUNTS, processes, track, parts))
        replace_file(file, to_json([found.dropped, sorted(found.pairs)]))
        shutil.rmtree(parts, ignore_errors=True)
    dropped, pairs = json.loads(file.read_bytes())
    return Pairs(frozenset(map(tuple, pairs)), dropped)
