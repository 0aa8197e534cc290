"""``iconym space`` from the command line."""

from pathlib import Path

import numpy as np
import pytest

from colors import YELLOW, save, saved_color_space
from iconym.collection import open_collection
from iconym.space import save_space
from two_spaces import old_and_new, turned_space


@pytest.fixture
def both(tmp_path, monkeypatch):
    """A collection with 40 pictures in both spaces, in the present folder."""
    monkeypatch.chdir(tmp_path)
    return old_and_new(tmp_path)


@pytest.fixture
def half(tmp_path, monkeypatch):
    """The same, with half of them in the new space."""
    monkeypatch.chdir(tmp_path)
    return old_and_new(tmp_path, encoded=20)


def current():
    return open_collection(Path()).current_space().name


# ---- list


def test_list_names_the_current_space_first_and_counts_pictures(run, half):
    ran = run("space", "list", "--json")
    assert [(row["name"], row["pictures"], row["current"]) for row in ran.json] == [
        ("colors", 40, True),
        ("turned", 20, False),
    ]
    lines = run("space", "list").out.splitlines()
    assert lines[1].split()[0] == "colors"
    assert lines[1].split()[-1] == "current"


# ---- compare


def test_compare_says_how_much_of_the_answers_changed(run, both):
    found = run("space", "compare", "colors", "turned", "red", "2:red - blue", "--json").json
    assert found["overlap"]["value"] == 1.0
    assert [query["query"] for query in found["queries"]] == ["red", "2:red + -1:blue"]
    out = run("space", "compare", "colors", "turned", "red").out
    assert "overlap@10: 1.000 [1.000, 1.000]" in out


def test_compare_reads_live_queries_from_a_file(run, both, tmp_path):
    (tmp_path / "asked.txt").write_text("red\n\nblue\n", encoding="utf-8")
    ran = run("space", "compare", "colors", "turned", "--queries", "asked.txt", "--json")
    assert len(ran.json["queries"]) == 2


def test_compare_shows_what_changed_most(run, half):
    out = run("space", "compare", "colors", "turned", "red", "-k", "40").out
    assert "changed most" in out
    assert "pictures: 40 old, 20 new, 20 in both" in out


def test_compare_without_a_query_is_refused(run, both):
    ran = run("space", "compare", "colors", "turned")
    assert (ran.code, ran.complaint[:8]) == (2, "no query")


# ---- switch


def test_switch_is_there_and_says_how_to_go_back(run, both):
    ran = run("space", "switch", "turned")
    assert (ran.code, current()) == (0, "turned")
    remark = ran.err.split()
    assert remark[:4] == ["to", "switch", "back:", "iconym"]
    assert run(*remark[4:]).code == 0
    assert current() == "colors"


def test_switch_waits_until_all_pictures_are_encoded_unless_told(run, half):
    ran = run("space", "switch", "turned")
    assert (ran.code, current()) == (2, "colors")
    assert ran.complaint.startswith("20 of 40 pictures have no vector in turned yet")
    assert run("space", "switch", "turned", "--incomplete", "--json").json["lacking"] == 20
    assert current() == "turned"


def test_an_unknown_space_is_named_with_those_that_are_there(run, both):
    ran = run("space", "switch", "nowhere")
    assert ran.code == 2
    assert "no space 'nowhere'" in ran.complaint
    assert "colors (" in ran.complaint


# ---- align


def test_align_says_what_is_lost_with_an_interval(run, half):
    out = run("space", "align", "colors", "turned", "--sample", "0").out
    assert out.startswith("orthogonal map from 20 pictures\n")
    assert "recall@10 of old vectors: 1.000 [1.000, 1.000]" in out


def test_align_encodes_a_sample_in_a_space_that_is_saved_elsewhere(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for shade in range(24):
        save(
            tmp_path / "photos" / f"{shade}.png", (255 - 10 * shade, 10 * shade, shade * shade // 3)
        )
    save_space(saved_color_space(), tmp_path / "old")
    save_space(turned_space(), tmp_path / "new")
    assert run("index", "photos", "--space", "old").code == 0
    ran = run("space", "align", "colors", "new", "-c", "photos", "--sample", "20", "--json")
    assert (ran.code, ran.json["pictures"], ran.json["method"]) == (0, 20, "orthogonal")
    listed = run("space", "list", "-c", "photos", "--json").json
    assert [(row["name"], row["pictures"], row["aligned"]) for row in listed] == [
        ("colors", 24, False),
        ("turned", 20, True),
    ]


def test_align_says_it_to_programs_too(run, half):
    found = run("space", "align", "colors", "turned", "--sample", "0", "--json").json
    assert (found["method"], found["k"], found["recall"]["value"]) == ("orthogonal", 5, 1.0)


def test_align_says_that_a_sample_is_small_for_the_collection(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old_and_new(tmp_path, count=200, encoded=20)
    ran = run("space", "align", "colors", "turned", "--sample", "0")
    assert "a small sample of this collection" in ran.err


def test_align_with_too_few_pictures_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old_and_new(tmp_path, encoded=5)
    ran = run("space", "align", "colors", "turned", "--sample", "0")
    assert (ran.code, ran.complaint[:10]) == (1, "5 pictures")


# ---- words


def test_a_word_is_added_and_removed(run, both):
    assert run("space", "add-word", "red green").out == "added: red green; 4 labels\n"
    assert run("space", "remove-word", "red green", "--json").json["labels"] == 3


def test_a_word_has_the_vector_of_a_file_or_of_pictures(run, both, tmp_path):
    np.save(tmp_path / "sun.npy", np.array([1.0, 1.0, 0.0]))
    assert run("space", "add-word", "sun", "--vector", "sun.npy").code == 0
    yellow = save(tmp_path / "sample" / "yellow.png", YELLOW)
    assert run("space", "add-word", "moon", "--like", yellow).code == 0
    labels = {one["label"] for one in run("label", yellow, "-k", "2", "--json").json[0]["labels"]}
    assert labels == {"sun", "moon"}


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY"])
def test_a_file_that_is_no_vector_is_named(run, both, tmp_path, content):
    (tmp_path / "bad.npy").write_bytes(content)
    ran = run("space", "add-word", "sun", "--vector", "bad.npy")
    assert (ran.code, "bad.npy" in ran.complaint) == (1, True)


def test_a_matrix_is_no_vector(run, both, tmp_path):
    np.save(tmp_path / "two.npy", np.ones((2, 3)))
    assert "(2, 3)" in run("space", "add-word", "sun", "--vector", "two.npy").complaint


def test_two_vectors_for_a_word_are_refused(run, both):
    ran = run("space", "add-word", "sun", "--vector", "a.npy", "--like", "b.png")
    assert (ran.code, ran.complaint[:11]) == (2, "two vectors")


# ---- the whole way


def test_a_new_space_takes_over_without_a_pause(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for shade in range(24):
        color = (255 - 10 * shade, 10 * shade, shade * shade // 3)
        save(tmp_path / f"{shade}.png", color)
    save_space(saved_color_space(), tmp_path / "old")
    save_space(turned_space(), tmp_path / "new")
    run("index", ".", "--space", "old")
    run("space", "align", "colors", "new", "--sample", "20")
    run("space", "switch", "turned", "--incomplete")
    assert len(run("search", "red", "-k", "30", "--json").json) == 20
    assert len(run("search", "red", "-k", "30", "--aligned", "--json").json) == 24
    run("space", "switch", "colors")
    assert run("index", ".", "--space", "new", "--beside", "--json").json["added"] == 4
    assert current() == "colors"
    assert run("space", "switch", "turned").code == 0
    assert len(run("search", "red", "-k", "30", "--json").json) == 24


def test_beside_needs_another_space(run, both):
    ran = run("index", "--beside")
    assert (ran.code, ran.complaint[:8]) == (2, "--beside")
