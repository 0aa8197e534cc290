"""CIFAR-100's 20 unseen classes, and 10 random draws of 20: how well are they named from features?

    python benchmarks/zero_shot_photos.py --data DATA [--cache FOLDER] [--draws 10] [--json]

DATA is laid out as for ``iconym reproduce``, with hierarchy/imagenet_1k_classes.tsv. Nothing is
learned from, or chosen by, pictures of unseen classes: settings are those of the most hits where
some seen classes play the unseen. Each picture is answered by itself. The row "ConSE(10) over
ImageNet's labels" alone uses the encoder's own classifier, which has seen pictures of most of
these classes. The first run encodes 24,000 pictures, which takes minutes.
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iconym.data.parquet import read_parquet
from iconym.evaluation import evaluate, evaluate_zero_shot
from iconym.evaluation.generalized import generalized
from iconym.features import take
from iconym.features.cache import cached_features
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.hubness import CslsLabeller
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.labellers.stacking import CalibratedStacking
from iconym.metrics.intervals import bootstrap
from iconym.nouns import WordVectors
from iconym.protocols import Labeller
from iconym.reproduce.photographs import (
    SMALL,
    Photographs,
    Vectors,
    cifar100,
    encoder_of,
    first_terms,
    read_classes,
)
from iconym.reproduce.worlds import Draw
from iconym.similarity import unit
from iconym.training.held_back import chosen_gamma, labeller_hits
from iconym.training.layers import fit_softmax
from iconym.training.projections import ALPHAS, LINEAR
from iconym.training.prototypes import fit_prototypes, prototype_hits
from iconym.training.ridge import fit_ridge, ridge_path, targets_of
from iconym.words.formats import load_words
from iconym.words.labels import compile_labels
from iconym.words.parts import as_parts, centered

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED = 0
OURS, SAID = "prototypes, names", "prototypes, names + WordNet"
IMAGENET = "ConSE(10) over ImageNet's labels"

Learn = Callable[[np.ndarray, Sequence[str]], Labeller]


@dataclass(frozen=True)
class Way:
    """A way to learn, with the settings chosen on seen classes and their hit@1 there."""

    learn: Learn
    settings: dict[str, float]
    hits: float | None = None


def main() -> None:
    """Measure the fixed split, then the draws, and print both."""
    asked = arguments()
    start = time.monotonic()
    world, kept = cifar100(asked.data, asked.cache), read_texts(asked.data)
    rows = read_classes(asked.data / "cifar100" / "classes.tsv", "class_name")
    draw = world.draw(SEED, [label for label, row in rows.items() if row["zsl"] == "unseen"])
    encoded = time.monotonic()
    ways = {**prototypes(draw, kept), **others(draw)}
    labellers = {name: stacked(draw, way) for name, way in ways.items()}
    fixed = measured(draw, labellers, imagenet(asked.data, asked.cache, draw))
    done = time.monotonic()
    drawn = [of_draw(world, kept, seed) for seed in range(asked.draws)]
    seconds = {
        "encoding": round(encoded - start, 1),
        "fixed split": round(done - encoded, 1),
        "draws": round(time.monotonic() - done, 1),
    }
    settings = {
        name: {**way.settings, "gamma": labellers[name].gamma, "hit@1 on seen classes": way.hits}
        for name, way in ways.items()
    }
    means = summary(drawn)
    report(fixed, settings, means, seconds)
    if asked.json:
        found = {"fixed": fixed["json"], "settings": settings, "draws": drawn, "means": means}
        about = {"benchmark": "zero_shot_photos", "cores": os.cpu_count(), "seconds": seconds}
        print(json.dumps({**about, **found}, allow_nan=False))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    cache = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="where features are kept")
    parser.add_argument("--draws", type=int, default=10, help="random draws of 20 classes")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def read_texts(data: Path) -> Vectors:
    """For each class the sum of three unit vectors: name, lemmas and definition in WordNet."""
    rows = read_classes(data / "cifar100" / "classes.tsv", "class_name")
    words = load_words(data / "vectors" / "w2v_local_100d.npz")
    columns = [
        list(rows),
        [row["wordnet_lemmas"] for row in rows.values()],
        [re.split(r'[;:] "', row["wordnet_gloss"])[0] for row in rows.values()],  # no examples
    ]

    def vectors(seen: Sequence[str]) -> WordVectors:
        parts = as_parts(words, seen)
        sums = sum(each(texts, parts) for texts in columns)
        return WordVectors(tuple(rows), unit(sums).astype(np.float32))

    return vectors


def each(texts: Sequence[str], words: WordVectors) -> np.ndarray:
    """A unit vector for each text; the same text may stand twice."""
    found = compile_labels(texts, words).vectors
    return np.stack([found[text] for text in texts])


def prototypes(draw: Draw, said: Vectors) -> dict[str, Way]:
    """Ours, on names alone and with what WordNet says of them."""
    return {
        OURS: _prototypes(draw, draw.vectors),
        SAID: _prototypes(draw, said(draw.seen)),
    }


def _prototypes(draw: Draw, vectors: WordVectors) -> Way:
    found = prototype_hits(draw.train.features, draw.train.labels, vectors, seed=SEED)
    config = max(reversed(found), key=found.__getitem__)

    def learn(features: np.ndarray, labels: Sequence[str]) -> SpaceLabeller:
        fitted = fit_prototypes(features, labels, vectors, config)
        return SpaceLabeller(fitted.projection, fitted.moved(vectors))

    settings = {"sharpness": config.sharpness, "shrinkage": config.shrinkage}
    return Way(learn, settings, round(found[config], 4))


def ridge(draw: Draw) -> Way:
    """Plain ridge regression, its alpha chosen on seen classes."""
    vectors = draw.vectors

    def each_alpha(features: np.ndarray, labels: Sequence[str]) -> list[SpaceLabeller]:
        path = ridge_path(features, targets_of(labels, vectors), alphas=ALPHAS)
        return [SpaceLabeller(projection, vectors) for projection in path]

    hits = labeller_hits(each_alpha, draw.train.features, draw.train.labels, seed=SEED)
    alpha = ALPHAS[int(np.argmax(hits))]

    def learn(features: np.ndarray, labels: Sequence[str]) -> SpaceLabeller:
        return SpaceLabeller(fit_ridge(features, targets_of(labels, vectors), alpha=alpha), vectors)

    return Way(learn, {"alpha": alpha}, round(float(hits.max()), 4))


def others(draw: Draw) -> dict[str, Way]:
    """What ours is compared with, on names alone."""
    plain = ridge(draw)

    def csls(features: np.ndarray, labels: Sequence[str]) -> CslsLabeller:
        space = plain.learn(features, labels)
        return CslsLabeller(space, space.projection(features))

    def conse(features: np.ndarray, labels: Sequence[str]) -> ConseLabeller:
        return ConseLabeller(fit_softmax(features, labels, LINEAR), draw.vectors)

    return {
        "ridge": plain,
        "ridge, CSLS(10)": Way(csls, plain.settings),
        "ConSE(10) over seen classes": Way(conse, {}),
    }


def stacked(draw: Draw, way: Way) -> CalibratedStacking:
    """The labeller learned from all seen classes, those held back by a gamma chosen on them."""
    features, labels = draw.train.features, draw.train.labels
    gamma = chosen_gamma(way.learn, features, labels, seed=SEED)
    return CalibratedStacking(way.learn(features, labels), draw.seen, gamma)


def imagenet(data: Path, cache: Path, draw: Draw) -> tuple[Labeller, np.ndarray]:
    """ConSE over the encoder's own classes, and what that makes of the unseen pictures."""
    logits = encoder_of(data, SMALL, "logits")
    found = []
    for part in ("test", "train"):  # the order of a draw's test pictures
        pictures = read_parquet(data / "cifar100" / f"{part}.parquet", label="class_name")
        rows = [row for row, label in enumerate(pictures.labels) if label in set(draw.unseen)]
        found.append(cached_features(take(pictures, rows), logits, cache).features)
    rows = read_classes(data / "hierarchy" / "imagenet_1k_classes.tsv", "wnid")
    named = first_terms({wnid: row["words"] for wnid, row in rows.items()})
    names = tuple(named.values())
    own = SoftmaxLabeller(np.eye(1000, dtype="f4"), np.zeros(1000, "f4"), names)
    words = centered(load_words(data / "vectors" / "w2v_local_100d.npz"), draw.seen)
    text = compile_labels([*draw.unseen, *names], words).vectors
    return ConseLabeller(own, text), np.concatenate(found)


def measured(
    draw: Draw, labellers: dict[str, CalibratedStacking], own: tuple[Labeller, np.ndarray]
) -> dict[str, Any]:
    """The tables of the fixed split: unseen alone, and U, S and H among all."""
    rows = {name: (labeller, draw.test.features) for name, labeller in labellers.items()}
    tables = evaluate_zero_shot(rows, draw.test.labels, draw.seen, draw.unseen, None, seed=SEED)
    both = generalized(tables)
    kept = np.isin(np.array(draw.test.labels), draw.unseen)
    alone = {name: (labeller, draw.test.features[kept]) for name, labeller in labellers.items()}
    truth = [label for label, keep in zip(draw.test.labels, kept, strict=True) if keep]
    table = evaluate({**alone, IMAGENET: own}, truth, draw.unseen, None, seed=SEED)
    return {
        "text": f"{table.markdown()}\n{both.markdown()}",
        "json": {"unseen": table.to_json(), "all": both.to_json()},
    }


def of_draw(world: Photographs, said: Vectors, seed: int) -> dict[str, dict[str, float]]:
    """The figures of one random draw of classes, with all settings chosen anew."""
    draw = world.draw(seed)
    ways = {**prototypes(draw, said), "ridge": ridge(draw)}
    rows = {name: (stacked(draw, way), draw.test.features) for name, way in ways.items()}
    tables = evaluate_zero_shot(rows, draw.test.labels, draw.seen, draw.unseen, None, seed=SEED)
    both = generalized(tables).to_json()
    alone = tables["unseen"].to_json()
    return {
        name: {
            **{k: alone[name][k]["value"] for k in ("hit@1", "hit@5")},
            **{k: both[name][k]["value"] for k in ("U", "S", "H")},
        }
        for name in ways
    }


def summary(drawn: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, Any]]:
    """Mean over the draws, its interval by resampling draws, and their standard deviation."""
    found: dict[str, dict[str, Any]] = {}
    for name in drawn[0] if drawn else ():
        for figure in drawn[0][name]:
            values = np.array([one[name][figure] for one in drawn])
            spread = round(float(values.std(ddof=1)), 6) if len(values) > 1 else None
            mean = bootstrap(values, seed=SEED).to_json()
            found.setdefault(name, {})[figure] = {**mean, "deviation": spread}
    return found


def report(
    fixed: dict[str, Any],
    settings: dict[str, dict[str, Any]],
    means: dict[str, dict[str, Any]],
    seconds: dict[str, float],
) -> None:
    print(", ".join(f"{what} {s:.0f} s" for what, s in seconds.items()))
    print(f"\n## The fixed split\n\n{fixed['text']}")
    print("Chosen on seen classes:")
    for name, chosen in settings.items():
        print(f"  {name}: " + ", ".join(f"{k} {v}" for k, v in chosen.items() if v is not None))
    print("\n## Random draws of 20 classes\n")
    for name, figures in means.items():
        shown = (
            f"{figure} {m['value']:.3f} [{m['low']:.3f}, {m['high']:.3f}]"
            for figure, m in figures.items()
        )
        print(f"  {name}: " + ", ".join(shown))


if __name__ == "__main__":
    main()
