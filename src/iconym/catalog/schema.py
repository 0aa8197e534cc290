"""The tables of the SQLite catalog, and how an older file becomes a present one."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from iconym.catalog.connections import DAMAGE, connect, is_outside, is_writable
from iconym.catalog.rows import checksum, vector_checksum
from iconym.catalog.terms import stored_terms
from iconym.errors import BadData, NewerFormat, Usage

APPLICATION = 0x49636F6E  # "Icon", in the file's header
LOGGED = "PRAGMA journal_mode = WAL"  # kept in the file: who reads holds up nobody who writes

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
    (
        "DROP INDEX picture_content",
        "CREATE INDEX picture_taken ON picture (taken) WHERE taken <> ''",
        "ALTER TABLE picture ADD COLUMN terms TEXT",  # where the columns themselves do not do
        "ALTER TABLE picture ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE space ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE vector ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
        "UPDATE picture SET terms = stored_terms(words, caption, uri)",
        """UPDATE picture SET checksum = checksum(id, uri, words, caption, owner, taken,
            width, height, content, size, modified, terms)""",
        "UPDATE space SET checksum = checksum(number, fingerprint, name, dim, used)",
        "UPDATE vector SET checksum = vector_checksum(space, id, vector)",
        "ALTER TABLE change RENAME TO older_change",
        # nothing is deleted from it, so no AUTOINCREMENT is needed, which costs time
        """CREATE TABLE change (
            sequence INTEGER PRIMARY KEY,
            id INTEGER NOT NULL,
            removed INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        )""",
        "INSERT INTO change SELECT *, checksum(sequence, id, removed) FROM older_change",
        "DROP TABLE older_change",
        """CREATE TABLE failure (
            uri TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            reason TEXT NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE VIEW indexed AS SELECT
            id, ifnull(terms, words || ' ' || caption || ' ' || uri) AS terms FROM picture""",
        """CREATE VIRTUAL TABLE full_text USING fts5 (
            terms, tokenize = 'ascii', content = 'indexed', content_rowid = 'id')""",
        # contents and owners come in no order: an index of SQLite's would have a batch write to
        # each of its pages; FTS5 appends, and merges later
        """CREATE VIEW keyed AS SELECT
            id, hex(owner) || ' ' || hex(substr(content, 1, 8)) AS keys FROM picture""",
        """CREATE VIRTUAL TABLE picture_key USING fts5 (
            keys, tokenize = 'ascii', content = 'keyed', content_rowid = 'id',
            detail = none, columnsize = 0)""",
        # bytes of terms kept in memory: those of a batch, for one write in place of many
        "INSERT INTO full_text (full_text, rank) VALUES ('hashsize', 16777216)",
        "INSERT INTO picture_key (picture_key, rank) VALUES ('hashsize', 16777216)",
        "INSERT INTO full_text (rowid, terms) SELECT id, terms FROM indexed",
        "INSERT INTO picture_key (rowid, keys) SELECT id, keys FROM keyed",
    ),
)


def prepare(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Create the catalog at ``path``, or bring an older one to the present version.

    Raises:
        BadData: if the file is no catalog or cannot be opened.
        NewerFormat: if its version is higher than ours.
        Usage: if it is an older one and cannot be written to.
    """
    try:
        with closing(connect(path)) as connection:
            if version_of(connection, path, len(migrations)) < len(migrations):
                if not is_writable(path):
                    raise Usage(f"{path} is of an older version and read-only; copy the collection")
                _migrate(connection, path, migrations)
            elif is_writable(path):
                connection.execute(LOGGED)  # which a killed migration may not have come to
    except DAMAGE as error:
        remedy = "restore a backup, or move the file away"
        if is_outside(error):
            remedy = "check its disk and who may write there"
        raise BadData(f"{path} cannot be used as a catalog: {error}; {remedy}") from error


def version_of(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    """The version of the catalog that is open, 0 for an empty file.

    Raises:
        BadData: if it is a database of something else.
        NewerFormat: if its version is higher than ``newest``.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION and tables:
        raise BadData(f"{path} is a database of something else; choose another place")
    if version > newest:
        raise NewerFormat(
            f"{path} has version {version}, this one reads up to {newest}; upgrade iconym"
        )
    return version if tables else 0


def empty() -> sqlite3.Connection:
    """An empty catalog in memory."""
    connection = sqlite3.connect(":memory:")
    _carry_out(connection, MIGRATIONS)
    return connection


def _migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        version = version_of(connection, path, len(migrations))
        _carry_out(connection, migrations[version:])
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(LOGGED)


def _carry_out(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    connection.create_function("checksum", -1, checksum)
    connection.create_function("vector_checksum", 3, vector_checksum)
    connection.create_function("stored_terms", 3, stored_terms)
    for statement in (s for step in migrations for s in step):
        connection.execute(statement)
