"""The plainest index: one matrix that may change at any time, compared with every query."""

import numpy as np
from jaxtyping import Float, Float32

from iconym.index import ranking
from iconym.index.checks import check_dim, check_ids, check_k, unit_rows
from iconym.nouns import IdSet, Neighbors

GATHERED = 0.25  # up to this share of the rows a filter's rows are copied out before scoring


class PlainIndex:
    """Unit vectors in one matrix; a search is one matrix product, and exact.

    Its answer is that of a plain loop, the same whatever else is asked along with it. It holds
    what was added last to a ``LayeredIndex``. Change it from one thread while none searches.
    """

    def __init__(self, dim: int) -> None:
        check_dim(dim)
        self.dim = dim
        self._row: dict[int, int] = {}
        self._ids = np.empty(0, np.int64)  # both are longer than what is held, to grow in leaps
        self._vectors = np.empty((0, dim), np.float32)

    def __len__(self) -> int:
        """The number of vectors held."""
        return len(self._row)

    @property
    def ids(self) -> IdSet:
        """The ids held, in no order; valid until the next change."""
        return self._ids[: len(self)]

    @property
    def vectors(self) -> Float32[np.ndarray, "n dim"]:
        """The unit vectors of ``ids``; valid until the next change."""
        return self._vectors[: len(self)]

    def add(self, ids: IdSet, vectors: Float[np.ndarray, "n dim"]) -> None:
        """Hold ``vectors`` under ``ids``; an id already held gets its new vector.

        Raises:
            BadData: for a zero or non-finite vector, a wrong dimension, an id given twice or
                negative. Nothing is changed then.
        """
        check_ids(ids, len(vectors))
        units = unit_rows(vectors, self.dim)
        known = self._row
        new = [i for i in ids.tolist() if i not in known]
        self._reserve(len(known) + len(new))
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
        rows = np.array([known[i] for i in ids.tolist()], np.int64)
        self._ids[rows], self._vectors[rows] = ids, units

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
        check_k(k)
        return self.nearest(unit_rows(queries, self.dim, zeros=True), k, among)

    def nearest(
        self, queries: Float32[np.ndarray, "q dim"], k: int, among: IdSet | None = None
    ) -> Neighbors:
        """As ``search``, of queries that are of unit length or zero and were checked."""
        ids, vectors = self.ids, self.vectors
        if among is None:
            return ranking.nearest(ids, vectors, queries, k)
        rows = np.flatnonzero(np.isin(ids, among))
        if len(rows) <= GATHERED * len(ids):
            return ranking.nearest(ids[rows], vectors[rows], queries, k)
        return ranking.nearest(ids, vectors, queries, k, rows)

    def _reserve(self, needed: int) -> None:
        if needed > len(self._ids):
            size = max(needed, len(self._ids) * 3 // 2)
            ids, vectors = np.empty(size, np.int64), np.empty((size, self.dim), np.float32)
            ids[: len(self)], vectors[: len(self)] = self.ids, self.vectors
            self._ids, self._vectors = ids, vectors
