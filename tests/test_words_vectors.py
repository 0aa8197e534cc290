"""Questions to word vectors: neighbors, analogies, the odd one out; words on a compass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import UnknownWord, Usage
from iconym.nouns import WordVectors
from iconym.words.vectors import analogy, neighbors, odd_one_out, similarity

COMPASS = WordVectors(
    ("east", "north", "west", "north_east", "also_east"),
    np.array([[1, 0], [0, 2], [-1, 0], [1, 1], [3, 0]], np.float32),
)
# first number: royal; second: female; third: young
ROYALS = WordVectors(
    ("man", "woman", "king", "queen", "boy", "princess"),
    np.array(
        [[0, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1], [1, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]],
        np.float32,
    ),
)
EAST = np.array([[1, 0]], np.float32)


def test_neighbors_come_best_first_and_equal_ones_in_order_of_the_vocabulary():
    [found] = neighbors(COMPASS, EAST, k=3)
    assert [word for word, _ in found] == ["east", "also_east", "north_east"]
    assert [score for _, score in found] == pytest.approx([1, 1, 0.5**0.5])


def test_of_equal_neighbors_the_first_is_kept():
    assert neighbors(COMPASS, EAST, k=1) == [[("east", 1.0)]]


def test_excluded_words_are_no_neighbors():
    [found] = neighbors(COMPASS, EAST, k=2, exclude=["east", "north_east", "nowhere"])
    assert [word for word, _ in found] == ["also_east", "north"]


def test_there_are_no_more_neighbors_than_words():
    assert [len(found) for found in neighbors(COMPASS, np.eye(2, dtype=np.float32), k=9)] == [5, 5]
    assert neighbors(COMPASS, EAST[:0], k=9) == []


def test_nothing_is_alike_to_a_query_of_zeros():
    [found] = neighbors(COMPASS, 0 * EAST, k=5)
    assert found == [(word, 0.0) for word in COMPASS.words]


def test_half_precision_numbers_whose_squares_overflow_have_neighbors():
    large = WordVectors(COMPASS.words, 300 * COMPASS.vectors.astype(np.float16))
    assert neighbors(large, EAST, k=5) == neighbors(COMPASS, EAST, k=5)
    assert analogy(large, "east", "north", "west") == analogy(COMPASS, "east", "north", "west")


def test_fewer_than_one_neighbor_cannot_be_asked_for():
    with pytest.raises(Usage, match="k is 0"):
        neighbors(COMPASS, EAST, k=0)


@given(st.integers(1, 40), st.integers(0, 10_000))
def test_neighbors_equal_a_stable_sort_of_all_cosines(k, seed):
    rows = np.random.default_rng(seed).integers(-1, 2, (30, 2)).astype(np.float32)
    words = WordVectors(tuple(f"w{i}" for i in range(30)), rows)
    cosines = [float(r[0] / (r @ r) ** 0.5) if r.any() else 0.0 for r in rows]
    order = sorted(range(30), key=lambda i: -round(cosines[i], 5))
    assert [word for word, _ in neighbors(words, EAST, k)[0]] == [f"w{i}" for i in order[:k]]


@pytest.mark.parametrize("method", ["add", "mul"])
def test_king_minus_man_plus_woman_is_queen(method):
    assert analogy(ROYALS, "man", "king", "woman", k=1, method=method)[0][0] == "queen"


def test_the_words_of_an_analogy_are_no_answer():
    answers = {word for word, _ in analogy(ROYALS, "man", "man", "king")}
    assert answers == {"woman", "queen", "boy", "princess"}


def test_the_score_of_an_analogy_is_the_formula():
    units = ROYALS.vectors / np.linalg.norm(ROYALS.vectors, axis=1, keepdims=True)
    man, woman, king, queen = units[:4]
    sought = king - man + woman
    scores = dict(analogy(ROYALS, "man", "king", "woman"))
    assert scores["queen"] == pytest.approx(queen @ sought / np.linalg.norm(sought), abs=1e-6)
    near = [(queen @ v + 1) / 2 for v in (king, woman, man)]
    scores = dict(analogy(ROYALS, "man", "king", "woman", method="mul"))
    assert scores["queen"] == pytest.approx(near[0] * near[1] / (near[2] + 0.001), abs=1e-5)


def test_an_unknown_word_is_named_with_near_ones():
    with pytest.raises(UnknownWord, match=r"princes.*princess"):
        analogy(ROYALS, "man", "princes", "woman")


def test_similarity_is_the_cosine():
    assert similarity(COMPASS, "east", "west") == -1
    assert similarity(COMPASS, "North East", "north") == pytest.approx(0.5**0.5)


def test_the_odd_one_out_is_farthest_from_the_mean():
    assert odd_one_out(COMPASS, ["east", "west", "north_east", "also_east"]) == "west"
    assert odd_one_out(COMPASS, ["west", "east", "north_east", "also_east"]) == "west"


def test_two_texts_have_no_odd_one_out():
    with pytest.raises(Usage, match="2 texts"):
        odd_one_out(COMPASS, ["east", "west"])
