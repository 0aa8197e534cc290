"""What the planner knows: each method's time to build, bytes, recall and speed, and laws for them.

    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    python benchmarks/index_model.py [--counts N,...] [--only METHOD,...] [--write] [--json]

Every index is built and asked by one thread, whose processor time counts. Vectors are of unit
length, in clusters of very different sizes, 48 hidden dimensions and noise, as those of ``ann.py``;
the more vectors, the more clusters, 50 vectors to one on average. Other lengths than 200 numbers
are measured at 30,000 vectors, or the largest size if that is less. Queries are like the vectors
and none of them; recall@10 is against all vectors compared. Printed are the laws fitted to that,
how far off they are, and what the smaller sizes foretell of the largest. With --write the
measurements become the planner's table, in place of those of the same methods.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from iconym.index.layered import Structure
from iconym.index.saved import method_named
from iconym.nouns import untracked
from iconym.planning.laws import Point
from iconym.planning.model import MEASURED, SEARCHED, MethodModel, fit_model
from iconym.planning.truth import Asked, Queries, asked_of_all, recalls

K, QUERIES, SINGLES = 10, 1_000, 300
IN_CLUSTER, HIDDEN, SKEW, DIM = 50, 48, 0.8, 200
OTHER_DIMS, OTHER_COUNT = (64, 512), 30_000
SERIES: list[tuple[str, dict[str, int], tuple[int, ...]]] = [
    ("exact", {}, (1,)),
    ("hnsw", {"connectivity": 8}, (16, 32, 64, 128, 256, 512)),
    ("hnsw", {"connectivity": 16}, (16, 32, 64, 128, 256, 512)),
    ("hnsw", {"connectivity": 32}, (16, 32, 64, 128, 256, 512)),
    ("ivfpq", {}, (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)),
    ("lsh", {}, (1, 2, 4, 8, 16, 32, 64, 128)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--counts", default="10000,30000,100000", help="three sizes or more")
    parser.add_argument("--only", default="", help="hnsw,... or 'hnsw connectivity=8',...")
    parser.add_argument("--write", action="store_true", help="into the planner's table")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1" or os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1: figures are of one thread")
    counts = sorted(int(float(count)) for count in options.counts.split(","))
    table = {**about(), "series": measure(counts, options.only.split(",") if options.only else [])}
    for one in table["series"]:
        show(one, counts[-1])
    if options.write:
        MEASURED.write_text(json.dumps(kept(table), indent=1) + "\n")
    if options.json:
        print(json.dumps({"benchmark": "index_model", **table}))


def measure(counts: list[int], only: list[str]) -> list[dict[str, Any]]:
    """Every series, or those named in ``only``, at every size and at other dimensions."""
    series = [{"method": m, "settings": settings, "measured": []} for m, settings, _ in SERIES]
    series = [one for one in series if not only or {one["method"], name(one)} & set(only)]
    sweeps = {(m, str(settings)): sweep for m, settings, sweep in SERIES}
    places = [(count, DIM) for count in counts]
    places += [(min(counts[-1], OTHER_COUNT), dim) for dim in OTHER_DIMS]
    for place in places:
        asked, rows = problem(*place)
        for one in series:
            sweep = sweeps[one["method"], str(one["settings"])]
            found = one_index(one["method"], one["settings"], sweep, rows, asked)
            one["measured"].append(found)
            print(line(one, found), flush=True)
    return series


def problem(count: int, dim: int) -> tuple[Asked, np.ndarray]:
    """Queries with their true neighbors, and vectors."""
    drawn = clustered(count + QUERIES, dim)
    queries, rows, ids = drawn[:QUERIES], drawn[QUERIES:], np.arange(count)
    new = Queries("new", queries, np.full(QUERIES, -1))
    return asked_of_all(ids, rows, new, K), rows


def one_index(
    method: str,
    settings: dict[str, int],
    sweep: tuple[int, ...],
    rows: np.ndarray,
    asked: Asked,
) -> dict[str, Any]:
    """Built once, then read from its files with each setting of the search."""
    ids = np.arange(len(rows))
    start = time.process_time()
    structure = method_named(method, settings).build(rows, untracked)
    build = time.process_time() - start
    searches = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, contents in structure.files().items():
            pieces = [contents] if isinstance(contents, bytes) else contents
            (folder / name).write_bytes(b"".join(pieces))
        for setting in sweep:
            changed = {SEARCHED[method]: setting} if method in SEARCHED else {}
            loaded = method_named(method, {**settings, **changed}).load(rows, folder)
            searches.append({"setting": setting, **measure_search(loaded, ids, asked)})
        size = sum(file.stat().st_size for file in folder.iterdir())
    count, dim = rows.shape
    return {"count": count, "dim": dim, "build": build, "bytes": size, "searches": searches}


def measure_search(structure: Structure, ids: np.ndarray, asked: Asked) -> dict[str, Any]:
    queries = asked.queries.vectors
    recalled = recalls(structure, ids, asked, [K])
    singles = [timed(structure, queries[i : i + 1]) for i in range(SINGLES)]
    batches = [timed(structure, queries) / len(queries) for _ in range(3)]
    return {
        "found": round(float(recalled.sum()) * K),
        "asked": K * len(queries),
        "latency": statistics.median(singles),
        "batch": statistics.median(batches),
    }


def timed(structure: Structure, queries: np.ndarray) -> float:
    start = time.process_time()
    structure.nearest(queries, K)
    return time.process_time() - start


def clustered(count: int, dim: int) -> np.ndarray:
    """Unit vectors in clusters whose sizes follow Zipf's law."""
    rng = np.random.default_rng(0)
    clusters = count // IN_CLUSTER
    share = 1 / np.arange(1, clusters + 1) ** SKEW
    centers = rng.standard_normal((clusters, HIDDEN), np.float32)
    spread = rng.standard_normal((HIDDEN, dim), np.float32)
    rows = np.empty((count, dim), np.float32)
    for start in range(0, count, 50_000):
        part = rows[start : start + 50_000]
        drawn = rng.choice(clusters, len(part), p=share / share.sum())
        hidden = centers[drawn] + 0.6 * rng.standard_normal((len(part), HIDDEN), np.float32)
        part[:] = hidden @ spread + rng.standard_normal(part.shape, np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def show(series: dict[str, Any], largest: int) -> None:
    """The laws, how far off they are, and what those of the smaller sizes say of the largest."""
    model = fit_model(series)
    print(f"\n{name(series)}")
    for what, law in (("build", model.build), ("one", model.latency), ("batch", model.batch)):
        constants = ", ".join(f"{k} {v:.3g} s" for k, v in law.constants.items())
        print(f"  {what:6} {constants}; off by {100 * law.residual:.0f} %")
    if model.recall:
        slope = model.recall.weights[-1]
        print(f"  log odds of recall: {slope:+.3f} log n; off by {model.recall.spread:.2f}")
    smaller = [row for row in series["measured"] if row["count"] < largest]
    if len({row["count"] for row in smaller}) >= 3 or (len(smaller) > 1 and not model.recall):
        foretell(fit_model({**series, "measured": smaller}), model, largest)


def foretell(smaller: MethodModel, model: MethodModel, largest: int) -> None:
    (row,) = [m for m in model.measurements if (m.count, m.dim) == (largest, DIM)]
    build = smaller.build(Point(largest, row.dim))
    print(f"  of {largest:,} foretold from less: build {build:.1f} s, was {row.build:.1f} s")
    for s in row.searches:
        point = Point(largest, row.dim, s.setting)
        recall = smaller.recall(point) if smaller.recall else None
        band = f"{recall.value:.3f} [{recall.low:.3f}, {recall.high:.3f}]" if recall else "1"
        print(
            f"    setting {s.setting}: recall {band}, was {s.found / s.asked:.3f}; one query "
            f"{1e3 * smaller.latency(point):.3f} ms, was {1e3 * s.latency:.3f} ms"
        )


def line(series: dict[str, Any], row: dict[str, Any]) -> str:
    curve = " ".join(
        f"{s['setting']}:{s['found'] / s['asked']:.3f}/{1e6 * s['latency']:.0f}us"
        for s in row["searches"]
    )
    head = f"{name(series):24} {row['count']:>9,} x {row['dim']:3}"
    return f"{head}  {row['build']:.1f} s  {row['bytes'] / 1e6:.1f} MB  {curve}"


def name(series: dict[str, Any]) -> str:
    return " ".join([series["method"], *(f"{k}={v}" for k, v in series["settings"].items())])


def kept(table: dict[str, Any]) -> dict[str, Any]:
    """The table with the series that were not measured now as they stood, times to four digits."""
    before = json.loads(MEASURED.read_text())["series"] if MEASURED.exists() else []
    new = {name(one): one for one in table["series"]}
    merged = {name(one): one for one in before} | new
    order = [name({"method": method, "settings": settings}) for method, settings, _ in SERIES]
    return {**table, "series": rounded([merged[one] for one in order if one in merged])}


def rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.4g}")
        case dict():
            return {key: rounded(inner) for key, inner in value.items()}
        case list():
            return [rounded(inner) for inner in value]
    return value


def about() -> dict[str, Any]:
    listing = subprocess.run(["lscpu", "-J"], capture_output=True, text=True, check=False).stdout
    fields = {f["field"]: f["data"] for f in json.loads(listing or '{"lscpu": []}')["lscpu"]}
    model, cores = fields.get("Model name:", "a processor"), os.cpu_count()
    return {
        "machine": f"one of {cores} cores of an {model}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "vectors": f"clusters of about {IN_CLUSTER}, {HIDDEN} hidden dimensions and noise",
    }


if __name__ == "__main__":
    main()
