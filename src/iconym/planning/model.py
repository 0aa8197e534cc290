"""What a search by each method costs and finds, as laws fitted to ``measured.json``.

The file holds what ``benchmarks/index_model.py`` measured on one core of one machine; the laws say
what the costs are made of.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2, sqrt
from pathlib import Path
from typing import Any

from iconym.planning.laws import CostLaw, Point, RecallLaw, Terms, fit_cost, fit_recall

MEASURED = Path(__file__).with_name("measured.json")
CACHE = 2**25  # bytes of the last level, of the machine that was measured
SEARCHED = {"hnsw": "expansion", "lsh": "probes", "ivfpq": "probes"}  # how widely to look


@dataclass(frozen=True)
class Measurement:
    """One index that was built and asked."""

    count: int
    dim: int
    build: float  # seconds
    bytes: int  # of the structure's files
    searches: tuple["Searched", ...]


@dataclass(frozen=True)
class Searched:
    """How an index answered with one setting of the search."""

    setting: int  # expansion, probes; 1 where there is none
    found: int  # of the true neighbors
    asked: int
    latency: float  # seconds for one query alone, median
    batch: float  # seconds a query in batches


@dataclass(frozen=True)
class MethodModel:
    """The laws of one method with one choice of what it is built with."""

    method: str
    settings: Mapping[str, int]
    build: CostLaw
    latency: CostLaw
    batch: CostLaw
    recall: RecallLaw | None  # None for a method that is exact
    measurements: tuple[Measurement, ...]

    @property
    def search_settings(self) -> list[int]:
        """Those that were measured, ascending."""
        return sorted({s.setting for m in self.measurements for s in m.searches})

    def beyond(self, count: int, dim: int) -> float:
        """How many times more vectors, or numbers in one, than were measured; 1 within."""
        most = max(m.count for m in self.measurements), max(m.dim for m in self.measurements)
        return max(1.0, count / most[0], dim / most[1])


@dataclass(frozen=True)
class Measured:
    """The whole table."""

    machine: str
    date: str
    vectors: str  # what kind
    models: tuple[MethodModel, ...]


@cache
def measured(path: Path = MEASURED) -> Measured:
    """The laws of the measurements in ``path``."""
    table = json.loads(path.read_text())
    return Measured(
        table["machine"], table["date"], table["vectors"], tuple(map(fit_model, table["series"]))
    )


def fit_model(series: Mapping[str, Any]) -> MethodModel:
    """The laws of one entry of the table: a method, its settings, and what was measured."""
    made = tuple(_measurement(row) for row in series["measured"])
    build, query = TERMS[series["method"]]
    points, searches = _searches(made)
    exact = series["method"] == "exact"
    asked = [s.asked for s in searches]
    return MethodModel(
        series["method"],
        series["settings"],
        fit_cost([Point(m.count, m.dim) for m in made], [m.build for m in made], build),
        fit_cost(points, [s.latency for s in searches], query),
        fit_cost(points, [s.batch for s in searches], query),
        None if exact else fit_recall(points, [s.found for s in searches], asked),
        made,
    )


def _measurement(row: Mapping[str, Any]) -> Measurement:
    searches = tuple(Searched(**searched) for searched in row["searches"])
    return Measurement(row["count"], row["dim"], row["build"], row["bytes"], searches)


def _searches(made: Sequence[Measurement]) -> tuple[list[Point], list[Searched]]:
    pairs = [(Point(m.count, m.dim, s.setting), s) for m in made for s in m.searches]
    return [point for point, _ in pairs], [searched for _, searched in pairs]


# What a cost is the sum of, beside a constant for each query. A count of comparisons stands once
# by itself (fetching a vector from memory) and once times its numbers (multiplying them).


def _exact_build(p: Point) -> dict[str, float]:
    return {"numbers": p.count * p.dim}


def _exact_query(p: Point) -> dict[str, float]:
    """All numbers, a byte each; those that the cache does not hold come from memory."""
    numbers = p.count * p.dim
    return {"query": 1.0, "numbers": numbers, "from memory": max(0, numbers - CACHE)}


def _hnsw_build(p: Point) -> dict[str, float]:
    visits = p.count * log2(p.count)
    return {"visits": visits, "numbers": visits * p.dim}


def _hnsw_query(p: Point) -> dict[str, float]:
    """A walk from the top (log n) to as many nearest as the expansion says.

    The larger the graph, the farther away in memory is the next of them.
    """
    visits = p.setting * log2(p.count)
    fetches = visits * log2(p.count)
    return {"query": 1.0, "visits": visits, "fetches": fetches, "numbers": visits * p.dim}


def _ivf_build(p: Point) -> dict[str, float]:
    """Lists are as many as the root of n, times two: each vector is compared with each."""
    return {"coding": p.count * p.dim, "assigning": p.count * sqrt(p.count) * p.dim}


def _ivf_query(p: Point) -> dict[str, float]:
    root = sqrt(p.count)
    return {"query": 1.0, "centroids": root * p.dim, "codes": p.setting * root * p.dim}


def _lsh_build(p: Point) -> dict[str, float]:
    """As many planes a table as the logarithm of n; sorting by buckets."""
    each = p.count * log2(p.count)
    return {"hashing": each * p.dim, "sorting": each}


def _lsh_query(p: Point) -> dict[str, float]:
    """Buckets hold about as many vectors however many there are."""
    return {
        "query": 1.0,
        "planes": log2(p.count) * p.dim,
        "buckets": p.setting * log2(p.count),
        "numbers": p.setting * p.dim,
    }


TERMS: dict[str, tuple[Terms, Terms]] = {  # of the build, of a query
    "exact": (_exact_build, _exact_query),
    "hnsw": (_hnsw_build, _hnsw_query),
    "ivfpq": (_ivf_build, _ivf_query),
    "lsh": (_lsh_build, _lsh_query),
}
