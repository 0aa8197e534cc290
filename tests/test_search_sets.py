"""What questions about sets of pictures promise: related, galleries, submissions, diversity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colors import color_space
from iconym.collection import create_collection
from iconym.errors import MissingPicture, UnknownWord, Usage
from iconym.indexing import index_folder
from iconym.nouns import Filter
from iconym.search import Term, search_collection
from iconym.search.diversity import maximal_marginal_relevance
from iconym.search.named import named_pictures
from iconym.search.sets import complete_gallery, order_submissions, related
from pictures_in_space import BLUE, GREEN, RED, YELLOW, answer, ids_of, search_of

DIAGONAL = 0.7071
NEARLY_RED = (12, 5, 0)  # 12/13 red

# ---- related pictures


def test_related_pictures_are_the_nearest_others_best_first():
    search = search_of(RED, BLUE, YELLOW, NEARLY_RED)
    assert answer(related(search, 1, 2)) == [(4, 0.9231), (3, DIAGONAL)]


def test_copies_of_the_picture_are_not_related_to_it():
    search = search_of(RED, RED, YELLOW, content=["a", "a", "b"])
    assert ids_of(related(search, 1)) == [3]


def test_a_picture_alone_has_no_related_ones_and_many_asked_for_are_all_there_are():
    assert related(search_of(RED), 1) == []
    assert len(related(search_of(RED, BLUE, GREEN), 1, 99)) == 2


def test_related_pictures_are_of_the_filter():
    search = search_of(RED, NEARLY_RED, BLUE, owner=["Ann", "Ann", "Bob"])
    assert ids_of(related(search, 1, wanted=Filter(owner="Bob"))) == [3]


# ---- a gallery completed


def test_a_gallery_is_completed_by_what_is_nearest_to_its_mean():
    search = search_of(RED, GREEN, BLUE, YELLOW)
    assert answer(complete_gallery(search, [1, 2])) == [(4, 1.0), (3, 0.0)]


def test_a_member_counts_once_however_often_it_is_named():
    search = search_of(RED, GREEN, YELLOW)
    assert answer(complete_gallery(search, [2, 1, 1, 1])) == [(3, 1.0)]


def test_copies_of_members_are_no_answer():
    search = search_of(RED, RED, YELLOW, RED, content=["a", "a", "b", ""])
    assert ids_of(complete_gallery(search, [1])) == [4, 3]


def test_equal_scores_come_by_smaller_id():
    assert ids_of(complete_gallery(search_of(RED, BLUE, GREEN, BLUE), [1])) == [2, 3, 4]
    assert ids_of(complete_gallery(search_of(*[RED] * 5), [3], 3)) == [1, 2, 4]


def test_diversity_prefers_what_is_unlike_the_answers_before():
    near, nearer_still, other = (12, 5, 0), (40, 9, 0), (12, 0, 5)
    search = search_of(RED, near, nearer_still, other)
    assert ids_of(complete_gallery(search, [1], 2)) == [3, 2]
    assert ids_of(complete_gallery(search, [1], 2, diversity=0.5)) == [3, 4]


def test_a_diverse_answer_has_k_pictures_of_all_the_nearest():
    search = search_of(*[RED] * 150, YELLOW, BLUE)
    answer = ids_of(complete_gallery(search, [1], 2, diversity=1.0))
    assert answer == [2, 3]  # yellow and blue are beyond the nearest 100
    assert ids_of(complete_gallery(search, [1], 15, diversity=1.0))[:2] == [2, 151]


@pytest.mark.parametrize(
    ("gallery", "options", "message"),
    [
        ([], {}, "an empty gallery; give at least one of its pictures"),
        ([1, 9], {}, "the collection has no picture 9 in this space; search for its id again"),
        ([-1], {}, "the collection has no picture -1 in this space; search for its id again"),
        ([10**30], {}, f"the collection has no picture {10**30} in this space; .*"),
        ([1, 2], {}, "the pictures of the gallery cancel out; leave one out"),
        ([1], {"k": 0}, "k is 0; ask for at least 1"),
        ([1], {"diversity": 1.5}, "a diversity of 1.5; give 0 .*"),
        ([1], {"diversity": float("nan")}, "a diversity of nan; give 0 .*"),
    ],
)
def test_a_gallery_that_cannot_be_completed_is_one_line(gallery, options, message):
    with pytest.raises(Usage, match=f"^{message}$"):
        complete_gallery(search_of(RED, (-1, 0, 0)), gallery, **options)


def test_a_picture_that_was_removed_since_is_no_answer():
    search = search_of(RED, GREEN, BLUE)
    search.catalog.remove([2])
    assert ids_of(complete_gallery(search, [1])) == [3]
    assert ids_of(complete_gallery(search, [1], diversity=0.5)) == [3]


# ---- submissions in order


def test_submissions_come_in_the_order_in_which_they_fit_the_brief():
    search = search_of(RED, BLUE, YELLOW, GREEN)
    assert answer(order_submissions(search, [Term("red")], [4, 3, 1])) == [
        (1, 1.0),
        (3, DIAGONAL),
        (4, 0.0),
    ]


def test_a_brief_is_words_and_examples_with_weights():
    search = search_of(RED, GREEN, (3, 0, 4), (4, 0, 3))
    brief = [Term("blue", 4.0), Term(1, 3.0)]
    assert answer(order_submissions(search, brief, [3, 4], k=1)) == [(3, 1.0)]


def test_an_example_that_was_submitted_is_ordered_too():
    assert ids_of(order_submissions(search_of(BLUE, RED), [Term(2)], [1, 2])) == [2, 1]


def test_an_order_loses_no_submission_and_doubles_none():
    search = search_of(RED, RED, RED, BLUE)
    brief = [Term("red")]
    assert ids_of(order_submissions(search, brief, [4, 3, 2, 1, 1])) == [1, 2, 3, 4]
    assert ids_of(order_submissions(search, brief, [4, 3, 2, 1], diversity=0.6)) == [1, 4, 2, 3]


def test_more_submissions_than_there_are_may_be_asked_for():
    assert len(order_submissions(search_of(RED, BLUE), [Term("red")], [1, 2], k=9)) == 2


def test_the_order_is_that_of_the_weighted_sum_of_cosines():
    search = search_of((1, 2, 3), (3, 1, 2), (2, 3, 1), (5, 4, 0))
    vectors = search.catalog.vectors(search.space.fingerprint)[1]
    sums = 2 * vectors[:, 0] - 0.5 * vectors[:, 2]
    brief = [Term("red", 2.0), Term("blue", -0.5)]
    found = ids_of(order_submissions(search, brief, [1, 2, 3, 4]))
    assert found == (1 + np.argsort(-sums)).tolist()


@pytest.mark.parametrize(
    ("brief", "submissions", "error", "message"),
    [
        ([Term("red")], [], Usage, "no submissions; give"),
        ([Term("red")], [7], Usage, "has no picture 7"),
        ([], [1], Usage, "an empty query"),
        ([Term("purple")], [1], UnknownWord, "no word 'purple'"),
    ],
)
def test_an_order_that_cannot_be_made_is_one_line(brief, submissions, error, message):
    with pytest.raises(error, match=message):
        order_submissions(search_of(RED), brief, submissions)


# ---- maximal marginal relevance

ROWS = st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3).filter(any), max_size=6)


def plain_marginal_relevance(relevance, vectors, k, diversity):
    """The definition, word for word."""
    chosen = []
    while len(chosen) < min(k, len(vectors)):
        gains = {}
        for row in range(len(vectors)):
            if row not in chosen:
                alike = max((float(vectors[row] @ vectors[c]) for c in chosen), default=0)
                weight = 1 - diversity if chosen else 1
                gains[row] = weight * relevance[row] - diversity * alike
        chosen.append(max(gains, key=lambda row: (gains[row], -row)))
    return chosen


@given(ROWS, st.integers(1, 7), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_marginal_relevance_is_its_definition(rows, k, diversity):
    signs = np.sign(np.array(rows, float).reshape(-1, 3))  # entries that add up exactly
    relevance = signs[:, 0] / 4
    chosen = maximal_marginal_relevance(relevance, signs, k, diversity)
    assert chosen == plain_marginal_relevance(relevance, signs, k, diversity)


def test_without_diversity_the_order_is_that_of_relevance_and_ties_keep_theirs():
    relevance, vectors = np.array([0.1, 0.5, 0.5, 0.9]), np.eye(4)
    assert maximal_marginal_relevance(relevance, vectors, 9, 0.0) == [3, 1, 2, 0]


# ---- pictures that paths and ids name


@pytest.fixture
def search(tmp_path):
    """trip/a.png is red, trip/b.png green, blue.png blue."""
    from colors import BLUE, GREEN, RED, save

    for name, color in {"trip/a": RED, "trip/b": GREEN, "blue": BLUE}.items():
        save(tmp_path / f"{name}.png", color)
    collection = create_collection(tmp_path)
    index_folder(collection, color_space())
    return search_collection(collection, color_space())


def uris(search, asked):
    return [p.uri for p in search.catalog.get(named_pictures(search, asked))]


def test_folders_files_and_ids_name_pictures_each_once(search):
    folder = search.collection.folder
    assert sorted(uris(search, [folder / "trip"])) == ["trip/a.png", "trip/b.png"]
    (blue,) = named_pictures(search, [folder / "blue.png"])
    assert named_pictures(search, [blue, folder / "blue.png"]) == [blue]
    assert len(named_pictures(search, [folder])) == 3


def test_a_copy_from_elsewhere_names_the_picture(search, tmp_path_factory):
    copy = tmp_path_factory.mktemp("elsewhere") / "copy.png"
    copy.write_bytes((search.collection.folder / "blue.png").read_bytes())
    assert uris(search, [copy]) == ["blue.png"]


def test_what_is_not_in_the_collection_is_one_line(search, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "new.png").write_bytes(b"new")
    for path in (elsewhere, elsewhere / "new.png"):
        with pytest.raises(Usage, match="is not in the collection; run: iconym index"):
            named_pictures(search, [path])
    with pytest.raises(MissingPicture, match="check the path"):
        named_pictures(search, [elsewhere / "nowhere.png"])
