"""Every index of ours and those of other libraries: recall, speed, time to build, bytes.

    python benchmarks/ann.py [--count N] [--real] [--only NAME;...] [--quick] [--json]

Vectors are of unit length, 200 numbers, in 2,000 clusters of very different sizes (48 hidden
dimensions and noise); with --real, features of CIFAR-100 and Tiny-ImageNet by a small network,
from $ICONYM_DATA. Each index is built and asked in a process of its own, by one thread (two
build the graphs of a million); recall@10 is against all vectors compared. Queries a second, in
batches of 1,000, are interpolated between settings at the recall of the column, "-" where none
reaches it. Then our graph and the bare library's are asked in turns in one process.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

K = 10
RECALLS = (0.90, 0.95, 0.99)
CLUSTERS, HIDDEN, DIM, SKEW = 2_000, 48, 200, 0.8
QUERIES = 1_000
MILLION = 1_000_000
EXPANSIONS = (10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
BARS = {"batch": 1.05, "one query, microseconds": 30.0, "exact, a million, ms": 8.0}

Rows = np.ndarray


@dataclass(frozen=True)
class Contender:
    """A way to build, ask with a setting, and save; ``settings`` from fast to right."""

    name: str
    build: Callable[[Rows, int], Any]  # rows, threads
    ask: Callable[[Any, Rows, int], np.ndarray]  # index, queries, setting: (q, K) rows
    settings: Sequence[int]
    save: Callable[[Any, Path], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=lambda text: int(float(text)), default=100_000)
    parser.add_argument("--real", action="store_true", help="features of real photos")
    parser.add_argument("--only", default="", help="names of contenders, with semicolons")
    parser.add_argument("--quick", action="store_true", help="5,000 vectors, 200 queries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    parser.add_argument("--child", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        name, folder = asked.child
        measured = alternate if name == "alternate" else measure
        print(json.dumps(measured(name, Path(folder), asked.rounds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        run(asked, Path(folder))


def run(asked: argparse.Namespace, folder: Path) -> None:
    count, queries = (5_000, 200) if asked.quick else (asked.count, QUERIES)
    rows, questions = real_features(queries) if asked.real else clustered(count, queries)
    np.save(folder / "rows.npy", rows)
    np.save(folder / "queries.npy", questions)
    np.save(folder / "truth.npy", nearest(rows, questions))
    print(f"{len(rows):,} vectors of {rows.shape[1]} numbers, {len(questions):,} queries\n")
    wanted = [name for name in asked.only.split(";") if name] or list(CONTENDERS)
    del rows
    found = {}
    print(HEAD)
    for name in (name for name in wanted if name != "alternate"):
        found[name] = child(name, folder, asked.rounds)
        print(line(name, found[name]), flush=True)
    turns = (
        child("alternate", folder, asked.rounds) if not asked.only or "alternate" in wanted else {}
    )
    show_turns(turns)
    if asked.json:
        about = {"benchmark": "ann", "cores": os.cpu_count(), "count": count, "bars": BARS}
        print(json.dumps({**about, "real": asked.real, "indexes": found, "in_turns": turns}))


def child(name: str, folder: Path, rounds: int) -> dict[str, Any]:
    """What ``name`` measures in a process of its own; its complaint if it fails."""
    single = {k: "1" for k in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, __file__, "--rounds", str(rounds), "--child", name, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, **single},
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr else "killed"}
    return json.loads(done.stdout.splitlines()[-1])


def measure(name: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Time to build, bytes, and recall and speed at each setting."""
    contender = CONTENDERS[name]
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    queries, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    threads = 2 if len(rows) >= MILLION else 1
    before, start, cpu = resident(), time.perf_counter(), time.process_time()
    index = contender.build(rows, threads)
    built = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    file = folder / "saved"
    contender.save(index, file)
    bytes_saved = sum(f.stat().st_size for f in [file, *file.rglob("*")] if f.is_file())
    subprocess.run(["rm", "-rf", str(file)], check=True)
    curve = []
    for setting in contender.settings:
        found = contender.ask(index, queries, setting)
        speeds = [timed(lambda s=setting: contender.ask(index, queries, s)) for _ in range(rounds)]
        one = one_by_one(contender, index, queries, setting)
        recall = recall_of(found, truth)
        curve.append([setting, recall, len(queries) / statistics.median(speeds), one * 1e6])
    return {**built, "file": bytes_saved, "memory": resident() - before, "curve": curve}


def alternate(_name: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Our graph and the bare library's number types in turns: batches, and one query."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    queries, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    threads = 2 if len(rows) >= MILLION else 1
    names = ("iconym hnsw", "usearch i8", "usearch f16", "usearch f32")
    made = {name: CONTENDERS[name].build(rows, threads) for name in names}
    curves: dict[str, list[list[float]]] = {name: [] for name in names}
    for setting in EXPANSIONS:
        batches: dict[str, list[float]] = {name: [] for name in names}
        singles: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                c, index = CONTENDERS[name], made[name]
                batches[name].append(timed(lambda c=c, i=index, s=setting: c.ask(i, queries, s)))
                singles[name].append(one_by_one(c, index, queries, setting))
        for name in names:
            recall = recall_of(CONTENDERS[name].ask(made[name], queries, setting), truth)
            speed = len(queries) / statistics.median(batches[name])
            one = statistics.median(singles[name]) * 1e6
            curves[name].append([setting, recall, speed, one])
    return curves


def one_by_one(contender: Contender, index: Any, queries: Rows, setting: int) -> float:
    """Median seconds of one query at a time."""
    asked = [queries[i : i + 1] for i in range(min(200, len(queries)))]
    return statistics.median(timed(lambda q=q: contender.ask(index, q, setting)) for q in asked)


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def recall_of(found: np.ndarray, truth: np.ndarray) -> float:
    hits = sum(len(set(f) & set(t)) for f, t in zip(found.tolist(), truth.tolist(), strict=True))
    return hits / truth.size


def at_recall(curve: Iterable[Sequence[float]], recall: float, column: int) -> float | None:
    """The column interpolated, by its logarithm, at this recall; None if it is never reached."""
    best = sorted((point for point in curve), key=lambda point: point[1])
    for low, high in zip([best[0], *best], best, strict=False):
        if high[1] >= recall:
            if low is high or low[1] == high[1]:
                return float(high[column])
            share = max(0.0, (recall - low[1]) / (high[1] - low[1]))
            return float(np.exp(np.interp(share, (0, 1), np.log([low[column], high[column]]))))
    return None


HEAD = (
    f"{'':26} {'build s':>8} {'CPU s':>7} {'file MB':>8} {'RSS MB':>7}"
    + "".join(f" {f'q/s @{r:.2f}':>10}" for r in RECALLS)
    + f" {'one us @.95':>12} {'most':>6}"
)


def line(name: str, found: dict[str, Any]) -> str:
    if "failed" in found:
        return f"{name:26} {found['failed']}"
    curve = found["curve"]
    speeds = "".join(f" {cell(at_recall(curve, r, 2)):>10}" for r in RECALLS)
    return (
        f"{name:26} {found['seconds']:8.1f} {found['cpu']:7.1f} {found['file'] / 1e6:8.1f}"
        f" {found['memory'] / 1e6:7.0f}{speeds} {cell(at_recall(curve, 0.95, 3)):>12}"
        f" {max(point[1] for point in curve):6.3f}"
    )


def cell(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def show_turns(curves: dict[str, Any]) -> None:
    if not curves or "failed" in curves:
        print(curves.get("failed", ""))
        return
    print("\nin turns, at equal recall: ours beside the best of the bare library's number types")
    for recall in RECALLS:
        ours = [at_recall(curves["iconym hnsw"], recall, column) for column in (2, 3)]
        others = [
            [at_recall(curve, recall, column) for column in (2, 3)]
            for name, curve in curves.items()
            if name != "iconym hnsw" and at_recall(curve, recall, 2)
        ]
        if ours[0] is None or not others:
            print(f"recall {recall:.2f}: not reached")
            continue
        fastest, soonest = max(o[0] or 0 for o in others), min(o[1] or 0 for o in others)
        print(
            f"recall {recall:.2f}: batches {ours[0]:,.0f}/s, bare {fastest:,.0f}/s, ours takes "
            f"{fastest / ours[0]:.2f}x; one query {ours[1]:.0f} us, bare {soonest:.0f} us"
        )


def clustered(count: int, queries: int, seed: int = 0) -> tuple[Rows, Rows]:
    """Unit vectors in clusters whose sizes follow Zipf's law, and queries like them."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, CLUSTERS + 1) ** SKEW
    centers = rng.standard_normal((CLUSTERS, HIDDEN)).astype(np.float32)
    spread = rng.standard_normal((HIDDEN, DIM)).astype(np.float32)
    total = count + queries
    rows = np.empty((total, DIM), np.float32)
    for start in range(0, total, 50_000):
        size = min(50_000, total - start)
        drawn = rng.choice(CLUSTERS, size, p=share / share.sum())
        hidden = centers[drawn] + 0.6 * rng.standard_normal((size, HIDDEN), np.float32)
        noise = rng.standard_normal((size, DIM), np.float32)
        rows[start : start + size] = hidden @ spread + noise
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[:count], rows[count:]


def real_features(queries: int) -> tuple[Rows, Rows]:
    """Features of real photos by a small network, less their mean, of unit length."""
    from iconym.data.parquet import read_parquet
    from iconym.encoders.onnx import load_onnx
    from iconym.encoders.preprocessing import Preprocessing
    from iconym.features import encode

    data = Path(os.environ["ICONYM_DATA"])
    network = data / "weights" / "mobilenetv1_025_128_tf.onnx"
    encoder = load_onnx(network, Preprocessing(128, "whole", "bicubic"))
    parts = [
        encode(read_parquet(data / name / f"{part}.parquet", label="class_name"), encoder).features
        for name in ("cifar100", "tiny_imagenet")
        for part in ("train", "test")
    ]
    rows = np.concatenate(parts).astype(np.float32)
    rows -= rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    drawn = np.random.default_rng(0).permutation(len(rows))
    return rows[drawn[queries:]], rows[drawn[:queries]]


def nearest(rows: Rows, queries: Rows) -> np.ndarray:
    """The K nearest rows of each query, all compared."""
    best: list[np.ndarray] = []
    for start in range(0, len(queries), 50):
        scores = queries[start : start + 50] @ rows.T
        part = np.argpartition(-scores, K, axis=1)[:, :K]
        order = np.argsort(-np.take_along_axis(scores, part, 1), axis=1)
        best.append(np.take_along_axis(part, order, 1))
    return np.concatenate(best)


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def ours(method: Callable[[int], Any]) -> Callable[[Rows, int], Any]:
    """A layered index of ours with everything in its base."""

    def build(rows: Rows, threads: int) -> Any:
        from iconym.index.layered import LayeredIndex

        index = LayeredIndex(rows.shape[1], method(threads))
        index.add(np.arange(len(rows)), np.asarray(rows))
        index.fold()
        return index

    return build


def widened(name: str) -> Callable[[Any, Rows, int], np.ndarray]:
    """Ask with another width of the search; the structure is shared."""
    layers: dict[int, Any] = {}

    def ask(index: Any, queries: Rows, setting: int) -> np.ndarray:
        from iconym.index.layered import LayeredIndex

        if setting not in layers:
            structure = replace(index.base.structure, **{name: setting})
            base = replace(index.base, structure=structure)
            layers[setting] = LayeredIndex(index.dim, index.method, base=base)
        return layers[setting].search(queries, K).ids

    return ask


def save_ours(index: Any, path: Path) -> None:
    from iconym.index.saved import save_index

    save_index(index, path, space="0" * 64, sequence=0)


def exact_of_ours(_threads: int) -> Any:
    from iconym.index.exact import exact_method

    return exact_method()


def hnsw_of_ours(threads: int) -> Any:
    from iconym.index.hnsw import hnsw_method

    return hnsw_method(threads=threads)


def lsh_of_ours(_threads: int) -> Any:
    from iconym.index.lsh import lsh_method

    return lsh_method()


def ivf_of_ours(threads: int) -> Any:
    from iconym.index.ivf import ivf_method

    return ivf_method(threads=threads)


def usearch(dtype: str) -> Contender:
    def build(rows: Rows, threads: int) -> Any:
        from usearch.index import Index

        index = Index(
            ndim=rows.shape[1], metric="cos", dtype=dtype, connectivity=16, expansion_add=128
        )
        index.add(np.arange(len(rows)), np.asarray(rows), threads=threads)
        return index

    def ask(index: Any, queries: Rows, setting: int) -> np.ndarray:
        index.expansion_search = setting
        if len(queries) == 1:
            return index.search(queries[0], K, threads=1).keys[None].astype(np.int64)
        return index.search(queries, K, threads=1).keys.astype(np.int64)

    return Contender(f"usearch {dtype}", build, ask, EXPANSIONS, lambda i, p: i.save(str(p)))


def faiss(name: str, description: str, settings: Sequence[int]) -> Contender:
    def build(rows: Rows, threads: int) -> Any:
        import faiss as library

        library.omp_set_num_threads(threads)
        wanted = description.format(half=rows.shape[1] // 2)
        index = library.index_factory(rows.shape[1], wanted, library.METRIC_INNER_PRODUCT)
        held = np.asarray(rows)
        index.train(held[:: max(1, len(held) // 100_000)])
        index.add(held)
        library.omp_set_num_threads(1)
        return index

    def ask(index: Any, queries: Rows, setting: int) -> np.ndarray:
        import faiss as library

        if "HNSW" in description:
            parameters = library.SearchParametersHNSW(efSearch=setting)
        elif description.endswith("RFlat"):
            inner = library.SearchParametersIVF(nprobe=setting)
            parameters = library.IndexRefineSearchParameters(k_factor=10, base_index_params=inner)
        elif "IVF" in description:
            parameters = library.SearchParametersIVF(nprobe=setting)
        else:
            parameters = None
        return index.search(queries, K, params=parameters)[1]

    def save(index: Any, path: Path) -> None:
        import faiss as library

        library.write_index(index, str(path))

    return Contender(name, build, ask, settings, save)


def hnswlib() -> Contender:
    def build(rows: Rows, threads: int) -> Any:
        import hnswlib as library

        index = library.Index(space="ip", dim=rows.shape[1])
        index.init_index(len(rows), M=16, ef_construction=200)
        index.set_num_threads(threads)
        index.add_items(np.asarray(rows), np.arange(len(rows)))
        index.set_num_threads(1)
        return index

    def ask(index: Any, queries: Rows, setting: int) -> np.ndarray:
        index.set_ef(setting)
        return index.knn_query(queries, K)[0].astype(np.int64)

    return Contender("hnswlib", build, ask, EXPANSIONS, lambda i, p: i.save_index(str(p)))


def annoy() -> Contender:
    def build(rows: Rows, threads: int) -> Any:
        from annoy import AnnoyIndex

        index = AnnoyIndex(rows.shape[1], "dot")
        for number, row in enumerate(rows):
            index.add_item(number, row)
        index.build(50, n_jobs=threads)
        return index

    def ask(index: Any, queries: Rows, setting: int) -> np.ndarray:
        found = [index.get_nns_by_vector(query, K, setting) for query in queries]
        return np.array([row + [-1] * (K - len(row)) for row in found])

    settings = (1_000, 3_000, 10_000, 30_000, 100_000)
    return Contender("annoy, 50 trees", build, ask, settings, lambda i, p: i.save(str(p)))


PROBES = (1, 2, 4, 8, 16, 32, 64, 128)
CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(
            "iconym exact", ours(exact_of_ours), lambda i, q, _: i.search(q, K).ids, (0,), save_ours
        ),
        Contender("iconym hnsw", ours(hnsw_of_ours), widened("expansion"), EXPANSIONS, save_ours),
        Contender("iconym ivfpq", ours(ivf_of_ours), widened("probes"), PROBES, save_ours),
        Contender(
            "iconym lsh", ours(lsh_of_ours), widened("probes"), (1, 4, 16, 64, 256), save_ours
        ),
        usearch("i8"),
        usearch("f16"),
        usearch("f32"),
        faiss("faiss Flat", "Flat", (0,)),
        faiss("faiss HNSW16", "HNSW16", EXPANSIONS),
        faiss("faiss HNSW16,SQ8", "HNSW16_SQ8", EXPANSIONS),
        faiss("faiss IVF1024,SQ8", "IVF1024,SQ8", PROBES),
        faiss("faiss IVF1024,PQx4fs,RFlat", "IVF1024,PQ{half}x4fs,RFlat", PROBES),
        hnswlib(),
        annoy(),
    )
}


if __name__ == "__main__":
    main()
