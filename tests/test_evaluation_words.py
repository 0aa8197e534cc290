"""Analogies and rated pairs: the formulas, the files, and the table."""

import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData
from iconym.evaluation.words import AnalogyScore, evaluate_words, score_ratings
from iconym.metrics.analogy import analogy_hits, mean_ranks, spearman
from iconym.nouns import WordVectors
from iconym.words.formats import load_words
from iconym.words.questions import RatedPairs, read_analogies, read_rated_pairs

DATA = Path(os.environ.get("ICONYM_DATA", Path(__file__).parents[2] / "shared" / "data"))
# royal, female, a third number: man, woman, king, queen, and a queen in capitals
PEOPLE = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 1, 1]], np.float32)
WORDS = WordVectors(("man", "Woman", "king", "queen"), PEOPLE[:4])
QUESTIONS = ": royals\nman king woman queen\nMAN WOMAN KING QUEEN\nman king woman emperor\n"


def questions(*rows: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, 4)


@pytest.mark.parametrize("method", ["add", "mul"])
def test_an_analogy_is_hit_if_its_answer_scores_highest_of_all_but_the_three_given(method):
    people = np.vstack([PEOPLE[:4], [[-1, -1, 1]]])
    asked = questions((0, 2, 1, 3), (2, 0, 3, 1), (0, 2, 1, 4), (0, 2, 1, 0))
    assert analogy_hits(people, asked, method=method).tolist() == [1, 1, 0, 0]


def test_a_tie_among_two_best_answers_is_half_a_hit():
    assert analogy_hits(PEOPLE, questions((0, 2, 1, 3))).tolist() == [0.5]


def test_a_tie_among_spellings_of_one_word_is_a_hit():
    same = np.array([0, 1, 2, 3, 3])
    assert analogy_hits(PEOPLE, questions((0, 2, 1, 3)), same).tolist() == [1]


def test_vectors_all_alike_answer_by_chance():
    hits = analogy_hits(np.ones((7, 2), np.float32), questions((0, 1, 2, 3), (0, 0, 0, 3)))
    assert hits.tolist() == [1 / 4, 1 / 6]


def test_many_questions_are_scored_in_blocks():
    asked = np.array([(0, 2, 1, 3), (0, 2, 1, 0)] * 300)
    assert analogy_hits(PEOPLE[:4], asked).tolist() == [1, 0] * 300


def test_half_precision_numbers_whose_squares_overflow_are_scored_all_the_same():
    vectors = np.array([*PEOPLE[:4], [-1, -1, 1]], np.float16) * 300
    assert analogy_hits(vectors, questions((0, 2, 1, 3))).tolist() == [1]


def test_a_word_of_zeros_answers_nothing_but_by_chance():
    vectors = np.vstack([PEOPLE[:3], np.zeros((2, 3), np.float32)])
    assert analogy_hits(vectors, questions((0, 2, 1, 3))).tolist() == [0.5]


def test_no_question_has_no_hit():
    assert analogy_hits(PEOPLE, questions()).shape == (0,)


@given(st.integers(0, 10_000), st.sampled_from(["add", "mul"]))
def test_hits_equal_plain_loops(seed, method):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(9, 3))
    asked = rng.integers(0, 9, (5, 4))
    units = [v / math.sqrt(v @ v) for v in vectors]

    def score(x, a, b, c):
        if method == "add":
            return units[x] @ (units[b] - units[a] + units[c])
        near_a, near_b, near_c = ((units[x] @ units[y] + 1) / 2 for y in (a, b, c))
        return near_b * near_c / (near_a + 0.001)

    expected = [
        float(max(set(range(9)) - {a, b, c}, key=lambda x: score(x, a, b, c)) == d)
        for a, b, c, d in asked.tolist()
    ]
    assert analogy_hits(vectors, asked, method=method).tolist() == expected


def test_equal_numbers_share_the_mean_of_their_ranks():
    assert mean_ranks(np.array([30, 10, 30, 20])).tolist() == [3.5, 1, 3.5, 2]


@pytest.mark.parametrize(
    ("x", "y", "rho"),
    [
        ([1, 2, 3], [10, 20, 90], 1),
        ([1, 2, 3], [3, 2, 1], -1),
        ([1, 2, 3, 4], [1, 3, 2, 4], 1 - 6 * 2 / (4 * 15)),  # 1 - 6 sum d^2 / (n (n^2 - 1))
        ([1, 1, 2], [1, 2, 3], 1.5 / math.sqrt(1.5 * 2)),  # ranks 1.5 1.5 3 and 1 2 3
    ],
)
def test_spearman_on_numbers_done_by_hand(x, y, rho):
    assert spearman(np.array(x), np.array(y)) == pytest.approx(rho)


@pytest.mark.parametrize("x", [[], [1.0], [2.0, 2.0]])
def test_spearman_is_nan_where_it_is_not_defined(x):
    assert math.isnan(spearman(np.array(x), np.arange(len(x))))


def test_the_table_counts_hits_and_what_is_skipped_and_ignores_case(tmp_path):
    (tmp_path / "q.txt.gz").write_bytes(gzip.compress(QUESTIONS.encode()))
    (tmp_path / "pairs.txt").write_text("# comment\nman woman 5\nKing\tqueen\t9\nking emperor 1\n")
    scores = evaluate_words(WORDS, tmp_path / "q.txt.gz", [tmp_path / "pairs.txt"])
    assert scores.analogies == (
        AnalogyScore("royals", hits=2.0, asked=2, skipped=1),
        AnalogyScore("semantic", hits=2.0, asked=2, skipped=1),
        AnalogyScore("syntactic", hits=0.0, asked=0, skipped=0),
        AnalogyScore("total", hits=2.0, asked=2, skipped=1),
    )
    assert scores.ratings[0].used == 1  # "woman" is written "Woman" and is not looked for so
    assert str(scores).splitlines()[1].split() == ["royals", "100.0", "2", "1"]
    assert str(scores).splitlines()[3].split() == ["syntactic", "-", "0", "0"]
    assert str(scores).splitlines()[6].split() == ["pairs", "-", "1", "3"]


def test_only_the_first_words_take_part_in_analogies(tmp_path):
    (tmp_path / "q.txt").write_text(QUESTIONS)
    assert evaluate_words(WORDS, tmp_path / "q.txt", top=3).analogies[-1].skipped == 3


def test_of_two_spellings_the_first_is_asked_about(tmp_path):
    (tmp_path / "q.txt").write_text(": royals\nman king woman queen\n")
    both = WordVectors((*WORDS.words, "KING"), np.vstack([PEOPLE[:4], [[0, -1, 0]]]))
    assert evaluate_words(both, tmp_path / "q.txt").analogies[-1].hits == 1


def test_the_first_five_sections_are_semantic(tmp_path):
    text = "".join(f": s{i}\nman king woman queen\n" for i in range(7))
    (tmp_path / "q.txt").write_text(text)
    by_name = {s.name: s.asked for s in evaluate_words(WORDS, tmp_path / "q.txt").analogies}
    assert (by_name["semantic"], by_name["syntactic"], by_name["total"]) == (5, 2, 7)


def test_rated_pairs_are_compared_by_rank():
    east, north = [1.0, 0.0], [0.0, 1.0]
    words = WordVectors(("a", "b", "c"), np.array([east, [1, 1], north], np.float32))
    rated = RatedPairs("x", (("a", "b"), ("a", "c"), ("a", "a")), (2.0, 1.0, 3.0))
    score = score_ratings(words, rated)
    assert (score.used, score.pairs) == (3, 3)
    assert score.rho == pytest.approx(1)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_analogies, "", "is empty"),
        (read_analogies, "a b c d\n", r":1: 'a b c d' is no section"),
        (read_analogies, ": x\n\na b c\n", r":3: 'a b c' is no section and no four words"),
        (read_rated_pairs, "a b 1\na b\n", r":2: 'a b' is not two words and a number"),
        (read_rated_pairs, "a b one\n", r":1: 'a b one' is not"),
        (read_rated_pairs, "# none\n", "holds no pair"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(tmp_path, read, text, message):
    (tmp_path / "q.txt").write_text(text)
    with pytest.raises(BadData, match=message):
        read(tmp_path / "q.txt")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadData, match="is not there"):
        read_analogies(tmp_path / "none.txt")


@pytest.mark.skipif(not DATA.is_dir(), reason="no real data; name its folder in ICONYM_DATA")
def test_on_real_vectors_the_figures_are_those_of_a_plain_loop():
    words = load_words(DATA / "vectors" / "w2v_local_100d.npz")
    rated = DATA / "text" / "word-sim" / "EN-WS-353-ALL.txt"
    scores = evaluate_words(words, DATA / "text" / "questions-words.txt.gz", [rated])
    total = scores.analogies[-1]
    assert (total.hits, total.asked, total.skipped) == (3001, 11_080, 8464)
    assert scores.ratings[0].used == 336
    assert scores.ratings[0].rho == pytest.approx(0.651, abs=0.001)
