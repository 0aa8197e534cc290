"""What every catalog promises, and what the one in a file promises beyond that."""

import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from iconym.catalog import schema
from iconym.catalog.memory import MemoryCatalog
from iconym.catalog.sqlite import SqliteCatalog
from iconym.errors import BadData, NewerFormat
from iconym.nouns import Picture
from iconym.protocols import Catalog, Change, KnownSpace

A, B, C = Picture("a.png", content="aa"), Picture("b.png", content="bb"), Picture("c.png")
CATALOGS = {"memory": lambda folder: MemoryCatalog(), "sqlite": lambda f: SqliteCatalog(f / "c.db")}


@pytest.fixture(params=CATALOGS)
def catalog(request, tmp_path):
    return CATALOGS[request.param](tmp_path)


def vectors(*rows):
    return np.array(rows, np.float32).reshape(len(rows), -1)


def held(catalog, space="s"):
    """The vectors of a space as {id: numbers}."""
    ids, rows = catalog.vectors(space)
    return dict(zip(ids.tolist(), rows.tolist(), strict=True))


def test_it_fulfils_the_protocol(catalog):
    assert isinstance(catalog, Catalog)


def test_an_empty_catalog_holds_nothing(catalog):
    assert len(catalog) == 0
    assert list(catalog.pictures()) == catalog.changes() == catalog.spaces() == []


def test_new_pictures_get_new_ids_and_are_read_back_whole(catalog):
    full = Picture(
        "π/cat \U0001f408.png",
        words=("cat", 'a "b"'),
        caption="a cat",
        owner="me",
        taken="2026-01-02T03:04:05",
        width=3,
        height=4,
        content="ab",
        size=5,
        modified=2**60,
    )
    assert catalog.put([full, A], "s", vectors((1, 0), (0, 1))) == [1, 2]
    assert catalog.get([2, 1]) == [replace(A, id=2), replace(full, id=1)]
    assert len(catalog) == 2


def test_a_known_uri_keeps_its_id_and_is_replaced(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    assert catalog.put([replace(B, caption="new")], "s", vectors((3, 4))) == [2]
    assert catalog.get([2]) == [replace(B, caption="new", id=2)]
    assert held(catalog) == {1: [1, 0], 2: [3, 4]}


def test_an_id_is_never_used_again(catalog):
    assert catalog.put([A, B], "s", vectors((1, 0), (0, 1))) == [1, 2]
    catalog.remove([2])
    assert catalog.put([B], "s", vectors((0, 1)))[0] > 2


def test_an_unknown_id_is_a_key_error(catalog):
    catalog.put([A], "s", vectors((1, 0)))
    with pytest.raises(KeyError):
        catalog.get([1, 99])
    with pytest.raises(KeyError):
        catalog.update([replace(A, id=1, caption="x"), replace(B, id=99)])
    assert catalog.get([1]) == [replace(A, id=1)]


def test_removing_forgets_the_picture_and_all_its_vectors(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([A], "other", vectors((5, 5, 5)))
    catalog.remove([1, 99])
    assert list(catalog.pictures()) == [replace(B, id=2)]
    assert held(catalog) == {2: [0, 1]}
    assert held(catalog, "other") == {}


def test_spaces_live_side_by_side(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([B], "other", vectors((7, 8, 9)))
    assert held(catalog) == {1: [1, 0], 2: [0, 1]}
    assert held(catalog, "other") == {2: [7, 8, 9]}
    assert catalog.vectors("unknown")[1].shape == (0, 0)


def test_vectors_among_some_ids(catalog):
    catalog.put([A, B, C], "s", vectors((1, 0), (0, 1), (2, 2)))
    ids, rows = catalog.vectors("s", np.array([3, 77, 1]))
    assert ids.tolist() == [1, 3]
    assert rows.tolist() == [[1, 0], [2, 2]]


def test_a_changed_content_forgets_the_vectors_in_other_spaces(catalog):
    catalog.put([A], "other", vectors((5, 5, 5)))
    catalog.put([replace(A, content="changed")], "s", vectors((1, 0)))
    assert held(catalog, "other") == {}
    assert held(catalog) == {1: [1, 0]}


def test_the_same_content_keeps_them(catalog):
    catalog.put([A], "other", vectors((5, 5, 5)))
    catalog.put([replace(A, caption="new")], "s", vectors((1, 0)))
    assert held(catalog, "other") == {1: [5, 5, 5]}


def test_an_update_changes_the_picture_and_leaves_its_vector(catalog):
    catalog.put([A], "s", vectors((1, 0)))
    catalog.update([Picture("moved.png", content="aa", id=1)])
    assert catalog.find(uris=["a.png"]) == []
    assert catalog.find(uris=["moved.png"]) == [1]
    assert held(catalog) == {1: [1, 0]}


def test_two_pictures_may_exchange_their_uris(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.update([replace(A, id=2), replace(B, id=1)])
    assert catalog.find(uris=["a.png"]) == [2]


def test_a_uri_belongs_to_one_picture(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    with pytest.raises(BadData, match="another picture"):
        catalog.update([replace(A, uri="b.png", id=1)])
    assert catalog.get([1]) == [replace(A, id=1)]


def test_pictures_are_found_by_uri_or_content(catalog):
    catalog.put([A, B, C], "s", vectors((1, 0), (0, 1), (2, 2)))
    assert catalog.find(uris=["c.png", "nowhere"], contents=["aa"]) == [1, 3]
    assert catalog.find() == []


def test_pictures_come_in_the_order_of_ids_as_when_the_iteration_began(catalog):
    catalog.put([B, A], "s", vectors((1, 0), (0, 1)))
    pictures = catalog.pictures()
    first = next(pictures)
    catalog.remove([2])
    assert [first, *pictures] == [replace(B, id=1), replace(A, id=2)]
    assert len(catalog) == 1


def test_changes_tell_the_last_of_each_picture_in_order(catalog):
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    catalog.put([A], "s", vectors((2, 2)))
    catalog.remove([2])
    assert catalog.changes() == [Change(3, 1), Change(4, 2, removed=True)]
    assert catalog.changes(since=3) == [Change(4, 2, removed=True)]
    assert catalog.changes(since=4) == []


def test_the_last_sequence_is_that_of_the_latest_change(catalog):
    assert catalog.last_sequence() == 0
    catalog.put([A, B], "s", vectors((1, 0), (0, 1)))
    assert catalog.last_sequence() == catalog.changes()[-1].sequence == 2


def test_removing_what_is_not_held_is_no_change(catalog):
    catalog.remove([5])
    assert catalog.changes() == []


def test_the_space_used_last_is_the_current_one(catalog):
    first, second = KnownSpace("f1", "first", 2), KnownSpace("f2", "second", 3)
    catalog.use_space(first)
    catalog.use_space(second)
    catalog.put([A], "f0", vectors((1, 0)))
    assert catalog.spaces() == [second, first, KnownSpace("f0", "", 2)]
    catalog.use_space(first)
    assert catalog.spaces()[0] == first


@pytest.mark.parametrize(
    ("pictures", "rows", "said"),
    [
        ([B], vectors((1, 0, 0)), "space s has dimension 2, not 3"),
        ([B, B], vectors((1, 0), (0, 1)), "'b.png' is given twice"),
        ([B], vectors((0, 0)), "vector of 'b.png' is zero"),
        ([B, C], vectors((1, 0), (np.nan, 1)), "vector of 'c.png' is zero or not finite"),
        ([B, C], vectors((1, 0)), "2 pictures but 1 vectors"),
    ],
)
def test_bad_input_is_refused_and_nothing_changed(catalog, pictures, rows, said):
    catalog.put([A], "s", vectors((1, 0)))
    with pytest.raises(BadData, match=said):
        catalog.put(pictures, "s", rows)
    assert list(catalog.pictures()) == [replace(A, id=1)]
    assert catalog.changes() == [Change(1, 1)]


def test_a_space_cannot_be_used_with_another_dimension(catalog):
    catalog.put([A], "s", vectors((1, 0)))
    with pytest.raises(BadData, match="dimension 2, not 5"):
        catalog.use_space(KnownSpace("s", "", 5))
    assert catalog.spaces() == [KnownSpace("s", "", 2)]


# The file


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
