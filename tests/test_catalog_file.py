"""What the catalog in a file promises beyond what every catalog does."""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from iconym.catalog import connections, schema
from iconym.catalog.connections import connect
from iconym.catalog.sqlite import SqliteCatalog
from iconym.catalog.verifying import verify
from iconym.errors import BadData, NewerFormat, Usage
from iconym.nouns import FileState, Filter, Picture

A = Picture("a.png", content="aa")


def vectors(*rows):
    return np.array(rows, np.float32).reshape(len(rows), -1)


def held(catalog, space="s"):
    """The vectors of a space as {id: numbers}."""
    ids, rows = catalog.vectors(space)
    return dict(zip(ids.tolist(), rows.tolist(), strict=True))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.db"


def test_what_was_put_is_there_when_the_file_is_opened_again(path):
    SqliteCatalog(path).put([A], "s", vectors((1, 0)))
    assert held(SqliteCatalog(path)) == {1: [1, 0]}


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_text("dear diary, " * 500)
    with pytest.raises(BadData, match="not a database"):
        SqliteCatalog(path)
    assert path.read_text() == "dear diary, " * 500


def test_a_database_of_something_else_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE diary (day TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(BadData, match="something else"):
        SqliteCatalog(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadData, match="unable to open"):
        SqliteCatalog(tmp_path / "nowhere" / "catalog.db")


def test_a_newer_schema_is_refused(path):
    SqliteCatalog(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    other.close()
    with pytest.raises(NewerFormat, match="upgrade iconym"):
        SqliteCatalog(path)


def test_an_older_file_is_migrated_and_keeps_what_it_holds(path):
    SqliteCatalog(path).put([A], "s", vectors((1, 0)))
    later = (*schema.MIGRATIONS, ["CREATE TABLE later (x)", "INSERT INTO later VALUES (7)"])
    schema.prepare(path, later)
    schema.prepare(path, later)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT x FROM later").fetchall() == [(7,)]
        assert file.execute("SELECT uri FROM picture").fetchall() == [("a.png",)]
    file.close()


def test_a_file_whose_migration_was_killed_at_its_end_lets_readers_and_a_writer_at_it(path):
    SqliteCatalog(path).close()
    with closing(connect(path)) as killed:
        killed.execute("PRAGMA journal_mode = DELETE")
    catalog = SqliteCatalog(path)
    with catalog.reading():
        assert catalog.put([A], "s", vectors((1, 0))) == [1]


def test_a_migration_that_fails_changes_nothing(path):
    SqliteCatalog(path).put([A], "s", vectors((1, 0)))
    broken = (*schema.MIGRATIONS, ["CREATE TABLE later (x)", "NO SUCH STATEMENT"])
    with pytest.raises(BadData):
        schema.prepare(path, broken)
    assert held(SqliteCatalog(path)) == {1: [1, 0]}


def test_threads_write_to_one_catalog_without_losing_anything(path):
    catalog = SqliteCatalog(path)

    def write(letter):
        for number in range(20):
            catalog.put([Picture(f"{letter}{number}")], "s", vectors((1, number)))

    threads = [threading.Thread(target=write, args=letter) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalog) == len(held(catalog)) == 80


WRITER = """
import sys
from pathlib import Path
import numpy as np
from iconym.catalog.sqlite import SqliteCatalog
from iconym.nouns import Picture

path, name, batches = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
catalog = SqliteCatalog(path)
for batch in range(batches):
    pictures = [Picture(f"{name}/{batch}/{n}") for n in range(20)]
    catalog.put(pictures, "s", np.full((20, 50), batch + 1, np.float32))
    print(batch, flush=True)
"""


def writer(path, name, batches):
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(batches)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_processes_may_create_and_write_one_file_at_once(path):
    writers = [writer(path, name, 10) for name in "abc"]
    assert [w.communicate()[0].count("\n") for w in writers] == [10, 10, 10]
    assert [w.returncode for w in writers] == [0, 0, 0]
    assert len(held(SqliteCatalog(path))) == 600


@pytest.mark.parametrize("moment", [0, 3, 11])
def test_a_killed_writer_leaves_every_committed_batch_whole_and_nothing_half_there(path, moment):
    with writer(path, "a", 10_000) as process:
        while int(process.stdout.readline()) < moment:
            pass
        process.kill()
    catalog = SqliteCatalog(path)
    ids, rows = catalog.vectors("s")
    assert len(ids) % 20 == 0
    assert len(ids) >= 20 * (moment + 1)
    assert [p.id for p in catalog.pictures()] == ids.tolist()
    assert [c.id for c in catalog.changes()] == ids.tolist()
    assert (rows == np.repeat(np.arange(len(ids) // 20) + 1, 20)[:, None]).all()


# Older files


@pytest.fixture
def first_version(path):
    """A file of version 1, as the first release wrote it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA page_size = 16384")
        file.execute("PRAGMA journal_mode = WAL")
        for statement in schema.MIGRATIONS[0]:
            file.execute(statement)
        file.execute("PRAGMA user_version = 1")
        file.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        row = ["cats/a.png", '["snow leopard", "é"]', "", "me", "2024", 3, 4, "ab" * 32, 5, 6]
        file.execute("INSERT INTO picture VALUES (7, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        file.execute("INSERT INTO space VALUES (1, 's', 'a space', 2, 1)")
        file.execute("INSERT INTO vector VALUES (1, 7, ?)", [np.float32([3, 4]).tobytes()])
        file.execute("INSERT INTO change VALUES (9, 7, 0)")
    return path


def test_a_file_of_version_1_is_brought_to_the_present_one_with_all_it_holds(first_version):
    catalog = SqliteCatalog(first_version)
    picture = Picture(
        "cats/a.png", ("snow leopard", "é"), "", "me", "2024", 3, 4, "ab" * 32, 5, 6, 7
    )
    assert list(catalog.pictures()) == [picture]
    assert held(catalog) == {7: [3, 4]}
    assert catalog.last_sequence() == 9
    assert [i for i, _ in catalog.match("leopard e", 5)] == [7]
    assert catalog.find(contents=["ab" * 32]) == [7]
    assert catalog.put([A], "s", vectors((1, 0))) == [8]
    catalog.close()
    assert verify(first_version).problems == ()


def test_a_file_of_version_1_cannot_be_verified_as_it_stands(first_version):
    with pytest.raises(Usage, match="version 1, without checksums"):
        verify(first_version)


# Files that cannot be written to


@pytest.fixture
def read_only():
    """A function that takes away the right to write to a folder and its files until the end."""
    with tempfile.TemporaryDirectory() as name:  # not pytest's, which others may not enter
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() != 0 and hasattr(os, "setresuid"):
            os.setresuid(*[os.getresuid()[2]] * 3)
        folder.chmod(0o755)


def lock(folder):
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    if os.getuid() == 0:  # whom no right stops
        os.setresuid(65534, 65534, 0)


def test_a_read_only_folder_is_for_reading(read_only):
    path = read_only / "catalog.db"
    catalog = SqliteCatalog(path)
    catalog.put([Picture("cat.png", size=1, modified=1)], "s", vectors((1, 0)))
    catalog.close()
    lock(read_only)
    catalog = SqliteCatalog(path)
    assert held(catalog) == {1: [1, 0]}
    assert [i for i, _ in catalog.match("cat", 1)] == [1]
    with catalog.compare([FileState("cat.png", 1, 1)], "s") as comparison:
        assert comparison.unchanged == 1
    with pytest.raises(Usage, match=r"catalog\.db is read-only"):
        catalog.put([A], "s", vectors((1, 0)))
    assert verify(path).problems == ()
    assert os.listdir(read_only) == ["catalog.db"]


def test_a_read_only_folder_with_a_log_that_nobody_worked_in_is_refused(read_only):
    path = read_only / "catalog.db"
    with writer(path, "a", 10_000) as process:
        while int(process.stdout.readline()) < 3:
            pass
        process.kill()
    path.with_name("catalog.db-shm").unlink()
    lock(read_only)
    with pytest.raises(Usage, match="open it once where it can be written"):
        SqliteCatalog(path)


def test_a_read_only_folder_of_version_1_is_refused(read_only, first_version):
    path = read_only / "catalog.db"
    path.write_bytes(first_version.read_bytes())
    lock(read_only)
    with pytest.raises(Usage, match="older version and read-only"):
        SqliteCatalog(path)


def test_one_version_is_for_reading(path):
    with SqliteCatalog(path).reading() as view, pytest.raises(Usage, match="write to the catalog"):
        view.remove([1])


# A disk that is full, or fails


def fill(catalog):
    """Put batches until the disk refuses, which must happen; how many went in."""
    for batch in range(100):
        pictures = [Picture(f"{batch}/{n}") for n in range(20)]
        try:
            catalog.put(pictures, "s", np.full((20, 500), batch + 1, np.float32))
        except sqlite3.OperationalError as error:
            return batch, str(error)
    raise AssertionError("the disk has room enough")


def assert_whole(path, batches):
    assert verify(path).problems == ()
    catalog = SqliteCatalog(path)
    assert len(catalog) == len(held(catalog)) == 20 * batches
    assert len(catalog.select(Filter(text="0"))) >= 1


def test_a_full_disk_leaves_every_committed_batch_and_nothing_else(path, monkeypatch):
    settings = (*connections.SETTINGS, "PRAGMA max_page_count = 60")
    monkeypatch.setattr(connections, "SETTINGS", settings)
    batches, said = fill(SqliteCatalog(path))
    monkeypatch.undo()
    assert said == "database or disk is full"
    assert batches > 2
    assert_whole(path, batches)


def test_an_error_of_the_disk_leaves_every_committed_batch_and_nothing_else(path):
    catalog = SqliteCatalog(path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        batches, said = fill(catalog)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert said == "disk I/O error"
    assert batches > 2
    assert_whole(path, batches)


def test_a_disk_that_fails_is_not_taken_for_a_bad_catalog(path):
    path.mkdir()
    with pytest.raises(BadData, match="check its disk and who may write there"):
        SqliteCatalog(path)


def test_ctrl_c_at_the_beginning_of_a_transaction_leaves_none(path):
    class Interrupting(sqlite3.Connection):
        def execute(self, statement, *values):
            cursor = super().execute(statement, *values)
            if statement.startswith("BEGIN"):
                raise KeyboardInterrupt
            return cursor

    catalog = SqliteCatalog(path)
    interrupting = sqlite3.connect(path, factory=Interrupting, isolation_level=None)
    catalog._connections._idle.append(interrupting)
    with pytest.raises(KeyboardInterrupt):
        catalog.put([A], "s", vectors((1, 0)))
    assert not interrupting.in_transaction
    interrupting.close()


def test_a_long_reading_does_not_hold_up_who_writes(path):
    catalog = SqliteCatalog(path)
    catalog.put([A], "s", vectors((1, 0)))
    pictures = catalog.pictures()
    next(pictures)
    with closing(connect(path)) as other:
        other.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        other.execute("COMMIT")
    pictures.close()
