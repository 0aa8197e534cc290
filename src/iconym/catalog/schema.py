"""The tables of the SQLite catalog, and how an older file becomes a present one."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from iconym.errors import BadData, NewerFormat

APPLICATION = 0x49636F6E  # "Icon", in the file's header
PATIENCE = 60.0  # seconds to wait for another process's transaction
PAGE = 16_384  # bytes; a vector of up to 1000 numbers then lies inside its page

# Entry n leads from version n to n + 1; one that was released never changes.
MIGRATIONS: Sequence[Sequence[str]] = (
    (
        """CREATE TABLE picture (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uri TEXT NOT NULL UNIQUE,
            words TEXT NOT NULL,
            caption TEXT NOT NULL,
            owner TEXT NOT NULL,
            taken TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            content TEXT NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL
        )""",
        "CREATE INDEX picture_content ON picture (content)",
        """CREATE TABLE space (
            number INTEGER PRIMARY KEY,
            fingerprint TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            dim INTEGER NOT NULL,
            used INTEGER NOT NULL
        )""",
        """CREATE TABLE vector (
            space INTEGER NOT NULL,
            id INTEGER NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (space, id)
        ) WITHOUT ROWID""",
        """CREATE TABLE change (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id INTEGER NOT NULL,
            removed INTEGER NOT NULL
        )""",
    ),
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode that waits for other processes."""
    # closed by whichever thread closes the catalog
    connection = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA page_size = {PAGE}")
    return connection


def prepare(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Create the catalog at ``path``, or bring an older one to the present version.

    Raises:
        BadData: if the file is no catalog or cannot be opened.
        NewerFormat: if its version is higher than ours.
    """
    connection = None
    try:
        connection = connect(path)
        if not _is_present(connection, len(migrations)):
            _migrate(connection, path, migrations)
    except sqlite3.DatabaseError as error:
        raise BadData(
            f"{path} cannot be used as a catalog: {error}; check who may write there, or move the "
            "file away"
        ) from error
    finally:
        if connection:
            connection.close()


def _is_present(connection: sqlite3.Connection, version: int) -> bool:
    return _header(connection) == (APPLICATION, version)


def _migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        application, version = _header(connection)
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if application != APPLICATION and tables:
            raise BadData(f"{path} is a database of something else; choose another place")
        if version > len(migrations):
            raise NewerFormat(
                f"{path} has version {version}, this one reads up to {len(migrations)}; "
                "upgrade iconym"
            )
        for statement in (s for step in migrations[version:] for s in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute("PRAGMA journal_mode = WAL")


def _header(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version
