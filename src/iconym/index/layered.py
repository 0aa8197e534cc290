"""An index in two layers: a frozen base with a method of search, and what changed since over it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32

from iconym.files import Contents
from iconym.index import ranking
from iconym.index.checks import check_dim, check_k, unit_rows
from iconym.index.filtered import Kept, find, nearest_kept
from iconym.index.plain import PlainIndex
from iconym.nouns import IdSet, Neighbors, Track, untracked

ROWS = 16_384  # copied at once when a new base is made


@runtime_checkable
class Structure(Protocol):
    """What a method of search adds to a matrix of unit rows: which of them are the nearest.

    Never changed after it was built.
    """

    def nearest(self, queries: Float32[np.ndarray, "q dim"], k: int) -> Neighbors:
        """Row numbers in place of ids, with exact cosines, best first, equal ones by smaller row.

        What is missing is (-1, -inf). An approximate structure may miss some.

        Args:
            queries: of unit length or zero, checked by the caller.
            k: may exceed the number of rows.
        """
        ...

    def files(self) -> Mapping[str, Contents]:
        """What it needs beside vectors and ids, to be saved; may be empty."""
        ...


@dataclass(frozen=True)
class Method:
    """How a structure is made and read again.

    Args:
        name: "exact", "hnsw", "lsh" or "ivfpq"; stands in the saved folder.
        build: a structure over rows that may be a read-only memory map and outlive the call.
        load: the structure over rows from the folder that holds its files, mapped where it can.
        settings: what ``build`` and ``load`` close over, for people and for the saved folder.
    """

    name: str
    build: Callable[[Float32[np.ndarray, "n dim"], Track], Structure]
    load: Callable[[Float32[np.ndarray, "n dim"], Path], Structure]
    settings: Mapping[str, int | float]


@dataclass(frozen=True)
class Base:
    """Unit vectors under ascending ids, and a structure over them."""

    ids: IdSet
    vectors: Float32[np.ndarray, "n dim"]
    structure: Structure


class LayeredIndex:
    """A base that is never changed, with a plain index of what was added since.

    Rows of the base that were changed or removed are hidden, no more: ``fold`` makes a new base.
    How near to exact it is depends on the method; its scores are always exact, and a filter that
    keeps few ids is always answered exactly. Change it from one thread while none searches.
    """

    def __init__(
        self, dim: int, method: Method, *, fold_at: int | None = None, base: Base | None = None
    ) -> None:
        """An index without vectors, or over a base made before.

        Args:
            dim: how many numbers a vector has.
            method: how bases are made.
            fold_at: fold by itself once so many vectors, and a quarter of the base, were added.
            base: made by ``method``.
        """
        check_dim(dim)
        self.dim, self.method, self._fold_at = dim, method, fold_at
        self._use(base)

    def __len__(self) -> int:
        """The number of vectors held."""
        return self._visible + len(self._overlay)

    @property
    def changes(self) -> int:
        """How many vectors a fold would bring into the base or clear out of it."""
        return len(self._overlay) + len(self._hidden) - self._visible

    def add(self, ids: IdSet, vectors: Float[np.ndarray, "n dim"]) -> None:
        """Hold ``vectors`` under ``ids``; an id already held gets its new vector.

        Raises:
            BadData: for a zero or non-finite vector, a wrong dimension, an id given twice or
                negative. Nothing is changed then.
        """
        self._overlay.add(ids, vectors)
        self._hide(ids)
        if self._fold_at and len(self._overlay) >= max(self._fold_at, len(self._hidden) // 4):
            self.fold()

    def remove(self, ids: IdSet) -> None:
        """Forget ``ids``; one not held is no error."""
        self._overlay.remove(ids)
        self._hide(ids)

    def search(
        self, queries: Float[np.ndarray, "q dim"], k: int, among: IdSet | None = None
    ) -> Neighbors:
        """The k vectors of the highest cosine with each query, equal ones by smaller id.

        Args:
            queries: need not be of unit length; a row of zeros has score 0 with everything.
            k: at least 1; what is missing where fewer are held is (-1, -inf).
            among: answer with these ids only; one not held is no error. Fastest if ascending.

        Raises:
            BadData: for a query of a wrong dimension or one that is not finite.
            Usage: for a k below 1.
        """
        check_k(k)
        units = unit_rows(queries, self.dim, zeros=True)
        if among is not None and not (among[1:] > among[:-1]).all():
            among = np.unique(among)
        found = self._in_base(units, k, among)
        if len(self._overlay):
            found = ranking.merged(found, self._overlay.nearest(units, k, among), k)
        return found

    def fold(self, track: Track = untracked) -> None:
        """Make a new base of all that is held; nothing, if nothing was changed.

        The old base is let go when the new one is whole: both need their memory for a while, but
        for the first one, which takes over the vectors as they are if ids were added ascending.
        """
        if self.changes:
            ids, vectors = self._held()
            structure = self.method.build(vectors, track) if len(ids) else None
            self._use(None if structure is None else Base(ids, vectors, structure))

    def _in_base(
        self, units: Float32[np.ndarray, "q dim"], k: int, among: IdSet | None
    ) -> Neighbors:
        base = self.base
        if base is None or not self._visible:
            return ranking.missing(len(units), k)
        nonzero = units[:, 0].all() or units.any(axis=1).all()  # mostly the first numbers tell
        if among is None and self._visible == len(base.ids) and nonzero:
            found = base.structure.nearest(units, k)
        else:
            kept = Kept(base.ids, self._hidden, self._visible, among)
            found = nearest_kept(base.structure.nearest, base.vectors, kept, units, k)
        ids = base.ids[found.ids]
        ids[found.ids < 0] = -1
        return Neighbors(ids, found.scores)

    def _use(self, base: Base | None) -> None:
        self.base = base  # for who saves it
        self._visible = 0 if base is None else len(base.ids)
        self._hidden = np.zeros(self._visible, np.bool_)
        self._overlay = PlainIndex(self.dim)

    def _hide(self, ids: IdSet) -> None:
        if self.base is not None:
            rows, held = find(self.base.ids, ids)
            rows = np.unique(rows[held])
            self._visible -= int((~self._hidden[rows]).sum())
            self._hidden[rows] = True

    def _held(self) -> tuple[IdSet, Float32[np.ndarray, "n dim"]]:
        """All ids, ascending, and their vectors: copied, unless they just stand there so."""
        new, rows = self._overlay, np.flatnonzero(~self._hidden)
        old = new if self.base is None else self.base
        ids = np.concatenate([old.ids[rows], new.ids])
        order = np.argsort(ids)
        if not len(rows) and (order[1:] > order[:-1]).all():
            return ids, new.vectors
        vectors = np.empty((len(ids), self.dim), np.float32)
        for start in range(0, len(order), ROWS):
            part = order[start : start + ROWS]
            block, kept = vectors[start : start + ROWS], part < len(rows)
            block[kept] = old.vectors[rows[part[kept]]]
            block[~kept] = new.vectors[part[~kept] - len(rows)]
        return ids[order], vectors
