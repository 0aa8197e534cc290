"""The catalog in one SQLite file: safe against a killed process, open to several at once."""

import dataclasses
import json
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.catalog import checked
from iconym.catalog.schema import connect, prepare
from iconym.errors import BadData
from iconym.nouns import IdSet, Picture
from iconym.protocols import Change, KnownSpace

ROWS = 10_000  # vectors decoded at once

COLUMNS = tuple(field.name for field in dataclasses.fields(Picture) if field.name != "id")
SELECT = f"SELECT {', '.join(COLUMNS)}, id FROM picture"
PUT = f"""INSERT INTO picture ({", ".join(COLUMNS)}) VALUES ({", ".join("?" * len(COLUMNS))})
    ON CONFLICT (uri) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COLUMNS)}
    RETURNING id"""
UPDATE = f"UPDATE picture SET {', '.join(f'{c} = ?' for c in COLUMNS)} WHERE id = ?"
FORGET_VECTORS = "DELETE FROM vector WHERE space IN (SELECT number FROM space) AND id = ?"
LISTED = "(SELECT value FROM json_each(?))"


class SqliteCatalog:
    """Fulfils ``Catalog``; a reader sees the file as the last whole transaction left it.

    May be shared by threads: each transaction has a connection to itself, an idle one or a new
    one. Each process opens its own.

    Raises:
        BadData: if ``path`` is there but no catalog, or cannot be opened.
        NewerFormat: if a later version of this package wrote it.
    """

    def __init__(self, path: Path) -> None:
        prepare(path)
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._idle)

    def close(self) -> None:
        """Close the idle connections, as the catalog's end does; a later call opens one again."""
        _close(self._idle)

    def __len__(self) -> int:
        """The number of pictures."""
        with self._transaction() as connection:
            return connection.execute("SELECT count(*) FROM picture").fetchone()[0]

    def put(
        self, pictures: Sequence[Picture], space: str, vectors: Float[np.ndarray, "n dim"]
    ) -> list[int]:
        """Store pictures with their vectors in one space and return their ids."""
        rows = checked(pictures, vectors)
        with self._transaction("BEGIN IMMEDIATE") as connection:
            number = _space_number(connection, space, rows.shape[1])
            ids = [_put_picture(connection, picture) for picture in pictures]
            blobs = ((number, i, row.tobytes()) for i, row in zip(ids, rows, strict=True))
            connection.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?)", blobs)
            _log(connection, ids)
        return ids

    def update(self, pictures: Sequence[Picture]) -> None:
        """Replace what is known of the pictures with these ids, uris too; their vectors stay."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            ids = [picture.id for picture in pictures]
            _get(connection, ids)
            # two pictures may exchange their uris, which stay unique at every step
            aside = "UPDATE picture SET uri = char(0) || id WHERE id = ?"
            connection.executemany(aside, [(i,) for i in ids])
            try:
                connection.executemany(UPDATE, [(*_row(p), p.id) for p in pictures])
            except sqlite3.IntegrityError as error:
                uris = [picture.uri for picture in pictures]
                raise BadData(f"another picture has one of the uris {uris}") from error
            _log(connection, ids)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget pictures and all their vectors; one not held is no error."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            held = f"SELECT id FROM picture WHERE id IN {LISTED}"
            gone = connection.execute(held, [_listed(ids)]).fetchall()
            connection.executemany(FORGET_VECTORS, gone)
            connection.executemany("DELETE FROM picture WHERE id = ?", gone)
            _log(connection, [i for (i,) in gone], removed=True)

    def get(self, ids: Sequence[int]) -> list[Picture]:
        """The pictures with these ids, in this order; raises KeyError on an unknown one."""
        with self._transaction() as connection:
            return _get(connection, ids)

    def find(self, *, uris: Sequence[str] = (), contents: Sequence[str] = ()) -> list[int]:
        """The ids, ascending, of pictures at one of these uris or with one of these contents."""
        with self._transaction() as connection:
            found = connection.execute(
                f"SELECT id FROM picture WHERE uri IN {LISTED} "
                f"UNION SELECT id FROM picture WHERE content IN {LISTED} ORDER BY id",
                [_listed(uris), _listed(contents)],
            )
            return [i for (i,) in found]

    def pictures(self) -> Iterator[Picture]:
        """All pictures in the order of their ids, as they were when the iteration began."""
        with self._transaction() as connection:
            yield from map(_picture, connection.execute(f"{SELECT} ORDER BY id"))

    def vectors(
        self, space: str, among: IdSet | None = None
    ) -> tuple[IdSet, Float[np.ndarray, "n dim"]]:
        """The ids, ascending, and vectors of all pictures that have one in this space."""
        where, values = "space = (SELECT number FROM space WHERE fingerprint = ?)", [space]
        if among is not None:
            where, values = f"{where} AND id IN {LISTED}", [space, _listed(among.tolist())]
        with self._transaction() as connection:
            dim = connection.execute("SELECT dim FROM space WHERE fingerprint = ?", [space])
            count = connection.execute(f"SELECT count(*) FROM vector WHERE {where}", values)
            ids = np.empty(count.fetchone()[0], np.int64)
            rows = np.empty((len(ids), (dim.fetchone() or (0,))[0]), np.float32)
            found = connection.execute(
                f"SELECT id, vector FROM vector WHERE {where} ORDER BY id", values
            )
            for start in range(0, len(ids), ROWS):
                part_ids, blobs = zip(*found.fetchmany(ROWS), strict=True)
                ids[start : start + ROWS] = part_ids
                part = np.frombuffer(b"".join(blobs), "<f4")
                rows[start : start + ROWS] = part.reshape(-1, rows.shape[1])
        return ids, rows

    def changes(self, since: int = 0) -> list[Change]:
        """The last thing that happened to each picture after ``since``, in order of sequence."""
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT max(sequence), id, removed FROM change WHERE sequence > ? "
                "GROUP BY id ORDER BY 1",
                [since],
            )
            return [Change(sequence, i, bool(removed)) for sequence, i, removed in found]

    def last_sequence(self) -> int:
        """The sequence number of the latest change, 0 before the first."""
        with self._transaction() as connection:
            return connection.execute("SELECT max(sequence) FROM change").fetchone()[0] or 0

    def use_space(self, space: KnownSpace) -> None:
        """Make ``space`` the current one; raises BadData if its dimension is known as another."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            number = _space_number(connection, space.fingerprint, space.dim)
            connection.execute(
                "UPDATE space SET name = ?, used = (SELECT max(used) FROM space) + 1 "
                "WHERE number = ?",
                [space.name, number],
            )

    def spaces(self) -> list[KnownSpace]:
        """The spaces that were used or have vectors: the current one, used last, first."""
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT fingerprint, name, dim FROM space ORDER BY used DESC, number"
            )
            return [KnownSpace(*row) for row in found]

    @contextmanager
    def _transaction(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self.path)
        try:
            connection.execute(begin)
            with connection:
                yield connection
        finally:
            self._idle.append(connection)


def _close(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _space_number(connection: sqlite3.Connection, fingerprint: str, dim: int) -> int:
    new = "INSERT OR IGNORE INTO space (fingerprint, name, dim, used) VALUES (?, '', ?, 0)"
    connection.execute(new, [fingerprint, dim])
    known = "SELECT number, dim FROM space WHERE fingerprint = ?"
    number, known_dim = connection.execute(known, [fingerprint]).fetchone()
    if known_dim != dim:
        raise BadData(f"space {fingerprint[:8]} has dimension {known_dim}, not {dim}")
    return number


def _put_picture(connection: sqlite3.Connection, picture: Picture) -> int:
    other = "SELECT id FROM picture WHERE uri = ? AND content <> ?"
    stale = connection.execute(other, [picture.uri, picture.content]).fetchall()
    connection.executemany(FORGET_VECTORS, stale)
    return connection.execute(PUT, _row(picture)).fetchone()[0]


def _get(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Picture]:
    found = connection.execute(f"{SELECT} WHERE id IN {LISTED}", [_listed(ids)])
    picture = {p.id: p for p in map(_picture, found)}
    return [picture[i] for i in ids]


def _log(connection: sqlite3.Connection, ids: Iterable[int], *, removed: bool = False) -> None:
    entry = "INSERT INTO change (id, removed) VALUES (?, ?)"
    connection.executemany(entry, [(i, removed) for i in ids])


def _row(picture: Picture) -> list[Any]:
    values = {**vars(picture), "words": json.dumps(picture.words, ensure_ascii=False)}
    return [values[column] for column in COLUMNS]


def _picture(row: Sequence[Any]) -> Picture:
    values = dict(zip((*COLUMNS, "id"), row, strict=True))
    return Picture(**{**values, "words": tuple(json.loads(values["words"]))})


def _listed(values: Sequence[Any]) -> str:
    return json.dumps(list(values))
