"""Shards in numbers of their own words to one vocabulary, and to numbers of it."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Int32, Int64

from iconym.nouns import Track, untracked
from iconym.words.corpus import LONGEST_SENTENCE
from iconym.words.text.numbering import Numbered

HASHES = 1 << 32


def merged_counts(
    shards: Sequence[Numbered], most_words: int, track: Track = untracked
) -> Iterator[tuple[str, int]]:
    """Each different word of ``shards`` and how often it stands there, in no order.

    The counts are exact, and at most ``most_words`` of them, and those of one shard, are in
    memory: as soon as there are more, half of them are put off, by a hash of the word, and
    counted in another round.
    """
    low = 0
    while low < HASHES:
        tracked = track(shards, "counting words", len(shards))
        counts, low = _counts_from(tracked, low, most_words)
        yield from counts.items()


def encode_shard(
    shard: Numbered, row: Mapping[str, int]
) -> Iterator[tuple[Int32[np.ndarray, " tokens"], Int64[np.ndarray, " sentences"]]]:
    """The sentences of ``shard`` as rows of a vocabulary, and how long each is, as ``encode``.

    Words without a row are left out, then sentences without a word, and long ones are cut.
    """
    rows = np.array([row.get(word, -1) for word in shard.counts()], np.int32)
    for numbers, ends in shard.batches():
        tokens = rows[numbers]
        known = tokens >= 0
        before = np.concatenate([[0], np.cumsum(known)])
        yield tokens[known], _cut(np.diff(before[ends], prepend=0))


def _counts_from(
    shards: Iterable[Numbered], low: int, most_words: int
) -> tuple[dict[str, int], int]:
    """The counts of the words whose hash is in [low, high), and high."""
    high, counts = HASHES, dict[str, int]()
    for shard in shards:
        everything = high - low == HASHES
        for word, times in shard.counts().items():
            if word in counts:
                counts[word] += times
            elif everything or low <= _hash(word) < high:
                counts[word] = times
        while len(counts) > most_words and high - low > 1:
            high = (low + high) // 2
            counts = {word: times for word, times in counts.items() if _hash(word) < high}
    return counts, high


def _hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _cut(lengths: Int64[np.ndarray, " sentences"]) -> Int64[np.ndarray, " cut"]:
    """Sentences of these lengths in pieces of the most that a sentence has; none is empty."""
    lengths = lengths[lengths > 0]
    pieces = -(-lengths // LONGEST_SENTENCE)
    cut = np.full(pieces.sum(), LONGEST_SENTENCE)
    cut[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * LONGEST_SENTENCE
    return cut
