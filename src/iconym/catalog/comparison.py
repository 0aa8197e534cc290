"""A folder's files beside the SQLite catalog, in temporary tables: any number in bounded memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iconym.nouns import FailureRecord, FileState

FILES = "CREATE TEMP TABLE file (uri TEXT PRIMARY KEY, size, modified) WITHOUT ROWID"
# in this order of uris each statement goes through its tables once
RESULTS = (
    """CREATE TEMP TABLE todo AS
        SELECT *, EXISTS (
            SELECT 1 FROM failure WHERE failure.uri = file.uri
            AND failure.size = file.size AND failure.modified = file.modified
        ) AS failing
        FROM file WHERE NOT EXISTS (
            SELECT 1 FROM picture JOIN vector USING (id)
            WHERE picture.uri = file.uri
            AND picture.size = file.size AND picture.modified = file.modified
            AND vector.space = (SELECT number FROM space WHERE fingerprint = :space)
        ) ORDER BY uri""",
    """CREATE TEMP TABLE known_failure AS
        SELECT failure.* FROM todo JOIN failure USING (uri) WHERE failing ORDER BY uri""",
    """CREATE TEMP TABLE gone AS
        SELECT id, content FROM picture
        WHERE modified <> 0 AND uri NOT IN (SELECT uri FROM file) ORDER BY id""",
    """CREATE TEMP TABLE gone_failure AS
        SELECT uri FROM failure WHERE uri NOT IN (SELECT uri FROM file) ORDER BY uri""",
)


@dataclass(frozen=True)
class SqliteComparison:
    """Fulfils ``Comparison``; what it tells lies apart from the catalog, which may change on."""

    connection: sqlite3.Connection
    unchanged: int
    failing: int
    waiting: int

    def todo(self) -> Iterator[FileState]:
        """The files that are neither unchanged nor known to fail, by uri."""
        rows = self._rows("SELECT uri, size, modified FROM todo WHERE NOT failing ORDER BY rowid")
        return (FileState(*row) for row in rows)

    def count_todo(self) -> int:
        """How many ``todo`` gives."""
        return self.waiting

    def known_failures(self) -> Iterator[FailureRecord]:
        """The files that are known to fail, by uri."""
        columns = "uri, kind, reason, size, modified, tries"
        rows = self._rows(f"SELECT {columns} FROM known_failure ORDER BY rowid")
        return (FailureRecord(*row) for row in rows)

    def gone(self) -> Iterator[tuple[int, str]]:
        """Id and content of each picture that has a file which was not found."""
        return self._rows("SELECT id, content FROM gone ORDER BY rowid")

    def gone_failures(self) -> Iterator[str]:
        """The uris in the ledger whose files were not found."""
        return (uri for (uri,) in self._rows("SELECT uri FROM gone_failure ORDER BY rowid"))

    def _rows(self, statement: str) -> sqlite3.Cursor:
        return self.connection.execute(statement)


def compared(
    connection: sqlite3.Connection, files: Iterable[FileState], space: str
) -> SqliteComparison:
    """The comparison of ``files`` with the catalog as it now is.

    It needs the connection to itself. The catalog is read in one transaction that is over when
    this returns: a long run over what is to be done holds up nobody.
    """
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute(FILES)
    connection.execute("BEGIN")
    with connection:
        found = ((file.uri, file.size, file.modified) for file in files)
        total = connection.executemany("INSERT INTO file VALUES (?, ?, ?)", found).rowcount
        for statement in RESULTS:
            connection.execute(statement, {"space": space} if ":space" in statement else {})
        counts = "SELECT count(*), ifnull(sum(failing), 0) FROM todo"
        other, failing = connection.execute(counts).fetchone()
    return SqliteComparison(connection, max(total, 0) - other, failing, other - failing)
