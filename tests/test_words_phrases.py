"""Phrases: known ones joined, unknown ones found, as word2phrase finds them."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import Usage
from iconym.nouns import WordVectors
from iconym.words import phrases
from iconym.words.labels import compile_labels
from iconym.words.phrases import Joined, Lexicon, Pairs, Passes, find_phrases
from iconym.words.text import numbering
from iconym.words.text.pair_counts import PairCounts
from iconym.words.text.sources import TextFiles
from iconym.words.text.tokens import as_token
from iconym.words.vocabulary import count_words

sentences = st.lists(st.lists(st.sampled_from("abcde"), max_size=12), max_size=8)


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


@given(sentences, st.integers(0, 2), st.floats(0, 5))
def test_phrases_are_those_of_the_formula_in_plain_loops(text, min_count, threshold):
    single, double = Counter(), Counter()
    for sentence in text:
        for word in sentence:
            single[word] += 1
        for pair in pairwise(sentence):
            double[pair] += 1
    expected = set()
    for (a, b), together in double.items():
        score = (together - min_count) / (single[a] * single[b]) * single.total()
        if score > threshold and single[a] >= min_count and single[b] >= min_count:
            expected.add((a, b))
    found = find_phrases(text, min_count=min_count, thresholds=(threshold,))
    assert found.passes == (Pairs(frozenset(expected)),)


def test_a_pair_does_not_reach_over_the_end_of_a_sentence():
    text = [["a"], ["b"]] * 9
    assert find_phrases(text, min_count=1, thresholds=(0.0,)).passes[0].pairs == set()


def test_a_pair_is_not_taken_for_the_token_of_the_same_spelling():
    # n(a_b) = 9 as a token, but a and b stand together once only: (1 - 1) / (1 * 1) * 11 = 0
    text = [["a_b"]] * 9 + [["a", "b"]]
    assert find_phrases(text, min_count=1, thresholds=(0.0,)).passes[0].pairs == set()


def test_with_too_many_counts_the_rare_ones_are_dropped_and_the_phrases_say_so(monkeypatch):
    monkeypatch.setattr(phrases, "MOST_COUNTS", 10)
    text = [["tiger", "shark"]] * 5 + [[str(n)] for n in range(50)]
    found = find_phrases(text, min_count=1, thresholds=(0.0,)).passes[0]
    assert found == Pairs(frozenset({("tiger", "shark")}), dropped=1)


def test_counting_goes_on_after_rare_counts_were_dropped(monkeypatch):
    monkeypatch.setattr(numbering, "BATCH", 1)
    counts = PairCounts(most=10)
    counts.add([["tiger", "shark"]] * 99 + [[str(n)] for n in range(50)] + [["tiger"]])
    singles = dict(zip(counts.counted.words, counts.counted.singles))
    assert (singles["tiger"], singles["shark"], counts.counted.total) == (100, 99, 249)
    assert list(counts.phrases(1, 0.0)) == [("tiger", "shark")]


@given(sentences, sentences)
def test_counts_of_parts_of_a_text_add_up(first, second):
    whole, parts, other = PairCounts(99), PairCounts(99), PairCounts(99)
    whole.add(first + second)
    parts.add(first)
    other.add(second)
    parts.merge(other.counted)
    assert set(parts.phrases(0, 0.5)) == set(whole.phrases(0, 0.5))
    assert len(parts) == len(whole) and parts.total == whole.total


@given(st.lists(sentences, max_size=5), st.integers(1, 9))
def test_what_was_dropped_is_counted_anew_and_never_too_often(texts, most):
    counts, whole = PairCounts(most), PairCounts(9999)
    for text in texts:
        counts.add(text)
        whole.add(text)
        assert len(counts) <= most
    every = dict(zip(whole.counted.words, whole.counted.singles))
    lost = sum(range(counts.dropped + 1))  # 1 at the first time, 2 at the second ...
    for word, times in zip(counts.counted.words, counts.counted.singles):
        assert every[word] - lost <= times <= every[word]
    assert (np.diff(counts.counted.pairs.astype(object)) > 0).all()  # sorted, each once
    assert set(counts.phrases(0, -1e9)) <= set(whole.phrases(0, -1e9))


@pytest.fixture
def new_york(tmp_path):
    """A source of three shards."""
    for number in range(3):
        text = "new york city\n" * 4 + f"other words {number}\n" * 9
        (tmp_path / f"{number}.txt").write_text(text)
    return TextFiles((tmp_path,), shard_bytes=1)


BOTH = {"min_count": 1, "thresholds": (4.0, 4.0)}


def test_several_processes_find_the_same_phrases(new_york):
    one = find_phrases(new_york, **BOTH)
    assert (
        find_phrases(new_york, **BOTH, processes=3) == one == find_phrases(list(new_york), **BOTH)
    )
    assert one(["new", "york", "city"]) == ["new_york_city"]


class Killed(BaseException):
    pass


def test_a_search_that_was_killed_goes_on_with_the_shards_that_were_not_counted(
    new_york, tmp_path, monkeypatch
):
    def killed(shards, doing, total):
        yield next(iter(shards))
        raise Killed

    read = []
    monkeypatch.setattr(TextFiles, "read", lambda self, shard: read.append(shard.name) or [])
    with pytest.raises(Killed):
        find_phrases(new_york, **BOTH, track=killed, place=tmp_path / "place")
    assert len(read) == 1
    find_phrases(new_york, **BOTH, place=tmp_path / "place")
    assert len(read) == 3 + 3  # both passes, the first shard once in each
    assert len(set(read)) == 3


def test_phrases_that_were_found_are_not_searched_again(new_york, tmp_path, monkeypatch):
    found = find_phrases(new_york, **BOTH, place=tmp_path / "place")
    monkeypatch.setattr(TextFiles, "read", lambda *_: pytest.fail("the text was read"))
    assert find_phrases(new_york, **BOTH, place=tmp_path / "place") == found
    assert sorted(path.suffix for path in (tmp_path / "place").iterdir()) == [".json", ".json"]


def test_phrases_of_a_text_that_changed_are_searched_again(new_york, tmp_path):
    find_phrases(new_york, **BOTH, place=tmp_path / "place")
    (tmp_path / "0.txt").write_text("big apple\n" * 9)
    again = find_phrases(new_york, **BOTH, place=tmp_path / "place")
    assert again == find_phrases(new_york, **BOTH) and again(["big", "apple"]) == ["big_apple"]


@pytest.mark.parametrize("wanted", [{"processes": 2}, {"place": Path("place")}])
def test_a_list_has_no_shards_to_share_or_keep(wanted):
    with pytest.raises(Usage, match="only a source, say TextFiles, has shards"):
        find_phrases([["a"]], **wanted)


LABELS = ("tiger shark", "hammerhead shark", "axolotl", "Tiger Shark")
SEA = [["a", "tiger", "shark", "is", "a", "shark"]] + [["a", "shark", "is", "a", "fish"]] * 5


def test_a_label_that_stands_in_the_text_once_is_one_token_of_the_vocabulary():
    joined = Joined(SEA, Lexicon.of(LABELS))
    vocabulary = count_words(joined, min_count=5, forced=map(as_token, LABELS))
    assert vocabulary.words == ("a", "is", "shark", "fish", "tiger_shark")
    assert vocabulary.counts.tolist() == [12, 6, 6, 5, 1]


def test_the_report_says_which_labels_never_stood_in_the_text():
    joined = Joined(SEA, Lexicon.of(LABELS))
    words = count_words(joined, min_count=5, forced=map(as_token, LABELS)).words
    report = compile_labels(LABELS, WordVectors(words, np.eye(len(words)))).report
    assert report.known == ("tiger shark", "Tiger Shark")
    assert report.incomplete == (("hammerhead shark", ("hammerhead",)),)
    assert report.left_out == ("axolotl",)
    assert report.collisions == (("tiger shark", "Tiger Shark"),)
    assert report.coverage == 0.75
