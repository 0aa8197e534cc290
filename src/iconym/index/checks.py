"""What every index asks of ids and vectors before it does anything with them."""

from math import inf, sqrt

import numpy as np
from jaxtyping import Float, Float32, Float64

from iconym.errors import BadData, Usage
from iconym.nouns import IdSet

ROWS = 4096  # turned into float64 at once
MOST_NUMBERS = 2**17  # of a vector: so many products of two signed bytes fit into 31 bits
SMALLEST = np.finfo(np.float64).tiny  # square of a length: below it float64 has few digits left


def check_dim(dim: int) -> None:
    """Nothing, if an index may hold vectors of ``dim`` numbers; Usage if not."""
    if not 1 <= dim <= MOST_NUMBERS:
        raise Usage(f"an index of dimension {dim}; give 1 to {MOST_NUMBERS:,}")


def check_k(k: int) -> None:
    """Nothing, if one may ask for ``k`` neighbors; Usage for less than one."""
    if k < 1:
        raise Usage(f"k is {k}; ask for at least 1")


def check_ids(ids: IdSet, count: int) -> None:
    """Nothing, if ``ids`` may name ``count`` vectors.

    Raises:
        BadData: for another number of them, a negative one, or one that is given twice.
    """
    if len(ids) != count:
        raise BadData(f"{len(ids)} ids but {count} vectors")
    if len(ids) and ids.min() < 0:
        raise BadData(f"id {ids.min()} is negative; ids count from 0")
    different, times = np.unique(ids, return_counts=True)
    if len(different) < len(ids):
        raise BadData(f"id {different[times.argmax()]} is given twice; give each id once")


def norms(
    vectors: Float[np.ndarray, "n dim"], dim: int, *, zeros: bool = False
) -> Float64[np.ndarray, " n"]:
    """The lengths of ``vectors``, 1 in place of 0 where ``zeros`` are allowed.

    Raises:
        BadData: for a vector of other than ``dim`` numbers, one that is not finite, or a zero one
            that is not allowed.
    """
    if vectors.shape[1] != dim:
        raise BadData(f"vectors of {vectors.shape[1]} numbers; this index holds {dim}")
    squared = np.empty(len(vectors))
    for start in range(0, len(vectors), ROWS):
        part = vectors[start : start + ROWS].astype(np.float64)
        np.vecdot(part, part, out=squared[start : start + ROWS])
    squared[squared < SMALLEST] = 0
    bad = ~np.isfinite(squared) if zeros else ~(squared > 0) | np.isinf(squared)
    if bad.any():
        raise BadData(f"vector {bad.argmax()} is zero or not finite: no direction to compare")
    squared[squared == 0] = 1
    return np.sqrt(squared, out=squared)


def unit_rows(
    vectors: Float[np.ndarray, "n dim"], dim: int, *, zeros: bool = False
) -> Float32[np.ndarray, "n dim"]:
    """New ``vectors`` of length 1, rounded to float32; a row of zeros stays zero if ``zeros``.

    Raises:
        BadData: as ``norms``.
    """
    if vectors.shape == (1, dim):  # one query, many times: half the time, and the same bits
        wide = vectors.astype(np.float64)
        squared = float(np.vecdot(wide, wide)[0])
        if SMALLEST <= squared < inf:
            return (wide / sqrt(squared)).astype(np.float32)
    lengths = norms(vectors, dim, zeros=zeros)
    units = np.empty(vectors.shape, np.float32)
    for start in range(0, len(vectors), ROWS):
        part = slice(start, start + ROWS)
        np.divide(vectors[part], lengths[part, None], out=units[part], casting="same_kind")
    return units
