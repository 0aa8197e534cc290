"""Tables of hashed vectors: in each, the rows in the order of their buckets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt64

from iconym.files import Contents
from iconym.index.buckets import buckets, buckets_around, projected
from iconym.index.npy import to_npy
from iconym.index.ranking import merged, missing, rescored
from iconym.nouns import Neighbors, Track

ENTRIES, PLANES = "lsh-entries.npy", "lsh-planes.npy"
ROW = np.uint64(2**32 - 1)  # the half of an entry that is the row; the upper one is the bucket
AT_ONCE = 2**18  # projections, buckets or candidates held for a block of queries: 2 MiB


@dataclass(frozen=True)
class HashTables:
    """The ``Structure`` of locality-sensitive hashing; see ``lsh``.

    ``dataclasses.replace`` makes another with more or fewer probes of the same tables.
    """

    vectors: Float32[np.ndarray, "n dim"]  # of unit length
    planes: Float32[np.ndarray, "tables bits dim"]
    entries: UInt64[np.ndarray, "tables n"]  # bucket and row, ascending
    flips: Bool[np.ndarray, "m bits"]  # how the buckets to look into may differ from a query's
    probes: int  # of these, at most

    def nearest(self, queries: Float32[np.ndarray, "q dim"], k: int) -> Neighbors:
        """The k best rows in each query's buckets with exact cosines, equal ones by smaller row.

        Where the buckets hold fewer than k, the rest is (-1, -inf).
        """
        found, (tables, bits, _) = missing(len(queries), k), self.planes.shape
        step = max(1, AT_ONCE // (tables * max(bits, len(self.flips))))
        for start in range(0, len(queries), step):
            part = queries[start : start + step]
            first, last = self._places(part)
            for group in _alike((last - first).sum(axis=1)):
                best = self._best(part[group], first[group], last[group], k)
                found.ids[start + group], found.scores[start + group] = best.ids, best.scores
        return found

    def files(self) -> Mapping[str, Contents]:
        """Tables and planes, as NumPy's own files, which can be memory-mapped."""
        return {ENTRIES: to_npy(self.entries), PLANES: to_npy(self.planes)}

    def _places(
        self, queries: Float32[np.ndarray, "q dim"]
    ) -> tuple[Int64[np.ndarray, "q slices"], Int64[np.ndarray, "q slices"]]:
        """Where in the entries of all tables, laid end to end, each bucket begins and ends."""
        wanted = buckets_around(projected(queries, self.planes), self.flips, self.probes) << 32
        first, last = np.empty(wanted.shape, np.int64), np.empty(wanted.shape, np.int64)
        for table, entries in enumerate(self.entries):
            keys, before = wanted[:, table], table * len(entries)
            first[:, table] = np.searchsorted(entries, keys) + before
            last[:, table] = np.searchsorted(entries, keys | ROW, "right") + before
        return first.reshape(len(queries), -1), last.reshape(len(queries), -1)

    def _best(
        self,
        queries: Float32[np.ndarray, "q dim"],
        first: Int64[np.ndarray, "q slices"],
        last: Int64[np.ndarray, "q slices"],
        k: int,
    ) -> Neighbors:
        if (last - first).sum() <= AT_ONCE:
            return rescored(self.vectors, queries, self._candidates(first, last), k)
        best = missing(1, k)  # for it is one query alone, see _alike
        rows = self._marked(first[0], last[0])
        for start in range(0, len(rows), AT_ONCE):
            part = rescored(self.vectors, queries, rows[None, start : start + AT_ONCE], k)
            best = merged(best, part, k)
        return best

    def _candidates(
        self, first: Int64[np.ndarray, "q slices"], last: Int64[np.ndarray, "q slices"]
    ) -> Int64[np.ndarray, "q most"]:
        """The rows in each query's buckets, each once, -1 after the last."""
        counts, n = (last - first).ravel(), len(self.vectors)
        begins = np.cumsum(counts) - counts
        places = np.repeat(first.ravel() - begins, counts) + np.arange(counts.sum())
        owner = np.repeat(np.arange(len(first)), (last - first).sum(axis=1))
        pairs = owner * n + _rows(self.entries.reshape(-1)[places])
        pairs.sort()  # np.unique would hash, which takes three times as long
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        owner, rows = np.divmod(pairs, n)
        return _side_by_side(owner, rows, len(first))

    def _marked(
        self, first: Int64[np.ndarray, " slices"], last: Int64[np.ndarray, " slices"]
    ) -> Int64[np.ndarray, " n"]:
        """The rows in the buckets of one query with very many: a mark each, slice by slice."""
        entries, held = self.entries.reshape(-1), np.zeros(len(self.vectors), bool)
        for begin, end in zip(first.tolist(), last.tolist(), strict=True):
            for start in range(begin, end, AT_ONCE):
                held[_rows(entries[start : min(start + AT_ONCE, end)])] = True
        return np.flatnonzero(held)


def entries_of(
    vectors: Float32[np.ndarray, "n dim"],
    planes: Float32[np.ndarray, "tables bits dim"],
    track: Track,
) -> UInt64[np.ndarray, "tables n"]:
    """Bucket and row of each vector in each table, in order."""
    entries = np.empty((len(planes), len(vectors)), np.uint64)
    step = max(1, AT_ONCE // (planes.shape[0] * planes.shape[1]))
    starts = range(0, len(vectors), step)
    for start in track(starts, "hashing", len(starts)):
        part = vectors[start : start + step]
        rows = np.arange(start, start + len(part), dtype=np.uint64)
        entries[:, start : start + step] = buckets(projected(part, planes)).T << 32 | rows
    entries.sort(axis=1)
    return entries


def _rows(entries: UInt64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    return (entries & ROW).astype(np.int64)


def _alike(counts: Int64[np.ndarray, " q"]) -> Iterator[Int64[np.ndarray, " group"]]:
    """Queries with about as many candidates, together at most ``AT_ONCE``, or one alone."""
    order, start = np.argsort(-counts, kind="stable"), 0
    while start < len(order):
        size = max(1, AT_ONCE // max(1, int(counts[order[start]])))
        yield order[start : start + size]
        start += size


def _side_by_side(
    owner: Int64[np.ndarray, " n"], rows: Int64[np.ndarray, " n"], queries: int
) -> Int64[np.ndarray, "q most"]:
    """``rows`` in one line a query, by ``owner``, which ascends; -1 after the last."""
    counts = np.bincount(owner, minlength=queries)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    lines = np.full((queries, counts.max(initial=0)), -1, np.int64)
    lines[owner, within] = rows
    return lines
