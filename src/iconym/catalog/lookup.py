"""Vectors and changes read from the SQLite catalog, inside a transaction of the caller."""

import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float32

from iconym.catalog.rows import SELECT, listed, picture_of
from iconym.nouns import IdSet, Picture
from iconym.protocols import Change

VECTORS = "space = (SELECT number FROM space WHERE fingerprint = ?)"


def get(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Picture]:
    """The pictures with these ids, in this order; raises KeyError on an unknown one."""
    wanted = f"{SELECT} WHERE id IN (SELECT value FROM json_each(?))"
    picture = {p.id: p for p in map(picture_of, connection.execute(wanted, [listed(ids)]))}
    return [picture[i] for i in ids]


def find(connection: sqlite3.Connection, uris: Sequence[str], contents: Sequence[str]) -> list[int]:
    """The ids, ascending, of pictures at one of these uris or with one of these contents."""
    found = connection.execute(
        """SELECT id FROM picture WHERE uri IN (SELECT value FROM json_each(:uris))
        UNION SELECT id FROM picture WHERE content IN (SELECT value FROM json_each(:contents))
        AND id IN (
            SELECT picture_key.rowid FROM json_each(:contents) CROSS JOIN picture_key
            WHERE picture_key MATCH '"' || hex(substr(value, 1, 8)) || '"'
        ) ORDER BY id""",
        {"uris": listed(uris), "contents": listed(contents)},
    )
    return [i for (i,) in found]


def all_vectors(
    connection: sqlite3.Connection, space: str, among: IdSet | None, size: int
) -> tuple[IdSet, Float32[np.ndarray, "n dim"]]:
    """The ids, ascending, and vectors of a space, or of these ids only."""
    where, values = VECTORS, [space]
    if among is not None:
        where = f"{where} AND id IN (SELECT value FROM json_each(?))"
        values = [space, listed(among.tolist())]
    # not more than there are pictures: to count vectors would be to read them twice
    (most,) = connection.execute("SELECT count(*) FROM picture").fetchone()
    most = most if among is None else min(most, len(among))
    ids = np.empty(most, np.int64)
    rows = np.empty((most, _dim(connection, space)), np.float32)
    done = 0
    for part_ids, part in _batches(connection, where, values, (size, rows.shape[1])):
        ids[done : done + len(part)], rows[done : done + len(part)] = part_ids, part
        done += len(part)
    return ids[:done], rows[:done]


def vector_batches(
    connection: sqlite3.Connection, space: str, size: int
) -> Iterator[tuple[IdSet, Float32[np.ndarray, "n dim"]]]:
    """The ids, ascending, and vectors of a space, at most ``size`` at a time."""
    return _batches(connection, VECTORS, [space], (size, _dim(connection, space)))


def changes(connection: sqlite3.Connection, since: int, limit: int | None) -> list[Change]:
    """The last change of each picture in the entries after ``since``, ``limit`` of them at most."""
    found = connection.execute(
        """SELECT max(sequence), id, removed FROM (
            SELECT * FROM change WHERE sequence > ? ORDER BY sequence LIMIT ?
        ) GROUP BY id ORDER BY 1""",
        [since, -1 if limit is None else limit],
    )
    return [Change(sequence, i, bool(removed)) for sequence, i, removed in found]


def _batches(
    connection: sqlite3.Connection, where: str, values: Sequence[str], shape: tuple[int, int]
) -> Iterator[tuple[IdSet, Float32[np.ndarray, "n dim"]]]:
    size, dim = shape
    found = connection.execute(f"SELECT id, vector FROM vector WHERE {where} ORDER BY id", values)
    while part := found.fetchmany(size):
        ids, blobs = zip(*part, strict=True)
        rows = np.frombuffer(b"".join(blobs), "<f4").reshape(len(ids), dim)
        yield np.array(ids, np.int64), rows.astype(np.float32)


def _dim(connection: sqlite3.Connection, space: str) -> int:
    found = connection.execute("SELECT dim FROM space WHERE fingerprint = ?", [space])
    (dim,) = found.fetchone() or (0,)
    return int(dim)
