"""A network's own classifier on photographs of its 1,000 classes, and ConSE over it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iconym.data.parquet import read_parquet
from iconym.evaluation import evaluate
from iconym.features import Encoded
from iconym.features.cache import cached_features
from iconym.hierarchy import Hierarchy
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.metrics.intervals import Interval, paired_difference
from iconym.metrics.tables import CHANCE, Table
from iconym.nouns import Track, WordVectors, untracked
from iconym.protocols import Labeller
from iconym.reproduce.experiment import Experiment
from iconym.reproduce.photographs import PHOTO, below_wordnet, encoder_of, first_terms, read_classes
from iconym.reproduce.result import Band, Result, Row, Unit
from iconym.words.formats import load_words
from iconym.words.labels import compile_labels
from iconym.words.parts import centered

CLAIM = (
    "Frome et al., NIPS 2013, table 1: over ILSVRC-2012's 1,000 classes softmax has hit@1 55.6 "
    "and hit@5 78.5, hp@2 .452, hp@5 .342, hp@10 .313 and hp@20 .319. A later network of hit@1 "
    "75.9 has hp .571, .423, .377 and .360. ConSE answers among the same classes with the vector "
    "that it combines of them."
)
HITS = {1: "55.6, 75.9", 5: "78.5, 92.8"}
HP = {2: ".452, .571", 5: ".342, .423", 10: ".313, .377", 20: ".319, .360"}
CHANCES = {2: ".007", 5: ".013", 10: ".022", 20: ".042"}
BANDS = {2: (0.45, 0.70), 5: (0.34, 0.52), 10: (0.31, 0.47), 20: (0.31, 0.45)}


@dataclass(frozen=True)
class Settings:
    """How many classes ConSE combines."""

    top: int = 10


DEFAULT = Settings()


@dataclass(frozen=True, eq=False)
class Sample:
    """Photographs as the network's own logits, with words for its classes."""

    name: str
    about: str
    logits: Encoded
    vectors: WordVectors
    hierarchy: Hierarchy
    classes: tuple[str, ...]  # in the network's order; the first terms of their synsets


def imagenet_sample(data: Path, kept: Path, track: Track = untracked) -> Sample:
    """One photograph of each class of ImageNet."""
    rows = read_classes(data / "hierarchy" / "imagenet_1k_classes.tsv", "wnid")
    named = first_terms({wnid: row["words"] for wnid, row in rows.items()})
    pictures = read_parquet(data / "imagenet1k_sample" / "images.parquet", label="wnid")
    found = cached_features(pictures, encoder_of(data, PHOTO, "logits"), kept, track)
    classes = tuple(named.values())
    words = centered(load_words(data / "vectors" / "w2v_local_100d.npz"), classes)
    return Sample(
        "imagenet-sample",
        f"{len(found.labels):,} photographs, one of each class of ILSVRC-2012, by a MobileNetV2 "
        "trained on those classes; it may have seen some of these very photographs",
        Encoded(found.features, tuple(named[wnid] for wnid in found.labels)),
        compile_labels(classes, words).vectors,
        below_wordnet(data, {name: {"wnid": wnid} for wnid, name in named.items()}),
        classes,
    )


def imagenet(
    world: Sample, seeds: Sequence[int], track: Track = untracked, settings: Settings = DEFAULT
) -> Result:
    """Flat and hierarchical figures over all classes; intervals resample the photographs."""
    table = _table(world, settings)
    missing = len(world.classes) - len(world.vectors)
    notes = (
        f"{missing} classes have no word vector; ConSE passes them over and never names them.",
        "What the papers measure on classes 1 and 2 edges away cannot be measured here, for there "
        "are no pictures of them.",
    )
    rows = (*_flat(table), *_hierarchical(table), *_chance(table), *_gaps(table))
    return Result("imagenet", world.name, world.about, 1, rows, notes=notes)


def _table(world: Sample, settings: Settings) -> Table:
    width = len(world.classes)
    logits = np.eye(width, dtype=np.float32), np.zeros(width, np.float32)
    layer = SoftmaxLabeller(*logits, world.classes)
    labellers: dict[str, Labeller] = {
        "softmax": layer,
        "ConSE": ConseLabeller(layer, world.vectors, settings.top),
    }
    rows = {name: (labeller, world.logits.features) for name, labeller in labellers.items()}
    return evaluate(rows, world.logits.labels, world.classes, world.hierarchy, seed=0)


def _flat(table: Table) -> list[Row]:
    reason = "a MobileNetV2 has hit@1 about 72 and hit@5 about 91; seen photographs flatter it"
    bands = {1: Band(0.70, 0.90, reason), 5: Band(0.90, 0.99, reason)}
    return [
        Row(
            f"{row}, hit@{k}",
            _of(table, row)[f"hit@{k}"],
            paper=paper if row == "softmax" else "",
            band=bands[k] if row == "softmax" else None,
        )
        for row in ("softmax", "ConSE")
        for k, paper in HITS.items()
    ]


def _hierarchical(table: Table) -> list[Row]:
    reason = "from the older of the two networks to somewhat above the better one"
    return [
        Row(
            f"{row}, hp@{k}",
            _of(table, row)[f"hp@{k}"],
            "fraction",
            paper if row == "softmax" else "",
            Band(*BANDS[k], reason) if row == "softmax" else None,
        )
        for row in ("softmax", "ConSE")
        for k, paper in HP.items()
    ]


def _chance(table: Table) -> list[Row]:
    """Guessing scores the mean size of the correct sets over the number of labels: an identity."""
    labels = int(table.candidates.max())
    rows = []
    for k, paper in CHANCES.items():
        expected = table.mean_set_sizes[f"hp@{k}"] / labels
        reason = "exactly the mean size of hCorrectSet over the number of labels"
        band = Band(expected - 1e-9, expected + 1e-9, reason)
        exact = _of(table, CHANCE)[f"hp@{k}"].value
        rows.append(
            Row.of(f"chance, hp@{k}", np.array([exact]), "fraction", paper=paper, band=band)
        )
    return rows


def _gaps(table: Table) -> list[Row]:
    ahead = Band(0.0, math.inf, "what ConSE combines lies among the classes that mean alike")
    rows = []
    for metric in ("hp@5", "hp@10", "hp@20", "hit@10"):
        ours, theirs = (table.rows[row] for row in ("ConSE", "softmax"))
        assert ours is not None and theirs is not None  # both answer
        gap = paired_difference(ours[metric], theirs[metric], seed=0)
        flat = metric.startswith("hit")
        unit: Unit = "points" if flat else "fraction"
        band = None if flat else ahead
        rows.append(Row(f"ConSE - softmax, {metric}", gap, unit, band=band))
    return rows


def _of(table: Table, row: str) -> Mapping[str, Interval]:
    return table.intervals[row] or {}


POOR = (
    "the word vectors, of a small corpus, lack 147 of the 1,000 classes, which ConSE never names, "
    "and know little of the rarer ones, of which many are breeds of dogs."
)
SHARP = (
    "likely, a network that was trained long is surer of its first answer, and the rest of its "
    "twenty are less alike; the papers' networks were softer."
)
EXPLAINED = {
    **{("imagenet-sample", f"ConSE - softmax, hp@{k}"): POOR for k in (5, 10, 20)},
    ("imagenet-sample", "softmax, hp@20"): SHARP,
}


EXPERIMENT = Experiment(
    "imagenet",
    "1,000 classes of ImageNet, by a network's own classifier",
    CLAIM,
    ("imagenet-sample",),
    imagenet,
    DEFAULT,
    EXPLAINED,
)
