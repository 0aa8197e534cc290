"""What an answer says of itself: margins, marks, the line, and silence where nobody can tell."""

import math

import numpy as np
import pytest

from colors import BLUE, GREEN, RED, YELLOW, color_space, picture, save
from compass import EAST, NORTH, NORTHEAST, WEST, vectors
from iconym.collection import create_collection
from iconym.errors import UnknownWord, Usage
from iconym.index.exact import exact_index
from iconym.indexing import index_pictures
from iconym.nouns import Filter, Picture, WordVectors
from iconym.search import Term, search_collection
from iconym.search.background import Background, background_of, crowding
from iconym.search.calibrated import Asked
from iconym.search.relevance import CIFAR100, Relevance, answer, relevance
from iconym.similarity import unit

HALF = math.sqrt(0.5)


def background(*labels):
    rows = unit(vectors(*labels))
    index = exact_index(rows.shape[1])
    index.add(np.arange(len(rows)), rows)
    return Background(index, rows, 0.0)


def margins(labels, query, *pictures):
    found = background(*labels).margins(vectors(query)[0], unit(vectors(*pictures)))
    return [round(margin, 4) for margin in found.tolist()]


# Margins


def test_a_margin_is_the_distance_from_the_border_to_the_nearest_label():
    assert margins([NORTH, WEST], EAST, EAST, NORTHEAST, NORTH) == [0.7071, 0.0, -0.7071]


def test_the_label_that_is_asked_for_is_no_rival():
    assert margins([EAST, NORTH, WEST], EAST, EAST, NORTH) == [0.7071, -0.7071]


def test_where_no_rival_is_left_the_margin_is_0():
    assert margins([EAST, EAST], EAST, EAST, NORTH) == [0.0, 0.0]


def test_no_picture_has_no_margin():
    nothing = np.empty((0, 2), np.float32)
    assert background(EAST, NORTH).margins(vectors(EAST)[0], nothing).tolist() == []


def test_margins_are_what_a_double_loop_gives():
    random = np.random.default_rng(0)
    labels, pictures = (unit(random.normal(size=(n, 5))).astype(np.float32) for n in (7, 20))
    query = unit(random.normal(size=(1, 5)))[0].astype(np.float32)
    plain = [min((query - w) @ x / np.linalg.norm(query - w) for w in labels) for x in pictures]
    assert background(*labels).margins(query, pictures) == pytest.approx(plain, abs=1e-5)


# Crowding


def test_crowding_is_the_logarithm_of_the_pictures_to_a_subject():
    assert crowding(np.array([3, 3, 5, 5]), 4) == pytest.approx(math.log(2))
    assert crowding(np.array([3, 3, 5, 5]), 4000) == pytest.approx(math.log(2000))
    assert crowding(np.array([7, 7, 7]), 3) == pytest.approx(math.log(3))


def test_rare_subjects_count_for_less_than_one():
    alike, uneven = np.array([1, 1, 2, 2]), np.array([1, 1, 1, 2])
    assert crowding(uneven, 4) > crowding(alike, 4)


def test_an_empty_collection_is_not_crowded():
    assert crowding(np.array([], np.int64), 0) == 0


# Marks, line and remark


def test_a_hit_is_clear_likely_or_weak_by_its_probability():
    found = Relevance(0.9, (0.5, 0.49, 0.25, 0.24), certain=True)
    assert found.marks == ("clear", "likely", "likely", "weak")


def test_no_hit_is_clear_where_perhaps_nothing_fits():
    assert Relevance(0.6, (0.9, 0.3, 0.1), certain=False).marks == ("likely", "likely", "weak")


def test_the_line_stands_where_only_weak_hits_follow():
    assert Relevance(0.9, (0.9, 0.1, 0.3, 0.1, 0.1), certain=True).line == 3
    assert Relevance(0.9, (0.1, 0.1), certain=True).line == 0
    assert Relevance(0.0, (), certain=False).line == 0


@pytest.mark.parametrize(
    ("right", "certain", "said"),
    [
        ((0.9, 0.1), True, ""),
        ((0.9, 0.1), False, "No picture fits clearly; best guesses are likely"),
        ((0.1, 0.1), True, "No picture fits clearly; best guesses are weak"),
    ],
)
def test_an_answer_without_a_clear_hit_says_so(right, certain, said):
    assert Relevance(0.5, right, certain).remark == said


def test_relevance_is_of_the_hits_that_are_shown():
    asked = Asked(np.full(60, 0.5), 0.0)
    assert len(relevance(asked, 3).right) == 3
    assert relevance(asked, 3).fits == relevance(asked, 60).fits


def test_no_score_is_high_by_itself():
    """The same margins mean less where many pictures had the chance to reach them."""
    few, many = (relevance(Asked(np.array([0.3]), crowd), 1).fits for crowd in (0.0, 5.0))
    assert few > CIFAR100.certain > many


# Answers of a collection


@pytest.fixture
def search(tmp_path):
    """Four red pictures, two green ones and a yellow one; nothing is blue."""
    collection = create_collection(tmp_path)
    colors = [RED] * 4 + [GREEN] * 2 + [YELLOW]
    pictures = [Picture(f"{i}", owner="ada" if i < 2 else "") for i in range(len(colors))]
    index_pictures(collection, color_space(), pictures, [picture(color) for color in colors])
    return search_collection(collection, color_space())


def asked(search, *terms, **options):
    query = [Term(term) for term in terms]
    return answer(search, background_of(search), query, **options)


def test_what_is_there_is_clear_and_the_rest_is_below_the_line(search):
    found = asked(search, "red", k=7)
    assert found.relevance.marks[:4] == ("clear",) * 4
    assert found.relevance.marks[5:] == ("weak", "weak")
    assert found.relevance.line in (4, 5)  # yellow is half red


def test_what_is_not_there_is_said_so(search):
    found = asked(search, "blue")
    assert set(found.relevance.marks) == {"weak"}
    assert found.relevance.remark == "No picture fits clearly; best guesses are weak"


def test_the_hits_are_those_of_the_search(search):
    assert list(asked(search, "green", k=3).hits) == search.by_query([Term("green")], 3)


def test_a_filter_is_kept(search):
    found = asked(search, "red", wanted=Filter(owner="ada"))
    assert [hit.picture.uri for hit in found.hits] == ["0", "1"]
    assert found.relevance.marks == ("clear", "clear")
    assert asked(search, "red", wanted=Filter(owner="nobody")).relevance.marks == ()


def test_a_query_with_a_picture_has_no_relevance(search, tmp_path):
    path = save(tmp_path / "elsewhere" / "blue.png", BLUE)
    assert asked(search, path).relevance is None
    assert asked(search, "red", path).relevance is None


def test_a_vocabulary_of_one_label_tells_nothing_apart(tmp_path):
    one = WordVectors(("red", "void"), np.array([(1, 0, 0), (0, 0, 0)], np.float32))
    collection, space = create_collection(tmp_path), color_space(words=one)
    index_pictures(collection, space, [Picture("a")], [picture(RED)])
    search = search_collection(collection, space)
    assert background_of(search) is None
    assert asked(search, "red").relevance is None


def test_a_picture_removed_meanwhile_is_no_hit(search):
    known = background_of(search)
    search.catalog.remove(search.catalog.find(uris=["0"]))
    found = answer(search, known, [Term("red")])
    assert len(found.hits) == len(found.relevance.right) == 6


def test_what_a_search_refuses_is_refused(search):
    with pytest.raises(UnknownWord, match="'asdkjh'"):
        asked(search, "asdkjh qweqwe")
    with pytest.raises(Usage, match="k is 0"):
        asked(search, "red", k=0)


def test_a_background_is_the_same_each_time(search):
    assert background_of(search, sample=3).crowding == background_of(search, sample=3).crowding
