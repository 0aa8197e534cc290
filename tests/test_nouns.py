"""Words are read the same way everywhere, and what a vocabulary lacks is said clearly."""

import numpy as np
import pytest

from iconym.errors import BadData, UnknownWord
from iconym.nouns import LabelledImages, Neighbors, WordVectors, split_words

WORDS = WordVectors(
    ("snow", "leopard", "snow_leopard", "cat", "t-shirt"),
    np.array([[1, 0], [0, 1], [3, 4], [0, 2], [-1, 0]], np.float32),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Snow  leopard!", ["snow", "leopard"]),
        ("six o\u2019clock", ["six", "o'clock"]),
        ("person: blond-hair_x", ["person", "blond", "hair", "x"]),
        ("\u732b \u0443\u0442\u043a\u0430", ["\u732b", "\u0443\u0442\u043a\u0430"]),
        ("...", []),
    ],
)
def test_text_is_split_into_words(text, words):
    assert split_words(text) == words


def test_a_known_phrase_counts_as_one_word():
    assert WORDS(["Snow leopard"]).tolist() == pytest.approx(np.array([[0.6, 0.8]]))


def test_a_text_is_the_sum_of_its_words_at_unit_length():
    assert WORDS(["snow cat"]) == pytest.approx(np.array([[1, 2]]) / 5**0.5)


def test_a_hyphenated_word_is_found():
    assert WORDS(["t-shirt", "T shirt"]).tolist() == [[-1, 0], [-1, 0]]


def test_no_text_gives_no_row():
    assert WORDS([]).shape == (0, 2)


def test_an_unknown_word_is_named_with_the_nearest_spellings():
    with pytest.raises(UnknownWord, match="no word 'leapard'; did you mean leopard"):
        WORDS(["snow leapard"])


@pytest.mark.parametrize("text", ["", "?!", "zzzz"])
def test_a_text_without_a_known_word_is_refused(text):
    with pytest.raises(UnknownWord):
        WORDS([text])


def test_words_and_vectors_must_agree_in_number():
    with pytest.raises(BadData, match="2 words but 1 vectors"):
        WordVectors(("a", "b"), np.ones((1, 2), np.float32))


def test_a_word_twice_is_refused():
    with pytest.raises(BadData, match="'a' stands twice"):
        WordVectors(("a", "b", "a"), np.ones((3, 2), np.float32))


def test_a_vector_that_is_not_finite_is_refused():
    with pytest.raises(BadData, match="'b' holds NaN"):
        WordVectors(("a", "b"), np.array([[1.0], [np.nan]], np.float32))


def test_neighbors_skip_missing_answers():
    found = Neighbors(np.array([[4, -1]]), np.array([[0.5, -np.inf]]))
    assert list(found) == [[(4, 0.5)]]


def test_images_and_labels_must_agree_in_number():
    with pytest.raises(BadData, match="0 images but 1 labels"):
        LabelledImages((), ("a",))
