"""The catalog in one SQLite file: safe against a killed process, open to several at once."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.catalog import checked, comparison, finding, ledger, lookup, writing
from iconym.catalog.connections import Connections, OneVersion, Transactions, connect
from iconym.catalog.rows import SELECT, picture_of
from iconym.catalog.schema import prepare
from iconym.nouns import FailureRecord, FileState, Filter, IdSet, Picture
from iconym.protocols import Change, Comparison, KnownSpace

ROWS = 10_000  # vectors decoded at once


class SqliteCatalog:
    """Fulfils ``Catalog``; a reader sees the file as the last whole transaction left it.

    May be shared by threads: each transaction has a connection to itself, an idle one or a new
    one. Each process opens its own. Where the file cannot be written to it is there for reading;
    what changes something then raises Usage.

    Raises:
        BadData: if ``path`` is there but no catalog, or cannot be opened.
        NewerFormat: if a later version of this package wrote it.
        Usage: if it is read-only, and older or not closed by who wrote it.
    """

    def __init__(self, path: Path) -> None:
        prepare(path)
        self.path = path
        self._connections = Connections(path)
        self._transactions: Transactions = self._connections

    def close(self) -> None:
        """Close the idle connections, as the catalog's end does; a later call opens one again."""
        self._connections.close()

    @contextmanager
    def reading(self) -> Iterator["SqliteCatalog"]:
        """This catalog as it now is, for several questions of one thread about one version."""
        with self._transactions.reading() as connection:
            connection.execute("SELECT count(*) FROM space")  # the version is that of now
            view = copy.copy(self)
            view._transactions = OneVersion(connection)
            yield view

    def __len__(self) -> int:
        """The number of pictures."""
        with self._transactions.reading() as connection:
            return connection.execute("SELECT count(*) FROM picture").fetchone()[0]

    def put(
        self, pictures: Sequence[Picture], space: str, vectors: Float[np.ndarray, "n dim"]
    ) -> list[int]:
        """Store pictures with their vectors in one space and return their ids."""
        rows = checked(pictures, vectors)
        with self._transactions.writing() as connection:
            return writing.put(connection, pictures, space, rows)

    def update(self, pictures: Sequence[Picture]) -> None:
        """Replace what is known of the pictures with these ids, uris too; their vectors stay."""
        with self._transactions.writing() as connection:
            new = {picture.id: picture for picture in pictures}
            lookup.get(connection, list(new))
            writing.update(connection, new)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget pictures and all their vectors; one not held is no error."""
        with self._transactions.writing() as connection:
            writing.remove(connection, ids)

    def get(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures with these ids, in this order; raises KeyError on an unknown one."""
        with self._transactions.reading() as connection:
            return lookup.get(connection, ids)

    def find(self, *, uris: Sequence[str] = (), contents: Sequence[str] = ()) -> list[int]:
        """The ids, ascending, of pictures at one of these uris or with one of these contents.

        The content "" is that of no file: it finds nothing.
        """
        with self._transactions.reading() as connection:
            return lookup.find(connection, uris, contents)

    def pictures(self) -> Iterator[Picture]:
        """All pictures in the order of their ids, as they were when the iteration began."""
        with self._transactions.reading() as connection:
            yield from map(picture_of, connection.execute(f"{SELECT} ORDER BY id"))

    def vectors(
        self, space: str, among: IdSet | None = None
    ) -> tuple[IdSet, Float[np.ndarray, "n dim"]]:
        """The ids, ascending, and vectors of all pictures that have one in this space."""
        with self._transactions.reading() as connection:
            return lookup.all_vectors(connection, space, among, ROWS)

    def vector_batches(
        self, space: str, size: int = ROWS
    ) -> Iterator[tuple[IdSet, Float[np.ndarray, "n dim"]]]:
        """As ``vectors``, at most ``size`` at a time, all as they were when the iteration began."""
        with self._transactions.reading() as connection:
            yield from lookup.vector_batches(connection, space, size)

    def select(self, wanted: Filter) -> IdSet:
        """The ids, ascending, of the pictures that ``wanted`` keeps; all for an empty filter."""
        with self._transactions.reading() as connection:
            return finding.select(connection, wanted)

    def match(self, text: str, k: int, wanted: Filter | None = None) -> list[tuple[int, float]]:
        """At most k pictures whose words, caption or uri hold words of ``text``, best first.

        By FTS5's ``bm25()`` with its sign turned: k1 = 1.2, b = 0.75, and the weight of a word
        that n of N pictures hold is ln((N - n + 0.5) / (n + 0.5)), at least 1e-6.
        """
        with self._transactions.reading() as connection:
            return finding.match(connection, text, k, wanted or Filter())

    @contextmanager
    def compare(self, files: Iterable[FileState], space: str) -> Iterator[Comparison]:
        """What of a folder's files is not yet, or no longer, as this catalog knows it."""
        with closing(connect(self.path)) as connection:
            yield comparison.compared(connection, files, space)

    def failures(self) -> Iterator[FailureRecord]:
        """The ledger of what could not be taken in, by uri."""
        with self._transactions.reading() as connection:
            yield from ledger.failures(connection)

    def put_failures(self, failures: Sequence[FailureRecord]) -> None:
        """Write into the ledger; one that stands there is replaced, its ``tries`` counted on."""
        with self._transactions.writing() as connection:
            ledger.put_failures(connection, failures)

    def forget_failures(self, uris: Sequence[str]) -> None:
        """Strike from the ledger; ``put`` strikes what it puts by itself."""
        with self._transactions.writing() as connection:
            ledger.forget_failures(connection, uris)

    def changes(self, since: int = 0, limit: int | None = None) -> list[Change]:
        """The last thing that happened to each picture after ``since``, in order of sequence."""
        with self._transactions.reading() as connection:
            return lookup.changes(connection, since, limit)

    def last_sequence(self) -> int:
        """The sequence number of the latest change, 0 before the first."""
        with self._transactions.reading() as connection:
            return writing.last_sequence(connection)

    def use_space(self, space: KnownSpace) -> None:
        """Make ``space`` the current one; raises BadData if its dimension is known as another."""
        with self._transactions.writing() as connection:
            number = writing.space_number(connection, space.fingerprint, space.dim)
            (used,) = connection.execute("SELECT max(used) + 1 FROM space").fetchone()
            row = (number, space.fingerprint, space.name, space.dim, used)
            writing.write_space(connection, row)

    def spaces(self) -> list[KnownSpace]:
        """The spaces that were used or have vectors: the current one, used last, first."""
        with self._transactions.reading() as connection:
            found = connection.execute(
                "SELECT fingerprint, name, dim FROM space ORDER BY used DESC, number"
            )
            return [KnownSpace(*row) for row in found]
