"""A saved index beside comparing one and all: what it finds, how fast, in how many bytes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from iconym.errors import Usage
from iconym.index.exact import exact_method
from iconym.index.layered import Structure
from iconym.metrics.intervals import Interval, bootstrap_each
from iconym.nouns import Track, untracked
from iconym.planning.building import OpenIndex
from iconym.planning.sizes import disk_bytes
from iconym.planning.truth import Asked, Queries, asked_of_all, recalls

KS = (1, 10, 100)
K = 10  # of what is timed
SINGLE = 200  # queries asked one at a time, after as many that only warm up
SECONDS = 1.0  # of batches, at least
EXACT_UP_TO = 5_000_000  # vectors: above, comparing one and all is not timed
SEED = 0


@dataclass(frozen=True)
class IndexFigures:
    """What was measured of one index.

    Args:
        name: of its method.
        recall: for each kind of queries, of the nearest 1, 10 and 100, with 95 % intervals.
        p50: seconds within which half the queries were answered, one at a time, ten neighbors.
        p95: the same for 95 %.
        throughput: queries a second, all of one kind at once.
        disk: bytes of its files.
    """

    name: str
    recall: dict[str, tuple[Interval, ...]]
    p50: float
    p95: float
    throughput: float
    disk: int


@dataclass(frozen=True)
class Evaluation:
    """The saved index, and beside it exact search of the same vectors if that was timed."""

    indexes: tuple[IndexFigures, ...]
    queries: dict[str, int]  # how many of each kind

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON."""
        rows = [
            {
                "name": row.name,
                "recall": {
                    kind: {f"@{k}": i.to_json() for k, i in zip(KS, intervals, strict=True)}
                    for kind, intervals in row.recall.items()
                },
                "p50": row.p50,
                "p95": row.p95,
                "queries_a_second": row.throughput,
                "bytes": row.disk,
            }
            for row in self.indexes
        ]
        return {"queries": self.queries, "indexes": rows}


def evaluate_index(
    opened: OpenIndex, kinds: Sequence[Queries], *, track: Track = untracked
) -> Evaluation:
    """Measure a saved index on queries, with as many threads as the libraries take.

    Args:
        opened: any index.
        kinds: queries of one kind each; kinds without a query are left out.
        track: told of the comparison with every vector, which says what is right.

    Raises:
        Usage: if there is no query at all.
    """
    kinds = [queries for queries in kinds if len(queries)]
    if not kinds:
        raise Usage(f"no query to measure {opened.path} by; add pictures")
    base = opened.base
    asked = [asked_of_all(base.ids, base.vectors, q, max(KS), track) for q in kinds]
    rows = [_figures(opened.method, base.structure, opened, asked, opened.bytes)]
    if opened.method != "exact" and len(base.ids) <= EXACT_UP_TO:
        exact = exact_method().build(base.vectors, track)
        size = disk_bytes("exact", {}, *base.vectors.shape)
        rows.append(_figures("exact", exact, opened, asked, size))
    return Evaluation(tuple(rows), {queries.kind: len(queries) for queries in kinds})


def _figures(
    name: str, structure: Structure, opened: OpenIndex, asked: Sequence[Asked], size: int
) -> IndexFigures:
    found = {
        one.queries.kind: tuple(
            bootstrap_each(recalls(structure, opened.base.ids, one, KS), seed=SEED)
        )
        for one in asked
    }
    queries = asked[0].queries.vectors
    p50, p95 = np.percentile(_one_by_one(structure, queries), [50, 95])
    return IndexFigures(name, found, float(p50), float(p95), _throughput(structure, queries), size)


def _one_by_one(structure: Structure, queries: Float32[np.ndarray, "q dim"]) -> list[float]:
    """Seconds of each query alone."""
    seconds = []
    for i in range(2 * SINGLE):
        start = time.perf_counter()
        structure.nearest(queries[i % len(queries)][None], K)
        seconds.append(time.perf_counter() - start)
    return seconds[SINGLE:]


def _throughput(structure: Structure, queries: Float32[np.ndarray, "q dim"]) -> float:
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        structure.nearest(queries, K)
        done += len(queries)
    return done / (time.perf_counter() - start)
