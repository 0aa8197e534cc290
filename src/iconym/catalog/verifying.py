"""Whether a catalog's file is whole: one changed byte that would change an answer is found.

SQLite keeps no checksum of its pages. So each row has one of its values, SQLite's own checks
look at the trees and at the indexes against their tables, and FTS5's at full text. What no check
looks at holds no data: free pages, and the room left inside a page.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from iconym.catalog.connections import DAMAGE, connect, is_outside, is_writable
from iconym.catalog.rows import FIELDS, checksum, vector_checksum
from iconym.catalog.schema import MIGRATIONS, empty, version_of
from iconym.errors import BadData, Usage

SHOWN = 20  # problems of one kind, at most
TABLES = {
    "picture": ("id", *(name for name in FIELDS if name != "id"), "terms"),
    "space": ("number", "fingerprint", "name", "dim", "used"),
    "change": ("sequence", "id", "removed"),
    "failure": ("uri", "kind", "reason", "size", "modified", "tries"),
}
COUNTS = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM {table})" for table in ("picture", "vector", "change", "failure")
)

Problems = Iterator[str]


@dataclass(frozen=True)
class Verified:
    """What a catalog holds, and what is wrong with it: nothing if it is whole."""

    pictures: int
    vectors: int
    changes: int
    failures: int
    problems: tuple[str, ...]


def verify(path: Path) -> Verified:
    """Look at every row of the catalog at ``path``; writers wait while full text is checked.

    A read-only one is copied to where temporary files go.

    Raises:
        BadData: if the file is not there, empty, or a database of something else.
        NewerFormat: if a later version of this package wrote it.
        Usage: if it is of version 1, which had no checksums.
        sqlite3.OperationalError: if its disk is full or fails, or another process does not end
            its writing; that is no damage.
    """
    if not path.is_file():
        raise BadData(f"there is no catalog {path}; check the path")
    if is_writable(path):
        return _verified(path, path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with closing(connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return _verified(copy, path)


def _verified(path: Path, name: Path) -> Verified:
    counts = (0, 0, 0, 0)
    problems: list[str] = []
    try:
        with closing(connect(path)) as connection:
            _check_version(connection, name)
            connection.text_factory = _text
            connection.execute("BEGIN")
            with connection:
                for check in CHECKS:
                    problems += _tried(check, connection)
                counts = connection.execute(COUNTS).fetchone()
            problems += _tried(_full_text, connection)
    except DAMAGE as error:
        if is_outside(error):
            raise
        problems.append(str(error))
    return Verified(*counts, tuple(problems))


def _check_version(connection: sqlite3.Connection, name: Path) -> None:
    version = version_of(connection, name)
    if not version:
        raise BadData(f"{name} is empty; restore a backup, or index again")
    if version < len(MIGRATIONS):
        raise Usage(f"{name} has version {version}, without checksums: search it once, then verify")


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def _tried(
    check: Callable[[sqlite3.Connection], Problems], connection: sqlite3.Connection
) -> Problems:
    try:
        yield from islice(check(connection), SHOWN)
    except DAMAGE as error:
        if is_outside(error):
            raise
        yield str(error)


def _pages(connection: sqlite3.Connection) -> Problems:
    """The trees of pages, and each index against its table."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield " ".join(line.split())


def _schema(connection: sqlite3.Connection) -> Problems:
    with closing(empty()) as new:
        if _tables(new) != _tables(connection):
            yield "the tables are not those of a catalog"


def _tables(connection: sqlite3.Connection) -> list[Any]:
    # those inside full text are FTS5's own: it may write them differently in another version
    named = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
    return connection.execute(
        f"{named} WHERE name NOT GLOB 'full_text_*' AND name NOT GLOB 'picture_key_*' ORDER BY name"
    ).fetchall()


def _rows(connection: sqlite3.Connection) -> Problems:
    for table, columns in TABLES.items():
        for *row, check in connection.execute(
            f"SELECT {', '.join(columns)}, checksum FROM {table}"
        ):
            if checksum(*row) != check:
                yield f"the {table} {row[0]!a} differs from its checksum"


def _vectors(connection: sqlite3.Connection) -> Problems:
    dims = dict(connection.execute("SELECT number, dim FROM space"))
    for space, i, vector, check in connection.execute("SELECT * FROM vector"):
        if (type(space), type(i), type(vector)) != (int, int, bytes) or space not in dims:
            yield f"the vector {i!a} is of no space or no vector"
        elif vector_checksum(space, i, vector) != check:
            yield f"the vector {i} differs from its checksum"
        elif len(vector) != 4 * dims[space]:
            yield f"the vector {i} has {len(vector) // 4} numbers, its space {dims[space]}"
        elif not _is_direction(np.frombuffer(vector, "<f4")):
            yield f"the vector {i} is zero or not finite"
    lost = "SELECT DISTINCT id FROM vector WHERE id NOT IN (SELECT id FROM picture)"
    yield from (f"the vector {i} is of no picture" for (i,) in connection.execute(lost))


def _is_direction(vector: np.ndarray) -> bool:
    return bool(np.isfinite(vector).all() and vector.any())


def _numbers(connection: sqlite3.Connection) -> Problems:
    """No id that was given may be given again."""
    last = "SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'picture'"
    (is_small,) = connection.execute(f"SELECT ({last}) < (SELECT max(id) FROM change)").fetchone()
    if is_small:
        yield "the last id given to a picture is too small"


def _full_text(connection: sqlite3.Connection) -> Problems:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for table in ("full_text", "picture_key"):
            connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
    yield from ()


CHECKS = (_pages, _schema, _rows, _vectors, _numbers)
