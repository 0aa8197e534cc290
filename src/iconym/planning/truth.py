"""What an index ought to answer, and how much of it one does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64

from iconym.index import ranking
from iconym.index.layered import Structure
from iconym.nouns import IdSet, Neighbors, Track, untracked

ROWS = 65_536  # compared with all queries at a time
ROUNDING = 1e-6  # by so much may two cosines of the same vectors differ


@dataclass(frozen=True)
class Queries:
    """Queries of one kind; a query that is itself one of the vectors is no answer to itself."""

    kind: str  # "pictures", "words"
    vectors: Float32[np.ndarray, "q dim"]  # of unit length
    own: Int64[np.ndarray, " q"]  # the id that is left out of a query's answers, -1 for none

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True)
class Asked:
    """Queries with their true neighbors."""

    queries: Queries
    truth: Neighbors

    def halves(self) -> tuple["Asked", "Asked"]:
        """Every second query, from the first on and from the second on."""
        return self._part(slice(0, None, 2)), self._part(slice(1, None, 2))

    def _part(self, which: slice) -> "Asked":
        queries, truth = self.queries, self.truth
        return Asked(
            Queries(queries.kind, queries.vectors[which], queries.own[which]),
            Neighbors(truth.ids[which], truth.scores[which]),
        )


def asked_of_all(
    ids: IdSet,
    vectors: Float32[np.ndarray, "n dim"],
    queries: Queries,
    k: int,
    track: Track = untracked,
) -> Asked:
    """The queries with the k nearest vectors of each but its own: one pass over all ``vectors``.

    Equal ones come by smaller id; what is missing where there are fewer is (-1, -inf).

    Args:
        ids: of the vectors, ascending.
        vectors: of unit length; may be a memory map.
        queries: what is asked.
        k: at least 1.
        track: told of each block of vectors.
    """
    more = _fetched(queries, k)
    best = ranking.missing(len(queries), more)
    starts = range(0, len(ids), ROWS)
    for start in track(starts, f"comparing {queries.kind} with every vector", len(starts)):
        part = slice(start, start + ROWS)
        found = ranking.nearest(ids[part], vectors[part], queries.vectors, more)
        best = ranking.merged(best, found, more)
    return Asked(queries, _without_own(best, queries, k))


def recalls(
    structure: Structure, ids: IdSet, asked: Asked, ks: Sequence[int]
) -> Float[np.ndarray, "q ks"]:
    """The share of each query's k nearest that ``structure`` has among its best k, for each k.

    Whatever scores as high as the k-th nearest is as right as it. Where fewer than k vectors are
    held, all of them are asked for; where none is, recall is 1.

    Args:
        structure: over the vectors of ``ids``.
        ids: ascending.
        asked: with at least ``max(ks)`` true neighbors.
        ks: each at least 1, and asked for by itself, for whoever asks for more finds more.
    """
    columns = []
    for k in ks:
        rows = structure.nearest(asked.queries.vectors, _fetched(asked.queries, k))
        named = Neighbors(np.where(rows.ids < 0, -1, ids[rows.ids]), rows.scores)
        found = _without_own(named, asked.queries, k)
        wanted = (asked.truth.ids[:, :k] >= 0).sum(axis=1)
        least = np.take_along_axis(asked.truth.scores, np.maximum(wanted, 1)[:, None] - 1, axis=1)
        right = (found.ids >= 0) & (found.scores >= least - ROUNDING)
        columns.append(np.where(wanted, right.sum(axis=1) / np.maximum(wanted, 1), 1.0))
    return np.stack(columns, axis=1)


def _fetched(queries: Queries, k: int) -> int:
    """How many to fetch, for one of them may be the query itself."""
    return k + int((queries.own >= 0).any())


def _without_own(found: Neighbors, queries: Queries, k: int) -> Neighbors:
    """The first k answers, without the id that each query is itself."""
    is_own = (found.ids == queries.own[:, None]) & (found.ids >= 0)
    order = np.argsort(is_own, axis=1, kind="stable")[:, :k]
    return Neighbors(
        np.take_along_axis(found.ids, order, axis=1),
        np.take_along_axis(found.scores, order, axis=1),
    )
