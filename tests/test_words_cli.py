"""The verbs that ask, measure and convert word vectors, as a user runs them."""

import json

import numpy as np
import pytest

from iconym.words.formats import load_words


@pytest.fixture
def compass(tmp_path):
    """Four words of which each is a quarter turn from the next, one between two of them."""
    path = tmp_path / "compass.txt"
    path.write_text("5 2\nnorth 0 1\neast 1 0\nsouth 0 -1\nwest -1 0\nnorth_east 1 1\n")
    return path


@pytest.mark.parametrize(
    ("query", "first"),
    [
        (["north", "+", "east"], ("north_east", 1)),
        (["north + east"], ("north_east", 1)),
        (["north", "east"], ("north", 0.5**0.5)),  # north_east is asked itself, and no answer
        (["north", "-", "west"], ("north_east", 1)),
        (["north", "- west"], ("north_east", 1)),
        (["3:east", "+", "4:north"], ("north_east", 7 * 0.5**0.5 / 5)),
        (["north + north - north"], ("north_east", 0.5**0.5)),
    ],
)
def test_neighbors_of_a_weighted_mean(run, compass, query, first):
    found = run("words", "neighbors", compass, *query, "--json").json
    assert (found[0]["word"], found[0]["score"]) == (first[0], pytest.approx(first[1]))


@pytest.mark.parametrize("word", ["+1", "2:1", "-"])
def test_a_word_of_the_vocabulary_is_never_taken_apart(run, tmp_path, word):
    (tmp_path / "w.txt").write_text(f"{word} 1 0\nother 0 1\n")
    found = run("words", "neighbors", tmp_path / "w.txt", word, "--json").json
    assert found == [{"word": "other", "score": 0.0}]


def test_neighbors_complain_in_one_line(run, compass):
    ran = run("words", "neighbors", compass, "north", "+", "south")
    assert (ran.code, "cancel each other out" in ran.complaint) == (2, True)
    ran = run("words", "neighbors", compass, "north", "-", "up")
    assert (ran.code, "no word 'up'" in ran.complaint) == (2, True)
    ran = run("words", "neighbors", compass, "north", "--mapped")
    assert (ran.code, "cannot be mapped" in ran.complaint) == (1, True)


def test_analogy_names_the_fourth_word(run, compass):
    found = run("words", "analogy", compass, "south", "east", "west", "-k", "1", "--json").json
    assert found == [{"word": "north", "score": 1.0}]


def test_similarity_of_a_word_and_others(run, compass):
    ran = run("words", "similarity", compass, "north", "south", "north east", "east")
    assert [line.split() for line in ran.out.splitlines()[1:]] == [
        ["-1.000", "south"],
        ["0.707", "north", "east"],
        ["0.000", "east"],
    ]
    alone = run("words", "similarity", compass, "north", "north", "--json").json
    assert alone == [{"word": "north", "score": 1.0}]


def test_the_odd_one_out_comes_first(run, compass):
    arguments = ("words", "odd-one-out", compass, "north", "north_east", "east", "west")
    assert run(*arguments).out.splitlines()[1].split()[-1] == "west"
    found = run(*arguments, "--json").json
    assert found["odd_one_out"] == found["words"][0]["word"] == "west"
    assert len(found["words"]) == 4
    assert run("words", "odd-one-out", compass, "north", "east").code == 2


def test_evaluate_takes_a_folder_of_rated_pairs(run, compass, tmp_path):
    (tmp_path / "sets").mkdir()
    for name in ("one", "two"):
        (tmp_path / "sets" / f"{name}.txt").write_text("north south 0\nnorth east 5\neast up 9\n")
    arguments = ("words", "evaluate", compass, "--similarity", tmp_path / "sets")
    ratings = run(*arguments, "--json").json["ratings"]
    assert [(r["name"], r["used"], r["pairs"], r["percent"]) for r in ratings] == [
        ("one", 2, 3, 66.67),
        ("two", 2, 3, 66.67),
    ]
    assert [line.split()[0] for line in run(*arguments).out.splitlines()] == ["rated", "one", "two"]


@pytest.mark.parametrize(("top", "asked"), [(4, 0), (0, 1), (5, 1)])
def test_evaluate_asks_about_the_first_words(run, compass, tmp_path, top, asked):
    (tmp_path / "q.txt").write_text(": turns\nnorth south east north_east\n")
    arguments = ("words", "evaluate", compass, "--questions", tmp_path / "q.txt", "--json")
    scores = run(*arguments, "--top", top, "--method", "mul").json["analogies"]
    assert (scores[-1]["asked"], scores[-1]["total"]) == (asked, 1)


def test_evaluate_needs_something_to_measure_with(run, compass):
    assert "give --questions FILE" in run("words", "evaluate", compass).complaint


@pytest.mark.parametrize("name", ["folder", "w.safetensors", "w.npy"])
def test_what_was_converted_is_asked_without_being_read_whole(run, compass, tmp_path, name):
    made = run("words", "convert", compass, "-o", tmp_path / name)
    assert (made.code, made.out) == (0, f"{tmp_path / name}: 5 words, 2 numbers each\n")
    for verb in (
        ["neighbors", "north"],
        ["analogy", "north", "east", "south"],
        ["similarity", "north", "north east"],
        ["odd-one-out", "north", "east", "south"],
    ):
        asked = [
            ["words", verb[0], words, *verb[1:], "--json"] for words in (compass, tmp_path / name)
        ]
        assert run(*asked[0]).json == run(*asked[1], "--mapped").json


def test_convert_writes_glove_and_half_precision(run, compass, tmp_path):
    run("words", "convert", compass, "-o", tmp_path / "glove.txt", "--no-header")
    assert (tmp_path / "glove.txt").read_text().startswith("north 0.0 1.0\neast ")
    run("words", "convert", compass, "-o", tmp_path / "half", "--half")
    assert load_words(tmp_path / "half", mapped=True).vectors.dtype == np.float16


def test_convert_leaves_out_faults_where_it_is_asked_to_and_tells_of_them(run, tmp_path):
    lines = ["cat 1 0", *["cat 2 0"] * 12, "ice nan 0", "day; 1 1", "day; 2 2"]
    (tmp_path / "w.txt").write_text("".join(f"{line}\n" for line in lines))
    strict = run("words", "convert", tmp_path / "w.txt", "-o", tmp_path / "new.txt")
    assert "line 2: 'cat' stands in line 1 too" in strict.complaint
    assert "iconym words convert --drop-bad" in strict.complaint
    assert not (tmp_path / "new.txt").exists()
    ran = run("words", "convert", tmp_path / "w.txt", "-o", tmp_path / "new.txt", "--drop-bad")
    assert load_words(tmp_path / "new.txt").words == ("cat", "day;")
    told = ran.err.splitlines()
    assert told[0].endswith("line 2: 'cat' stands in line 1 too")
    assert (len(told), told[-1]) == (11, "left out: 4 more")


def test_convert_complains_before_it_works(run, compass, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("keep me")
    for output, code, message in (
        (compass, 2, "is the file itself"),
        (tmp_path / "folder", 1, "choose another place"),
        (compass / "below", 2, "cannot be written to"),
    ):
        ran = run("words", "convert", compass, "-o", output)
        assert (ran.code, message in ran.complaint) == (code, True)
    ran = run("words", "convert", compass, "-o", tmp_path / "w.bin", "--no-header")
    assert "only text goes without a header" in ran.complaint


def test_every_answer_is_one_line_of_json(run, compass):
    for verb in (["neighbors", "north"], ["similarity", "north", "east"]):
        [line] = run("words", verb[0], compass, *verb[1:], "--json").out.splitlines()
        json.loads(line)
