"""The index that compares every query with every vector: always right, up to about a million."""

import numpy as np
from jaxtyping import Float, Float32, Float64

from iconym.errors import BadData, Usage
from iconym.nouns import IdSet, Neighbors

SCORES = 16 * 2**20  # float32 scores held at once: 64 MiB
ROWS = 65_536  # rows turned into float64 at once
GATHERED = 0.25  # up to this share of the rows a filter's rows are copied out before scoring


class ExactIndex:
    """Unit vectors in one matrix; a search is one matrix product.

    Float32 products find the candidates, a float64 sum over each candidate's numbers ranks them.
    So the answer is exactly that of a plain loop, rounded to float32 at the end, and the same
    whatever else is asked along with it. Change it from one thread while none searches.
    """

    def __init__(self, dim: int) -> None:
        if dim < 1:
            raise Usage(f"an index of dimension {dim}; give at least 1")
        self.dim = dim
        self._row: dict[int, int] = {}
        self._ids = np.empty(0, np.int64)  # both are longer than what is held, to grow in leaps
        self._vectors = np.empty((0, dim), np.float32)

    def __len__(self) -> int:
        """The number of vectors held."""
        return len(self._row)

    def add(self, ids: IdSet, vectors: Float[np.ndarray, "n dim"]) -> None:
        """Hold ``vectors`` under ``ids``; an id already held gets its new vector.

        Raises:
            BadData: for a zero or non-finite vector, a wrong dimension, an id given twice or
                negative. Nothing is changed then.
        """
        _check_ids(ids, len(vectors))
        norms = _norms(vectors, self.dim)
        known = self._row
        new = [i for i in ids.tolist() if i not in known]
        self._reserve(len(known) + len(new))
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
        rows = np.array([known[i] for i in ids.tolist()], np.int64)
        self._ids[rows] = ids
        for start in range(0, len(rows), ROWS):
            part = slice(start, start + ROWS)
            self._vectors[rows[part]] = vectors[part] / norms[part, None]

    def remove(self, ids: IdSet) -> None:
        """Forget ``ids``; one not held is no error."""
        for i in ids.tolist():
            row = self._row.pop(i, None)
            last = len(self._row)
            if row is not None and row != last:
                self._ids[row], self._vectors[row] = self._ids[last], self._vectors[last]
                self._row[int(self._ids[row])] = row

    def search(
        self, queries: Float[np.ndarray, "q dim"], k: int, among: IdSet | None = None
    ) -> Neighbors:
        """The k vectors of the highest cosine with each query, equal ones by smaller id.

        Args:
            queries: need not be of unit length; a row of zeros has score 0 with everything.
            k: at least 1; what is missing where fewer are held is (-1, -inf).
            among: answer with these ids only; one not held is no error.

        Raises:
            BadData: for a query of a wrong dimension or one that is not finite.
            Usage: for a k below 1.
        """
        if k < 1:
            raise Usage(f"k is {k}; ask for at least 1")
        norms = _norms(queries, self.dim, zeros=True)
        rows = None if among is None else self._rows(among)
        ids, vectors = self._ids[: len(self)], self._held()
        if rows is not None and len(rows) <= GATHERED * len(self):
            ids, vectors, rows = ids[rows], vectors[rows], None
        found = Neighbors(
            np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -np.inf, "f4")
        )
        step = max(1, SCORES // max(1, len(ids)))
        for start in range(0, len(queries) if len(ids) else 0, step):
            unit = queries[start : start + step] / norms[start : start + step, None]
            scores = unit.astype(np.float32) @ vectors.T
            for q, query in enumerate(unit):
                kept = _candidates(scores[q], k, self.dim, rows)
                best, exact = _ranked(ids[kept], _products(vectors, kept, query), k)
                found.ids[start + q, : len(best)] = best
                found.scores[start + q, : len(best)] = exact
        return found

    def _rows(self, ids: IdSet) -> IdSet:
        held = (self._row.get(i) for i in np.unique(ids).tolist())
        return np.array([row for row in held if row is not None], np.int64)

    def _reserve(self, needed: int) -> None:
        if needed > len(self._ids):
            size = max(needed, len(self._ids) * 3 // 2)
            ids, vectors = np.empty(size, np.int64), np.empty((size, self.dim), np.float32)
            ids[: len(self)], vectors[: len(self)] = self._ids[: len(self)], self._held()
            self._ids, self._vectors = ids, vectors

    def _held(self) -> Float32[np.ndarray, "n dim"]:
        return self._vectors[: len(self)]


def _check_ids(ids: IdSet, count: int) -> None:
    if len(ids) != count:
        raise BadData(f"{len(ids)} ids but {count} vectors")
    if len(ids) and ids.min() < 0:
        raise BadData(f"id {ids.min()} is negative; ids count from 0")
    different, times = np.unique(ids, return_counts=True)
    if len(different) < len(ids):
        raise BadData(f"id {different[times.argmax()]} is given twice; give each id once")


def _norms(
    vectors: Float[np.ndarray, "n dim"], dim: int, *, zeros: bool = False
) -> Float64[np.ndarray, " n"]:
    """The lengths of ``vectors``, 1 in place of 0 where ``zeros`` are allowed."""
    if vectors.shape[1] != dim:
        raise BadData(f"vectors of {vectors.shape[1]} numbers; this index holds {dim}")
    squared = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64, casting="same_kind")
    bad = ~np.isfinite(squared) | ((squared == 0) & (not zeros))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise BadData(f"vector {row} is zero or not finite: no direction to compare")
    return np.sqrt(squared + (squared == 0))


def _candidates(scores: Float32[np.ndarray, " n"], k: int, dim: int, rows: IdSet | None) -> IdSet:
    """The rows that may be among the k best: a float32 product errs by up to ``slack / 2``."""
    among = scores if rows is None else scores[rows]
    slack = (dim + 4) * np.finfo(np.float32).eps
    kth = np.partition(among, -k)[-k] if k < len(among) else -np.inf
    kept = np.flatnonzero(among >= kth - slack)
    return kept if rows is None else rows[kept]


def _products(
    vectors: Float32[np.ndarray, "n dim"], rows: IdSet, query: Float[np.ndarray, " dim"]
) -> Float32[np.ndarray, " kept"]:
    """Inner products summed row by row, for BLAS's last bit depends on where a row stands."""
    query = query.astype(np.float64)
    parts = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
    sums = [(vectors[part] * query).sum(axis=1) for part in parts]
    # stored numbers are rounded, so that a vector's product with itself may pass 1 by a bit
    return np.concatenate(sums or [np.empty(0)]).clip(-1, 1).astype(np.float32)


def _ranked(
    ids: IdSet, scores: Float32[np.ndarray, " n"], k: int
) -> tuple[IdSet, Float32[np.ndarray, " k"]]:
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]
