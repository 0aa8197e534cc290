"""Words are read the same way everywhere, and what a vocabulary lacks is said clearly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    "word",
    [
        "\u0939\u093f\u0928\u094d\u0926\u0940",  # Hindi, with vowel signs and a virama
        "\u062a\u064e\u0635\u0652\u0648\u0650\u064a\u0631",  # Arabic, with harakat
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a joiner that parts
        "\u0e19\u0e49\u0e33",  # Thai, with a tone and am
        "\ud55c\uad6d\uc5b4",  # Korean
        "\U00011124\U0001112c\U00011107\U00011134",  # Chakma, whose marks are rare ones
        "x\u0323\u0302",  # a Latin letter with two marks that no letter of Unicode has
        "\u845b\U000e0100\u57ce",  # Japanese, with the variant of a kanji
    ],
)
def test_a_word_keeps_its_marks_and_joiners(word):
    assert split_words(f"a {word}, b") == ["a", word, "b"]


@pytest.mark.parametrize("spelling", ["caf\u00e9", "cafe\u0301", "CAFE\u0301"])
def test_an_accent_typed_as_a_mark_is_the_letter_with_it(spelling):
    assert split_words(spelling) == ["caf\u00e9"]


def test_the_dotted_capital_i_of_turkish_becomes_a_plain_i():
    assert split_words("\u0130stanbul Istanbul I\u0307stanbul") == ["istanbul"] * 3


@pytest.mark.parametrize(
    "signs",
    ["\u2600\ufe0f", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f680", "\u20e3", "\u0301"],
)
def test_emoji_and_loose_marks_are_no_words(signs):
    assert split_words(f"{signs} cat {signs}") == ["cat"]


def test_the_digit_of_a_keycap_emoji_is_a_plain_digit():
    assert split_words("1\ufe0f\u20e3") == ["1"]


@given(st.text())
def test_words_hold_no_blank_and_are_words_again(text):
    words = split_words(text)
    assert split_words(" ".join(words)) == split_words("_".join(words)) == words


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
