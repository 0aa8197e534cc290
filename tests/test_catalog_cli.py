"""``iconym catalog`` from the command line."""

import shutil

import numpy as np
import pytest

from iconym.catalog.sqlite import SqliteCatalog
from iconym.nouns import Picture


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos" / ".iconym").mkdir(parents=True)
    put(tmp_path / "photos", "cat.png")
    return tmp_path / "photos"


def put(folder, uri):
    catalog = SqliteCatalog(file(folder))
    catalog.put([Picture(uri)], "s", np.ones((1, 2), np.float32))
    catalog.close()


def file(folder):
    return folder / ".iconym" / "catalog.db"


def damage(path):
    path.write_bytes(path.read_bytes().replace(b"cat.png[]", b"cut.png[]"))


def test_verify_says_in_one_line_what_a_whole_catalog_holds(run, folder):
    ran = run("catalog", "verify", folder)
    assert (ran.code, ran.out) == (0, "whole: 1 pictures, 1 vectors, 1 changes, 0 failures\n")


def test_verify_names_what_is_damaged(run, folder):
    damage(file(folder))
    ran = run("catalog", "verify", folder)
    assert ran.code == 1
    assert "damaged: the picture 1 differs from its checksum" in ran.out.splitlines()


def test_verify_tells_programs_all_of_it(run, folder):
    ran = run("catalog", "verify", folder, "--json")
    assert ran.json == {
        "catalog": "whole",
        "pictures": 1,
        "vectors": 1,
        "changes": 1,
        "failures": 0,
        "problems": [],
    }


def test_a_catalog_that_is_no_database_any_more_is_damaged(run, folder):
    file(folder).write_bytes(b"\xff" * 5000)
    assert run("catalog", "verify", folder).out == "damaged: file is not a database\n"


def test_a_backup_is_put_back(run, folder, tmp_path):
    kept = tmp_path / "kept.db"
    assert run("catalog", "backup", folder, "--to", kept).code == 0
    put(folder, "dog.png")
    ran = run("catalog", "restore", folder, "--from", kept)
    assert ran.code == 0
    assert ran.out.startswith(f"restored from {kept}: 1 pictures")
    assert [picture.uri for picture in SqliteCatalog(file(folder)).pictures()] == ["cat.png"]


def test_a_collection_that_lost_its_catalog_gets_it_back(run, folder, tmp_path):
    run("catalog", "backup", folder, "--to", tmp_path / "kept.db")
    shutil.rmtree(file(folder).parent)
    assert run("catalog", "restore", folder, "--from", tmp_path / "kept.db").code == 0
    assert run("catalog", "verify", folder).code == 0


def test_a_damaged_backup_is_refused_in_one_line(run, folder, tmp_path):
    run("catalog", "backup", folder, "--to", tmp_path / "kept.db")
    damage(tmp_path / "kept.db")
    ran = run("catalog", "restore", folder, "--from", tmp_path / "kept.db")
    assert ran.code == 1
    assert "kept.db is damaged" in ran.complaint


@pytest.mark.parametrize("verb", [("verify",), ("backup", "--to", "kept.db")])
def test_without_a_collection_there_is_nothing_to_do(run, tmp_path, verb):
    ran = run("catalog", *verb, tmp_path)
    assert (ran.code, ran.complaint.startswith("there is no collection in")) == (2, True)
