"""What a base with changes over it promises, whatever the method of search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compass import (
    AMONG,
    EAST,
    MISSING,
    NORTH,
    NORTHEAST,
    NOWHERE,
    NUMBERS,
    ROWS,
    SOUTH,
    WEST,
    found,
    ids,
    plain_search,
    vectors,
)
from iconym.errors import BadData, Usage
from iconym.index import filtered, ranking
from iconym.index.layered import LayeredIndex, Method
from iconym.nouns import Neighbors


class Asked:
    """An exact structure that tells how many of each query's neighbors it was asked for."""

    def __init__(self, rows, forgets=()):
        self.rows, self.forgets, self.asked = rows, forgets, []

    def nearest(self, queries, k):
        assert queries.any(axis=1).all()
        self.asked.append((len(queries), k))
        known = np.setdiff1d(np.arange(len(self.rows)), self.forgets)
        return ranking.nearest(known, self.rows[known], queries, k)

    def files(self):
        return {}


def method(structure=Asked):
    built = []

    def build(rows, track):
        built.append(structure(rows))
        return built[-1]

    return Method("asked", build, lambda rows, folder: structure(rows), {}), built


@pytest.fixture
def folded():
    """A base of a hundred: id 10 n has the angle of n degrees, so that 0 is the nearest to east."""
    how, built = method()
    index = LayeredIndex(2, how)
    angles = np.radians(np.arange(100.0))
    index.add(np.arange(0, 1000, 10), np.stack([np.cos(angles), np.sin(angles)], axis=1))
    index.fold()
    return index, built[0]


def answer(index, query, k, among=None):
    return [i for i, _ in found(index, query, k, among)]


def test_one_query_without_changes_or_filter_asks_for_just_k(folded):
    index, structure = folded
    assert answer(index, EAST, 3) == [0, 10, 20]
    assert structure.asked == [(1, 3)]


def test_a_changed_vector_of_the_base_is_answered_anew(folded):
    index, _ = folded
    index.add(ids(990), vectors(EAST))
    assert answer(index, EAST, 3) == [0, 990, 10]
    assert len(index) == 100


def test_removed_rows_are_made_up_for(folded):
    index, structure = folded
    index.remove(ids(0, 10, 20, 30, 7, 7))
    assert len(index) == 96
    assert answer(index, EAST, 2) == [40, 50]
    assert structure.asked == [(1, 6)]  # 2, and the 4 that are hidden


def test_while_too_few_are_found_twice_as_many_are_asked_for():
    how, built = method()
    index = LayeredIndex(2, how)
    angles = np.radians(np.arange(0, 90, 0.05))
    index.add(np.arange(1800), np.stack([np.cos(angles), np.sin(angles)], axis=1))
    index.fold()
    index.remove(np.arange(100))
    query = vectors(EAST, NORTH)
    assert index.search(query, 2).ids.tolist() == [[100, 101], [1799, 1798]]
    assert built[0].asked == [(2, 19), (1, 38), (1, 76), (1, 152)]


def test_where_few_are_kept_the_structure_is_not_asked(folded):
    index, structure = folded
    assert answer(index, EAST, 3, among=ids(990, 500, 3)) == [500, 990, -1]
    assert structure.asked == []


def test_a_structure_that_knows_no_more_is_not_asked_again():
    how, built = method(lambda rows: Asked(rows, forgets=[0, 1]))
    index = LayeredIndex(1, how)
    index.add(np.arange(4), vectors((1.0,), (1.0,), (1.0,), (1.0,)))
    index.fold()
    assert answer(index, (1.0,), 4) == [2, 3, -1, -1]
    assert built[0].asked == [(1, 4)]


def test_equal_scores_of_base_and_changes_come_by_smaller_id():
    index = LayeredIndex(2, method()[0])
    index.add(ids(2, 4, 6), vectors(NORTHEAST, NORTHEAST, NORTHEAST))
    index.fold()
    index.add(ids(1, 3, 5), vectors((3.0, 3.0), (7.0, 7.0), (0.1, 0.1)))
    assert answer(index, (2.0, 5.0), 5) == [1, 2, 3, 4, 5]


def test_a_fold_changes_no_answer_and_no_score():
    random = np.random.default_rng(0)
    index = LayeredIndex(7, method()[0])
    index.add(random.permutation(500), random.normal(size=(500, 7)))
    index.fold()
    index.add(random.permutation(600)[:200], random.normal(size=(200, 7)))
    index.remove(random.permutation(600)[:99])
    queries = random.normal(size=(20, 7))
    before = index.search(queries, 30)
    assert index.changes > 0
    index.fold()
    after = index.search(queries, 30)
    assert index.changes == 0
    assert (after.ids == before.ids).all()
    assert (after.scores == before.scores).all()


def test_a_fold_without_changes_builds_nothing(folded):
    index, structure = folded
    index.fold()
    assert index.base.structure is structure


def test_a_base_of_which_everything_was_removed_is_let_go(folded):
    index, _ = folded
    index.remove(np.arange(1000))
    assert found(index, EAST, 1) == [MISSING]
    index.fold()
    assert index.base is None
    assert found(index, EAST, 1) == [MISSING]


def test_it_folds_by_itself_when_enough_was_added_beside_the_base():
    how, built = method()
    index = LayeredIndex(2, how, fold_at=3)
    for number in range(24):
        index.add(ids(number), vectors(EAST))
    # at 3, 6, 9, 12, 15 (a quarter of 12 is 3), 18 and 22 (a quarter of 18 is 4)
    assert [len(structure.rows) for structure in built] == [3, 6, 9, 12, 15, 18, 22]
    assert len(index) == 24


def test_rows_of_the_base_are_in_order_of_id_whatever_the_order_of_adding():
    how, built = method()
    index = LayeredIndex(2, how)
    index.add(ids(8, 2, 5), vectors(EAST, NORTH, WEST))
    index.fold()
    index.add(ids(4, 2), vectors(SOUTH, EAST))
    index.remove(ids(8))
    index.fold()
    assert index.base.ids.tolist() == [2, 4, 5]
    assert built[1].rows.tolist() == [[1, 0], [0, -1], [-1, 0]]


def test_when_a_base_cannot_be_built_nothing_is_lost(folded):
    index, _ = folded

    def fails(rows, track):
        raise MemoryError

    index.method = Method("fails", fails, fails, {})
    index.add(ids(5), vectors(EAST))
    with pytest.raises(MemoryError):
        index.fold()
    assert answer(index, EAST, 3) == [0, 5, 10]


def test_bad_vectors_hide_no_row_of_the_base(folded):
    index, _ = folded
    with pytest.raises(BadData, match="vector 1 is zero"):
        index.add(ids(0, 10), vectors(WEST, NOWHERE))
    assert answer(index, EAST, 2) == [0, 10]


def test_a_query_of_zeros_scores_zero_with_the_first_that_are_held(folded):
    index, _ = folded
    index.remove(ids(0, 20))
    index.add(ids(15), vectors(EAST))
    assert found(index, NOWHERE, 3) == [(10, 0.0), (15, 0.0), (30, 0.0)]
    assert found(index, NOWHERE, 2, among=np.arange(20, 1000)) == [(30, 0.0), (40, 0.0)]


def test_an_index_of_no_dimension_is_refused():
    with pytest.raises(Usage, match=r"dimension 131073; give 1 to 131,072"):
        LayeredIndex(2**17 + 1, method()[0])
    with pytest.raises(Usage, match="dimension 0"):
        LayeredIndex(0, method()[0])


EVENTS = st.lists(st.tuples(st.sampled_from("add remove fold".split()), NUMBERS, ROWS), max_size=30)
QUERIES = st.lists(ROWS | st.just(np.zeros(3, np.float32)), min_size=1, max_size=4)


@pytest.mark.parametrize("fetched", [False, True])
@settings(max_examples=200, deadline=None)
@given(events=EVENTS, queries=QUERIES, k=st.integers(1, 15), among=AMONG)
def test_with_folds_at_any_moment_it_answers_like_a_double_loop(fetched, events, queries, k, among):
    index, held = LayeredIndex(3, method()[0]), {}
    for event, number, row in events:
        if event == "add":
            index.add(ids(number), vectors(row))
            held[number] = row.tolist()
        elif event == "remove":
            index.remove(ids(number))
            held.pop(number, None)
        else:
            index.fold()
    assert len(index) == len(held)
    with pytest.MonkeyPatch.context() as patch:
        if fetched:  # rather than compared one and all, as of so few rows they are
            patch.setattr(filtered, "ONE", 0)
            patch.setattr(filtered, "MOST", 1)
        answers = index.search(np.stack(queries), k, None if among is None else ids(*among))
    for query, answer in zip(queries, answers):
        expected = plain_search(held, query.tolist(), len(held), among)
        score = dict(expected)
        assert [s for _, s in answer] == pytest.approx([s for _, s in expected[:k]], abs=1e-6)
        assert all(s == pytest.approx(score[i], abs=1e-6) for i, s in answer)
        assert answer == sorted(answer, key=lambda hit: (-hit[1], hit[0]))


# Candidates scored again


def test_candidates_are_ranked_by_exact_cosine_equal_ones_by_smaller_row():
    rows = np.array([[4, 1, 0, 2]])
    best = ranking.rescored(vectors(WEST, EAST, EAST, EAST, NORTH), vectors(EAST), rows, 3)
    assert list(best) == [[(1, 1.0), (2, 1.0), (4, 0.0)]]


def test_a_candidate_given_twice_counts_once_and_minus_one_is_none():
    rows = np.array([[1, 1, -1, 1, 0], [-1, -1, -1, -1, -1]])
    best = ranking.rescored(vectors(NORTH, EAST), vectors(EAST, EAST), rows, 3)
    assert best.ids.tolist() == [[1, 0, -1], [-1, -1, -1]]
    assert best.scores.tolist() == [[1, 0, -np.inf], [-np.inf] * 3]


def test_without_rows_or_candidates_everything_is_missing():
    empty = np.empty((0, 2), np.float32)
    best = ranking.rescored(empty, vectors(EAST), np.array([[-1]]), 2)
    assert best.ids.tolist() == [[-1, -1]]
    best = ranking.rescored(vectors(EAST), vectors(EAST), np.empty((1, 0), np.int64), 2)
    assert best.ids.tolist() == [[-1, -1]]


@pytest.mark.parametrize("numbers", [1, 7, 64])
def test_candidates_in_blocks_score_as_all_at_once(numbers, monkeypatch):
    random = np.random.default_rng(0)
    rows = random.normal(size=(50, 6)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    candidates = random.integers(-1, 50, size=(9, 8))
    whole = ranking.cosines(rows, rows[:9], candidates)
    monkeypatch.setattr(ranking, "NUMBERS", numbers)
    assert (ranking.cosines(rows, rows[:9], candidates) == whole).all()
    for query, row in np.argwhere(candidates >= 0):
        plain = sum(float(a) * float(b) for a, b in zip(rows[query], rows[candidates[query, row]]))
        assert whole[query, row] == pytest.approx(plain, abs=1e-7)


def test_two_answers_become_one():
    first = Neighbors(ids(5, 1)[None], vectors((0.9, 0.5)))
    second = Neighbors(ids(3, -1)[None], vectors((0.9, -np.inf)))
    assert ranking.merged(first, second, 3).ids.tolist() == [[3, 5, 1]]
