"""How good word vectors are: analogies answered, and agreement with people about likeness."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64

from iconym.errors import BadData, Usage
from iconym.evaluation.word_scores import AnalogyScore, RatingScore, WordScores
from iconym.metrics.analogy import analogy_hits
from iconym.metrics.correlation import spearman
from iconym.nouns import WordVectors
from iconym.similarity import unit
from iconym.words.files.rows import not_finite
from iconym.words.questions import (
    RatedPairs,
    Section,
    read_analogies,
    read_rated_pairs,
    similarity_files,
)

__all__ = [
    "AnalogyScore",
    "RatingScore",
    "WordScores",
    "evaluate_words",
    "score_analogies",
    "score_ratings",
]

TOP = 30_000  # words that take part in analogies, as in the demonstrations of word2vec
SEMANTIC = 5  # the first so many sections of questions-words.txt; the others are syntactic


def evaluate_words(
    words: WordVectors,
    questions: Path | None = None,
    similarity_sets: Sequence[Path] = (),
    *,
    top: int = TOP,
    method: Literal["add", "mul"] = "add",
) -> WordScores:
    """The scores of ``words`` in a file of analogies and in files of rated pairs.

    Analogies as the program compute-accuracy of word2vec: by 3CosAdd, among the first ``top``
    words of the vocabulary (the most frequent, if it is in that order), case ignored; a, b and c
    are no answers; a question with a word beyond them is skipped. Where it takes the first of
    several best answers, we count the share of right ones; where no cosine is above 0, it has no
    answer, we do. Pairs are looked up in the whole vocabulary, as written or else in lower case;
    one with a word missing is left out.

    Args:
        words: the vocabulary with its vectors.
        questions: as questions-words.txt.
        similarity_sets: files of rated pairs, or folders of such files (``.txt``).
        top: how many words take part in analogies; 0: all.
        method: "mul" scores analogies by 3CosMul instead.

    Raises:
        BadData: if a file is not there or damaged.
        Usage: if ``top`` is below 0.
    """
    sections = read_analogies(questions) if questions else ()
    rated = [file for path in similarity_sets for file in similarity_files(path)]
    return WordScores(
        score_analogies(words, sections, top=top, method=method),
        tuple(score_ratings(words, read_rated_pairs(file)) for file in rated),
    )


def score_analogies(
    words: WordVectors,
    sections: Sequence[Section],
    *,
    top: int = TOP,
    method: Literal["add", "mul"] = "add",
) -> tuple[AnalogyScore, ...]:
    """One score a section, then "semantic" (the first five), "syntactic" (the rest) and "total".

    None at all if there is no section. ``top`` and ``method`` as in ``evaluate_words``.

    Raises:
        Usage: if ``top`` is below 0.
        BadData: if a vector of a memory map is not finite.
    """
    if top < 0:
        raise Usage(f"top is {top}; give a number of words, or 0 for all")
    if not sections:
        return ()
    folded = [word.upper() for word in words.words[: top or None]]
    row: dict[str, int] = {}
    for place, word in enumerate(folded):
        row.setdefault(word, place)  # of two spellings the more frequent is asked about
    same = np.array([row[word] for word in folded], np.int64)
    vectors = words.vectors[: len(folded)]
    _refuse(words.words, not_finite(vectors))
    scores = []
    for section in sections:
        rows = _rows(section, row)
        hits = analogy_hits(vectors, rows, same, method=method)
        skipped = len(section.questions) - len(rows)
        scores.append(AnalogyScore(section.name, float(hits.sum()), len(rows), skipped))
    parts = {"semantic": scores[:SEMANTIC], "syntactic": scores[SEMANTIC:], "total": scores}
    return (*scores, *(_sum(name, part) for name, part in parts.items()))


def score_ratings(words: WordVectors, rated: RatedPairs) -> RatingScore:
    """How well the cosines of pairs follow their ratings.

    Raises:
        BadData: if a vector of a memory map is not finite.
    """
    known, ratings = [], []
    for pair, rating in zip(rated.pairs, rated.ratings, strict=True):
        spelled = [word for word in (_spelling(words, word) for word in pair) if word is not None]
        if len(spelled) == 2:
            known.append(spelled)
            ratings.append(rating)
    a, b = (unit(_vectors(words, [pair[side] for pair in known])) for side in (0, 1))
    rho = spearman((a * b).sum(axis=1), np.array(ratings))
    return RatingScore(rated.name, rho, len(ratings), len(rated.pairs))


def _vectors(words: WordVectors, names: Sequence[str]) -> Float[np.ndarray, "n dim"]:
    """In double precision, so that ties are those of the vectors and not of rounding."""
    vectors = np.array([words[name] for name in names], np.float64).reshape(len(names), words.dim)
    _refuse(names, not_finite(vectors))
    return vectors


def _refuse(names: Sequence[str], rows: list[int]) -> None:
    """Vectors of a memory map are checked only when they are used."""
    if rows:
        raise BadData(f"the vector of {names[rows[0]]!r} is not finite; mend its file")


def _rows(section: Section, row: dict[str, int]) -> Int64[np.ndarray, "questions 4"]:
    folded = ([word.upper() for word in question] for question in section.questions)
    rows = [[row[w] for w in question] for question in folded if all(w in row for w in question)]
    return np.array(rows, np.int64).reshape(-1, 4)


def _sum(name: str, scores: Sequence[AnalogyScore]) -> AnalogyScore:
    return AnalogyScore(
        name,
        math.fsum(s.hits for s in scores),
        sum(s.asked for s in scores),
        sum(s.skipped for s in scores),
    )


def _spelling(words: WordVectors, word: str) -> str | None:
    return next((w for w in (word, word.lower()) if w in words), None)
