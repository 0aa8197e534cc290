"""Metrics of a ranking: which positives are among a query's best-scored targets, and where.

All are expected values over all orders of equal scores, so a method gains nothing by ties, and
equal scores everywhere are exactly chance. A score of -inf is no answer: it is never a hit and
takes no place in the ranking.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

Scores = Float[np.ndarray, "n m"]
Positive = Bool[np.ndarray, "n m"]
PerQuery = Float[np.ndarray, " n"]


def hits_at_k(scores: Scores, positive: Positive, k: int) -> PerQuery:
    """For each query, the chance that a positive is among its k best-scored targets, in [0, 1].

    0 or 1 where no tie spans the k-th place. With one positive for each query the mean is the
    flat hit@k.

    Raises:
        ValueError: if k is below 1, shapes differ, or a score is NaN.

    Source:
        Frome et al., DeViSE, NIPS 2013, flat hit@k; ties are ours.
    """
    cut = _cut(scores, positive, k)
    missed = (cut.sure == 0).astype(float)
    for drawn in range(cut.places.max(initial=0)):  # without replacement, from the tied targets
        left = np.maximum(cut.tied - drawn, 1)
        wrong = np.maximum(cut.tied - cut.tied_positive - drawn, 0)
        missed *= np.where(drawn < cut.places, wrong / left, 1)
    return 1 - missed


def target_hits(
    scores: Scores, target: Int[np.ndarray, " n"], ks: Sequence[int]
) -> Float[np.ndarray, "n ks"]:
    """``hits_at_k`` for several k at once, where ``target[i]`` is the one positive of query i.

    Raises:
        ValueError: if a k is below 1 or a score is NaN.
    """
    if min(ks, default=1) < 1:
        raise ValueError(f"k is {min(ks)}; it must be at least 1")
    _check_numbers(scores)
    own = np.take_along_axis(scores, target[:, None], axis=1)
    above, tied = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    hits = np.clip((np.array(ks) - above[:, None]) / tied[:, None], 0, 1)
    return np.where(own > -np.inf, hits, 0.0)


def precision_at_k(scores: Scores, positive: Positive, k: int) -> PerQuery:
    """For each query, the expected share of positives among its k best-scored targets, in [0, 1].

    Where fewer than k targets are answered the empty places count as wrong. With ``positive``
    from ``Hierarchy.correct_sets(truth, k, candidates)`` it is hierarchical precision@k.

    Raises:
        ValueError: as ``hits_at_k``.

    Source:
        Frome et al., DeViSE, NIPS 2013, hierarchical precision@k; ties are ours.
    """
    cut = _cut(scores, positive, k)
    return (cut.sure + cut.places * cut.tied_positive / np.maximum(cut.tied, 1)) / k


def recall_at_k(scores: Scores, positive: Positive, k: int) -> float:
    """The mean of ``hits_at_k`` over queries, in [0, 1]: recall@k as caption retrieval reports it.

    With several positives for a query, one of them among the best k is enough.

    Raises:
        ValueError: as ``hits_at_k``, or if there is no query.
    """
    _check_some(scores)
    return float(hits_at_k(scores, positive, k).mean())


def ranks(scores: Scores, positive: Positive) -> PerQuery:
    """For each query, the rank of its best positive, from 1; infinite where it has no answer.

    A positive that ties with others has the mid-rank; where p of g equal scores are positives,
    the first of them is expected at place (g + 1) / (p + 1) of the g.

    Raises:
        ValueError: if shapes differ or a score is NaN.
    """
    _check(scores, positive)
    best = np.where(positive, scores, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    level = scores == best
    expected = (level.sum(axis=1) + 1) / ((level & positive).sum(axis=1) + 1)
    rank = (scores > best).sum(axis=1) + expected
    return np.where(best[:, 0] > -np.inf, rank, np.inf)


def median_rank(scores: Scores, positive: Positive) -> float:
    """The median of ``ranks``; an even number of queries may give a half.

    Raises:
        ValueError: as ``ranks``, or if there is no query.

    Source:
        Kiros et al., 2014, who round a half down.
    """
    _check_some(scores)
    return float(np.median(ranks(scores, positive)))


class _Cut(NamedTuple):
    """For each query, what is certain of its best k, and what depends on the order of ties."""

    sure: Int[np.ndarray, " n"]  # positives above the k-th score
    places: Int[np.ndarray, " n"]  # places of the k that tied targets take
    tied: Int[np.ndarray, " n"]  # targets that tie at the k-th score
    tied_positive: Int[np.ndarray, " n"]


def _cut(scores: Scores, positive: Positive, k: int) -> _Cut:
    if k < 1:
        raise ValueError(f"k is {k}; it must be at least 1")
    _check(scores, positive)
    count = scores.shape[1]
    if k <= count:
        least = np.partition(scores, count - k, axis=1)[:, count - k, None]
    else:
        least = np.full((len(scores), 1), -np.inf)
    above = scores > least
    level = (scores == least) & (least > -np.inf)
    tied = level.sum(axis=1)
    places = np.minimum(k - above.sum(axis=1), tied)
    return _Cut((above & positive).sum(axis=1), places, tied, (level & positive).sum(axis=1))


def _check_some(scores: Scores) -> None:
    if not len(scores):
        raise ValueError("no queries, so no mean or median; evaluate at least one")


def _check(scores: Scores, positive: Positive) -> None:
    if scores.shape != positive.shape:
        raise ValueError(f"scores are {scores.shape} but positive is {positive.shape}")
    _check_numbers(scores)


def _check_numbers(scores: Scores) -> None:
    if np.isnan(scores).any():
        row = int(np.flatnonzero(np.isnan(scores).any(axis=1))[0])
        raise ValueError(f"query {row} has a score that is NaN; -inf is how to give no answer")
