"""Buckets of random hyperplanes: a vector's in each table, and those around it worth a look.

A bucket is numbered by the bits of its signature, the first plane's bit the least.

Source: Lv et al., "Multi-probe LSH" (2007), section 4.3: buckets are tried in the order of the sum
of squares of the query's distances to the planes by which they differ from its own. We sort all
buckets within a Hamming radius, where they make the sets one after another from a heap.
"""

from itertools import chain, combinations
from math import comb

import numpy as np
from jaxtyping import Bool, Float32, UInt64

from iconym.errors import Usage

MOST_BUCKETS = 65_536  # of a table within the radius: each is weighed for each query


def projected(
    vectors: Float32[np.ndarray, "n dim"], planes: Float32[np.ndarray, "tables bits dim"]
) -> Float32[np.ndarray, "n tables bits"]:
    """Inner products of each vector with each plane's normal: how far on which side it lies."""
    return (vectors @ planes.reshape(-1, planes.shape[2]).T).reshape(-1, *planes.shape[:2])


def buckets(projections: Float32[np.ndarray, "n tables bits"]) -> UInt64[np.ndarray, "n tables"]:
    """The bucket of each vector in each table."""
    return _numbers(projections >= 0)


def buckets_around(
    projections: Float32[np.ndarray, "n tables bits"],
    flips: Bool[np.ndarray, "m bits"],
    probes: int,
) -> UInt64[np.ndarray, "n tables probes"]:
    """The buckets of each table that most likely hold a vector's neighbors, in any order.

    Args:
        projections: of the vectors.
        flips: by which bits a bucket may differ from the vector's own, see ``flips_within``.
        probes: how many; all within the flips, if there are no more.
    """
    patterns = _numbers(flips)
    if probes < len(flips):
        doubt = projections**2 @ flips.T.astype(np.float32)
        patterns = patterns[np.argpartition(doubt, probes, axis=-1)[..., :probes]]
    return buckets(projections)[:, :, None] ^ patterns


def check_radius(bits: int, radius: int) -> None:
    """Nothing, if at most ``MOST_BUCKETS`` differ from one in at most ``radius`` of ``bits``.

    Raises:
        Usage: for more.
    """
    count = _count_within(bits, radius)
    if count > MOST_BUCKETS:
        raise Usage(
            f"{count:,} buckets of {bits} bits lie within a radius of {radius}; take fewer bits "
            f"or a smaller radius, for at most {MOST_BUCKETS:,}"
        )


def flips_within(bits: int, radius: int) -> Bool[np.ndarray, "m bits"]:
    """Every choice of at most ``radius`` of ``bits``, the smaller choices first.

    Raises:
        Usage: as ``check_radius``.
    """
    check_radius(bits, radius)
    sizes = range(min(radius, bits) + 1)
    flips = np.zeros((_count_within(bits, radius), bits), bool)
    choices = chain.from_iterable(combinations(range(bits), size) for size in sizes)
    for flipped, choice in zip(flips, choices, strict=True):
        flipped[list(choice)] = True
    return flips


def _count_within(bits: int, radius: int) -> int:
    return sum(comb(bits, size) for size in range(min(radius, bits) + 1))


def _numbers(sides: Bool[np.ndarray, "*any bits"]) -> UInt64[np.ndarray, "*any"]:
    return (sides @ 2.0 ** np.arange(sides.shape[-1])).astype(np.uint64)
