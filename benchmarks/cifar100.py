"""CIFAR-100: a space from photos and word vectors, 80 classes seen and 20 never.

    python benchmarks/cifar100.py --data DATA [--quick] [--cache FOLDER] [--json]

DATA holds cifar100/{train,test}.parquet and classes.tsv, weights/mobilenetv2_100_tf.onnx,
vectors/w2v_local_100d.npz and hierarchy/wordnet30_is_a.tsv.gz. The space learns from the training
pictures of seen classes. Seen classes are measured on the test pictures, unseen ones on all of
theirs. The first run encodes 20,000 pictures, which takes minutes; features stay in the cache.
"""

import argparse
import csv
import json
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from iconym.data.folder import as_label
from iconym.data.parquet import read_parquet
from iconym.encoders.onnx import OnnxEncoder, load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.evaluation.spaces import OURS, compare
from iconym.features import Encoded
from iconym.features.cache import cached_features
from iconym.hierarchy import Hierarchy, read_hierarchy
from iconym.metrics.tables import Table
from iconym.nouns import LabelledImages
from iconym.training.methods import CosineSoftmax, Hinge, Ridge, Softmax
from iconym.training.prototypes import ByPrototypes
from iconym.training.spaces import SpaceConfig, fit_space
from iconym.training.tasks import zero_shot_task
from iconym.words.formats import load_words

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
METHODS = {
    "ridge": Ridge(),
    "prototypes": ByPrototypes(),
    "hinge": Hinge(),
    "hinge-0.1": Hinge(margin=0.1),
    "softmax": Softmax(),
    "cosine-softmax": CosineSoftmax(),
}
COMPARED = [
    ("unseen", "ConSE(10)", "hit@5"),
    *(("seen", "softmax", metric) for metric in ("hit@1", "hp@2", "hp@5", "hp@10", "hp@20")),
]


def main() -> None:
    asked = arguments()
    start = time.monotonic()
    classes = read_classes(asked.data / "cifar100" / "classes.tsv")
    unseen = [label for label, row in classes.items() if row["zsl"] == "unseen"]
    encoder = load_onnx(
        asked.data / "weights" / "mobilenetv2_100_tf.onnx",
        Preprocessing(128 if asked.quick else 160, "whole", "bicubic"),
    )
    parts = {name: pictures(asked.data, name) for name in ("train", "test")}
    train, test = (cached_features(data, encoder, asked.cache) for data in parts.values())
    encoded = time.monotonic()
    words = load_words(asked.data / "vectors" / "w2v_local_100d.npz")
    task = zero_shot_task(parts["train"], words, unseen)
    print(task.report)
    of_unseen = np.isin(train.labels, unseen)
    seen = chosen(train, ~of_unseen)
    trained = fit_space(task, encoder, seen, SpaceConfig(METHODS[asked.objective]))
    learned = time.monotonic()
    kin = hierarchy(asked.data / "hierarchy" / "wordnet30_is_a.tsv.gz", classes)
    measured = joined(test, chosen(train, of_unseen))
    tables = compare(trained.space, trained.baselines, measured, kin)
    seconds = {
        "encoding": round(encoded - start, 1),
        "learning": round(learned - encoded, 1),
        "measuring": round(time.monotonic() - learned, 1),
    }
    report(tables, str(trained.method), seconds)
    if asked.json:
        print(as_json(tables, asked.objective, encoder, seconds))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    cache = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="where features are kept")
    parser.add_argument("--objective", choices=METHODS, default="ridge")
    parser.add_argument("--quick", action="store_true", help="squares of 128 pixels, not 160")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def read_classes(path: Path) -> dict[str, dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return {as_label(row["class_name"]): row for row in csv.DictReader(file, delimiter="\t")}


def hierarchy(is_a: Path, classes: dict[str, dict[str, str]]) -> Hierarchy:
    """The classes, hung below their nodes of WordNet, with all that is above those."""
    parents = defaultdict(list)
    for child, parent in read_hierarchy(is_a).edges:
        parents[child].append(parent)
    edges = {(label, row["wnid"]) for label, row in classes.items()}
    waiting = {node for _, node in edges}
    while waiting:
        above = {(child, parent) for child in waiting for parent in parents[child]} - edges
        edges |= above
        waiting = {parent for _, parent in above}
    return Hierarchy(tuple(sorted(edges)))


def pictures(data: Path, part: str) -> LabelledImages:
    return read_parquet(data / "cifar100" / f"{part}.parquet", label="class_name")


def chosen(encoded: Encoded, kept: np.ndarray) -> Encoded:
    labels = tuple(label for label, keep in zip(encoded.labels, kept, strict=True) if keep)
    return Encoded(encoded.features[kept], labels)


def joined(a: Encoded, b: Encoded) -> Encoded:
    return Encoded(np.concatenate([a.features, b.features]), (*a.labels, *b.labels))


def report(tables: dict[str, Table], method: str, seconds: dict[str, float]) -> None:
    print(f"{method}; {', '.join(f'{what} {s:.0f} s' for what, s in seconds.items())}")
    for name, table in tables.items():
        print(f"\n## {name}\n\n{table.markdown()}")
    for part, other, metric in COMPARED:
        gain = tables[part].difference(OURS, other, metric)
        if gain:
            interval = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
            print(f"{part}, {metric}, ours - {other}, paired: {interval}")


def as_json(
    tables: dict[str, Table], objective: str, encoder: OnnxEncoder, seconds: dict[str, float]
) -> str:
    value = {
        "benchmark": "cifar100",
        "objective": objective,
        "encoder": encoder.name,
        "size": encoder.preprocessing.size,
        "cores": os.cpu_count(),
        "seconds": seconds,
        "tables": {n: {"rows": t.to_json(), **t.conditions()} for n, t in tables.items()},
    }
    return json.dumps(value, allow_nan=False)


if __name__ == "__main__":
    main()
