"""PPMI-SVD: associations and vectors against plain loops and a dense factorization."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from iconym.errors import BadData, MissingTool, Usage
from iconym.similarity import unit
from iconym.words import ppmi
from iconym.words.cooccurrence import Cooccurrences
from iconym.words.cooccurrence_counting import CooccurrenceConfig, count_cooccurrences
from iconym.words.corpus import Corpus, encode
from iconym.words.ppmi import PpmiConfig, factorize, positive_pmi, train_ppmi
from iconym.words.vectors import similarity
from iconym.words.vocabulary import Vocabulary, count_words

RNG = np.random.default_rng(7)
CORPUS = Corpus((30 * RNG.random(600) ** 2).astype(np.int32), np.arange(0, 601, 12))
VOCABULARY = Vocabulary(tuple(f"w{i}" for i in range(31)), np.arange(31, 0, -1))  # w30: nowhere
COUNTING = CooccurrenceConfig(window=2, weighting="flat", symmetric=False)
FOUND = count_cooccurrences(CORPUS, 31, COUNTING)
CONFIG = PpmiConfig(dim=6, counting=COUNTING)


def dense_counts(found):
    counts = np.zeros((found.words, found.words))
    counts[found.rows, found.columns] = found.values
    return counts


def plain_ppmi(counts, shift, smoothing):
    """Cell by cell."""
    result = np.zeros(counts.shape)
    column_powers = [column.sum() ** smoothing if column.any() else 0 for column in counts.T]
    for i, j in np.argwhere(counts):
        joint, row = counts[i, j] / counts.sum(), counts[i].sum() / counts.sum()
        column = column_powers[j] / sum(column_powers)
        result[i, j] = max(0, math.log(joint / (row * column)) - math.log(shift))
    return result


def test_association_is_the_logarithm_of_how_much_more_often_than_by_chance():
    found = Cooccurrences(
        np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), np.array([3, 1, 4], np.float32)
    )  # rows 3 1 and 0 4: by chance 1.5 2.5 and 1.5 2.5
    assert positive_pmi(found).toarray() == pytest.approx(
        np.array([[math.log(2), 0], [0, math.log(1.6)]])
    )
    assert positive_pmi(found, shift=1.6).toarray() == pytest.approx(
        np.array([[math.log(1.25), 0], [0, 0]]), abs=1e-6
    )


@pytest.mark.parametrize(("shift", "smoothing"), [(1.0, 1.0), (1.0, 0.75), (2.0, 0.75), (1.7, 0.0)])
def test_associations_equal_plain_loops(shift, smoothing, monkeypatch):
    monkeypatch.setattr(ppmi, "PIECE", 100)
    expected = plain_ppmi(dense_counts(FOUND), shift, smoothing)
    matrix = positive_pmi(FOUND, shift=shift, smoothing=smoothing)
    assert 50 < np.count_nonzero(expected) == matrix.nnz < len(FOUND)
    np.testing.assert_allclose(matrix.toarray(), expected, atol=1e-5)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_vectors_are_the_leading_singular_vectors_of_the_associations(power):
    matrix = positive_pmi(FOUND, smoothing=0.75)
    left, singular, _ = np.linalg.svd(matrix.toarray())
    signs = np.sign([column[np.abs(column).argmax()] for column in left.T])
    expected = (left * signs)[:, :6] * singular[:6] ** power
    words = train_ppmi(CORPUS, VOCABULARY, replace(CONFIG, power=power))
    assert words.words == VOCABULARY.words
    np.testing.assert_allclose(words.vectors, expected, atol=2e-4)


def test_contexts_are_added_as_unit_vectors():
    config = replace(CONFIG, dim=30)
    matrix = positive_pmi(FOUND)
    left, singular, right = np.linalg.svd(matrix.toarray())
    words, contexts = (unit(v[:, :30] * np.sqrt(singular[:30])) for v in (left, right.T))
    together = factorize(matrix, replace(config, add_contexts=True))
    expected = words @ words.T + words @ contexts.T + contexts @ words.T + contexts @ contexts.T
    np.testing.assert_allclose(together @ together.T, expected, atol=2e-4)


def test_a_word_without_associations_has_the_vector_zero():
    for add_contexts in (False, True):
        words = train_ppmi(CORPUS, VOCABULARY, replace(CONFIG, add_contexts=add_contexts))
        assert not words["w30"].any() and words["w29"].any()


def test_directions_that_the_associations_lack_are_zero():
    pair = np.array([0, 1], np.int32)  # only 0 and 1 meet, in either order
    found = Cooccurrences(np.array([0, 1, 2, 2, 2]), pair[::-1].copy(), np.ones(2, np.float32))
    vectors = factorize(positive_pmi(found), PpmiConfig(dim=3, power=0.0))
    np.testing.assert_allclose(vectors @ vectors.T, np.diag([1, 1, 0, 0]), atol=1e-6)
    assert not vectors[:, 2].any()


def test_words_in_the_same_surroundings_become_alike():
    animals, tools = "purr tail fur paw".split(), "steel handle bolt rust".split()
    names = (("cat", animals), ("lynx", animals), ("hammer", tools), ("wrench", tools))
    text = [[name, *around] for _ in range(5) for name, around in names]
    vocabulary = count_words(text)
    words = train_ppmi(encode(text, vocabulary), vocabulary, PpmiConfig(dim=3))
    assert similarity(words, "cat", "lynx") > similarity(words, "cat", "hammer") + 0.3
    assert similarity(words, "wrench", "hammer") > similarity(words, "lynx", "wrench") + 0.3


def test_the_same_seed_gives_the_same_vectors(tmp_path):
    first = train_ppmi(CORPUS, VOCABULARY, CONFIG)
    second = train_ppmi(CORPUS, VOCABULARY, CONFIG, folder=tmp_path / "pairs")
    assert np.array_equal(first.vectors, second.vectors)


def test_progress_shows_the_counting_and_the_factorization():
    shown = []

    def track(items, doing, total):
        shown.append((doing, total))
        return items

    train_ppmi(CORPUS, VOCABULARY, CONFIG, track)
    assert shown == [("counting pairs of words", 1), ("factorizing associations", 1)]


def test_vectors_need_fewer_numbers_than_there_are_words():
    with pytest.raises(Usage, match="dim is 31 but there are 31 words"):
        train_ppmi(CORPUS, VOCABULARY, replace(CONFIG, dim=31))


@pytest.mark.parametrize("sentence", [[0], [0, 0]])
def test_a_text_without_associations_is_refused(sentence):
    corpus = Corpus(np.array(sentence, np.int32), np.array([0, len(sentence)]))
    with pytest.raises(BadData, match="no two words are associated"):
        train_ppmi(corpus, VOCABULARY, CONFIG)


def test_without_scipy_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    with pytest.raises(MissingTool, match=r"PPMI-SVD needs scipy: pip install 'iconym\[train\]'"):
        train_ppmi(CORPUS, VOCABULARY, CONFIG)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("dim", 0), ("shift", 0.0), ("smoothing", 1.5), ("power", -1.0), ("seed", -1)],
)
def test_a_setting_out_of_range_is_refused_with_its_value(setting, value):
    with pytest.raises(Usage, match=f"{setting} is {value}"):
        PpmiConfig(**{setting: value})
