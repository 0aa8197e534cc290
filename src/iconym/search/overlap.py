"""How much of one answer another one holds."""

import numpy as np
from jaxtyping import Float, Int64

from iconym.protocols import Index

NEAREST = 10  # neighbors that recall is of


def nearest_others(
    index: Index, queries: Float[np.ndarray, "q dim"], own: Int64[np.ndarray, " q"], k: int
) -> Int64[np.ndarray, "q k"]:
    """The ids of the k nearest of each query but its own, best first; -1 where there are fewer.

    Args:
        index: what is searched.
        queries: the vectors.
        own: the id that is no answer to each query; -1 for none.
        k: at least 1.
    """
    ids = index.search(queries, k + 1).ids
    is_own = (ids == own[:, None]) & (ids >= 0)
    order = np.argsort(is_own, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(ids, order, axis=1)


def overlap(
    found: Int64[np.ndarray, "q _"], wanted: Int64[np.ndarray, "q _"]
) -> Float[np.ndarray, " q"]:
    """The share of the wanted ids of each row that were found, in any order: recall@k.

    An id of -1 is none. Where nothing is wanted it is 1.
    """
    hits = (wanted[:, :, None] == found[:, None, :]).any(axis=2) & (wanted >= 0)
    count = (wanted >= 0).sum(axis=1)
    return np.where(count, hits.sum(axis=1) / np.maximum(count, 1), 1.0)
