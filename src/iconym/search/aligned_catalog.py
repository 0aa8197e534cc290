"""A catalog in which old vectors, carried over by a map, stand in for new ones."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from iconym.nouns import FailureRecord, FileState, Filter, IdSet, Picture
from iconym.protocols import Catalog, Change, Comparison, KnownSpace
from iconym.search.alignment import Alignment

ROWS = 10_000


@dataclass(frozen=True)
class AlignedCatalog:
    """A catalog in which old vectors, carried over, stand in for those a new space still lacks.

    All else is the catalog's own.

    Args:
        catalog: the collection's.
        old: the fingerprint of the space whose vectors stand in.
        new: of the space that they stand in for.
        alignment: the map from one to the other.
    """

    catalog: Catalog
    old: str
    new: str
    alignment: Alignment

    @contextmanager
    def reading(self) -> Iterator["AlignedCatalog"]:
        """This catalog as it now is."""
        with self.catalog.reading() as view:
            yield replace(self, catalog=view)

    def vectors(
        self, space: str, among: IdSet | None = None
    ) -> tuple[IdSet, Float[np.ndarray, "n dim"]]:
        """As ``Catalog.vectors``; in the new space, of what has a vector in one of the two."""
        if space != self.new:
            return self.catalog.vectors(space, among)
        with self.catalog.reading() as catalog:
            ids, own = catalog.vectors(space, among)
            old_ids, old = catalog.vectors(self.old, among)
        carried = self.alignment(old)
        kept = ~np.isin(old_ids, ids) & carried.any(axis=1)
        ids, rows = np.concatenate([ids, old_ids[kept]]), np.concatenate([own, carried[kept]])
        order = np.argsort(ids)
        return ids[order], rows[order]

    def vector_batches(
        self, space: str, size: int = ROWS
    ) -> Iterator[tuple[IdSet, Float[np.ndarray, "n dim"]]]:
        """As ``vectors``, at most ``size`` at a time; all are held in memory meanwhile."""
        ids, rows = self.vectors(space)
        for start in range(0, len(ids), size):
            yield ids[start : start + size], rows[start : start + size]

    def __len__(self) -> int:
        """As the catalog."""
        return len(self.catalog)

    def put(
        self, pictures: Sequence[Picture], space: str, vectors: Float[np.ndarray, "n dim"]
    ) -> list[int]:
        """As the catalog."""
        return self.catalog.put(pictures, space, vectors)

    def update(self, pictures: Sequence[Picture]) -> None:
        """As the catalog."""
        self.catalog.update(pictures)

    def remove(self, ids: Sequence[int]) -> None:
        """As the catalog."""
        self.catalog.remove(ids)

    def get(self, ids: Sequence[int]) -> list[Picture]:
        """As the catalog."""
        return self.catalog.get(ids)

    def find(self, *, uris: Sequence[str] = (), contents: Sequence[str] = ()) -> list[int]:
        """As the catalog."""
        return self.catalog.find(uris=uris, contents=contents)

    def pictures(self) -> Iterator[Picture]:
        """As the catalog."""
        return self.catalog.pictures()

    def select(self, wanted: Filter) -> IdSet:
        """As the catalog."""
        return self.catalog.select(wanted)

    def match(self, text: str, k: int, wanted: Filter | None = None) -> list[tuple[int, float]]:
        """As the catalog."""
        return self.catalog.match(text, k, wanted)

    def compare(self, files: Iterable[FileState], space: str) -> AbstractContextManager[Comparison]:
        """As the catalog: a vector that stands in is none."""
        return self.catalog.compare(files, space)

    def failures(self) -> Iterator[FailureRecord]:
        """As the catalog."""
        return self.catalog.failures()

    def put_failures(self, failures: Sequence[FailureRecord]) -> None:
        """As the catalog."""
        self.catalog.put_failures(failures)

    def forget_failures(self, uris: Sequence[str]) -> None:
        """As the catalog."""
        self.catalog.forget_failures(uris)

    def changes(self, since: int = 0, limit: int | None = None) -> list[Change]:
        """As the catalog."""
        return self.catalog.changes(since, limit)

    def last_sequence(self) -> int:
        """As the catalog."""
        return self.catalog.last_sequence()

    def use_space(self, space: KnownSpace) -> None:
        """As the catalog."""
        self.catalog.use_space(space)

    def spaces(self) -> list[KnownSpace]:
        """As the catalog."""
        return self.catalog.spaces()
