"""How well word vectors answer analogies, and how far that figure may be off."""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64

from iconym.metrics.correlation import NORMAL_95
from iconym.metrics.intervals import Interval
from iconym.similarity import dot, unit

BLOCK = 256  # questions scored at once: 256 x 30,000 scores are 31 MB


def analogy_hits(
    vectors: Float[np.ndarray, "words dim"],
    questions: Int64[np.ndarray, "questions 4"],
    same: Int64[np.ndarray, " words"] | None = None,
    *,
    method: Literal["add", "mul"] = "add",
) -> Float[np.ndarray, " questions"]:
    """For each question (a, b, c, d) of rows: 1 if d is the best answer to "a : b = c : ?".

    The best answer has the highest score of all rows but a, b and c: cos(x, b - a + c) of unit
    vectors ("add") or cos'(x, b) cos'(x, c) / (cos'(x, a) + 0.001), cos' = (cos + 1) / 2
    ("mul"). Where t rows share the highest score and r of them are right, the hit is r / t, so
    ties never help. A question whose d is the row of a, b or c is never hit, unless another row
    is the same word as d. A row of zeros has cosine 0 with everything.

    Args:
        vectors: all the words that may be an answer, of any length.
        questions: rows of them.
        same: equal numbers for rows that are the same word to us, say "Apple" and "apple";
            None: all differ.
        method: the score.

    Source: program compute-accuracy of word2vec (add), which takes the first of a tie; Levy &
        Goldberg 2014 (mul).
    """
    wide = np.promote_types(vectors.dtype, np.float32)  # squares of float16 numbers overflow
    units = unit(vectors.astype(wide, copy=False))
    same = np.arange(len(vectors)) if same is None else same
    hits = np.zeros(len(questions))
    for start in range(0, len(questions), BLOCK):
        block = questions[start : start + BLOCK]
        scores = _add(units, block) if method == "add" else _mul(units, block)
        scores[np.arange(len(block))[:, None], block[:, :3]] = -np.inf
        best = (scores == scores.max(axis=1, keepdims=True)) & np.isfinite(scores)
        asked, found = np.nonzero(best)
        right = asked[same[found] == same[block[asked, 3]]]
        of = np.bincount(asked, minlength=len(block))
        hits[start : start + BLOCK] = np.bincount(right, minlength=len(block)) / np.maximum(1, of)
    return hits


def accuracy_interval(hits: float, asked: int) -> Interval | None:
    """The 95 % interval of the share ``hits / asked``; None if nothing was asked.

    It takes questions as drawn apart from each other. Those of questions-words.txt share their
    words, so that a section's true uncertainty is larger.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if not asked:
        return None
    share, spread = hits / asked, NORMAL_95**2 / asked
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def _add(units: np.ndarray, questions: np.ndarray) -> np.ndarray:
    a, b, c, _ = (units[rows] for rows in questions.T)
    return dot(b - a + c, units)


def _mul(units: np.ndarray, questions: np.ndarray) -> np.ndarray:
    to_a, to_b, to_c = ((dot(units[rows], units) + 1) / 2 for rows in questions.T[:3])
    return to_b * to_c / (to_a + 0.001)
