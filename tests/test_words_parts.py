"""Words as parts of names: a sum of them stands for the name."""

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.nouns import WordVectors
from iconym.words.parts import as_parts, centered, with_phrases

WORDS = WordVectors(
    ("red", "cat", "hat", "with", "red_hat"),
    np.array([[2, 0, 0], [0, 3, 0], [0, 0, 4], [5, 5, 5], [7, 7, 7]], np.float32),
)


def test_phrases_are_left_out_and_function_words_count_nothing():
    parts = as_parts(WORDS, ["cat"])
    assert parts.words == ("red", "cat", "hat", "with")
    assert parts["with"].tolist() == [0, 0, 0]
    assert parts(["cat with hat"]).tolist() == parts(["cat hat"]).tolist()


def test_words_are_of_unit_length_less_the_mean_of_the_names():
    parts = as_parts(WORDS, ["red", "cat"])  # of mean (1/2, 1/2, 0)
    assert parts["red"].tolist() == [0.5, -0.5, 0]
    assert parts["hat"].tolist() == [-0.5, -0.5, 1]


def test_the_mean_is_of_unit_vectors_of_whole_names():
    parts = as_parts(WORDS, ["red cat with hat"])
    assert parts["red"] == pytest.approx(np.array([1, 0, 0]) - 1 / 3**0.5, abs=1e-6)


def test_names_without_a_known_word_do_not_count():
    assert as_parts(WORDS, ["cat", "zebra"])["red"].tolist() == [1, -1, 0]


def test_without_any_known_name_there_is_no_mean():
    with pytest.raises(BadData, match="none of 1 labels is known"):
        as_parts(WORDS, ["zebra"])


def test_centered_words_keep_phrases_and_only_what_is_zero_stays():
    words = WordVectors(("red", "cat", "red_hat", "nil"), np.diag([2, 1, 1, 0]).astype("f4"))
    found = centered(words, ["red", "cat"])  # of mean (1/2, 1/2, 0, 0)
    assert found["red_hat"].tolist() == [-0.5, -0.5, 1, 0]
    assert found["nil"].tolist() == [0, 0, 0, 0]


def test_half_precision_numbers_whose_squares_overflow_are_centered():
    words = WordVectors(("red", "cat", "red_cat"), np.array([[300, 0], [0, 1], [300, 400]], "f2"))
    assert centered(words, ["cat"])["red_cat"] == pytest.approx([0.6, -0.2])
    assert with_phrases(words, ["cat"])["red_cat"] == pytest.approx([1 + 0.6, -1 - 0.2])


def test_names_to_center_on_are_of_the_words_at_the_lengths_they_have():
    words = WordVectors(("big", "cat"), np.array([[3, 0], [0, 4]], np.float32))
    assert centered(words, ["big cat"])["cat"] == pytest.approx([-0.6, 0.2])


def test_a_phrase_is_the_sum_of_its_words_and_of_itself():
    text = with_phrases(WORDS, ["red", "cat"])  # of mean (1/2, 1/2, 0)
    own = np.array([1, 1, 1]) / 3**0.5 - [0.5, 0.5, 0]
    assert text.words == ("red", "cat", "hat", "with", "red_hat")
    assert text["red_hat"] == pytest.approx(text["red"] + text["hat"] + own, abs=1e-6)
    assert text["red"].tolist() == as_parts(WORDS, ["red", "cat"])["red"].tolist()


def test_a_phrase_of_which_a_word_is_missing_is_left_out():
    words = WordVectors(("red", "red_nose"), np.eye(2, dtype=np.float32))
    assert with_phrases(words, ["red"]).words == ("red",)
