"""How ``iconym search`` says how surely its pictures fit."""

import pytest

from colors import GREEN, RED, save, saved_color_space
from iconym.collection import create_collection
from iconym.indexing import index_folder

WEAK = "No picture fits clearly; best guesses are weak"


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """The current folder: two red pictures, a green one, nothing blue."""
    for name, color in {"red": RED, "crimson": RED, "green": GREEN}.items():
        save(tmp_path / f"{name}.png", color)
    index_folder(create_collection(tmp_path), saved_color_space())
    monkeypatch.chdir(tmp_path)


def remarks(ran):
    return [line for line in ran.err.splitlines() if not line.startswith("space: ")]


def test_search_marks_each_picture_and_draws_the_line(run, collection):
    ran = run("search", "red")
    head, *rows = [line.split() for line in ran.out.splitlines()]
    assert head == ["score", "fit", "picture", "words"]
    assert [row[1] for row in rows if row[1] in ("clear", "likely", "weak")] == [
        "clear",
        "clear",
        "weak",
    ]
    assert rows[2][2:] == ["---", "certainty", "ends", "here", "---"]
    assert remarks(ran) == []


def test_search_says_in_one_line_that_nothing_fits(run, collection):
    ran = run("search", "blue")
    assert (ran.code, remarks(ran)) == (0, [WEAK])
    assert ran.out.count("weak") == 3
    assert "certainty ends" not in ran.out


def test_paths_for_other_programs_stay_bare(run, collection):
    ran = run("search", "blue", "--files", "-k", "1")
    assert (ran.out, remarks(ran)) == ("crimson.png\n", [WEAK])


def test_json_carries_mark_and_probabilities(run, collection):
    best, *_, last = run("search", "red", "--json").json
    assert best["relevance"]["mark"] == "clear"
    assert best["relevance"]["right"] > 0.5 > last["relevance"]["right"]
    assert best["relevance"]["fits"] == last["relevance"]["fits"] > 0.5


@pytest.mark.parametrize("query", [["red.png"], ["--hybrid", "red"]])
def test_where_nobody_can_tell_nothing_is_said(run, collection, query):
    ran = run("search", *query)
    assert (ran.out.split()[:3], remarks(ran)) == (["score", "picture", "words"], [])
    assert run("search", *query, "--json").json[0]["relevance"] is None


def test_words_that_nobody_knows_are_one_line(run, collection):
    ran = run("search", "asdkjh qweqwe")
    assert (ran.code, ran.out) == (2, "")
    assert "the vocabulary has no word 'asdkjh'" in ran.complaint
