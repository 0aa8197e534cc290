"""The structure that finds the nearest rows and never misses one: a scan of bytes with a bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int8, Int64, Shaped, UInt8

from iconym.errors import Usage
from iconym.files import Contents
from iconym.index.graph import IntegerProduct, integer_product
from iconym.index.layered import LayeredIndex, Method
from iconym.index.npy import map_npy, to_npy
from iconym.index.ranking import cosines, missing, rescored
from iconym.nouns import Neighbors, Track, untracked

FOLD_AT = 32_768  # vectors added since; so many are compared in about a millisecond
BLOCK = 256  # rows that share one step
ROW_LEVELS = 127  # steps from 0 to the largest number
QUERY_LEVELS = 63  # x86 without VNNI adds two products in 16 bits, and 2 * 2 * 63 * 127 fits
MARGIN = 1e-6  # for rounding to float32: of lengths, of steps, of the cosines that are ranked
MAXIMA = 4  # times k: so many parts of the rows at least are told apart to find a floor
NARROWED = 4  # times k: more candidates than that get a closer look
QUERIES, SCORES = 32, 8 * 2**20  # scanned at once; 32 MiB, unless one query has more
ROWS = 16 * BLOCK  # turned into bytes at once


@dataclass(frozen=True)
class Int8Scan:
    """Every row as whole numbers of one byte, and how far from them it may be.

    A query q has a score with each row w from whole numbers alone, and the error is bounded. With
    q' and w' for what is left of q and w after rounding to steps,

        |q.w - q'.w'| = |(q - q').w + q'.(w - w')| <= |q - q'| |w| + |q'| |w - w'|

    by the triangle inequality and that of Cauchy and Schwarz. |w| is 1 and |w - w'| is kept, the
    largest of each block of 256 rows. So each row has a lower and an upper bound of its cosine.
    The k-th largest of lower bounds, each of another row, is a floor: rows with upper bounds
    below it are none of the k nearest. All the others are compared exactly.

    Args:
        vectors: the rows, of unit length.
        codes: w' in steps of its block, a row in each column; copies of the last row fill up the
            last block.
        blocks: the step of each block, and its largest |w - w'|.
        product: of a query's steps with codes.
    """

    vectors: Float32[np.ndarray, "n dim"]
    codes: Int8[np.ndarray, "dim padded"]
    blocks: Float64[np.ndarray, "2 blocks"]
    product: IntegerProduct | None  # None where there is no row

    def nearest(self, queries: Float32[np.ndarray, "q dim"], k: int) -> Neighbors:
        """The k rows of the highest cosine with each query, equal ones by smaller row.

        Just as if each query were compared with each row. Time grows with the number of rows that
        are as near as the k-th, but for the bound: a query of zeros takes the longest.

        Args:
            queries: of unit length or zero.
            k: what is missing where there are fewer rows is (-1, -inf).
        """
        found = missing(len(queries), k)
        if self.product is None:
            return found
        step = max(1, min(QUERIES, SCORES // self.codes.shape[1]))
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            rows = self._candidates(self.product, queries[part], min(k, len(self.vectors)))
            best = rescored(self.vectors, queries[part], rows, k)
            found.ids[part], found.scores[part] = best.ids, best.scores
        return found

    def files(self) -> Mapping[str, Contents]:
        """The codes, a fourth of the size of the rows, and the blocks."""
        return {"codes.npy": to_npy(self.codes), "blocks.npy": to_npy(self.blocks)}

    def _candidates(
        self, product: IntegerProduct, queries: Float32[np.ndarray, "q dim"], k: int
    ) -> Int64[np.ndarray, "q m"]:
        """All rows that may be among the k nearest, at least k, each once; -1 for none."""
        count, width = len(self.vectors), BLOCK
        while width > 1 and count < MAXIMA * k * width:
            width //= 2  # parts of a block, so that there are many more than k
        asked = quantized_queries(queries)
        scores = product(asked.codes).reshape(len(queries), -1, width)
        scores = scores[:, : -(-count // width)]  # parts of nothing but copies count nothing
        unit, slack = self._bounds(asked, width, scores.shape[1])
        upper = scores.max(axis=2) * unit + slack
        floor = -np.partition(2 * slack - upper, k - 1, axis=1)[:, k - 1]  # of lower bounds
        query, part = np.nonzero(upper >= floor[:, None])
        unit, slack, scores = unit[query, part], slack[query, part], scores[query, part]
        least = np.floor((floor[query] - slack) / unit).astype(np.int32)
        hit, place = np.nonzero(scores >= least[:, None])
        rows = part[hit] * width + place
        hit, place, rows = (a[rows < count] for a in (hit, place, rows))
        table = _table(query[hit], rows, len(queries), -1)
        if table.shape[1] <= NARROWED * k:
            return table
        upper = scores[hit, place] * unit[hit] + slack[hit]
        return self._narrowed(queries, table, _table(query[hit], upper, len(queries), -np.inf), k)

    def _bounds(
        self, asked: "QuantizedQueries", width: int, parts: int
    ) -> tuple[Float64[np.ndarray, "q parts"], Float64[np.ndarray, "q parts"]]:
        """For each part of a block: the score of one step by one, and how far a score may err."""
        steps, errors = self.blocks.repeat(BLOCK // width, axis=1)[:, :parts]
        slack = asked.lengths[:, None] * errors + (asked.errors[:, None] + MARGIN)
        return asked.steps[:, None] * steps, slack

    def _narrowed(
        self,
        queries: Float32[np.ndarray, "q dim"],
        rows: Int64[np.ndarray, "q m"],
        upper: Float64[np.ndarray, "q m"],
        k: int,
    ) -> Int64[np.ndarray, "q fewer"]:
        """Without those whose upper bound is below the exact cosines of the k most promising."""
        best = np.argpartition(-upper, k - 1, axis=1)[:, :k]
        floor = cosines(self.vectors, queries, np.take_along_axis(rows, best, 1)).min(axis=1)
        query, place = np.nonzero(upper >= floor[:, None] - MARGIN)
        return _table(query, rows[query, place], len(queries), -1)


def exact_index(dim: int) -> LayeredIndex:
    """An index that compares each query with every vector: always right, up to about a million."""
    return LayeredIndex(dim, exact_method(), fold_at=FOLD_AT)


def exact_method(*, threads: int = 1) -> Method:
    """Search by ``Int8Scan``.

    Args:
        threads: that share the products of one scan.

    Raises:
        Usage: for less than one thread.
    """
    if threads < 1:
        raise Usage(f"{threads} threads; give at least 1")

    def build(vectors: Float32[np.ndarray, "n dim"], track: Track = untracked) -> Int8Scan:
        return _scan(vectors, *quantized_rows(vectors, track), threads)

    def load(vectors: Float32[np.ndarray, "n dim"], folder: Path) -> Int8Scan:
        blocks = -(-len(vectors) // BLOCK)
        codes = map_npy(folder / "codes.npy", (vectors.shape[1], blocks * BLOCK), np.int8)
        by_block = map_npy(folder / "blocks.npy", (2, blocks), np.float64)
        return _scan(vectors, codes, by_block, threads)

    return Method("exact", build, load, {})


@dataclass(frozen=True)
class QuantizedQueries:
    """Queries as whole numbers of steps: ``codes`` less 64, times ``steps``.

    Args:
        codes: the bytes; 64 stands for 0.
        steps: of each query.
        lengths: of what the codes stand for.
        errors: how far that is from the query.
    """

    codes: UInt8[np.ndarray, "q dim"]
    steps: Float64[np.ndarray, " q"]
    lengths: Float64[np.ndarray, " q"]
    errors: Float64[np.ndarray, " q"]


def quantized_queries(queries: Float32[np.ndarray, "q dim"]) -> QuantizedQueries:
    """Queries in 127 levels, the largest number of each being the last level."""
    largest = np.abs(queries).max(axis=1).astype(np.float64)
    steps = np.where(largest > 0, largest, 1) / QUERY_LEVELS
    whole = np.rint(queries / steps[:, None])
    near = whole * steps[:, None]
    rest = queries - near
    lengths, errors = np.sqrt(np.vecdot(near, near)), np.sqrt(np.vecdot(rest, rest))
    return QuantizedQueries((whole + QUERY_LEVELS + 1).astype(np.uint8), steps, lengths, errors)


def quantized_rows(
    vectors: Float32[np.ndarray, "n dim"], track: Track = untracked
) -> tuple[Int8[np.ndarray, "dim padded"], Float64[np.ndarray, "2 blocks"]]:
    """The codes and blocks of an ``Int8Scan``, read from ``vectors`` a part at a time."""
    count, dim = vectors.shape
    blocks = np.empty((2, -(-count // BLOCK)))
    codes = np.empty((dim, blocks.shape[1] * BLOCK), np.int8)
    starts = range(0, count, ROWS)
    for start in track(starts, "quantizing", len(starts)):
        part = vectors[start : start + ROWS]
        part = np.pad(part, ((0, -len(part) % BLOCK), (0, 0)), "edge")
        by_block = part.reshape(-1, BLOCK, dim)
        largest = np.abs(by_block).max(axis=(1, 2))
        steps = (np.where(largest > 0, largest, 1) / ROW_LEVELS)[:, None, None]
        whole = np.rint(by_block / steps)
        rest = by_block - whole * steps
        codes[:, start : start + len(part)] = whole.reshape(-1, dim).T
        among = slice(start // BLOCK, start // BLOCK + len(steps))
        blocks[0, among] = steps[:, 0, 0]
        blocks[1, among] = np.sqrt(np.square(rest).sum(axis=2, dtype=np.float64).max(axis=1))
    return codes, blocks


def _scan(
    vectors: Float32[np.ndarray, "n dim"],
    codes: Int8[np.ndarray, "dim padded"],
    blocks: Float64[np.ndarray, "2 blocks"],
    threads: int,
) -> Int8Scan:
    product = None
    if len(vectors):
        product = integer_product(codes, zero=QUERY_LEVELS + 1, threads=threads)
    return Int8Scan(vectors, codes, blocks, product)


def _table(
    query: Int64[np.ndarray, " m"], values: Shaped[np.ndarray, " m"], queries: int, fill: float
) -> Shaped[np.ndarray, "queries most"]:
    """The values of each query in a row of its own, in their order, filled up to the longest."""
    counts = np.bincount(query, minlength=queries)
    table = np.full((queries, counts.max()), fill, values.dtype)
    table[query, np.arange(len(query)) - (counts.cumsum() - counts)[query]] = values
    return table
