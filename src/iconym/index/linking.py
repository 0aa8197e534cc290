"""Rows linked to a graph by usearch: as bytes, equal ones once, and none that nothing leads to."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8, Int64

from iconym.nouns import IdSet, Track

LARGEST = 127  # of a signed byte
ROWS = 4096  # handed to usearch at once
NARROW = 16  # the width of a walk that finds nearly every row by itself


def empty_graph(dim: int, connectivity: int, expansion_add: int) -> Any:
    """A ``usearch.compiled.Index`` of vectors of ``dim`` bytes, compared by inner product.

    Its wrapper ``usearch.index.Index`` would answer one query in another shape than two, and would
    have one setting for the width of all walks; here it is that of each (see ``walked``).
    """
    from usearch.compiled import Index, MetricKind, ScalarKind

    return Index(
        ndim=dim,
        dtype=ScalarKind.I8,
        metric_kind=MetricKind.IP,
        connectivity=connectivity,
        expansion_add=expansion_add,
        expansion_search=1,  # or as many as are asked for, if these are more
        enable_key_lookups=False,
    )


def link(
    graph: Any, vectors: Float32[np.ndarray, "n dim"], width: int, threads: int, track: Track
) -> Int64[np.ndarray, "2 followers"]:
    """Links the rows of ``vectors`` into ``graph``, and returns those to be found through others.

    Each stands below its leader; leaders ascend. Of rows with equal bytes the smallest leads, and
    is linked alone; a row that a walk towards itself misses follows the nearest that it met.

    Args:
        graph: empty.
        vectors: of unit length.
        width: of the walks that must find every row.
        threads: with more than one the graph is another every time, and misses more rows.
        track: of the batches.
    """
    scale = LARGEST / max((float(abs(part).max()) for part in _parts(vectors)), default=1.0)
    leaders = _first_equal(vectors, scale)
    rows = np.flatnonzero(leaders == np.arange(len(leaders)))
    starts = range(0, len(rows), ROWS)
    for start in track(starts, "linking", len(starts)):
        part = rows[start : start + ROWS]
        graph.add_many(part.astype(np.uint64), _bytes(vectors[part], scale), threads=threads)
    lost, nearest = _missed(graph, vectors, scale, rows, width, threads)
    met = np.arange(len(leaders))
    met[lost] = nearest
    leaders = met[leaders]  # so that the equals of a lost row follow whom it follows
    followers = np.flatnonzero(leaders != np.arange(len(leaders)))
    followers = followers[np.argsort(leaders[followers], kind="stable")]
    return np.stack([leaders[followers], followers])


def walked(
    graph: Any, codes: Int8[np.ndarray, "q dim"], width: int, threads: int = 1
) -> Int64[np.ndarray, "q width"]:
    """The rows that a walk of ``width`` towards each query ends with, best first; -1 for none."""
    keys, _, counts, _, _ = graph.search_many(codes, count=width, threads=threads)
    rows: Int64[np.ndarray, "q width"] = keys.view(np.int64)
    if len(counts) and counts.min() < width:
        rows[np.arange(width) >= counts[:, None]] = -1
    return rows


def query_bytes(queries: Float32[np.ndarray, "q dim"]) -> Int8[np.ndarray, "q dim"]:
    """Each query as finely as bytes can hold it: its length does not change the order of rows."""
    largest = np.abs(queries).max(axis=1, keepdims=True)
    return _bytes(queries, LARGEST / np.maximum(largest, np.float32(1e-9)))


def _bytes(rows: Float32[np.ndarray, "n dim"], scale: Any) -> Int8[np.ndarray, "n dim"]:
    """Rounded to the nearest, with one scale for all rows, so that they stay about as long.

    usearch's own conversion spends 127 on the length of a row instead of on its largest number,
    and cuts off where this rounds: its bytes hold a fraction as much.
    """
    return np.rint(rows * scale).astype(np.int8)


def _parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]


def _first_equal(vectors: Float32[np.ndarray, "n dim"], scale: float) -> Int64[np.ndarray, " n"]:
    """For each row the smallest one with the same bytes, itself if there is no smaller one."""
    weights = np.random.default_rng(0).integers(-(2**63), 2**63, vectors.shape[1], endpoint=False)
    hashes = [_bytes(part, scale).astype(np.int64) @ weights for part in _parts(vectors)]
    sums = np.concatenate([np.empty(0, np.int64), *hashes])
    _, first, which = np.unique(sums, return_index=True, return_inverse=True)
    leaders = first[which]
    for part in _parts(np.flatnonzero(leaders != np.arange(len(leaders)))):
        equal = _bytes(vectors[part], scale) == _bytes(vectors[leaders[part]], scale)
        different = part[~equal.all(axis=1)]  # with the same sum all the same
        leaders[different] = different
    return leaders


def _missed(
    graph: Any,
    vectors: Float32[np.ndarray, "n dim"],
    scale: float,
    rows: IdSet,
    width: int,
    threads: int,
) -> tuple[IdSet, IdSet]:
    """The rows to which no walk towards themselves leads, and the first that it meets instead."""
    nearest = rows
    for limit in (min(NARROW, width), width):
        found = [(rows[:0], rows[:0])]
        for part in _parts(rows):
            met = walked(graph, _bytes(vectors[part], scale), min(limit, len(graph)), threads)
            lost = ~(met == part[:, None]).any(axis=1)
            found.append((part[lost], met[lost, 0]))
        rows, nearest = (np.concatenate(column) for column in zip(*found, strict=True))
    return rows, nearest
