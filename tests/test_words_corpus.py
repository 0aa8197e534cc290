"""From sentences to vocabularies and numbers, in memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData
from iconym.words.corpus import encode
from iconym.words.vocabulary import Vocabulary, count_words

ABC = Vocabulary(("a", "b", "c"), np.array([3, 2, 1]))
sentences = st.lists(st.lists(st.sampled_from("abcde"), max_size=12), max_size=8)


def test_the_most_frequent_word_comes_first_and_equal_ones_by_alphabet():
    vocabulary = count_words([["b", "a", "c"], ["c", "a", "b", "c"]], min_count=1)
    assert vocabulary.words == ("c", "a", "b")
    assert vocabulary.counts.tolist() == [3, 2, 2]


def test_a_rare_word_is_left_out_unless_forced():
    text = [["common", "common", "rare", "odd"]]
    assert count_words(text, min_count=2).words == ("common",)
    assert count_words(text, min_count=2, forced=["rare"]).words == ("common", "rare")


def test_a_forced_word_that_never_occurs_is_left_out():
    assert "unseen" not in count_words([["a"]], min_count=1, forced=["unseen"])


def test_a_text_of_rare_words_only_is_refused():
    with pytest.raises(BadData, match="no word stands 5 times"):
        count_words([["a", "b"]])


def test_sentences_become_numbers_and_unknown_words_are_left_out():
    corpus = encode([["a", "x", "c"], ["x"], ["b"]], ABC)
    assert corpus.tokens.tolist() == [0, 2, 1]
    assert corpus.offsets.tolist() == [0, 2, 3]
    assert len(corpus) == 2


def test_a_sentence_of_more_than_a_thousand_words_is_cut():
    assert encode([["a"] * 2001], ABC).offsets.tolist() == [0, 1000, 2000, 2001]


@given(sentences)
def test_encoding_keeps_every_known_word_in_order(text):
    corpus = encode(text, ABC)
    known = [word for sentence in text for word in sentence if word in "abc"]
    assert [ABC.words[token] for token in corpus.tokens] == known
    assert corpus.offsets[-1] == len(known)
