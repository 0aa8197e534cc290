"""How good word vectors are: analogies answered, and agreement with people about likeness."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from iconym.metrics.analogy import analogy_hits, spearman
from iconym.nouns import WordVectors
from iconym.similarity import unit
from iconym.words.questions import RatedPairs, Section, read_analogies, read_rated_pairs

TOP = 30_000  # words that take part in analogies, as in the demonstrations of word2vec
SEMANTIC = 5  # the first so many sections of questions-words.txt; the others are syntactic


@dataclass(frozen=True)
class AnalogyScore:
    """Analogies answered; ``skipped`` ones hold a word that takes no part and do not count."""

    name: str
    hits: float  # r right ones in a tie of t best answers count r / t
    asked: int
    skipped: int

    @property
    def accuracy(self) -> float:
        """Hits per question asked; NaN if none was."""
        return self.hits / self.asked if self.asked else math.nan


@dataclass(frozen=True)
class RatingScore:
    """Spearman's rho between cosines and ratings over ``used`` of ``pairs``."""

    name: str
    rho: float  # NaN where it is not defined
    used: int
    pairs: int


@dataclass(frozen=True)
class WordScores:
    """What ``evaluate_words`` found; printed, it is a table."""

    analogies: tuple[AnalogyScore, ...]  # the sections, then semantic, syntactic and total
    ratings: tuple[RatingScore, ...]

    def __str__(self) -> str:
        lines = []
        if self.analogies:
            lines.append(f"{'analogies':<28} {'right %':>8} {'asked':>6} {'skipped':>8}")
            for s in self.analogies:
                right = _shown(100 * s.accuracy, 1)
                lines.append(f"{s.name:<28} {right:>8} {s.asked:>6} {s.skipped:>8}")
        if self.ratings:
            lines.append(f"{'rated pairs':<28} {'rho':>8} {'used':>6} {'of':>8}")
            for r in self.ratings:
                lines.append(f"{r.name:<28} {_shown(r.rho, 3):>8} {r.used:>6} {r.pairs:>8}")
        return "\n".join(lines)


def evaluate_words(
    words: WordVectors,
    questions: Path | None = None,
    similarity_sets: Sequence[Path] = (),
    *,
    top: int = TOP,
) -> WordScores:
    """The scores of ``words`` in a file of analogies and in files of rated pairs.

    Analogies as the program compute-accuracy of word2vec: by 3CosAdd, among the first ``top``
    words of the vocabulary (the most frequent, if it is in that order), case ignored; a, b and c
    are no answers; a question with a word beyond them is skipped. Pairs are looked up in the
    whole vocabulary, as written or else in lower case; one with a word missing is left out.

    Raises:
        BadData: if a file is not there or damaged.
    """
    sections = read_analogies(questions) if questions else ()
    return WordScores(
        score_analogies(words, sections, top=top),
        tuple(score_ratings(words, read_rated_pairs(path)) for path in similarity_sets),
    )


def score_analogies(
    words: WordVectors, sections: Sequence[Section], *, top: int = TOP
) -> tuple[AnalogyScore, ...]:
    """One score a section, then "semantic" (the first five), "syntactic" (the rest) and "total".

    None at all if there is no section.
    """
    if not sections:
        return ()
    folded = [word.upper() for word in words.words[:top]]
    row: dict[str, int] = {}
    for place, word in enumerate(folded):
        row.setdefault(word, place)  # of two spellings the more frequent is asked about
    same = np.array([row[word] for word in folded], np.int64)
    scores = []
    for section in sections:
        rows = _rows(section, row)
        hits = analogy_hits(words.vectors[:top], rows, same)
        skipped = len(section.questions) - len(rows)
        scores.append(AnalogyScore(section.name, float(hits.sum()), len(rows), skipped))
    parts = {"semantic": scores[:SEMANTIC], "syntactic": scores[SEMANTIC:], "total": scores}
    return (*scores, *(_sum(name, part) for name, part in parts.items()))


def score_ratings(words: WordVectors, rated: RatedPairs) -> RatingScore:
    """How well the cosines of pairs follow their ratings."""
    cosines, ratings = [], []
    for pair, rating in zip(rated.pairs, rated.ratings, strict=True):
        known = [w for w in (_spelling(words, word) for word in pair) if w is not None]
        if len(known) == 2:
            a, b = unit(np.stack([words[w] for w in known]).astype(np.float64))
            cosines.append(float(a @ b))
            ratings.append(rating)
    rho = spearman(np.array(cosines), np.array(ratings))
    return RatingScore(rated.name, rho, len(ratings), len(rated.pairs))


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


def _shown(number: float, digits: int) -> str:
    return "-" if math.isnan(number) else f"{number:.{digits}f}"
