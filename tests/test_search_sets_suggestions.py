"""What suggested tags promise, and the file of them."""

import csv
import io

import numpy as np
import pytest

from iconym.errors import BadData, Usage
from iconym.nouns import Filter, Picture, WordVectors
from iconym.search.suggestions import Suggestion, csv_lines, suggest_tags
from pictures_in_space import BLUE, RED, YELLOW, search_of


def suggested(search, k=5, **options):
    """The suggestions as [(id, tag, score rounded)]."""
    found = suggest_tags(search, k, **options)
    return [(s.picture.id, s.tag, round(s.score, 4)) for s in found]


def test_tags_come_best_first_picture_by_picture():
    assert suggested(search_of(BLUE, YELLOW), 2) == [
        (1, "blue", 1.0),
        (1, "red", 0.0),
        (2, "red", 0.7071),
        (2, "green", 0.7071),
    ]


def test_a_tag_that_a_picture_has_is_not_suggested_again():
    search = search_of(YELLOW, words=[("RED", "boat")])
    assert suggested(search, 1) == [(1, "green", 0.7071)]


def test_the_words_of_a_phrase_may_be_joined_in_any_way():
    search = search_of(RED, words=[("snow leopard",)])
    vocabulary = WordVectors(("snow_leopard", "cat"), np.array([[1, 0, 0], [1, 1, 0]], np.float32))
    assert suggested(search, 1, vocabulary=vocabulary) == [(1, "cat", 0.7071)]


def test_suggestions_are_for_the_pictures_of_the_filter():
    search = search_of(RED, BLUE, uri=["a/1.png", "b/1.png"])
    assert suggested(search, 1, wanted=Filter(folder="b")) == [(2, "blue", 1.0)]


def test_k_beyond_the_vocabulary_is_all_of_it():
    assert len(suggested(search_of(RED), 99)) == 3


def test_nothing_is_written_into_the_catalog():
    search = search_of(RED)
    suggested(search)
    assert (search.catalog.last_sequence(), search.catalog.get([1])[0].words) == (1, ())


def test_what_cannot_be_suggested_is_one_line():
    with pytest.raises(Usage, match="no picture to suggest tags for"):
        suggested(search_of())
    with pytest.raises(Usage, match="k is 0"):
        suggested(search_of(RED), 0)
    with pytest.raises(BadData, match="vectors of 2 numbers, the space of 3"):
        suggested(search_of(RED), vocabulary=WordVectors(("a",), np.ones((1, 2), np.float32)))


# ---- as CSV


def written(*rows):
    """The text for [(uri, tag, score)]."""
    return "".join(csv_lines(Suggestion(Picture(uri), tag, score) for uri, tag, score in rows))


def test_a_row_is_picture_tag_and_score():
    assert written(("a/b.png", "snow leopard", -0.25)) == (
        '"picture","tag","score"\n"a/b.png","snow leopard",-0.25\n'
    )


def test_what_was_written_is_read_again():
    rows = [("a,b;c.png", 'say "cheese"', 0.5), ("line\nbreak.png", "caf\u00e9", 0.25)]
    read = list(csv.reader(io.StringIO(written(*rows), newline="")))[1:]
    assert [(path, tag, float(score)) for path, tag, score in read] == rows


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_begins_like_a_formula(sign):
    text = written((f"{sign}cmd|' /C calc'!A0.png", f"{sign}1+1", 0.5))
    path, tag, _score = list(csv.reader(io.StringIO(text, newline="")))[1]
    assert (path, tag) == (f"./{sign}cmd|' /C calc'!A0.png", f"'{sign}1+1")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_separator_makes_a_cell_that_begins_like_a_formula(separator):
    ends = (separator, f'"{separator}', "\n", "\r\n", f"{separator}\n")
    for end in ends:
        text = written((f"a{end}=1+1.png", f"b{end}=1+1", 0.5))
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not any(cell.startswith(tuple("=+-@")) for cell in row)
