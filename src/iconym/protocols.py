"""The protocols that parts fulfil: encoders, labellers, indexes, catalogs, activity streams."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from iconym.nouns import (
    Activity,
    FailureRecord,
    FileState,
    Filter,
    IdSet,
    Image,
    Neighbors,
    Picture,
)


@runtime_checkable
class ImageEncoder(Protocol):
    """Pictures in, features out; preprocessing is inside and is saved with it."""

    @property
    def name(self) -> str:
        """A name for people."""
        ...

    @property
    def dim(self) -> int:
        """How many features a picture has."""
        ...

    @property
    def fingerprint(self) -> str:
        """Another one whenever the same picture would give other features."""
        ...

    def __call__(self, images: Sequence[Image]) -> Float[np.ndarray, "n dim"]:
        """One row of features for each image."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """Words or sentences in, unit vectors out."""

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        ...

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        """One unit vector for each text; raises UnknownWord for a text it cannot read."""
        ...


@runtime_checkable
class Labeller(Protocol):
    """Whatever can say how well labels fit pictures."""

    def score(
        self, features: Float[np.ndarray, "n features"], labels: Sequence[str]
    ) -> Float[np.ndarray, "n m"]:
        """How well each label fits each picture, larger is better.

        A label that the labeller cannot answer has score -inf.
        """
        ...


@runtime_checkable
class Index(Protocol):
    """What every index promises; ``tests/test_index.py`` holds each one to it."""

    dim: int

    def __len__(self) -> int:
        """The number of vectors held."""
        ...

    def add(self, ids: IdSet, vectors: Float[np.ndarray, "n dim"]) -> None:
        """Hold ``vectors`` under ``ids``; an id already held gets its new vector.

        Raises:
            BadData: for a zero or non-finite vector, a wrong dimension, an id given twice or
                negative. Nothing is changed then.
        """
        ...

    def remove(self, ids: IdSet) -> None:
        """Forget ``ids``; one not held is no error."""
        ...

    def search(
        self, queries: Float[np.ndarray, "q dim"], k: int, among: IdSet | None = None
    ) -> Neighbors:
        """The k vectors of the highest cosine with each query, equal ones by smaller id.

        Args:
            queries: need not be of unit length; a row of zeros has score 0 with everything.
            k: at least 1; what is missing where fewer are held is (-1, -inf).
            among: answer with these ids only; one not held is no error.
        """
        ...


@dataclass(frozen=True)
class Change:
    """One entry of a catalog's log: at ``sequence``, picture ``id`` was put or removed."""

    sequence: int
    id: int
    removed: bool = False


@dataclass(frozen=True)
class KnownSpace:
    """A joint space that a catalog has vectors of."""

    fingerprint: str
    name: str  # for people
    dim: int


@runtime_checkable
class Comparison(Protocol):
    """A folder's files beside a catalog, see ``Catalog.compare``; to be used inside its ``with``.

    A file is unchanged if its picture has the same size and time and a vector in the space, and
    known to fail if it stands in the ledger with the same size and time.
    """

    @property
    def unchanged(self) -> int:
        """How many files are unchanged."""
        ...

    @property
    def failing(self) -> int:
        """How many other files are known to fail."""
        ...

    def todo(self) -> Iterator[FileState]:
        """The files that are neither unchanged nor known to fail, by uri."""
        ...

    def count_todo(self) -> int:
        """How many ``todo`` gives."""
        ...

    def known_failures(self) -> Iterator[FailureRecord]:
        """The files that are known to fail, by uri."""
        ...

    def gone(self) -> Iterator[tuple[int, str]]:
        """Id and content of each picture that has a file (``modified``) which was not found."""
        ...

    def gone_failures(self) -> Iterator[str]:
        """The uris in the ledger whose files were not found."""
        ...


@runtime_checkable
class ActivityStream(Protocol):
    """Where changes come from besides a folder; ``tests/test_streams.py`` holds each to this.

    Delivery is at least once: what was claimed and not acknowledged within the lease is given
    to the next who claims, so whoever takes activities in must not mind one that comes twice.
    Ids are opaque; where a stream has shards, "oldest first" holds within each of them.
    """

    def publish(self, activities: Sequence[Activity]) -> list[str]:
        """Append activities, in order, and return their ids."""
        ...

    def claim(self, count: int, *, wait: float = 0.0) -> list[Activity]:
        """At most ``count`` that nobody has, oldest first: abandoned ones, then new ones.

        Args:
            count: how many.
            wait: seconds to wait for the first one.

        Raises:
            ValueError: for a count below 1.
        """
        ...

    def ack(self, ids: Sequence[str]) -> None:
        """Done with these: they are not given again. One not claimed is no error."""
        ...

    def replay(self, since: str = "") -> Iterator[Activity]:
        """Everything published after the id ``since``, acknowledged or not, oldest first."""
        ...


@runtime_checkable
class Catalog(Protocol):
    """What is known of each picture; the source of truth from which an index can be rebuilt.

    Vectors are keyed by (space, id), so that several spaces live side by side; ``space`` is a
    fingerprint. Every method is one transaction. ``tests/test_catalog.py`` holds each catalog to
    this.
    """

    def reading(self) -> "AbstractContextManager[Catalog]":
        """This catalog as it now is, whatever others write meanwhile: for several questions.

        For one thread, for reading, and soon given back: what is written meanwhile stays in a
        log beside the file until then.
        """
        ...

    def __len__(self) -> int:
        """The number of pictures."""
        ...

    def put(
        self, pictures: Sequence[Picture], space: str, vectors: Float[np.ndarray, "n dim"]
    ) -> list[int]:
        """Store pictures with their vectors in one space and return their ids.

        A picture whose uri is known keeps its id and is replaced, ``Picture.id`` is not looked
        at; a new one gets a new id. Where a replaced picture's content differs from before, its
        vectors in other spaces are forgotten: they show something else.

        Raises:
            BadData: for a uri given twice, vectors that are not as many as the pictures, zero or
                not finite, or of another dimension than the space. Nothing is changed then.
        """
        ...

    def update(self, pictures: Sequence[Picture]) -> None:
        """Replace what is known of the pictures with these ids, uris too; their vectors stay.

        Raises:
            KeyError: for an id that is not held. Nothing is changed then.
            BadData: for a uri that another picture has. Nothing is changed then.
        """
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Forget pictures and all their vectors; one not held is no error."""
        ...

    def get(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures with these ids, in this order; raises KeyError on an unknown one."""
        ...

    def find(self, *, uris: Sequence[str] = (), contents: Sequence[str] = ()) -> list[int]:
        """The ids, ascending, of pictures at one of these uris or with one of these contents.

        The content "" is that of no file: it finds nothing.
        """
        ...

    def pictures(self) -> Iterator[Picture]:
        """All pictures in the order of their ids, as they were when the iteration began."""
        ...

    def vectors(
        self, space: str, among: IdSet | None = None
    ) -> tuple[IdSet, Float[np.ndarray, "n dim"]]:
        """The ids, ascending, and vectors of all pictures that have one in this space.

        Args:
            space: one nobody knows has no vectors, of dimension 0.
            among: of these ids only; one without a vector is no error.
        """
        ...

    def vector_batches(
        self, space: str, size: int = 10_000
    ) -> Iterator[tuple[IdSet, Float[np.ndarray, "n dim"]]]:
        """As ``vectors``, at most ``size`` at a time, all as they were when the iteration began."""
        ...

    def select(self, wanted: Filter) -> IdSet:
        """The ids, ascending, of the pictures that ``wanted`` keeps; all for an empty filter."""
        ...

    def match(self, text: str, k: int, wanted: Filter | None = None) -> list[tuple[int, float]]:
        """At most k pictures whose words, caption or uri hold words of ``text``, best first.

        Only those that ``wanted`` keeps. Case and accents do not count. Scored by BM25 (Robertson
        and Walker, 1994) among all pictures, larger is better; equal ones by smaller id. Nothing
        for a text without a word.
        """
        ...

    def compare(self, files: Iterable[FileState], space: str) -> AbstractContextManager[Comparison]:
        """What of a folder's files is not yet, or no longer, as this catalog knows it.

        Args:
            files: all that a scan found, each uri once, in any order; in bounded memory.
            space: a file without a vector in it counts as not known.
        """
        ...

    def failures(self) -> Iterator[FailureRecord]:
        """The ledger of what could not be taken in, by uri."""
        ...

    def put_failures(self, failures: Sequence[FailureRecord]) -> None:
        """Write into the ledger; one that stands there is replaced, its ``tries`` counted on."""
        ...

    def forget_failures(self, uris: Sequence[str]) -> None:
        """Strike from the ledger; ``put`` strikes what it puts by itself."""
        ...

    def changes(self, since: int = 0, limit: int | None = None) -> list[Change]:
        """The last thing that happened to each picture after ``since``, in order of sequence.

        Args:
            since: a sequence number.
            limit: look at so many entries of the log only; go on from the last one's sequence.
        """
        ...

    def last_sequence(self) -> int:
        """The sequence number of the latest change, 0 before the first."""
        ...

    def use_space(self, space: KnownSpace) -> None:
        """Make ``space`` the current one; raises BadData if its dimension is known as another."""
        ...

    def spaces(self) -> list[KnownSpace]:
        """The spaces that were used or have vectors: the current one, used last, first."""
        ...
