"""From text to sentences, vocabularies, phrases and numbers."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData
from iconym.words.corpus import TextFiles, encode
from iconym.words.phrases import Joined, Lexicon, Pairs, Passes, find_phrases
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


def test_text_files_are_read_line_by_line_each_time(tmp_path):
    (tmp_path / "one.txt").write_text("\ufeffThe cat's mat.\n\n!!!\nÉté\n", encoding="utf-8")
    (tmp_path / "two.txt.gz").write_bytes(gzip.compress(b"zipped text\r\n", mtime=0))
    (tmp_path / "other.json").write_text("{}")
    text = TextFiles((tmp_path,))
    expected = [["the", "cat's", "mat"], ["été"], ["zipped", "text"]]
    assert list(text) == expected
    assert list(text) == expected


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"good\nbad \xff\n", r"a\.txt:2: not UTF-8"),
        ("a.txt.gz", gzip.compress(b"text\n" * 999, mtime=0)[:-20], r"a\.txt\.gz:.* damaged gzip"),
        ("a.txt.gz", b"no gzip", r"a\.txt\.gz:1: damaged gzip"),
        ("a.json", b"{}", "holds no .txt"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_place(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadData, match=message):
        list(TextFiles((tmp_path,)))


def test_a_missing_text_is_refused(tmp_path):
    with pytest.raises(BadData, match=r"none\.txt is not there"):
        list(TextFiles((tmp_path / "none.txt",)))


def test_known_phrases_are_joined_the_longest_first():
    join = Lexicon.of(["snow leopard", "snow_leopard cub", "cub", "leopard cub scout"])
    assert join("a snow leopard cub scout saw a snow leopard".split()) == [
        "a",
        "snow_leopard_cub",
        "scout",
        "saw",
        "a",
        "snow_leopard",
    ]
    assert join.tokens == {"snow_leopard", "snow_leopard_cub", "leopard_cub_scout"}


@given(sentences, st.lists(st.text("abc ", min_size=1, max_size=7)))
def test_joining_known_phrases_keeps_the_words_in_order(text, phrases):
    for sentence in text:
        joined = Lexicon.of(phrases)(sentence)
        assert "_".join(joined) == "_".join(sentence)


def test_pairs_are_joined_from_left_to_right_without_overlap():
    assert Pairs(frozenset({("a", "b"), ("b", "c")}))(["a", "b", "c"]) == ["a_b", "c"]
    assert Pairs(frozenset({("a", "a")}))(["a", "a", "a"]) == ["a_a", "a"]


# n(new york) = 4, n(new) = 5, n(york) = 4, N = 20: (4 - 1) / (5 * 4) * 20 = 3
CITY = [["new", "york", "is", "big"]] * 4 + [["new", "is", "is", "big"]]


@pytest.mark.parametrize(("threshold", "found"), [(2.99, True), (3.0, False)])
def test_a_pair_is_a_phrase_if_its_score_exceeds_the_threshold(threshold, found):
    phrases = find_phrases(CITY, min_count=1, thresholds=(threshold,))
    assert (phrases(["new", "york"]) == ["new_york"]) is found


@pytest.mark.parametrize("frequent", ["a", "b", "c"])  # b or a is rare, or both
def test_a_pair_with_a_rare_word_is_no_phrase(frequent):
    text = [["a", "b"]] * 4 + [[frequent]]
    assert find_phrases(text, min_count=5, thresholds=(-9.0,)).passes[0].pairs == set()


def test_a_second_pass_makes_longer_phrases():
    text = [["new", "york", "times"]] * 3 + [["x"]] * 20
    phrases = find_phrases(text, min_count=1, thresholds=(1.0, 1.0))
    assert phrases(["the", "new", "york", "times"]) == ["the", "new_york_times"]


def test_joined_sentences_can_be_read_again():
    joined = Joined([["a", "b"]], Passes((Pairs(frozenset({("a", "b")})),)))
    assert list(joined) == list(joined) == [["a_b"]]
