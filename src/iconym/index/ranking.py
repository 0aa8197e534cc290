"""Exact cosines between queries and rows of a matrix, and the best of them: every index ends here.

Queries and rows are float32 of unit length, or zero. A cosine is a float64 sum over the numbers of
one row, rounded to float32 at the end: the same wherever the row stands, whatever is asked with it.
"""

import numpy as np
from jaxtyping import Float32, Int64

from iconym.nouns import IdSet, Neighbors

SCORES = 16 * 2**20  # float32 scores held at once: 64 MiB
NUMBERS = 2**16  # of gathered rows at once, so that they stay in the cache: 512 KiB as float64


def missing(queries: int, k: int) -> Neighbors:
    """No answer to any query: ids -1, scores -inf."""
    return Neighbors(
        np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32)
    )


def nearest(
    ids: IdSet,
    vectors: Float32[np.ndarray, "n dim"],
    queries: Float32[np.ndarray, "q dim"],
    k: int,
    rows: IdSet | None = None,
) -> Neighbors:
    """The k rows of the highest cosine with each query, equal ones by smaller id.

    Float32 products find the candidates, exact cosines rank them: the answer of a plain loop.

    Args:
        ids: of the rows, in any order.
        vectors: the rows.
        queries: of unit length, or zero.
        k: what is missing where there are fewer is (-1, -inf).
        rows: look at these rows only.
    """
    found = missing(len(queries), k)
    step = max(1, SCORES // max(1, len(ids)))
    for start in range(0, len(queries) if len(ids) else 0, step):
        scores = queries[start : start + step] @ vectors.T
        for q in range(start, start + len(scores)):
            kept = _candidates(scores[q - start], k, vectors.shape[1], rows)
            exact = cosines(vectors, queries[q : q + 1], kept[None])[0]
            order = np.lexsort((ids[kept], -exact))[:k]
            found.ids[q, : len(order)] = ids[kept[order]]
            found.scores[q, : len(order)] = exact[order]
    return found


def rescored(
    vectors: Float32[np.ndarray, "n dim"],
    queries: Float32[np.ndarray, "q dim"],
    rows: Int64[np.ndarray, "q m"],
    k: int,
) -> Neighbors:
    """The best k of each query's candidate ``rows`` by exact cosine, equal ones by smaller row.

    Args:
        vectors: what the rows number.
        queries: of unit length, or zero.
        rows: -1 for none; one that is given twice counts once.
        k: what is missing where there are fewer is (-1, -inf).
    """
    rows = np.sort(rows, axis=1)
    rows[:, 1:][rows[:, 1:] == rows[:, :-1]] = -1
    scores = cosines(vectors, queries, rows)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    query = np.arange(len(rows))[:, None]
    best = Neighbors(rows[query, order], scores[query, order])
    return best if order.shape[1] == k else merged(best, missing(len(rows), k), k)


def cosines(
    vectors: Float32[np.ndarray, "n dim"],
    queries: Float32[np.ndarray, "q dim"],
    rows: Int64[np.ndarray, "q m"],
) -> Float32[np.ndarray, "q m"]:
    """The cosine of each query with each of its ``rows``, in [-1, 1]; -inf for a row of -1."""
    if not len(vectors):
        return np.full(rows.shape, -np.inf, np.float32)
    exact, wide = np.empty(rows.shape), queries.astype(np.float64)[:, None]
    width = max(1, min(rows.shape[1], NUMBERS // vectors.shape[1]))
    height = max(1, NUMBERS // (width * vectors.shape[1]))
    for top in range(0, rows.shape[0], height):
        for left in range(0, rows.shape[1], width):
            block = np.s_[top : top + height, left : left + width]
            gathered = vectors.take(rows[block], axis=0, mode="clip").astype(np.float64)
            np.vecdot(gathered, wide[top : top + height], out=exact[block])
    # stored numbers are rounded, so that a vector's product with itself may pass 1 by a bit
    rounded = exact.clip(-1, 1, out=exact).astype(np.float32)
    rounded[rows < 0] = -np.inf
    return rounded


def merged(first: Neighbors, second: Neighbors, k: int) -> Neighbors:
    """The best k of two answers to the same queries, equal ones by smaller id."""
    ids = np.concatenate([first.ids, second.ids], axis=1)
    scores = np.concatenate([first.scores, second.scores], axis=1)
    order = np.lexsort((ids, -scores), axis=1)[:, :k]
    return Neighbors(np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1))


def _candidates(scores: Float32[np.ndarray, " n"], k: int, dim: int, rows: IdSet | None) -> IdSet:
    """The rows that may be among the k best: a float32 product errs by up to ``slack / 2``."""
    among = scores if rows is None else scores[rows]
    slack = (dim + 4) * np.finfo(np.float32).eps
    kth = np.partition(among, -k)[-k] if k < len(among) else -np.inf
    kept = np.flatnonzero(among >= kth - slack)
    return kept if rows is None else rows[kept]
