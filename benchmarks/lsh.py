"""Random hyperplanes: the law of their buckets, the angles of signatures, and what tables find.

    OMP_NUM_THREADS=1 python benchmarks/lsh.py [--count N] [--rounds N] [--quick] [--json]

First, how often a pair at a known angle shares a bucket of 1, 8 or 24 bits, beside the law
(1 - theta / pi)^bits: planes are drawn anew for every pair, 200 times so many as make one share.
Second, the angle that signatures of 24, 32 and 256 bits estimate at a cosine of 0.9. Third, why
one bucket of 24 bits fails as an index and what helps: recall@10 of 1,000 queries over 100,000
clustered vectors of 200 numbers, as measured and as the law says for the true neighbors' angles
(none where only some of the buckets within the radius, the query's least certain bits changed
first, are looked into). Candidates are counted for the first 250 queries.
"""

import argparse
import json
import math
import statistics
import time
from dataclasses import asdict

import numpy as np

from ann import clustered, nearest, recall_of
from iconym.index.buckets import buckets, projected
from iconym.index.hashtables import HashTables
from iconym.index.lsh import LshConfig, lsh_method
from iconym.index.signatures import cosine_estimate, hamming, random_planes, signatures
from iconym.nouns import untracked

COSINES, BITS, DIM = (0.5, 0.8, 0.9, 0.95, 0.99), (1, 8, 24), 200
PAIRS, SHARES = 500, 200  # of pairs to a share, of shares to a cell
WITHIN = math.erf(2**0.5)  # of what is normal, within 2 standard deviations: 95.4 %
ESTIMATES = {24: 4000, 32: 4000, 256: 4000}  # bits, draws
ALL = 65_536  # buckets of a table
COUNTED, MOST = 250, 20_000  # queries whose candidates are counted, and how far
TABLES = {
    "24 bits": LshConfig(bits=24, tables=1, radius=0),
    "16 bits": LshConfig(bits=16, tables=1, radius=0),
    "12 bits": LshConfig(bits=12, tables=1, radius=0),
    "8 bits": LshConfig(bits=8, tables=1, radius=0),
    "24 bits, 8 tables": LshConfig(bits=24, tables=8, radius=0),
    "24 bits, 32 tables": LshConfig(bits=24, tables=32, radius=0),
    "24 bits, 64 tables": LshConfig(bits=24, tables=64, radius=0),
    "24 bits, radius 1": LshConfig(bits=24, tables=1, radius=1, probes=ALL),
    "24 bits, radius 2": LshConfig(bits=24, tables=1, radius=2, probes=ALL),
    "24 bits, radius 3": LshConfig(bits=24, tables=1, radius=3, probes=ALL),
    "24 bits, 8 tables, radius 1": LshConfig(bits=24, tables=8, radius=1, probes=ALL),
    "24 bits, 8 tables, radius 2": LshConfig(bits=24, tables=8, radius=2, probes=ALL),
    "24 bits, 32 tables, radius 2": LshConfig(bits=24, tables=32, radius=2, probes=ALL),
    "24 bits, 32 tables, 64 of these": LshConfig(bits=24, tables=32, radius=2, probes=64),
    "18 bits, 16 tables, radius 2": LshConfig(bits=18, tables=16, radius=2, probes=ALL),
    "18 bits, 16 tables, 64 of these": LshConfig(bits=18, tables=16, radius=2, probes=64),
    "18 bits, 16 tables, 16 of these": LshConfig(bits=18, tables=16, radius=2, probes=16),
    "18 bits, 32 tables, 64 of these": LshConfig(bits=18, tables=32, radius=2, probes=64),
    "16 bits, 16 tables, 64 of these": LshConfig(bits=16, tables=16, radius=2, probes=64),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="vectors of the third table")
    parser.add_argument("--rounds", type=int, default=3, help="of its queries; medians")
    parser.add_argument("--quick", action="store_true", help="a tenth of all, one round")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    part = 10 if asked.quick else 1
    law, within = bucket_law(SHARES // part)
    found = {
        "benchmark": "lsh",
        "law": law,
        "shares_within_2_standard_errors": within,
        "estimates": angle_estimates(part),
        "count": asked.count // part,
        "tables": tables(asked.count // part, 1 if asked.quick else asked.rounds),
    }
    if asked.json:
        print(json.dumps(found))


def bucket_law(shares: int) -> tuple[list[dict[str, float]], float]:
    """Each cell's share beside the law, and how many of the single shares lie within 2 errors."""
    print(f"pairs in one bucket, {shares * PAIRS:,} to a cell, each with planes of its own")
    print(f"{'cosine':>6} {'bits':>5} {'law':>9} {'observed':>9} {'error':>9} {'errors off':>11}")
    cells, close, seed = [], [], 0
    for cosine in COSINES:
        for bits in BITS:
            p = (1 - math.acos(cosine) / math.pi) ** bits
            seen = np.array([observed(cosine, bits, seed + i) for i in range(shares)])
            seed += shares
            error = math.sqrt(p * (1 - p) / seen.size / PAIRS)
            off = (seen.mean() - p) / error
            close.append(np.abs(seen - p) <= 2 * error * math.sqrt(shares))
            cells.append({"cosine": cosine, "bits": bits, "law": p, "observed": seen.mean()})
            cells[-1] |= {"standard_error": error, "errors_off": off}
            print(f"{cosine:6} {bits:5} {p:9.5f} {seen.mean():9.5f} {error:9.5f} {off:+11.2f}")
    held = sum(abs(cell["errors_off"]) <= 2 for cell in cells)
    within = float(np.mean(close))
    print(f"within 2 standard errors: {held} of {len(cells)} cells ({WITHIN:.1%} of such expected)")
    print(f"and {within:.1%} of the {np.size(close):,} shares of {PAIRS} pairs that make them\n")
    return cells, within


def observed(cosine: float, bits: int, seed: int) -> float:
    """Of pairs at this cosine, each in a table of its own, the share that is in one bucket."""
    draw = np.random.default_rng([seed, 1])
    ours, other = np.linalg.qr(draw.standard_normal((DIM, 2)))[0].T
    pair = np.stack([ours, cosine * ours + math.sin(math.acos(cosine)) * other])
    planes = random_planes(PAIRS * bits, DIM, seed=seed).reshape(PAIRS, bits, DIM)
    first, second = buckets(projected(pair.astype(np.float32), planes))
    return float((first == second).mean())


def angle_estimates(part: int) -> list[dict[str, float]]:
    """Mean and standard deviation of the angle at a cosine of 0.9, beside the law."""
    theta = math.acos(0.9)
    p = theta / math.pi
    print(f"the angle estimated at a cosine of 0.9, {math.degrees(theta):.2f} degrees")
    print(f"{'bits':>5} {'draws':>6} {'mean':>7} {'s.d.':>7} {'law s.d.':>9} {'mean cosine':>12}")
    found = []
    for bits, draws in ESTIMATES.items():
        draws //= part
        cosines = np.array([estimated(bits, seed) for seed in range(draws)])
        angles = np.degrees(np.arccos(cosines.clip(-1, 1)))
        law = math.degrees(math.pi * math.sqrt(p * (1 - p) / bits))
        found.append({"bits": bits, "draws": draws, "mean": angles.mean(), "sd": angles.std()})
        found[-1] |= {"law_sd": law, "mean_cosine": cosines.mean()}
        print(
            f"{bits:5} {draws:6} {angles.mean():7.2f} {angles.std():7.2f} {law:9.2f}"
            f" {cosines.mean():12.3f}"
        )
    print()
    return found


def estimated(bits: int, seed: int) -> float:
    """The cosine that two signatures with planes of their own speak for, at a cosine of 0.9."""
    pair = np.zeros((2, DIM), np.float32)
    pair[:, 0], pair[1, 1] = (1, 0.9), math.sin(math.acos(0.9))
    packed = signatures(pair, random_planes(bits, DIM, seed=seed))
    return float(cosine_estimate(hamming(packed[:1], packed[1:]), bits)[0, 0])


def tables(count: int, rounds: int) -> list[dict[str, object]]:
    """Recall, candidates and speed of each choice of tables."""
    rows, queries = clustered(count, 1000)
    truth = nearest(rows, queries)
    angles = np.arccos(np.vecdot(queries[:, None], rows[truth]).clip(-1, 1))
    print(f"{count:,} clustered vectors, 1,000 queries, recall@10")
    print(
        f"{'one table, one bucket, unless said':34} {'recall':>7} {'law':>6} {'candidates':>11}"
        f" {'nothing in':>11} {'build s':>8} {'MB':>6} {'q/s':>8} {'one ms':>7}"
    )
    found = []
    for name, config in TABLES.items():
        start = time.perf_counter()
        made = lsh_method(config).build(rows, untracked)
        measured = {"name": name, **asdict(config), "build_seconds": time.perf_counter() - start}
        measured |= {"bits": made.planes.shape[1], "megabytes": made.entries.nbytes / 1e6}
        measured |= asked_of(made, queries, truth, rounds) | {"law": predicted(made, angles)}
        found.append(measured)
        show(measured)
    return found


def asked_of(
    made: HashTables, queries: np.ndarray, truth: np.ndarray, rounds: int
) -> dict[str, float]:
    k, ones, batches = truth.shape[1], [], []
    for _ in range(rounds):
        start = time.perf_counter()
        answer = made.nearest(queries, k)
        batches.append(time.perf_counter() - start)
    for row in range(100):
        start = time.perf_counter()
        made.nearest(queries[row : row + 1], k)
        ones.append(time.perf_counter() - start)
    met = made.nearest(queries[:COUNTED], MOST).ids >= 0
    return {
        "recall": recall_of(answer.ids, truth),
        "candidates": float(met.sum(axis=1).mean()),
        "share_without_any": float((~met.any(axis=1)).mean()),
        "queries_per_second": len(queries) / statistics.median(batches),
        "one_query_ms": 1000 * statistics.median(ones),
    }


def predicted(made: HashTables, angles: np.ndarray) -> float | None:
    """The recall that the law gives for true neighbors at these angles."""
    tables_, bits, _ = made.planes.shape
    if made.probes < len(made.flips):
        return None
    p, flipped = angles / math.pi, made.flips.sum(axis=1)
    held = sum(p**i * (1 - p) ** (bits - i) * n for i, n in enumerate(np.bincount(flipped)))
    return float((1 - (1 - held) ** tables_).mean())


def show(row: dict[str, object]) -> None:
    law = "-" if row["law"] is None else f"{row['law']:.3f}"
    print(
        f"{row['name']:34} {row['recall']:7.3f} {law:>6} {row['candidates']:11,.1f}"
        f" {row['share_without_any']:11.1%} {row['build_seconds']:8.2f} {row['megabytes']:6.1f}"
        f" {row['queries_per_second']:8,.0f} {row['one_query_ms']:7.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
