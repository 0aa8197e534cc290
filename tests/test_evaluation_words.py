"""Analogies and rated pairs: the formulas, the files, and the table."""

import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData, Usage
from iconym.evaluation.words import AnalogyScore, evaluate_words, score_ratings
from iconym.metrics.analogy import accuracy_interval, analogy_hits
from iconym.metrics.correlation import mean_ranks, rho_interval, spearman
from iconym.metrics.intervals import Interval
from iconym.nouns import WordVectors
from iconym.words.formats import load_words, save_words
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
    assert str(scores).splitlines()[1].split() == ["royals", "100.0", "34.2", "100.0", "2", "1"]
    assert str(scores).splitlines()[3].split() == ["syntactic", "-", "-", "0", "0"]
    assert str(scores).splitlines()[6].split() == ["pairs", "-", "-", "1", "3"]


def test_the_scores_as_json_have_null_for_what_is_not_defined(tmp_path):
    (tmp_path / "q.txt").write_text(QUESTIONS)
    (tmp_path / "pairs.txt").write_text("man king 1\nking queen 9\nking emperor 1\n")
    scores = evaluate_words(WORDS, tmp_path / "q.txt", [tmp_path / "pairs.txt"]).to_json()
    assert scores["analogies"][0] == {
        "name": "royals",
        **{"hits": 2, "asked": 2, "skipped": 1, "total": 3},
        **{"accuracy": 1, "percent": 100, "interval": [0.34238, 1]},
    }
    assert scores["analogies"][2]["accuracy"] is scores["analogies"][2]["interval"] is None
    assert scores["ratings"] == [
        {"name": "pairs", "rho": 1, "interval": None, "used": 2, "pairs": 3, "percent": 66.67}
    ]


def test_a_folder_of_rated_pairs_is_read_whole_in_order_of_name(tmp_path):
    for name in ("b.txt", "a.txt", "c.txt.gz", "README.md"):
        data = b"man king 1\n"
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    ratings = evaluate_words(WORDS, similarity_sets=[tmp_path, tmp_path / "b.txt"]).ratings
    assert [rating.name for rating in ratings] == ["a", "b", "c", "b"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadData, match=r"empty holds no \.txt"):
        evaluate_words(WORDS, similarity_sets=[tmp_path / "empty"])


@pytest.mark.parametrize(
    ("hits", "asked", "low", "high"),
    [
        (0, 10, 0, 0.2775),  # z^2 / (n + z^2) with z = 1.96
        (10, 10, 0.7225, 1),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
    ],
)
def test_the_interval_of_an_accuracy_is_that_of_wilson(hits, asked, low, high):
    interval = accuracy_interval(hits, asked)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
    assert interval.value == hits / asked


def test_there_is_no_interval_where_there_is_no_figure():
    assert accuracy_interval(0, 0) is None
    assert rho_interval(0.5, 3) is None
    assert rho_interval(math.nan, 99) is None
    assert rho_interval(-1.0, 9) == Interval(-1.0, -1.0, -1.0)


def test_the_interval_of_rho_is_wider_below_and_narrows_with_more_pairs():
    few, many = rho_interval(0.8, 12), rho_interval(0.8, 1203)
    # z = 1.0986, of which sqrt(1.32 / 9) = 0.3830 is the standard error
    assert (few.low, few.high) == pytest.approx((math.tanh(0.3480), math.tanh(1.8492)), abs=1e-4)
    assert 0.8 - few.low > few.high - 0.8
    assert many.high - many.low == pytest.approx(2 * 0.36 * 1.96 * math.sqrt(1.32 / 1200), rel=0.01)


def test_nineteen_of_twenty_intervals_hold_the_true_rho():
    rng = np.random.default_rng(5)
    true = 6 / math.pi * math.asin(0.7 / 2)  # of normal numbers whose correlation is 0.7
    held = 0
    for _ in range(400):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 60).T
        interval = rho_interval(spearman(x, y), 60)
        held += interval.low <= true <= interval.high
    assert 0.92 < held / 400 < 0.98


def test_analogies_may_be_scored_by_products(tmp_path):
    # queen is opposite to man, so that 3CosMul divides by next to nothing
    words = WordVectors(
        ("man", "woman", "king", "queen", "emperor"),
        np.array([[0, -2], [-2, -2], [-2, 1], [0, 1], [-1, 1]], np.float32),
    )
    (tmp_path / "q.txt").write_text(": royals\nman king woman queen\n")
    by = {m: evaluate_words(words, tmp_path / "q.txt", method=m) for m in ("add", "mul")}
    assert {m: scores.analogies[0].hits for m, scores in by.items()} == {"add": 0, "mul": 1}


@pytest.mark.parametrize(("top", "skipped"), [(3, 3), (4, 1), (0, 1), (99, 1)])
def test_only_the_first_words_take_part_in_analogies_or_all_of_them(tmp_path, top, skipped):
    (tmp_path / "q.txt").write_text(QUESTIONS)
    assert evaluate_words(WORDS, tmp_path / "q.txt", top=top).analogies[-1].skipped == skipped


def test_fewer_than_no_words_cannot_take_part(tmp_path):
    with pytest.raises(Usage, match="top is -1"):
        evaluate_words(WORDS, top=-1)


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


def test_a_mapped_vector_that_is_not_finite_is_refused_where_it_takes_part(tmp_path):
    save_words(WORDS, tmp_path / "w.npy")
    held = np.load(tmp_path / "w.npy", mmap_mode="r+")
    held[2, 0] = np.nan  # king
    held.flush()
    mapped = load_words(tmp_path / "w.npy", mapped=True)
    (tmp_path / "q.txt").write_text(QUESTIONS)
    for rated in (("man", "queen"), ("king", "man")):
        ask = RatedPairs("x", (rated,), (1.0,))
        if "king" in rated:
            with pytest.raises(BadData, match="the vector of 'king' is not finite"):
                score_ratings(mapped, ask)
        else:
            assert score_ratings(mapped, ask).used == 1
    with pytest.raises(BadData, match="the vector of 'king' is not finite"):
        evaluate_words(mapped, tmp_path / "q.txt")


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
    rated = DATA / "text" / "word-sim"
    scores = evaluate_words(words, DATA / "text" / "questions-words.txt.gz", [rated])
    total = scores.analogies[-1]
    assert (total.hits, total.asked, total.skipped) == (3001, 11_080, 8464)
    assert len(scores.ratings) == 13
    by_name = {rating.name: rating for rating in scores.ratings}
    assert by_name["EN-WS-353-ALL"].used == 336
    assert by_name["EN-WS-353-ALL"].rho == pytest.approx(0.651, abs=0.001)
