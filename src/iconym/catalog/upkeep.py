"""Copies of a catalog while it is used, and a catalog put back from one."""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from iconym.catalog.connections import DAMAGE, connect, is_outside, is_writable, log_of
from iconym.catalog.rows import change_row
from iconym.catalog.schema import prepare, version_of
from iconym.catalog.verifying import Verified, verify
from iconym.catalog.writing import last_id, last_sequence
from iconym.errors import BadData, Usage
from iconym.files import flush_directory

GAP = 2**32  # sequence numbers: more than were given between a backup and what it replaces
WAITS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def backup(path: Path, target: Path) -> Verified:
    """Copy the catalog at ``path`` as it now is to ``target``, once the copy was found whole.

    Others may read and write meanwhile. An older backup at ``target`` stays until then.

    Raises:
        BadData: if the catalog is damaged, or ``target`` is a file of something else.
        NewerFormat: if a later version of this package wrote either.
        Usage: if ``target`` cannot be written to, or is the catalog or in use.
    """
    _check_target(path, target)
    prepare(path)
    with _aside(target) as aside:
        _copy(path, aside)
        found = _whole(aside, path)
        _put_in_place(aside, target)
    return found


def restore(backup: Path, path: Path) -> Verified:
    """Put the catalog at ``path`` back to what ``backup`` holds, in one transaction.

    Who is reading goes on with the old version and meets the restored one with the next question.
    To indexes and other readers of the log it is a change of every picture; no id that the old
    catalog gave is given again. A catalog that cannot be opened any more is replaced as a file:
    whoever has it open must open it again.

    Raises:
        BadData: if ``backup`` is not there, damaged or of something else, or ``path`` is a
            database of something else. Nothing is changed then.
        NewerFormat: if a later version of this package wrote either.
        Usage: if ``path`` cannot be written to, or another process does not end its writing.
    """
    _check_backup(backup, path)
    with _aside(path) as aside:
        _copy(backup, aside)
        prepare(aside)
        found = _whole(aside, backup)
        if not path.exists():
            _put_in_place(aside, path)
        else:
            _replace(path, aside)
    return found


def _check_target(path: Path, target: Path) -> None:
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise Usage(f"{target} cannot be a backup; name a file in a folder that is there")
    _check_writable(target)
    if target.exists():
        if target.samefile(path) or _is_in_use(target):
            raise Usage(f"{target} is a catalog in use; name another file")
        _check_version(target)


def _check_backup(backup: Path, path: Path) -> None:
    if not backup.is_file():
        raise BadData(f"there is no backup {backup}; check the path")
    if path.exists() and backup.samefile(path):
        raise Usage(f"{backup} is the catalog itself; name a backup")
    _check_writable(path)
    if not _check_version(backup):
        raise BadData(f"{backup} is empty; name a backup")


def _check_writable(path: Path) -> None:
    if not is_writable(path):
        raise Usage(f"{path} cannot be written to; choose another place, or change its rights")


def _check_version(path: Path) -> int:
    """The version of the catalog ``path``, one that we know; 0 for an empty file."""
    try:
        with closing(connect(path)) as connection:
            return version_of(connection, path)
    except DAMAGE as error:
        raise BadData(f"{path} cannot be read as a catalog: {error}; name another file") from error


def _is_in_use(path: Path) -> bool:
    return log_of(path).exists() and log_of(path).stat().st_size > 0


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A new empty file beside ``path`` that is gone when the block ends."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.new-", dir=path.absolute().parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    def check(status: int, _left: int, _pages: int) -> None:
        if status in WAITS:  # after the usual patience; ``backup`` itself would wait for ever
            raise Usage(f"another process is writing to {target}; try again when it is done")

    with closing(connect(source)) as old, closing(connect(target)) as new:
        old.backup(new, progress=check)  # one transaction on either side


def _whole(copy: Path, of: Path) -> Verified:
    found = verify(copy)
    if found.problems:
        raise BadData(f"{of} is damaged ({found.problems[0]}); take a backup that is whole")
    return found


def _put_in_place(aside: Path, path: Path) -> None:
    aside.chmod(0o644)
    log_of(path).unlink(missing_ok=True)  # or SQLite would work an old log into the new file
    os.replace(aside, path)
    flush_directory(path.absolute().parent)


def _replace(path: Path, aside: Path) -> None:
    """Give the catalog at ``path`` the pages of ``aside``; as a file if it cannot be opened."""
    try:
        with closing(connect(path)) as old:
            version_of(old, path)
            known = old.execute("SELECT DISTINCT id FROM change")
            _number_on(aside, known, last_id(old))
    except DAMAGE as error:
        if is_outside(error):
            raise
        _number_on(aside)
    try:
        _copy(aside, path)
    except DAMAGE as error:
        if is_outside(error):
            raise
        _put_in_place(aside, path)


def _number_on(aside: Path, known: Iterable[tuple[int]] = (), last: int = 0) -> None:
    """Log a change of every picture in ``aside`` and a removal of every other one once known.

    Args:
        aside: a catalog.
        known: the ids.
        last: the last id that was ever given.
    """
    with closing(connect(aside)) as connection:
        first = last_sequence(connection) + GAP
        last = max(last, last_id(connection))
        connection.execute("CREATE TEMP TABLE known (id INTEGER PRIMARY KEY)")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            connection.execute("INSERT INTO known SELECT id FROM picture")
            connection.executemany("INSERT OR IGNORE INTO known VALUES (?)", known)
            entries = connection.execute(
                "SELECT id, id NOT IN (SELECT id FROM picture) FROM known ORDER BY id"
            )
            rows = (change_row(n, i, removed) for n, (i, removed) in enumerate(entries, first))
            connection.executemany("INSERT INTO change VALUES (?, ?, ?, ?)", rows)
            connection.execute("DELETE FROM sqlite_sequence WHERE name = 'picture'")
            connection.execute("INSERT INTO sqlite_sequence VALUES ('picture', ?)", [last])
