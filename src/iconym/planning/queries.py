"""Queries to measure an index of a collection by: its own pictures, and the words of its space."""

import numpy as np
from jaxtyping import Float32

from iconym.nouns import IdSet, WordVectors
from iconym.planning.truth import Queries
from iconym.similarity import unit

QUERIES = 1_000  # of each kind, at most
SEED = 0


def picture_queries(
    ids: IdSet, vectors: Float32[np.ndarray, "n dim"], *, count: int = QUERIES
) -> Queries:
    """Pictures of the collection as queries, drawn at random; each is no answer to itself.

    Args:
        ids: of all pictures, ascending.
        vectors: theirs, of unit length.
        count: how many, at most.
    """
    rows = _drawn(len(ids), count)
    return Queries("pictures", np.array(vectors[rows]), ids[rows])


def word_queries(vocabulary: WordVectors, *, count: int = QUERIES) -> Queries:
    """Words of a space as queries, drawn at random: texts lie elsewhere than pictures do.

    Words whose vector is zero are left out, for they are near to nothing.
    """
    known = np.flatnonzero(vocabulary.vectors.any(axis=1))
    rows = known[_drawn(len(known), count)]
    vectors = unit(vocabulary.vectors[rows].astype(np.float32))
    return Queries("words", vectors, np.full(len(rows), -1, np.int64))


def _drawn(total: int, count: int) -> IdSet:
    drawn = np.random.default_rng(SEED).choice(total, min(total, count), replace=False)
    return np.sort(drawn).astype(np.int64)
