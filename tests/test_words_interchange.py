"""gensim loads what we save and answers the same; we load what gensim and others save."""

import os
from pathlib import Path

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.evaluation.words import evaluate_words
from iconym.nouns import WordVectors
from iconym.words.formats import load_words, save_words
from iconym.words.questions import read_analogies
from iconym.words.vectors import analogy, nearest, neighbors, odd_one_out, similarity, weighted

gensim = pytest.importorskip("gensim.models.keyedvectors", reason="gensim is not installed")
KeyedVectors = gensim.KeyedVectors

DATA = Path(os.environ.get("ICONYM_DATA", Path(__file__).parents[2] / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="no real data; name its folder in ICONYM_DATA"
)
LIKE_WORD2VEC = ["w.txt", "w.vec", "w.txt.gz", "w.bin", "w.bin.gz"]


def random_words(rng: np.random.Generator) -> WordVectors:
    names = (
        "the",
        "été",
        "snow_leopard",
        "x\u00a0y",
        "日本",
        "</s>",
        *(f"w{i}" for i in range(194)),
    )
    return WordVectors(names, rng.normal(size=(200, 50)).astype(np.float32))


def real_words(top: int) -> WordVectors:
    held = load_words(DATA / "vectors" / "w2v_local_100d.npz")
    return WordVectors(held.words[:top], held.vectors[:top])


@pytest.fixture(params=["random", pytest.param("real", marks=needs_data)])
def words(request) -> WordVectors:
    return random_words(np.random.default_rng(1)) if request.param == "random" else real_words(2000)


def as_gensim(words: WordVectors):
    held = KeyedVectors(words.dim)
    held.add_vectors(list(words.words), words.vectors)
    return held


def assert_same_answers(theirs, ours: WordVectors) -> None:
    """The same words, vectors and, for every tenth word, neighbors with their cosines."""
    assert tuple(theirs.index_to_key) == ours.words
    assert np.array_equal(theirs.vectors, ours.vectors)
    for word in ours.words[:60:10]:
        found = neighbors(ours, ours[word][None], 10, exclude=[word])[0]
        expected = theirs.most_similar(word, topn=10)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)


@pytest.mark.parametrize("name", LIKE_WORD2VEC)
def test_gensim_loads_what_we_save_and_answers_the_same(tmp_path, words, name):
    save_words(words, tmp_path / name)
    binary = ".bin" in name
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / name), binary=binary)
    assert_same_answers(theirs, words)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # gensim leaves the file open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["glove.txt", "glove.txt.gz"])
def test_gensim_loads_what_we_save_without_a_header(tmp_path, words, name):
    save_words(words, tmp_path / name, header=False)
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / name), no_header=True)
    assert_same_answers(theirs, words)


@pytest.mark.parametrize("name", LIKE_WORD2VEC)
@pytest.mark.parametrize("normalized", [False, True])
def test_we_load_what_gensim_saves_and_answer_the_same(tmp_path, words, name, normalized):
    theirs = as_gensim(words)
    if normalized:
        theirs.unit_normalize_all()
    theirs.save_word2vec_format(str(tmp_path / name), binary=".bin" in name)
    assert_same_answers(theirs, load_words(tmp_path / name))


def test_we_load_what_gensim_saves_without_a_header(tmp_path, words):
    theirs = as_gensim(words)
    theirs.save_word2vec_format(str(tmp_path / "glove.txt"), write_header=False)
    assert_same_answers(theirs, load_words(tmp_path / "glove.txt"))


@pytest.mark.parametrize(("header", "end"), [("{n} {dim}\n", " \n"), ("", "\n")])
def test_we_load_text_as_fasttext_and_glove_write_it(tmp_path, words, header, end):
    with open(tmp_path / "w.vec", "w", encoding="utf-8", newline="") as file:
        file.write(header.format(n=len(words), dim=words.dim))
        for word, vector in zip(words.words, words.vectors):
            file.write(word + "".join(f" {number:.5g}" for number in vector) + end)
    loaded = load_words(tmp_path / "w.vec")
    assert loaded.words == words.words
    assert np.allclose(loaded.vectors, words.vectors, rtol=1e-4)


def test_what_gensim_pickles_is_refused_with_what_to_do(tmp_path):
    as_gensim(random_words(np.random.default_rng(1))).save(str(tmp_path / "w.kv"))
    with pytest.raises(BadData, match=r"pickle.*save_word2vec_format\('vectors\.bin'"):
        load_words(tmp_path / "w.kv")


# ---- the same questions


def test_weighted_means_lead_to_the_same_words(words):
    a, b, c = words.words[2:5]
    theirs = as_gensim(words)
    expected = theirs.most_similar(positive=[(a, 1.0), (b, 0.5)], negative=[c], topn=8)
    found = nearest(words, {a: 1, b: 0.5, c: -1}, 8)
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)
    mean = theirs.get_mean_vector([a, b, c], weights=[1, 0.5, -1])
    assert weighted(words, {a: 1, b: 0.5, c: -1}) == pytest.approx(mean, abs=1e-6)


def test_analogies_by_sums_have_the_same_answers(words):
    theirs = as_gensim(words)
    for i in range(5, 25, 4):
        a, b, c = words.words[i : i + 3]
        expected = theirs.most_similar(positive=[b, c], negative=[a], topn=5)
        found = analogy(words, a, b, c, 5)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)


@pytest.mark.filterwarnings("ignore:Call to deprecated")  # of gensim, by itself
def test_analogies_by_products_differ_by_what_keeps_them_from_dividing_by_zero(words):
    theirs = as_gensim(words)
    for i in range(5, 25, 4):
        a, b, c = words.words[i : i + 3]
        scores = dict(analogy(words, a, b, c, len(words), method="mul"))
        for word, expected in theirs.most_similar_cosmul(positive=[b, c], negative=[a], topn=5):
            near = (similarity(words, a, word) + 1) / 2
            theirs_below, ours_below = near + 0.000001, near + 0.001  # Levy & Goldberg's
            assert scores[word] * ours_below / theirs_below == pytest.approx(expected, rel=1e-4)


def test_cosines_and_the_odd_one_out_are_the_same(words):
    theirs = as_gensim(words)
    for i in range(10, 60, 10):
        some = list(words.words[i : i + 5])
        assert similarity(words, *some[:2]) == pytest.approx(
            float(theirs.similarity(*some[:2])), abs=1e-6
        )
        assert odd_one_out(words, some) == theirs.doesnt_match(some)


# ---- the same measures


@needs_data
@pytest.mark.parametrize("name", ["EN-MC-30", "EN-WS-353-ALL", "EN-SIMLEX-999", "EN-VERB-143"])
def test_rated_pairs_give_the_rho_of_gensim(name):
    words, path = real_words(30_000), DATA / "text" / "word-sim" / f"{name}.txt"
    [ours] = evaluate_words(words, similarity_sets=[path]).ratings
    _, rho, unknown = as_gensim(words).evaluate_word_pairs(str(path))
    assert ours.rho == pytest.approx(rho.statistic, abs=1e-6)
    assert 100 * (1 - ours.coverage) == pytest.approx(unknown)


@needs_data
@pytest.mark.parametrize("top", [5000, 0])
def test_analogies_give_the_counts_of_gensim(tmp_path, top):
    words, lines = real_words(30_000), []
    for section in read_analogies(DATA / "text" / "questions-words.txt.gz"):
        lines.append(f": {section.name}")
        lines += [" ".join(question) for question in section.questions[::40]]
    (tmp_path / "some.txt").write_text("\n".join(lines) + "\n")
    *ours, _, _, total = evaluate_words(words, tmp_path / "some.txt", top=top).analogies
    accuracy, sections = as_gensim(words).evaluate_word_analogies(
        str(tmp_path / "some.txt"), restrict_vocab=top or len(words)
    )
    counts = [(len(s["correct"]), len(s["correct"]) + len(s["incorrect"])) for s in sections[:-1]]
    assert [(s.hits, s.asked) for s in ours] == counts
    assert total.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert total.asked > 40 and total.hits > 10
