"""The ledger of failures in the SQLite catalog, inside a transaction of the caller."""

import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence

from iconym.catalog.rows import failure_row, listed
from iconym.nouns import FailureRecord

FAILURES = "SELECT uri, kind, reason, size, modified, tries FROM failure"


def failures(connection: sqlite3.Connection) -> Iterator[FailureRecord]:
    """All entries, by uri."""
    return (FailureRecord(*row) for row in connection.execute(f"{FAILURES} ORDER BY uri"))


def put_failures(connection: sqlite3.Connection, new: Sequence[FailureRecord]) -> None:
    """Write entries; to one that stands there its tries are added."""
    for failure in new:
        known = "SELECT tries FROM failure WHERE uri = ?"
        (before,) = connection.execute(known, [failure.uri]).fetchone() or (0,)
        counted = dataclasses.replace(failure, tries=before + failure.tries)
        connection.execute(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?, ?)", failure_row(counted)
        )


def forget_failures(connection: sqlite3.Connection, uris: Sequence[str]) -> None:
    """Strike entries; a uri without one is no error."""
    if connection.execute("SELECT 1 FROM failure LIMIT 1").fetchone():
        connection.execute(
            "DELETE FROM failure WHERE uri IN (SELECT value FROM json_each(?))", [listed(uris)]
        )
