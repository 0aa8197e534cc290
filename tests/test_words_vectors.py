"""Questions to word vectors: neighbors, analogies, the odd one out; words on a compass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData, UnknownWord, Usage
from iconym.nouns import WordVectors
from iconym.words import vectors
from iconym.words.formats import load_words, save_words
from iconym.words.vectors import (
    analogy,
    centrality,
    nearest,
    neighbors,
    odd_one_out,
    similarity,
    weighted,
)

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
    found = analogy(large, "east", "north", "west")
    expected = analogy(COMPASS, "east", "north", "west")
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected])


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


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 10_000))
def test_neighbors_are_the_same_however_many_rows_are_read_at_once(k, rows, seed):
    random = np.random.default_rng(seed).integers(-1, 2, (30, 2)).astype(np.float32)
    words = WordVectors(tuple(f"w{i}" for i in range(30)), random)
    whole = neighbors(words, random[:3], k, exclude=["w7", "w29"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "ROWS", rows)
        assert neighbors(words, random[:3], k, exclude=["w7", "w29"]) == whole


def test_a_query_that_is_not_finite_is_refused():
    with pytest.raises(Usage, match="a query holds NaN"):
        neighbors(COMPASS, np.array([[1, np.nan]]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    "ask",
    [
        lambda words: neighbors(words, EAST),
        lambda words: nearest(words, {"east": 1}),
        lambda words: analogy(words, "east", "west", "north"),
        lambda words: similarity(words, "bad", "north"),
        lambda words: odd_one_out(words, ["bad", "north", "east"]),
    ],
)
def test_a_mapped_vector_that_is_not_finite_is_refused_when_it_is_met(tmp_path, bad, ask):
    four = np.array([[1, 0], [0, 1], [-1, 0], [7, 7]], np.float32)
    save_words(WordVectors(("east", "north", "west", "bad"), four), tmp_path / "w.npy")
    held = np.load(tmp_path / "w.npy", mmap_mode="r+")
    held[3, 0] = bad
    held.flush()
    mapped = load_words(tmp_path / "w.npy", mapped=True)
    assert similarity(mapped, "east", "west") == -1
    with pytest.raises(BadData, match="the vector of 'bad' is not finite"):
        ask(mapped)


def test_the_weighted_mean_is_that_of_unit_vectors():
    mean = weighted(
        COMPASS, {"north": 1, "also_east": 3}
    )  # (0, 1) and (1, 0), whatever their length
    assert mean.tolist() == [0.75, 0.25]
    assert weighted(COMPASS, {"north": 1, "west": -1}).tolist() == [0.5, 0.5]
    assert weighted(COMPASS, {"north east": 2}).tolist() == pytest.approx([0.5**0.5] * 2)


def test_the_nearest_words_to_a_mean_leave_out_its_own():
    found = nearest(COMPASS, {"east": 1, "north": 1})
    assert [word for word, _ in found] == ["north_east", "also_east", "west"]
    assert found[0][1] == pytest.approx(1)


def test_king_less_man_and_woman_asks_the_same_as_the_analogy():
    found = nearest(ROYALS, {"king": 1, "man": -1, "woman": 1}, 3)
    expected = analogy(ROYALS, "man", "king", "woman", 3)
    assert (
        [word for word, _ in found]
        == [word for word, _ in expected]
        == ["queen", "princess", "boy"]
    )
    assert [s for _, s in found] == pytest.approx([s for _, s in expected])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "give words with finite weights"),
        ({"east": 0.0}, "not all of them 0"),
        ({"east": np.nan}, "finite weights"),
        ({"east": 1, "west": 1}, "'east west' cancel each other out"),
        ({"east": 1, "also_east": -1}, "cancel each other out"),
    ],
)
def test_a_mean_that_leads_nowhere_is_refused(terms, message):
    with pytest.raises(Usage, match=message):
        weighted(COMPASS, terms)


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


def test_centrality_is_the_cosine_with_the_mean():
    assert centrality(COMPASS, ["east", "north"]) == pytest.approx([0.5**0.5] * 2)
    assert centrality(COMPASS, ["east"]) == [1]
    with pytest.raises(Usage, match="no texts"):
        centrality(COMPASS, [])


def test_two_texts_have_no_odd_one_out():
    with pytest.raises(Usage, match="2 texts"):
        odd_one_out(COMPASS, ["east", "west"])
