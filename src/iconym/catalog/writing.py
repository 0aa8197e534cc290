"""What changes pictures and vectors of the SQLite catalog, inside a transaction of the caller."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float32

from iconym.catalog.ledger import forget_failures
from iconym.catalog.rows import change_row, checksum, listed, picture_row, vector_checksum
from iconym.errors import BadData
from iconym.nouns import Picture

INSERT = f"INSERT INTO picture VALUES ({', '.join('?' * 13)})"
INSERT_VECTOR = "INSERT INTO vector VALUES (?, ?, ?, ?)"  # much faster than one that may replace
PUT_VECTOR = "INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?)"
FORGET_VECTORS = "DELETE FROM vector WHERE space IN (SELECT number FROM space) AND id = ?"
COLUMNS = "uri words caption owner taken width height content size modified terms checksum".split()
UPDATE = f"UPDATE picture SET {', '.join(f'{c} = ?' for c in COLUMNS)} WHERE id = ?"

LISTED = "WHERE id IN (SELECT value FROM json_each(?))"
TAKE_IN = (
    "INSERT INTO full_text (rowid, terms) SELECT id, terms FROM indexed",
    "INSERT INTO picture_key (rowid, keys) SELECT id, keys FROM keyed",
)
TAKE_OUT = (
    "INSERT INTO full_text (full_text, rowid, terms) SELECT 'delete', id, terms FROM indexed",
    "INSERT INTO picture_key (picture_key, rowid, keys) SELECT 'delete', id, keys FROM keyed",
)


def put(
    connection: sqlite3.Connection,
    pictures: Sequence[Picture],
    space: str,
    rows: Float32[np.ndarray, "n dim"],
) -> list[int]:
    """Store pictures that were checked with their vectors, and return their ids."""
    number = space_number(connection, space, rows.shape[1])
    known = _known(connection, [picture.uri for picture in pictures])
    numbered = _numbered(connection, pictures, known)
    old = {i: picture for i, picture in numbered.items() if picture.uri in known}
    new = {i: p for i, p in numbered.items() if i not in old} if old else numbered
    connection.executemany(INSERT, (picture_row(picture, i) for i, picture in new.items()))
    _index(connection, new)
    stale = (i for i, picture in old.items() if picture.content != known[picture.uri][1])
    connection.executemany(FORGET_VECTORS, ((i,) for i in stale))
    _replace(connection, old)
    vectors = zip(numbered, (row.tobytes() for row in rows), strict=True)
    connection.executemany(
        PUT_VECTOR if old else INSERT_VECTOR,
        ((number, i, vector, vector_checksum(number, i, vector)) for i, vector in vectors),
    )
    forget_failures(connection, [picture.uri for picture in pictures])
    log(connection, numbered)
    return list(numbered)


def update(connection: sqlite3.Connection, pictures: Mapping[int, Picture]) -> None:
    """Replace what is known of pictures that are held; their vectors stay."""
    try:
        _replace(connection, pictures)
    except sqlite3.IntegrityError as error:
        uris = [picture.uri for picture in pictures.values()]
        raise BadData(f"another picture has one of the uris {uris}") from error
    log(connection, pictures)


def remove(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Forget pictures and all their vectors; one not held is no error."""
    held = "SELECT id FROM picture WHERE id IN (SELECT value FROM json_each(?))"
    gone = connection.execute(held, [listed(ids)]).fetchall()
    connection.executemany(FORGET_VECTORS, gone)
    _unindex(connection, (i for (i,) in gone))
    connection.executemany("DELETE FROM picture WHERE id = ?", gone)
    log(connection, (i for (i,) in gone), removed=1)


def log(connection: sqlite3.Connection, ids: Iterable[int], *, removed: int = 0) -> None:
    """Write a change of each picture into the log."""
    first = last_sequence(connection) + 1
    connection.executemany(
        "INSERT INTO change VALUES (?, ?, ?, ?)",
        (change_row(sequence, i, removed) for sequence, i in enumerate(ids, first)),
    )


def last_sequence(connection: sqlite3.Connection) -> int:
    """The sequence number of the latest change, 0 before the first."""
    (sequence,) = connection.execute("SELECT ifnull(max(sequence), 0) FROM change").fetchone()
    return int(sequence)


def last_id(connection: sqlite3.Connection) -> int:
    """The largest id that a picture ever had, 0 before the first."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'picture'")
    (number,) = found.fetchone() or (0,)
    return int(number)


def space_number(connection: sqlite3.Connection, fingerprint: str, dim: int) -> int:
    """The number by which vectors name a space, which gets one if it is new.

    Raises:
        BadData: if its dimension is known as another.
    """
    known = "SELECT number, dim FROM space WHERE fingerprint = ?"
    found = connection.execute(known, [fingerprint]).fetchone()
    if found is None:
        (number,) = connection.execute("SELECT ifnull(max(number), 0) + 1 FROM space").fetchone()
        write_space(connection, (number, fingerprint, "", dim, 0))
        return int(number)
    if found[1] != dim:
        raise BadData(f"space {fingerprint[:8]} has dimension {found[1]}, not {dim}")
    return int(found[0])


def write_space(connection: sqlite3.Connection, row: tuple[int, str, str, int, int]) -> None:
    """Write a space: number, fingerprint, name, dim, used."""
    connection.execute(
        "INSERT OR REPLACE INTO space VALUES (?, ?, ?, ?, ?, ?)", [*row, checksum(*row)]
    )


def _replace(connection: sqlite3.Connection, pictures: Mapping[int, Picture]) -> None:
    _unindex(connection, pictures)
    # two pictures may exchange their uris, which stay unique at every step
    aside = "UPDATE picture SET uri = char(0) || id WHERE id = ?"
    connection.executemany(aside, ((i,) for i in pictures))
    rows = (picture_row(picture, i) for i, picture in pictures.items())
    connection.executemany(UPDATE, ((*row[1:], row[0]) for row in rows))
    _index(connection, pictures)


def _index(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Take pictures, as they now are, into full text and keys."""
    wanted = listed(ids)
    for statement in TAKE_IN:
        connection.execute(f"{statement} {LISTED}", [wanted])


def _unindex(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Take pictures out of full text and keys, which must be told what they hold of them."""
    wanted = listed(ids)
    for statement in TAKE_OUT:
        connection.execute(f"{statement} {LISTED}", [wanted])


def _known(connection: sqlite3.Connection, uris: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Id and content of those of the uris that have a picture."""
    found = connection.execute(
        "SELECT uri, id, content FROM picture WHERE uri IN (SELECT value FROM json_each(?))",
        [listed(uris)],
    )
    return {uri: (i, content) for uri, i, content in found}


def _numbered(
    connection: sqlite3.Connection,
    pictures: Sequence[Picture],
    known: Mapping[str, tuple[int, str]],
) -> dict[int, Picture]:
    """The pictures under their ids; a new one gets the next that was never used."""
    last = last_id(connection)
    numbered = {}
    for picture in pictures:
        if picture.uri in known:
            numbered[known[picture.uri][0]] = picture
        else:
            last += 1
            numbered[last] = picture
    return numbered
