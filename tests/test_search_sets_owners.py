"""What the question whose pictures fit a brief promises."""

from dataclasses import replace

import numpy as np
import pytest

from iconym.errors import UnknownWord, Usage
from iconym.nouns import Filter
from iconym.search import Term
from iconym.search.owners import best_score, mean_score, owners_for, top_mean
from pictures_in_space import BLUE, GREEN, RED, YELLOW, search_of

BRIEF = [Term("red")]


def fits(search, k=10, **options):
    """The answer as [(owner, score rounded)]."""
    found = owners_for(search, BRIEF, k, **options)
    return [(fit.owner, round(fit.score, 4)) for fit in found]


@pytest.fixture
def search():
    """Ann: red and blue. Bob: yellow twice. Eve: nothing but green. One picture is nobody's."""
    vectors = (RED, BLUE, YELLOW, YELLOW, GREEN, RED)
    return search_of(*vectors, owner=["Ann", "Ann", "Bob", "Bob", "Eve", ""])


def test_an_owner_fits_as_the_pictures_do_on_average(search):
    found = fits(search, set_score=mean_score)
    assert found == [("Bob", 0.7071), ("Ann", 0.5), ("Eve", 0.0)]


def test_an_owner_may_fit_as_the_best_picture_does(search):
    assert fits(search, set_score=best_score) == [("Ann", 1.0), ("Bob", 0.7071), ("Eve", 0.0)]


def test_or_as_the_best_few_do_five_of_them_if_nothing_is_said(search):
    assert fits(search, set_score=top_mean(1)) == fits(search, set_score=best_score)
    assert fits(search, set_score=top_mean(2)) == fits(search, set_score=mean_score)
    search = search_of(*[RED] * 5, BLUE, owner=["Ann"] * 6)
    assert fits(search) == [("Ann", 1.0)]


def test_scores_of_a_set_are_plain_functions():
    scores = np.array([0.1, 0.9, 0.5])
    assert mean_score(scores) == pytest.approx(0.5)
    assert best_score(scores) == pytest.approx(0.9)
    assert top_mean(2)(scores) == pytest.approx(0.7)
    assert top_mean(9)(scores) == pytest.approx(0.5)


def test_each_owner_comes_with_a_count_and_the_best_picture(search):
    ann = owners_for(search, BRIEF, 2)[1]
    assert (ann.owner, ann.pictures, ann.best.picture.id, ann.best.score) == ("Ann", 2, 1, 1.0)


def test_equal_owners_come_by_name_and_k_is_the_most():
    search = search_of(RED, RED, RED, owner=["Cid", "Ann", "Bob"])
    assert fits(search, 2) == [("Ann", 1.0), ("Bob", 1.0)]


def test_an_example_and_its_copies_count_for_nobody():
    search = search_of(RED, RED, BLUE, owner=["Ann", "Bob", "Ann"], content=["a", "a", "b"])
    found = owners_for(search, [Term(1)], 10)
    assert [(fit.owner, fit.pictures) for fit in found] == [("Ann", 1)]


def test_only_pictures_of_the_filter_count(search):
    (blue,) = search.catalog.get([2])
    search.catalog.update([replace(blue, words=("tag",))])
    assert fits(search, wanted=Filter(words=("tag",))) == [("Ann", 0.0)]


@pytest.mark.parametrize("search", [search_of(), search_of(RED)])
def test_where_no_owner_is_known_the_line_says_how_to_tell_one(search):
    with pytest.raises(Usage, match=r"no picture here has an owner; .* iconym follow"):
        owners_for(search, BRIEF)


def test_what_cannot_be_asked_is_one_line(search):
    with pytest.raises(Usage, match="k is 0"):
        owners_for(search, BRIEF, 0)
    with pytest.raises(Usage, match="the best 0 pictures; give at least 1"):
        top_mean(0)
    with pytest.raises(UnknownWord):
        owners_for(search, [Term("purple")])
    with pytest.raises(Usage, match="no picture 99"):
        owners_for(search, [Term(99)])
