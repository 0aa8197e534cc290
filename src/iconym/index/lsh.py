"""Locality-sensitive hashing by random hyperplanes: tables of buckets of what lies alike.

A vector's bucket in a table is its signature of ``bits`` planes (see ``signatures``). Of a
neighbor at the angle theta a bit agrees with probability 1 - theta / pi, so that

- one bucket of b bits holds it with p = (1 - theta / pi)^b: 2.4 % for 24 bits at a cosine of 0.9;
- at least one of the buckets of L tables does with 1 - (1 - p)^L;
- the buckets within Hamming distance r of one hold it with the sum over i <= r of
  binomial(b, i) (theta / pi)^i (1 - theta / pi)^(b - i).

What the buckets hold is scored exactly: an answer may lack neighbors, but no score is wrong.

Sources: Charikar, "Similarity estimation techniques from rounding algorithms" (2002), section 3;
Indyk and Motwani, "Approximate nearest neighbors" (1998), for the union of tables; for the
buckets around the query's own see ``buckets``.
"""

from dataclasses import asdict, dataclass
from math import log2
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt64

from iconym.errors import DamagedFolder, Usage
from iconym.index.buckets import check_radius, flips_within
from iconym.index.hashtables import ENTRIES, PLANES, HashTables, entries_of
from iconym.index.layered import LayeredIndex, Method
from iconym.index.npy import map_npy
from iconym.index.signatures import random_planes
from iconym.nouns import Track

MOST_BITS = 32  # half an entry of a table is the bucket, the other half the row


@dataclass(frozen=True)
class LshConfig:
    """How many tables, how fine their buckets, and how many of these a query looks into.

    By default 96 % of the ten nearest of 100,000 clustered vectors are found (benchmarks/lsh.py).

    Args:
        bits: planes of a table, at most 32; None for about two buckets a vector.
        tables: each costs 8 bytes a vector.
        radius: look into the buckets whose bits differ from the query's in at most so many; 0
            for its own alone, ``bits`` or more for every one.
        probes: of these look into so many of each table, those first that differ by planes
            close to the query; into all if there are no more.
        seed: of the planes.
    """

    bits: int | None = None
    tables: int = 16
    radius: int = 2
    probes: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.bits is not None and not 1 <= self.bits <= MOST_BITS:
            raise Usage(f"buckets of {self.bits} bits; give 1 to {MOST_BITS}")
        if self.tables < 1:
            raise Usage(f"{self.tables} tables; give at least 1")
        if self.radius < 0:
            raise Usage(f"a radius of {self.radius} bits; give at least 0")
        if self.probes < 1:
            raise Usage(f"{self.probes} buckets of a table; look into at least 1")
        if self.seed < 0:
            raise Usage(f"a seed of {self.seed}; give at least 0")
        if self.bits is not None:
            check_radius(self.bits, self.radius)


def lsh_index(dim: int, config: LshConfig = LshConfig()) -> LayeredIndex:
    """An empty index that hashes what it is folded with."""
    return LayeredIndex(dim, lsh_method(config))


def lsh_method(config: LshConfig = LshConfig()) -> Method:
    """Locality-sensitive hashing as the method of an index."""
    settings = {name: value for name, value in asdict(config).items() if value is not None}

    def build(vectors: Float32[np.ndarray, "n dim"], track: Track) -> HashTables:
        planes = _planes(vectors.shape, config)
        return _tables(vectors, planes, entries_of(vectors, planes, track), config)

    def load(vectors: Float32[np.ndarray, "n dim"], folder: Path) -> HashTables:
        n, dim = vectors.shape
        planes = map_npy(folder / PLANES, dtype=np.float32)
        entries = map_npy(folder / ENTRIES, (config.tables, n), np.uint64)
        bits = config.bits or planes.shape[1]
        if planes.shape != (config.tables, bits, dim):
            raise DamagedFolder(f"{folder / PLANES} is of other vectors; build the index again")
        return _tables(vectors, planes, entries, config)

    return Method("lsh", build, load, settings)


def _planes(shape: tuple[int, ...], config: LshConfig) -> Float32[np.ndarray, "tables bits dim"]:
    n, dim = shape
    bits = config.bits or min(1 + round(log2(max(n, 1))), MOST_BITS)
    planes = random_planes(config.tables * bits, dim, seed=config.seed)
    return planes.reshape(config.tables, bits, dim)


def _tables(
    vectors: Float32[np.ndarray, "n dim"],
    planes: Float32[np.ndarray, "tables bits dim"],
    entries: UInt64[np.ndarray, "tables n"],
    config: LshConfig,
) -> HashTables:
    flips = flips_within(planes.shape[1], config.radius)
    return HashTables(vectors, planes, entries, flips, config.probes)
