"""The catalog in dictionaries: gone with the process, for tests and for reading."""

import copy
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from jaxtyping import Float, Float32

from iconym.catalog import checked, plain
from iconym.errors import BadData
from iconym.nouns import FailureRecord, FileState, Filter, IdSet, Picture
from iconym.protocols import Catalog, Change, Comparison, KnownSpace


class MemoryCatalog:
    """Fulfils ``Catalog`` with a dictionary for each of its tables; for one thread."""

    def __init__(self) -> None:
        self._pictures: dict[int, Picture] = {}
        self._id: dict[str, int] = {}  # by uri
        self._vectors: dict[str, dict[int, Float32[np.ndarray, " dim"]]] = {}  # by space
        self._spaces: dict[str, KnownSpace] = {}  # the one used last stands last
        self._changes: list[Change] = []
        self._failures: dict[str, FailureRecord] = {}  # by uri
        self._last_id = 0

    @contextmanager
    def reading(self) -> Iterator[Catalog]:
        """A copy of this catalog as it now is."""
        yield copy.deepcopy(self)

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self._pictures)

    def put(
        self, pictures: Sequence[Picture], space: str, vectors: Float[np.ndarray, "n dim"]
    ) -> list[int]:
        """Store pictures with their vectors in one space and return their ids."""
        rows = checked(pictures, vectors)
        self._check_dim(space, rows.shape[1])
        first = {space: KnownSpace(space, "", rows.shape[1])}
        self._spaces = first | self._spaces
        ids = [self._put(picture) for picture in pictures]
        self._vectors.setdefault(space, {}).update(zip(ids, rows.copy(), strict=True))
        self.forget_failures([picture.uri for picture in pictures])
        return ids

    def update(self, pictures: Sequence[Picture]) -> None:
        """Replace what is known of the pictures with these ids, uris too; their vectors stay."""
        new = {picture.id: picture for picture in pictures}
        self.get(list(new))
        after = self._pictures | new
        if len({picture.uri for picture in after.values()}) < len(after):
            raise BadData(f"another picture has one of the uris {[p.uri for p in pictures]}")
        self._pictures = after
        self._id = {picture.uri: i for i, picture in after.items()}
        for i in new:
            self._log(i)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget pictures and all their vectors; one not held is no error."""
        for i in ids:
            if i in self._pictures:
                self._forget_vectors(i)
                del self._id[self._pictures.pop(i).uri]
                self._log(i, removed=True)

    def get(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures with these ids, in this order; raises KeyError on an unknown one."""
        return [self._pictures[i] for i in ids]

    def find(self, *, uris: Sequence[str] = (), contents: Sequence[str] = ()) -> list[int]:
        """The ids, ascending, of pictures at one of these uris or with one of these contents.

        The content "" is that of no file: it finds nothing.
        """
        known = set(contents) - {""}
        return [i for i, p in self._pictures.items() if p.uri in uris or p.content in known]

    def pictures(self) -> Iterator[Picture]:
        """All pictures in the order of their ids, as they were when the iteration began."""
        return iter(list(self._pictures.values()))

    def vectors(
        self, space: str, among: IdSet | None = None
    ) -> tuple[IdSet, Float[np.ndarray, "n dim"]]:
        """The ids, ascending, and vectors of all pictures that have one in this space."""
        held = self._vectors.get(space, {})
        ids = sorted(held if among is None else held.keys() & set(among.tolist()))
        dim = self._spaces[space].dim if space in self._spaces else 0
        rows = [held[i] for i in ids]
        return np.array(ids, np.int64), np.array(rows, np.float32).reshape(len(ids), dim)

    def vector_batches(
        self, space: str, size: int = 10_000
    ) -> Iterator[tuple[IdSet, Float[np.ndarray, "n dim"]]]:
        """As ``vectors``, at most ``size`` at a time, all as they were when the iteration began."""
        ids, rows = self.vectors(space)
        for start in range(0, len(ids), size):
            yield ids[start : start + size], rows[start : start + size]

    def select(self, wanted: Filter) -> IdSet:
        """The ids, ascending, of the pictures that ``wanted`` keeps; all for an empty filter."""
        kept = [i for i, picture in self._pictures.items() if plain.keeps(wanted, picture)]
        return np.array(kept, np.int64)

    def match(self, text: str, k: int, wanted: Filter | None = None) -> list[tuple[int, float]]:
        """At most k pictures whose words, caption or uri hold words of ``text``, best first."""
        scores = plain.bm25(text, self._pictures.values())
        kept = set(self.select(wanted or Filter()).tolist())
        best = sorted(scores.items(), key=lambda found: (-found[1], found[0]))
        return [(i, score) for i, score in best if i in kept][:k]

    @contextmanager
    def compare(self, files: Iterable[FileState], space: str) -> Iterator[Comparison]:
        """What of a folder's files is not yet, or no longer, as this catalog knows it."""
        held = (self._pictures[i] for i in self._vectors.get(space, {}))
        embedded = {picture.uri: picture for picture in held}
        yield plain.compared(files, embedded, self._pictures.values(), self._failures)

    def failures(self) -> Iterator[FailureRecord]:
        """The ledger of what could not be taken in, by uri."""
        return iter([self._failures[uri] for uri in sorted(self._failures)])

    def put_failures(self, failures: Sequence[FailureRecord]) -> None:
        """Write into the ledger; one that stands there is replaced, its ``tries`` counted on."""
        for failure in failures:
            before = self._failures.get(failure.uri)
            tries = failure.tries + (before.tries if before else 0)
            self._failures[failure.uri] = dataclasses.replace(failure, tries=tries)

    def forget_failures(self, uris: Sequence[str]) -> None:
        """Strike from the ledger; ``put`` strikes what it puts by itself."""
        for uri in uris:
            self._failures.pop(uri, None)

    def changes(self, since: int = 0, limit: int | None = None) -> list[Change]:
        """The last thing that happened to each picture after ``since``, in order of sequence."""
        entries = [change for change in self._changes if change.sequence > since][:limit]
        last = {change.id: change for change in entries}
        return sorted(last.values(), key=lambda change: change.sequence)

    def last_sequence(self) -> int:
        """The sequence number of the latest change, 0 before the first."""
        return len(self._changes)

    def use_space(self, space: KnownSpace) -> None:
        """Make ``space`` the current one; raises BadData if its dimension is known as another."""
        self._check_dim(space.fingerprint, space.dim)
        self._spaces.pop(space.fingerprint, None)
        self._spaces[space.fingerprint] = space

    def spaces(self) -> list[KnownSpace]:
        """The spaces that were used or have vectors: the current one, used last, first."""
        return list(reversed(self._spaces.values()))

    def _put(self, picture: Picture) -> int:
        i = self._id.get(picture.uri)
        if i is None:
            self._last_id += 1
            i = self._id[picture.uri] = self._last_id
        elif self._pictures[i].content != picture.content:
            self._forget_vectors(i)
        self._pictures[i] = dataclasses.replace(picture, id=i)
        self._log(i)
        return i

    def _forget_vectors(self, i: int) -> None:
        for vectors in self._vectors.values():
            vectors.pop(i, None)

    def _check_dim(self, space: str, dim: int) -> None:
        known = self._spaces.get(space)
        if known and known.dim != dim:
            raise BadData(f"space {space[:8]} has dimension {known.dim}, not {dim}")

    def _log(self, i: int, *, removed: bool = False) -> None:
        self._changes.append(Change(len(self._changes) + 1, i, removed))
