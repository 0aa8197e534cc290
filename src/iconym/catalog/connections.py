"""Connections to the file of a catalog: each transaction has one to itself."""

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from iconym.errors import Usage

PATIENCE = 60.0  # seconds to wait for another process's transaction
PAGE = 16_384  # bytes; a vector of up to 1000 numbers then lies inside its page
SETTINGS = (
    f"PRAGMA page_size = {PAGE}",
    "PRAGMA cache_size = -65536",  # KiB: what a batch touches of the indexes
    "PRAGMA synchronous = FULL",  # what was committed outlives a power cut; costs 1 % of a batch
)
# an error of SQLite; its message may quote what no longer is text
DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
OUTSIDE = (  # what is no fault of the file
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM,
)

Opened = AbstractContextManager[sqlite3.Connection]


class Transactions(Protocol):
    """How to read and how to write."""

    def reading(self) -> Opened:
        """A connection that sees one version of the file."""
        ...

    def writing(self) -> Opened:
        """A connection that alone may write; what was done is kept if no error leaves it."""
        ...


class Connections:
    """``Transactions`` of a file, each on an idle connection or a new one; safe among threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._idle)

    def close(self) -> None:
        """Close the idle connections; a later transaction opens one again."""
        _close(self._idle)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the file as the last whole transaction left it."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in the one transaction that writes; others wait for their turn."""
        if not is_writable(self.path):
            raise Usage(f"{self.path} is read-only; copy the collection, or change its rights")
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self.path)
        try:
            with connection:  # around the beginning too, which Ctrl-C may follow at once
                connection.execute(begin)
                yield connection
        finally:
            self._idle.append(connection)
            if not is_writable(self.path):
                self.close()  # an immutable one would not see what others write


@dataclass(frozen=True)
class OneVersion:
    """``Transactions`` on one connection that is reading already."""

    connection: sqlite3.Connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection."""
        yield self.connection

    def writing(self) -> Opened:
        """Nobody may: raises Usage."""
        raise Usage("one version of a catalog is for reading; write to the catalog itself")


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode that waits for other processes; for reading if need be.

    Raises:
        Usage: if the file is read-only and the log beside it, of changes not yet worked in, too.
    """
    place = path.absolute().as_uri() + _mode(path)
    # closed by whichever thread closes the catalog
    connection = sqlite3.connect(
        place, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        for setting in SETTINGS:
            connection.execute(setting)
    except DAMAGE:
        connection.close()
        raise
    return connection


def is_writable(path: Path) -> bool:
    """Whether the file and the folder around it, where SQLite puts its log, can be written to."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def is_outside(error: sqlite3.DatabaseError | UnicodeDecodeError) -> bool:
    """Whether one of ``DAMAGE`` is none: the disk is full or fails, or somebody else is writing."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in OUTSIDE


def log_of(path: Path) -> Path:
    """Where SQLite keeps what was committed and not yet worked into the file."""
    return path.with_name(f"{path.name}-wal")


def _mode(path: Path) -> str:
    if is_writable(path) or not path.exists():
        return ""
    try:
        pending = log_of(path).stat().st_size
    except FileNotFoundError:
        pending = 0
    if not pending:
        return "?mode=ro&immutable=1"  # else SQLite would want to write a log
    if not log_of(path).with_name(f"{path.name}-shm").exists():
        raise Usage(f"{path} is read-only and was not closed; open it once where it can be written")
    return "?mode=ro"


def _close(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
