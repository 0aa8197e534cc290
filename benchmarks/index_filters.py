"""What a filter and the layer of changes cost an index, over the search of its base alone.

    OMP_NUM_THREADS=1 python benchmarks/index_filters.py [--count N] [--json]

Clustered vectors of 200 numbers, k = 10; filters keep random ids. For each share that is kept:
milliseconds of one query and of a batch of 200 as the index chooses, when all kept rows are
compared, and when neighbors are fetched from the structure and sorted out, the three in turn; and
recall@10 as the index chooses and when neighbors are fetched. Medians.
"""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from ann import clustered
from iconym.index import filtered
from iconym.index.exact import exact_method
from iconym.index.hnsw import hnsw_method
from iconym.index.layered import LayeredIndex

K, BATCH, ROUNDS = 10, 200, 5
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9)
WAYS = {"chosen": (filtered.ONE, filtered.MANY), "compared": (10**12, 10**12), "fetched": (0, 0)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    asked = parser.parse_args()
    rows, queries = clustered(asked.count, 1000)
    figures = {}
    for method in (exact_method(), hnsw_method()):
        index = LayeredIndex(rows.shape[1], method)
        index.add(np.arange(len(rows)), rows)
        index.fold()
        figures[method.name] = {
            "overhead": overhead(index, queries),
            "filters": {share: filters(index, queries, share) for share in SHARES},
        }
        show(method.name, figures[method.name])
    if asked.json:
        print(json.dumps({"count": asked.count, **figures}))


def overhead(index: LayeredIndex, queries: np.ndarray) -> dict[str, float]:
    """What the index adds to its structure, of one query and of a thousand."""
    units = (queries / np.linalg.norm(queries, axis=1, keepdims=True)).astype(np.float32)
    one = in_turn(
        lambda: index.search(queries[:1], K),
        lambda: index.base.structure.nearest(units[:1], K),
        rounds=300,
    )
    many = in_turn(
        lambda: index.search(queries, K),
        lambda: index.base.structure.nearest(units, K),
        rounds=ROUNDS,
    )
    return {
        "one query, microseconds": 1000 * (one[0] - one[1]),
        "1,000 queries, milliseconds": many[0] - many[1],
        "1,000 queries of the base alone, milliseconds": many[1],
    }


def filters(index: LayeredIndex, queries: np.ndarray, share: float) -> dict[str, list[float]]:
    """Of each way: milliseconds of one query, of a batch, and recall@10."""
    kept = np.random.default_rng(1).permutation(len(index))[: int(len(index) * share)]
    kept.sort()
    times = {
        size: in_turn(*(searching(index, queries[:size], kept, way) for way in WAYS), rounds=ROUNDS)
        for size in (1, BATCH)
    }
    answers = {way: searching(index, queries[:BATCH], kept, way)() for way in WAYS}
    right = answers["compared"].ids
    return {
        way: [times[1][n], times[BATCH][n], recall(right, answers[way].ids)]
        for n, way in enumerate(WAYS)
    }


def searching(index: LayeredIndex, queries: np.ndarray, kept: np.ndarray, way: str) -> Callable:
    """A search among ``kept`` that is made to go one way."""

    def search():
        filtered.ONE, filtered.MANY = WAYS[way]
        return index.search(queries, K, kept)

    return search


def in_turn(*calls: Callable, rounds: int) -> list[float]:
    """Median milliseconds of each call, made one after the other in each round."""
    times = [[] for _ in calls]
    for _ in range(rounds):
        for call, spent in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            spent.append(1000 * (time.perf_counter() - start))
    return [median(spent) for spent in times]


def recall(right: np.ndarray, found: np.ndarray) -> float:
    """The share of the right answers that was found."""
    pairs = zip(right.tolist(), found.tolist(), strict=True)
    return sum(len(set(a) & set(b)) for a, b in pairs) / right.size


def show(name: str, figures: dict) -> None:
    """One table a method."""
    print(f"\n{name}")
    for what, value in figures["overhead"].items():
        print(f"  {what}: {value:.2f}")
    print(f"  {'kept':>5}" + "".join(f"{way + ': one':>18}{BATCH:>8}{'recall':>8}" for way in WAYS))
    for share, ways in figures["filters"].items():
        cells = "".join(f"{one:18.2f}{many:8.1f}{found:8.3f}" for one, many, found in ways.values())
        print(f"  {share:5.0%}{cells}")


if __name__ == "__main__":
    main()
