"""Co-occurrences: the compiled, spilled and merged counts against plain loops."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.errors import BadData, BadFolder, Usage
from iconym.words.cooccurrence import Cooccurrences, load_cooccurrences, save_cooccurrences
from iconym.words.cooccurrence_counting import (
    SMALLEST_MEMORY,
    CooccurrenceConfig,
    count_cooccurrences,
)
from iconym.words.corpus import Corpus
from iconym.words.pair_runs import Run, merge

WEIGHTS = {
    "inverse": lambda distance, window: 1 / distance,
    "linear": lambda distance, window: (window + 1 - distance) / window,
    "flat": lambda distance, window: 1,
}


def corpus_of(*sentences):
    offsets = np.cumsum([0, *map(len, sentences)])
    return Corpus(np.concatenate(sentences).astype(np.int32), offsets)


def random_corpus(words, sentences, longest, seed=0):
    """Sentences of frequent and rare words, as text has them."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, sentences)
    return corpus_of(*((words * rng.random(n) ** 2).astype(int) for n in lengths))


def plain_counts(corpus, config):
    """(row, column) to its count, pair by pair."""
    counts = defaultdict(float)
    for start, stop in zip(corpus.offsets, corpus.offsets[1:], strict=False):
        sentence = corpus.tokens[start:stop].tolist()
        for i, first in enumerate(sentence):
            for distance, second in enumerate(sentence[i + 1 : i + 1 + config.window], 1):
                weight = WEIGHTS[config.weighting](distance, config.window)
                counts[first, second] += weight
                if config.symmetric:
                    counts[second, first] += weight
    return counts


def as_dict(found):
    return dict(
        zip(zip(found.rows.tolist(), found.columns.tolist(), strict=True), found.values.tolist())
    )


def assert_counts(found, expected):
    pairs = sorted(expected)
    assert list(zip(found.rows.tolist(), found.columns.tolist(), strict=True)) == pairs
    np.testing.assert_allclose(found.values, [expected[pair] for pair in pairs], rtol=1e-6)


def test_a_meeting_adds_one_by_its_distance_to_both_of_its_pairs():
    found = count_cooccurrences(corpus_of([0, 1, 0]), 2)
    assert as_dict(found) == {(0, 0): 1, (0, 1): 2, (1, 0): 2}  # 0 meets 0 once: 1/2 + 1/2


def test_asymmetric_counts_have_the_earlier_word_in_the_row():
    found = count_cooccurrences(corpus_of([0, 1, 2]), 3, CooccurrenceConfig(symmetric=False))
    assert as_dict(found) == {(0, 1): 1, (0, 2): 0.5, (1, 2): 1}


def test_words_of_different_sentences_never_meet():
    found = count_cooccurrences(corpus_of([0, 1], [2], [3, 0]), 4)
    assert as_dict(found) == {(0, 1): 1, (0, 3): 1, (1, 0): 1, (3, 0): 1}


def test_words_further_apart_than_the_window_do_not_meet():
    found = count_cooccurrences(corpus_of([0, 1, 2]), 3, CooccurrenceConfig(window=1))
    assert as_dict(found) == {(0, 1): 1, (1, 0): 1, (1, 2): 1, (2, 1): 1}


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("weighting", WEIGHTS)
def test_counts_equal_plain_loops(weighting, symmetric):
    corpus = random_corpus(words=30, sentences=60, longest=20)
    config = CooccurrenceConfig(window=4, weighting=weighting, symmetric=symmetric)
    assert_counts(count_cooccurrences(corpus, 30, config), plain_counts(corpus, config))


@pytest.mark.parametrize("symmetric", [True, False])
def test_counts_are_the_same_when_memory_is_short_or_on_disk(symmetric, tmp_path):
    corpus = random_corpus(words=3000, sentences=2000, longest=20)
    ample = CooccurrenceConfig(window=8, symmetric=symmetric)
    short = CooccurrenceConfig(window=8, symmetric=symmetric, memory=SMALLEST_MEMORY)
    expected = plain_counts(corpus, ample)
    assert len(expected) > 100_000  # more than there are cells, and several times the meetings
    for config, folder in ((ample, None), (short, None), (short, tmp_path / "pairs")):
        assert_counts(count_cooccurrences(corpus, 3000, config, folder=folder), expected)
    assert [path.name for path in tmp_path.iterdir()] == ["pairs"]  # nothing else is left


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=9), min_size=1, max_size=5),
    st.integers(1, 4),
)
def test_counts_are_symmetric_and_hold_every_meeting_twice(sentences, window):
    config = CooccurrenceConfig(window=window, weighting="flat")
    found = as_dict(count_cooccurrences(corpus_of(*sentences), 6, config))
    assert all(found[j, i] == count for (i, j), count in found.items())
    lengths = [len(sentence) for sentence in sentences]
    meetings = sum(max(0, n - d) for n in lengths for d in range(1, window + 1))
    assert sum(found.values()) == 2 * meetings


def test_runs_merge_to_each_pair_once_with_the_sum_of_its_sums():
    runs = [Run(np.array([1, 5, 8]), np.ones(3)), Run(np.array([0, 5]), np.array([2.0, 3.0]))]
    for memory, parts in ((10_000, 1), (64, 3)):
        merged = list(merge(runs, words=3, memory=memory))
        assert len(merged) == parts
        assert np.concatenate([run.pairs for run in merged]).tolist() == [0, 1, 5, 8]
        assert np.concatenate([run.sums for run in merged]).tolist() == [2, 1, 4, 1]


def test_a_word_that_meets_none_has_an_empty_row():
    found = count_cooccurrences(corpus_of([0, 2], [1]), 4)
    assert (len(found), found.words, found.starts.tolist()) == (2, 4, [0, 1, 1, 2, 2])


def test_a_corpus_of_single_words_has_no_co_occurrences(tmp_path):
    for folder in (None, tmp_path / "pairs"):
        assert len(count_cooccurrences(corpus_of([0], [1]), 2, folder=folder)) == 0
    assert len(load_cooccurrences(tmp_path / "pairs")) == 0


def test_counts_on_disk_can_be_opened_again_and_are_replaced(tmp_path):
    for sentence in ([0, 1], [0, 1, 1]):
        found = count_cooccurrences(corpus_of(sentence), 2, folder=tmp_path / "pairs")
        assert as_dict(load_cooccurrences(tmp_path / "pairs")) == as_dict(found)
    assert as_dict(found) == {(0, 1): 1.5, (1, 0): 1.5, (1, 1): 2}
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 1


def test_a_folder_of_other_files_is_refused_before_counting(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(BadFolder, match="is no saved cooccurrences"):
        count_cooccurrences(corpus_of([0, 1]), 2, folder=tmp_path)


def test_arrays_that_do_not_fit_together_are_refused(tmp_path):
    starts = np.array([0, 2])
    save_cooccurrences(
        Cooccurrences(starts, np.zeros(1, np.int32), np.ones(1, np.float32)), tmp_path / "pairs"
    )
    with pytest.raises(BadFolder, match="do not fit together"):
        load_cooccurrences(tmp_path / "pairs")


def test_a_corpus_may_be_mapped_from_disk(tmp_path):
    corpus = random_corpus(words=30, sentences=60, longest=20)
    corpus.tokens.tofile(tmp_path / "tokens")
    mapped = Corpus(np.memmap(tmp_path / "tokens", np.int32, "r"), corpus.offsets)
    assert as_dict(count_cooccurrences(mapped, 30)) == as_dict(count_cooccurrences(corpus, 30))


def test_progress_covers_all_tokens():
    shown = []

    def track(items, doing, total):
        shown.append((doing, total, list(items)))
        return shown[0][2]

    corpus = Corpus(np.zeros(600_000, np.int32), np.arange(0, 600_001, 1000))
    count_cooccurrences(corpus, 1, CooccurrenceConfig(window=1), track)
    assert shown == [("counting pairs of words", 3, [262_144, 524_288, 600_000])]


def test_a_corpus_of_other_words_is_refused():
    with pytest.raises(BadData, match=r"0 \.\.\. 7 but the vocabulary has 5"):
        count_cooccurrences(corpus_of([0, 7]), 5)
    with pytest.raises(BadData, match="no word of the vocabulary"):
        count_cooccurrences(Corpus(np.zeros(0, np.int32), np.zeros(1, np.int64)), 5)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("window", 0), ("window", 1001), ("memory", 1000)],
)
def test_a_setting_out_of_range_is_refused_with_its_value(setting, value):
    with pytest.raises(Usage, match=f"{setting} is {value}"):
        CooccurrenceConfig(**{setting: value})
