"""Are the labels that ``why`` names what put a picture there? Their pictures are taken away.

    python benchmarks/why.py --data DATA [--cache FOLDER] [--hits 10] [--quick] [--json]

DATA holds cifar100/{train,test}.parquet and classes.tsv, weights/mobilenetv1_025_128_tf.onnx and
vectors/w2v_local_100d.npz. A space learns from the training pictures of the 80 seen classes. Each
of the 100 class names asks the test pictures; for its best hits, the label of the largest part is
taken, and another seen label at random. The space is learned again without the pictures of the
one, and of the other, with the same settings and words, and the falls of the hit's score are
compared: a mean for each query, a test over the queries. "nearest labels" are the parts that are
told where nobody knows what a space learned from, on the same hits and refits. As a seen query
mostly finds the pictures of its own label, the largest part of any other label is tried too.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from cifar100 import BESIDE, chosen, pictures, read_classes  # noqa: E402
from iconym.encoders.onnx import load_onnx  # noqa: E402
from iconym.encoders.preprocessing import Preprocessing  # noqa: E402
from iconym.evidence import Evidence  # noqa: E402
from iconym.features import Encoded  # noqa: E402
from iconym.features.cache import cached_features  # noqa: E402
from iconym.metrics.intervals import paired_difference  # noqa: E402
from iconym.metrics.paired import sign_flip_test  # noqa: E402
from iconym.nouns import WordVectors  # noqa: E402
from iconym.search.why import near_parts  # noqa: E402
from iconym.similarity import unit  # noqa: E402
from iconym.space import Projection  # noqa: E402
from iconym.training.evidence import prototype_evidence, ridge_evidence  # noqa: E402
from iconym.training.projections import Ridge, settled  # noqa: E402
from iconym.training.prototypes import chosen_prototypes, fit_prototypes  # noqa: E402
from iconym.training.ridge import fit_ridge, targets_of  # noqa: E402
from iconym.training.tasks import ZeroShotTask, zero_shot_task  # noqa: E402
from iconym.words.formats import load_words  # noqa: E402

SEED = 0
QUICK = 2  # hits of a query
EVIDENCE, NEAREST, OTHER = "evidence", "nearest labels", "evidence but for the query's own label"

Learn = Callable[[np.ndarray, Sequence[str]], "Learned"]


@dataclass(frozen=True)
class Learned:
    """A space without its encoder, and where it came from."""

    projection: Projection
    vocabulary: WordVectors
    evidence: Evidence

    def scores(self, names: Sequence[str], features: np.ndarray) -> np.ndarray:
        """The cosines of names with pictures."""
        return self.queries(names) @ unit(self.projection(features).astype(float)).T

    def queries(self, names: Sequence[str]) -> np.ndarray:
        """The unit vectors of names."""
        return unit(np.stack([self.vocabulary[name] for name in names]).astype(float))


@dataclass(frozen=True)
class Pair:
    """A query and one of its hits, the labels of the largest parts, and one at random."""

    query: int
    hit: int
    named: dict[str, str]  # by how the parts were made
    random: str
    error: float  # of the parts by evidence, with what all pictures have in common, as a sum


def main() -> None:
    asked = arguments()
    start = time.monotonic()
    unseen, task, train, test = read(asked.data, asked.cache)
    hits = QUICK if asked.quick else asked.hits
    results = [
        row
        for method, learn in methods(task, train).items()
        for row in measured(method, learn, train, test, task, hits)
    ]
    for row in results:
        print(as_text(row))
    seconds = round(time.monotonic() - start, 1)
    print(f"{seconds} s")
    if asked.json:
        value = {"benchmark": "why", "seen": len(task.seen), "unseen": len(unseen), "hits": hits}
        print(json.dumps({**value, "seconds": seconds, "results": results}, allow_nan=False))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    folder = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--cache", type=Path, default=folder, help="where features are kept")
    parser.add_argument("--hits", type=int, default=10, help="of each query")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} hits of each query")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def read(data: Path, cache: Path) -> tuple[list[str], ZeroShotTask, Encoded, Encoded]:
    """The unseen classes, the task, and the features of its pictures and of all test pictures."""
    classes = read_classes(data / "cifar100" / "classes.tsv")
    unseen = [label for label, row in classes.items() if row["zsl"] == "unseen"]
    squares = Preprocessing(128, "whole", "bicubic")
    encoder = load_onnx(data / "weights" / "mobilenetv1_025_128_tf.onnx", squares)
    parts = {name: pictures(data, name) for name in ("train", "test")}
    train, test = (cached_features(part, encoder, cache) for part in parts.values())
    words = load_words(data / "vectors" / "w2v_local_100d.npz")
    task = zero_shot_task(parts["train"], words, unseen)
    return unseen, task, chosen(train, np.isin(train.labels, task.seen)), test


def methods(task: ZeroShotTask, train: Encoded) -> dict[str, Learn]:
    """How to learn, with settings chosen once, on all seen labels."""
    words, features = task.vocabulary, np.asarray(train.features)
    ridge = settled(Ridge(), features, train.labels, words, seed=SEED)
    config = chosen_prototypes(features, train.labels, words, seed=SEED)

    def by_ridge(some: np.ndarray, labels: Sequence[str]) -> Learned:
        projection = fit_ridge(some, targets_of(labels, words), alpha=ridge.alpha)
        return Learned(projection, words, ridge_evidence(some, labels, words, alpha=ridge.alpha))

    def by_prototypes(some: np.ndarray, labels: Sequence[str]) -> Learned:
        fitted = fit_prototypes(some, labels, words, config)
        evidence = prototype_evidence(some, labels, fitted.projection)
        return Learned(fitted.projection, fitted.moved(words), evidence)

    return {str(ridge): by_ridge, str(config): by_prototypes}


def measured(
    method: str, learn: Learn, train: Encoded, test: Encoded, task: ZeroShotTask, hits: int
) -> list[dict[str, Any]]:
    """How far scores fall, by how the labels were named."""
    features, labels = np.asarray(train.features), np.array(train.labels)
    names = [*task.seen, *task.unseen]
    whole = learn(features, train.labels)
    before = whole.scores(names, test.features)

    @cache
    def fall(label: str) -> np.ndarray:
        """Of the score of each query and test picture, once the label's pictures are gone."""
        left = labels != label
        again = learn(features[left], labels[left].tolist())
        return before - again.scores(names, test.features)

    pairs = explained(whole, names, before, np.asarray(test.features), hits)
    of_query = np.array([pair.query for pair in pairs])

    def by_query(taken: Sequence[str]) -> np.ndarray:
        """The mean fall over the hits of each query, when each hit's own label is taken away."""
        falls = np.array([fall(one)[p.query, p.hit] for one, p in zip(taken, pairs, strict=True)])
        return np.array([falls[of_query == query].mean() for query in range(len(names))])

    at_random = by_query([pair.random for pair in pairs])
    error = max(pair.error for pair in pairs)
    rows = []
    for how in pairs[0].named:
        falls = np.stack([by_query([pair.named[how] for pair in pairs]), at_random])
        rows += compared(f"{method}, {how}", falls, len(task.seen))
    return [{**row, "largest error": float(f"{error:.1e}")} for row in rows]


def explained(
    space: Learned, names: Sequence[str], scores: np.ndarray, features: np.ndarray, hits: int
) -> list[Pair]:
    """The best hits of each query with the seen labels that are named, and another at random."""
    random, seen = np.random.default_rng(SEED), space.evidence.labels
    known = WordVectors(seen, np.stack([space.vocabulary[label] for label in seen]))
    places, queries = space.projection(features).astype(float), space.queries(names)
    directions = unit(places)
    (common,) = space.projection(space.evidence.origin[None])
    pairs = []
    for row, query in enumerate(queries):
        for hit in np.argsort(-scores[row], kind="stable")[:hits].tolist():
            shares = space.evidence.of_labels(query, features[hit])
            ranked = [seen[i] for i in np.argsort(-shares, kind="stable")]
            near = max(near_parts(known, query, directions[hit]), key=lambda part: part.share)
            other = next(label for label in ranked if label != names[row])
            named = {EVIDENCE: ranked[0], NEAREST: near.name, OTHER: other}
            rest = [label for label in seen if label not in named.values()]
            parts = (shares.sum() + query @ common) / np.linalg.norm(places[hit])
            error = abs(float(parts) - scores[row, hit])
            pairs.append(Pair(row, hit, named, rest[random.integers(len(rest))], error))
    return pairs


def compared(name: str, falls: np.ndarray, seen: int) -> list[dict[str, Any]]:
    """Named against random (2, queries): queries of seen labels come first."""
    parts = {"seen": slice(seen), "unseen": slice(seen, None), "all": slice(None)}
    if name.endswith(OTHER):  # which is the same as evidence where the query is unseen
        parts = {"seen": parts["seen"]}
    return [
        {
            "parts": name,
            "queries": part,
            "named": round(float(falls[0, rows].mean()), 5),
            "random": round(float(falls[1, rows].mean()), 5),
            "difference": paired_difference(*falls[:, rows], seed=SEED).to_json(),
            "p": sign_flip_test(falls[0, rows] - falls[1, rows], seed=SEED),
        }
        for part, rows in parts.items()
    ]


def as_text(row: dict[str, Any]) -> str:
    gain = row["difference"]
    return (
        f"{row['parts']}, {row['queries']} queries: the score falls by {row['named']:.4f} without "
        f"the label named, {row['random']:.4f} without another; difference {gain['value']:.4f} "
        f"[{gain['low']:.4f}, {gain['high']:.4f}], p {row['p']:.4f}, "
        f"parts sum to the score to {row['largest error']:.0e}"
    )


if __name__ == "__main__":
    main()
