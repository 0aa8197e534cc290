"""Which rows of a base may answer, and the nearest of those."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from iconym.index import ranking
from iconym.nouns import IdSet, Neighbors

# Comparing m of n rows takes a time like m, fetching k neighbors from among them one like k n / m.
# For one query of 100,000 rows of 200 numbers these are equal at m^2 = 25 k n, graph or scan alike;
# where many are asked at once copying the rows counts less, up to m^2 = 400 k n. See
# benchmarks/index_filters.py.
ONE, MANY = 25, 400
MOST = 0.25  # of the base: whoever would fetch more compares with every kept row
ROWS = 16_384  # copied out at once: 13 MB of 200 numbers


# queries of unit length and k: row numbers with exact cosines, best first; missing (-1, -inf)
Nearest = Callable[[Float32[np.ndarray, "q dim"], int], Neighbors]


@dataclass(frozen=True)
class Kept:
    """The rows of a base that may answer: those not hidden, of the ids that a filter kept.

    Args:
        ids: of the base's rows, ascending.
        hidden: the rows that were changed or removed since.
        visible: how many are not hidden.
        among: what the filter kept, ascending, each id once; None for all.
    """

    ids: IdSet
    hidden: Bool[np.ndarray, " n"]
    visible: int
    among: IdSet | None

    @property
    def at_most(self) -> int:
        """How many rows are kept, if every id of the filter is in the base."""
        return self.visible if self.among is None else min(self.visible, len(self.among))

    def rows(self) -> IdSet:
        """The rows, ascending."""
        if self.among is None:
            return np.flatnonzero(~self.hidden)
        rows, held = find(self.ids, self.among)
        return rows[held & ~self.hidden[rows]]

    def holds(self, rows: Int64[np.ndarray, "q m"]) -> Bool[np.ndarray, "q m"]:
        """Which of ``rows`` are kept; -1 is not."""
        held = (rows >= 0) & ~self.hidden[rows]
        return held if self.among is None else held & find(self.among, self.ids[rows])[1]


def find(
    held: IdSet, ids: Int64[np.ndarray, "*any"]
) -> tuple[Int64[np.ndarray, "*any"], Bool[np.ndarray, "*any"]]:
    """Where in ``held``, ascending and not empty, ``ids`` stand, and which of them do."""
    at = np.searchsorted(held, ids)
    at[at == len(held)] = 0
    return at, held[at] == ids


def nearest_kept(
    nearest: Nearest,
    vectors: Float32[np.ndarray, "n dim"],
    kept: Kept,
    queries: Float32[np.ndarray, "q dim"],
    k: int,
) -> Neighbors:
    """Row numbers of the k nearest kept rows for each query, equal ones by smaller row.

    Where a filter keeps few, they are compared one and all. Else more than k are asked for, and
    twice as many again for those queries that found too few. A query of zeros has score 0 with
    the first k.
    """
    if kept.at_most**2 <= min(ONE * len(queries), MANY) * k * len(vectors):
        return _compared(vectors, kept.rows(), queries, k)
    found, zero = ranking.missing(len(queries), k), np.flatnonzero(~queries.any(axis=1))
    if len(zero):
        _put(found, zero, _compared(vectors, kept.rows()[:k], queries[zero], k))
    rest = np.setdiff1d(np.arange(len(queries)), zero)
    fetch = _first_fetch(len(vectors), kept.at_most, k)
    while len(rest) and fetch <= max(k, MOST * len(vectors)):
        fetched = nearest(queries[rest], fetch)
        held = kept.holds(fetched.ids)
        done = (held.sum(axis=1) >= k) | (fetched.ids[:, -1] < 0)
        _put(found, rest[done], _first(fetched, held, k, done))
        rest, fetch = rest[~done], 2 * fetch
    if len(rest):
        _put(found, rest, _compared(vectors, kept.rows(), queries[rest], k))
    return found


def _first_fetch(rows: int, kept: int, k: int) -> int:
    """Half as many again as would do if kept rows stood evenly, for they do not."""
    return min(k + rows - kept, int(1.5 * k * rows / kept) + 16)


def _compared(
    vectors: Float32[np.ndarray, "n dim"],
    rows: IdSet,
    queries: Float32[np.ndarray, "q dim"],
    k: int,
) -> Neighbors:
    found = ranking.missing(len(queries), k)
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        found = ranking.merged(found, ranking.nearest(part, vectors[part], queries, k), k)
    return found


def _first(
    found: Neighbors, held: Bool[np.ndarray, "q m"], k: int, rows: Bool[np.ndarray, " q"]
) -> Neighbors:
    """The first k answers that are held, for those ``rows`` of the queries."""
    order = np.argsort(~held[rows], axis=1, kind="stable")[:, :k]
    ids, scores, held = (
        np.take_along_axis(a[rows], order, 1) for a in (found.ids, found.scores, held)
    )
    return Neighbors(np.where(held, ids, -1), np.where(held, scores, np.float32(-np.inf)))


def _put(found: Neighbors, queries: Int64[np.ndarray, " some"], part: Neighbors) -> None:
    width = part.ids.shape[1]
    found.ids[queries, :width], found.scores[queries, :width] = part.ids, part.scores
