"""Old vectors that answer the queries of a new space; and a switch of spaces under load.

    python benchmarks/align.py [--data DATA] [--cache FOLDER] [--quick] [--json]

DATA ($ICONYM_DATA) holds cifar100/{train,test}.parquet, the two networks in weights/ and word
vectors in vectors/. The old space is that of the small network, the new one that of the large:
each learns, by ridge regression from the training pictures, to carry features to its words. The
collection is the 5,000 test pictures. Recall@10 is the share of the ten nearest by the new space's
own vectors that the old vectors find, mapped by what a sample taught. Asked are pictures that are
not in the sample, each without itself, and the names of the classes. "same" leaves old vectors as
they are, which makes sense only where both spaces have the same words; "chosen" is what align
takes, and beside it stands the recall that it tells from the sample alone. "encoded
again" puts new vectors in place of some mapped ones, by the last map. The first run encodes
40,000 pictures, which takes minutes; features stay in the cache.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from iconym.collection import create_collection
from iconym.data.parquet import read_parquet
from iconym.encoders.onnx import load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import IconymError, UnknownWord
from iconym.features import Encoded, take
from iconym.features.cache import cached_features
from iconym.index.plain import PlainIndex
from iconym.metrics.intervals import Interval, bootstrap
from iconym.nouns import LabelledImages, Picture, WordVectors
from iconym.search import Term
from iconym.search.alignment import (
    align,
    orthogonal_map,
    ridge_map,
    same_map,
)
from iconym.search.current import CurrentSearch
from iconym.search.overlap import nearest_others, overlap
from iconym.similarity import unit
from iconym.space import JointSpace, Projection
from iconym.training.ridge import fit_ridge
from iconym.words.formats import load_words

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
OLD, NEW = "mobilenetv1_025_128_tf", "mobilenetv2_100_tf"
SHARED, OWN = "w2v_local_100d.npz", "glove6B_50d_common.txt"
WORLDS = {  # of the old space; the new one has the large network and the shared words
    "two networks, the same words": (OLD, SHARED),
    "two networks, each with words of its own": (OLD, OWN),
    "one network, words of its own in each space": (NEW, OWN),
}
ENCODED = (0.25, 0.5, 0.75)
K, ALPHA, QUERIES, SWITCHES, THREADS = 10, 0.1, 500, 20, 3
METHODS: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
    "same": same_map,
    "orthogonal": orthogonal_map,
    "ridge 0.01": lambda old, new: ridge_map(old, new, alpha=0.01),
    "ridge 0.1": lambda old, new: ridge_map(old, new, alpha=0.1),
}


@dataclass(frozen=True)
class Seen:
    """A space, and its vectors of the collection and of the names of the classes."""

    space: JointSpace
    pictures: np.ndarray
    names: WordVectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    cache = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="where features are kept")
    parser.add_argument("--quick", action="store_true", help="1,000 pictures, small samples")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    sizes = (100, 300) if asked.quick else (100, 300, 1_000, 3_000)
    new, tables = seen(asked, NEW, SHARED), {}
    for world, of in WORLDS.items():
        old = seen(asked, *of)
        tables[world] = measured(old, new, sizes)
        show(world, old, new, tables[world])
    switch = switched(old, new)
    print("\nswitch under load:", ", ".join(f"{name} {value:g}" for name, value in switch.items()))
    if asked.json:
        about = {"benchmark": "align", "cores": os.cpu_count(), "pictures": len(new.pictures)}
        print(json.dumps({**about, "tables": tables, "switch": switch}, allow_nan=False))


def seen(asked: argparse.Namespace, network: str, words: str) -> Seen:
    size = 128 if network == OLD or asked.quick else 160
    encoder = load_onnx(
        asked.data / "weights" / f"{network}.onnx", Preprocessing(size, "whole", "bicubic")
    )
    train, test = (
        cached_features(pictures(asked, part), encoder, asked.cache) for part in ("train", "test")
    )
    text = load_words(asked.data / "vectors" / words)
    names = [name for name in sorted({*train.labels, *test.labels}) if reads(text, name)]
    labels = WordVectors(tuple(names), text(names))
    space = JointSpace(f"{network} {words}", encoder, learned(train, labels), text, labels)
    return Seen(space, unit(space.projection(np.asarray(test.features))), labels)


def pictures(asked: argparse.Namespace, part: str) -> LabelledImages:
    data = read_parquet(asked.data / "cifar100" / f"{part}.parquet", label="class_name")
    return take(data, range(0, len(data), len(data) // 1_000)) if asked.quick else data


def reads(text: WordVectors, name: str) -> bool:
    try:
        text.rows(name)
    except UnknownWord:
        return False
    return True


def learned(train: Encoded, labels: WordVectors) -> Projection:
    """From the pictures whose label the words know."""
    rows = [row for row, label in enumerate(train.labels) if label in labels]
    targets = np.stack([labels[train.labels[row]] for row in rows])
    return fit_ridge(np.asarray(train.features)[rows], targets, alpha=ALPHA)


def measured(old: Seen, new: Seen, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """A row for each size and method."""
    count = len(new.pictures)
    order = np.random.default_rng(0).permutation(count)
    shared = [name for name in new.names.words if name in old.names]
    queries = {
        "pictures": (new.pictures[order[:QUERIES]], order[:QUERIES]),
        "words": (new.names(shared), np.full(len(shared), -1)),
    }
    truth = {kind: nearest(new.pictures, *asked) for kind, asked in queries.items()}

    def recalls(vectors: np.ndarray) -> dict[str, Interval]:
        return {
            kind: bootstrap(overlap(nearest(vectors, *asked), truth[kind]), seed=0)
            for kind, asked in queries.items()
        }

    rows = [
        {"sample": 0, "method": "old queries", **as_json(old_queries(old, shared, order, truth))}
    ]
    for size in sizes:
        sample = order[QUERIES : QUERIES + size]
        a, b = old.pictures[sample], new.pictures[sample]
        for name, fit in METHODS.items():
            if name != "same" or a.shape == b.shape:
                found = recalls(fit(a, b)(old.pictures))
                rows.append({"sample": size, "method": name, **as_json(found)})
        best = align(a, b, among=count)
        found = {**recalls(best(old.pictures)), "told": best.recall}
        rows.append({"sample": size, "method": f"chosen: {best.method}", **as_json(found)})
    mapped, draws = best(old.pictures), np.random.default_rng(1).random((count, 1))
    for share in ENCODED:
        found = recalls(np.where(draws < share, new.pictures, mapped))
        method = f"{share:.0%} encoded again"
        rows.append({"sample": sizes[-1], "method": method, **as_json(found)})
    return rows


def old_queries(
    old: Seen, shared: list[str], order: np.ndarray, truth: dict[str, np.ndarray]
) -> dict[str, Interval]:
    """What the old space answers to the same pictures and words in its own vectors."""
    own = {
        "pictures": nearest(old.pictures, old.pictures[order[:QUERIES]], order[:QUERIES]),
        "words": nearest(old.pictures, old.names(shared), np.full(len(shared), -1)),
    }
    return {kind: bootstrap(overlap(own[kind], truth[kind]), seed=0) for kind in truth}


def nearest(vectors: np.ndarray, queries: np.ndarray, own: np.ndarray) -> np.ndarray:
    index = PlainIndex(vectors.shape[1])
    index.add(np.arange(len(vectors)), vectors)
    return nearest_others(index, queries, own, K)


def switched(old: Seen, new: Seen) -> dict[str, float]:
    """Threads that ask while the space is switched: how many were answered, how many failed."""
    with tempfile.TemporaryDirectory() as folder:
        collection = create_collection(Path(folder))
        for one in (old, new):
            pictures = [Picture(f"{i}.png", content=f"{i:064}") for i in range(len(one.pictures))]
            collection.use_space(one.space)
            collection.catalog.put(pictures, one.space.fingerprint, one.pictures)
        current, done = CurrentSearch(collection), Event()
        names = old.space.vocabulary.words

        def ask() -> tuple[list[float], int]:
            seconds, failed = [], 0
            while not done.is_set():
                start = time.perf_counter()
                try:
                    hits = current().by_query([Term(names[len(seconds) % len(names)])], K)
                    failed += len(hits) != K
                except IconymError:
                    failed += 1
                seconds.append(time.perf_counter() - start)
            return seconds, failed

        with ThreadPoolExecutor(THREADS) as pool:
            asking = [pool.submit(ask) for _ in range(THREADS)]
            for turn in range(SWITCHES):
                known = collection.known_space((old, new)[turn % 2].space.fingerprint)
                collection.switch_space(known)
                time.sleep(0.1)
            done.set()
            answered = [one.result() for one in asking]
    seconds = [s for each, _ in answered for s in each]
    return {
        "switches": SWITCHES,
        "threads": THREADS,
        "requests": len(seconds),
        "failed": sum(failed for _, failed in answered),
        "median ms": round(statistics.median(seconds) * 1e3, 2),
        "longest ms": round(max(seconds) * 1e3, 1),
    }


def as_json(found: dict[str, Interval]) -> dict[str, Any]:
    return {kind: interval.to_json() for kind, interval in found.items()}


def show(world: str, old: Seen, new: Seen, rows: list[dict[str, Any]]) -> None:
    shape = f"{old.pictures.shape[1]} to {new.pictures.shape[1]} numbers"
    print(f"\n## {world}: {len(new.pictures):,} pictures, {shape}, recall@{K}\n")
    print(f"{'sample':>6}  {'method':20} {'pictures':22} {'words':22} told by the sample")
    for row in rows:
        cells = (cell(row.get(kind)) for kind in ("pictures", "words", "told"))
        print(
            f"{row['sample']:6,}  {row['method']:20} {' '.join(f'{c:22}' for c in cells)}".rstrip()
        )


def cell(interval: dict[str, float] | None) -> str:
    if interval is None:
        return ""
    return "{value:.3f} [{low:.3f}, {high:.3f}]".format(**interval)


if __name__ == "__main__":
    main()
