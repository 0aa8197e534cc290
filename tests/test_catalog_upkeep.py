"""Backups of a catalog that is used, and catalogs put back from them."""

import os
import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest

from iconym.catalog import schema
from iconym.catalog.connections import connect
from iconym.catalog.sqlite import SqliteCatalog
from iconym.catalog.upkeep import backup, restore
from iconym.catalog.verifying import verify
from iconym.errors import BadData, NewerFormat, Usage
from iconym.nouns import Filter, Picture
from iconym.protocols import Change


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.db"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "backup.db"


def put(path, *uris):
    catalog = SqliteCatalog(path)
    ids = catalog.put([Picture(uri) for uri in uris], "s", np.ones((len(uris), 2), np.float32))
    catalog.close()
    return ids


def uris(path):
    return [picture.uri for picture in SqliteCatalog(path).pictures()]


def test_a_backup_is_a_catalog_of_what_was_there(path, target):
    put(path, "a", "b")
    assert backup(path, target).pictures == 2
    put(path, "c")
    assert uris(target) == ["a", "b"]
    assert verify(target).problems == ()


def test_an_older_backup_is_replaced(path, target):
    put(path, "a")
    backup(path, target)
    put(path, "b")
    backup(path, target)
    assert uris(target) == ["a", "b"]


def test_a_backup_holds_whole_batches_while_another_writes(path, target):
    put(path, "first")
    stop = threading.Event()

    def write():
        for batch in range(10_000):
            put(path, *(f"{batch}/{n}" for n in range(7)))
            if stop.is_set():
                break

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = [backup(path, target).pictures for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    assert all(count % 7 == 1 for count in counts)
    assert counts == sorted(counts)


def test_a_damaged_catalog_replaces_no_backup(path, target):
    put(path, "a", "b")
    backup(path, target)
    damage(path)
    with pytest.raises(BadData, match=r"catalog\.db is damaged"):
        backup(path, target)
    assert uris(target) == ["a", "b"]


def test_a_restored_catalog_is_as_the_backup_was(path, target):
    put(path, "a", "b")
    backup(path, target)
    put(path, "c")
    SqliteCatalog(path).remove([1])
    assert restore(target, path).pictures == 2
    assert uris(path) == ["a", "b"]
    assert SqliteCatalog(path).select(Filter(text="c")).tolist() == []
    assert verify(path).problems == ()


def test_a_restore_gives_no_id_again_and_is_a_change_of_every_picture(path, target):
    put(path, "a", "b")
    backup(path, target)
    put(path, "c")
    before = SqliteCatalog(path).last_sequence()
    restore(target, path)
    changes = SqliteCatalog(path).changes(before)
    assert [(c.id, c.removed) for c in changes] == [(1, False), (2, False), (3, True)]
    assert put(path, "d") == [4]
    assert SqliteCatalog(path).changes(changes[-1].sequence) == [
        Change(changes[-1].sequence + 1, 4)
    ]


def test_who_reads_goes_on_with_the_old_version_and_then_meets_the_restored_one(path, target):
    put(path, "a")
    backup(path, target)
    put(path, "b")
    reader = SqliteCatalog(path)
    with reader.reading() as view:
        restore(target, path)
        assert len(view) == 2
        assert len(view.match("b", 1)) == 1
    assert len(reader) == 1
    assert reader.match("b", 1) == []


@pytest.mark.parametrize("size", [0, 10, 5_000])
def test_a_catalog_that_cannot_be_opened_is_restored_all_the_same(path, target, size):
    put(path, "a")
    backup(path, target)
    path.write_bytes(b"\xff" * size)
    restore(target, path)
    assert uris(path) == ["a"]


def test_a_damaged_catalog_is_restored(path, target):
    put(path, "a")
    backup(path, target)
    damage(path)
    restore(target, path)
    assert verify(path).problems == ()


def test_a_catalog_that_is_lost_is_restored(path, target):
    put(path, "a")
    backup(path, target)
    path.unlink()
    restore(target, path)
    assert uris(path) == ["a"]


def test_a_damaged_backup_restores_nothing(path, target):
    put(path, "a")
    backup(path, target)
    put(path, "b")
    damage(target)
    with pytest.raises(BadData, match=r"backup\.db is damaged"):
        restore(target, path)
    assert uris(path) == ["a", "b"]
    assert sorted(os.listdir(path.parent)) == ["backup.db", "catalog.db"]


def test_an_empty_file_is_no_backup(path, target):
    put(path, "a")
    target.touch()
    with pytest.raises(BadData, match="is empty"):
        restore(target, path)
    assert uris(path) == ["a"]


def test_a_restore_does_not_wait_for_ever_for_who_is_writing(path, target, monkeypatch):
    put(path, "a")
    backup(path, target)
    monkeypatch.setattr("iconym.catalog.connections.PATIENCE", 0.0)
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Usage, match="another process is writing"):
            restore(target, path)
    assert uris(path) == ["a"]


def test_a_backup_of_version_1_is_restored(path, target):
    with closing(sqlite3.connect(target, isolation_level=None)) as file:
        file.execute("PRAGMA page_size = 16384")
        for statement in schema.MIGRATIONS[0]:
            file.execute(statement)
        file.execute("PRAGMA user_version = 1")
        file.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        file.execute("INSERT INTO picture VALUES (7, 'old', '[]', '', '', '', 0, 0, '', 0, 0)")
    before = target.read_bytes()
    put(path, "a")
    restore(target, path)
    assert uris(path) == ["old"]
    assert target.read_bytes() == before


def test_a_backup_of_a_newer_version_is_refused_by_name(path, target):
    put(path, "a")
    backup(path, target)
    with closing(sqlite3.connect(target)) as file:
        file.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(NewerFormat, match=r"backup\.db has version 3, this one reads up to 2"):
        restore(target, path)
    with pytest.raises(NewerFormat, match=r"backup\.db has version 3"):
        backup(path, target)
    assert uris(path) == ["a"]


def test_files_of_something_else_are_left_alone(path, target):
    put(path, "a")
    target.write_text("dear diary, " * 500)
    with pytest.raises(BadData, match=r"backup\.db cannot be read as a catalog"):
        backup(path, target)
    with pytest.raises(BadData, match=r"backup\.db cannot be read as a catalog"):
        restore(target, path)
    assert target.read_text() == "dear diary, " * 500
    assert uris(path) == ["a"]


def test_a_database_of_something_else_is_not_written_over(path, target):
    put(target, "a")
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE diary (day TEXT)")
    with pytest.raises(BadData, match="database of something else"):
        restore(target, path)


def test_a_catalog_is_no_backup_of_itself(path):
    put(path, "a")
    with pytest.raises(Usage, match="in use"):
        backup(path, path)
    with pytest.raises(Usage, match="itself"):
        restore(path, path)


def test_a_backup_needs_a_folder_that_is_there(path, tmp_path):
    put(path, "a")
    for nowhere in (tmp_path, tmp_path / "no" / "backup.db"):
        with pytest.raises(Usage, match="name a file in a folder that is there"):
            backup(path, nowhere)


def damage(path):
    """Change one letter of a uri."""
    data = path.read_bytes()
    place = data.index(b"[]") - 1  # "a[]" or "b[]": the uri and no words
    path.write_bytes(data[:place] + b"x" + data[place + 1 :])
