"""``verify`` finds whatever would change an answer of a catalog's file."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from iconym.catalog.connections import connect
from iconym.catalog.sqlite import SqliteCatalog
from iconym.catalog.verifying import verify
from iconym.errors import BadData, IconymError
from iconym.nouns import FailureRecord, Filter, Picture
from iconym.protocols import KnownSpace

PLACES = 400  # bytes that are flipped


@pytest.fixture
def path(tmp_path):
    return filled(tmp_path / "catalog.db")


def filled(path):
    """A catalog with something in each of its tables, and a picture that was removed."""
    catalog = SqliteCatalog(path)
    pictures = [
        Picture(f"{n}.png", (f"word{n}", "all"), "π", "me", "2024-05", n, n, f"{n:064}", n, n + 1)
        for n in range(40)
    ]
    catalog.use_space(KnownSpace("s", "a space", 3))
    catalog.put(pictures, "s", np.arange(1, 121, dtype=np.float32).reshape(40, 3))
    catalog.put(pictures[:5], "other", np.ones((5, 2), np.float32))
    catalog.remove([40])
    catalog.put_failures([FailureRecord(f"bad{n}.png", "empty", "no bytes", n) for n in range(5)])
    catalog.close()
    return path


def answers(path):
    """All that a catalog answers, or that it does not."""
    try:
        catalog = SqliteCatalog(path)
        told = [
            list(catalog.pictures()),
            [catalog.vectors(space)[1].tobytes() for space in ("s", "other")],
            [ids.tolist() for ids, _ in catalog.vector_batches("s", 7)],
            catalog.changes(),
            catalog.last_sequence(),
            catalog.spaces(),
            list(catalog.failures()),
            [catalog.match(f"word{n} all", 50) for n in range(40)],
            catalog.find(uris=[f"{n}.png" for n in range(40)]),
            catalog.find(contents=[f"{n:064}" for n in range(40)]),
            [
                catalog.select(wanted).tolist()
                for wanted in (Filter(owner="me"), Filter(since="2024"), Filter(words=("all",)))
            ],
        ]
        catalog.close()
    except (IconymError, sqlite3.Error, ValueError, TypeError, OverflowError) as error:
        return type(error)
    return told


def is_found(path):
    try:
        return bool(verify(path).problems)
    except IconymError:
        return True


def test_a_whole_catalog_has_no_problems_and_is_counted(path):
    found = verify(path)
    assert found.problems == ()
    assert (found.pictures, found.vectors, found.changes, found.failures) == (39, 44, 46, 5)


def test_a_vector_of_any_length_is_whole(path):
    SqliteCatalog(path).put(
        [Picture("short"), Picture("long")], "s", np.full((2, 3), [[1e-30], [1e30]], np.float32)
    )
    assert verify(path).problems == ()


def test_a_writer_that_does_not_end_is_no_damage(path, monkeypatch):
    monkeypatch.setattr("iconym.catalog.connections.PATIENCE", 0.0)
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            verify(path)


def test_an_empty_file_is_refused(path):
    path.write_bytes(b"")
    with pytest.raises(BadData, match="is empty"):
        verify(path)


def test_one_flipped_byte_is_found_wherever_it_changes_an_answer(path):
    whole, right = path.read_bytes(), answers(path)
    drawn = np.random.default_rng(0)
    used = np.flatnonzero(np.frombuffer(whole, np.uint8))  # the others are mostly room
    changed = missed = 0
    for place in drawn.choice(used, PLACES, replace=False):
        flipped = bytearray(whole)
        flipped[place] ^= int(drawn.integers(1, 256))
        path.write_bytes(flipped)
        if answers(path) != right:
            changed += 1
            path.write_bytes(flipped)
            missed += not is_found(path)
    assert changed > PLACES / 3
    assert missed == 0
