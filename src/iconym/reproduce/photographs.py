"""Worlds of photographs: data sets that whoever runs this has at hand, encoded once.

DATA is a folder with a folder or file for each: ``cifar100/{train,test}.parquet`` and
``classes.tsv``, the same for ``tiny_imagenet``, ``imagenet1k_sample/images.parquet``,
``zsl_attributes/awa2_class_attributes.tsv``, ``weights/mobilenetv2_100_tf.onnx``,
``vectors/w2v_local_100d.npz`` and ``hierarchy/wordnet30_is_a.tsv.gz``.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from iconym.data.folder import as_label
from iconym.data.parquet import read_parquet
from iconym.encoders.onnx import OnnxEncoder, load_onnx
from iconym.encoders.preprocessing import Preprocessing
from iconym.errors import Usage
from iconym.features import Encoded
from iconym.features.cache import cached_features
from iconym.hierarchy import Hierarchy, read_hierarchy
from iconym.nouns import LabelledImages, Track, WordVectors, untracked
from iconym.reproduce.worlds import Draw
from iconym.similarity import unit
from iconym.training.tasks import draw_unseen
from iconym.words.formats import load_words
from iconym.words.labels import compile_labels
from iconym.words.parts import centered

SMALL = Preprocessing(160, "whole", "bicubic")  # of pictures of 32 and 64 pixels
PHOTO = Preprocessing(224, "crop", "bilinear")

Vectors = Callable[[Sequence[str]], WordVectors]  # the classes seen, to vectors of all classes


@dataclass(frozen=True, eq=False)
class Photographs:
    """Encoded photographs of classes, some of which each seed holds back.

    Pictures of seen classes are learned from where they are of the training part, and asked where
    they are of the test part; of unseen classes all are asked. Classes without a vector are left
    out.

    Args:
        name: a name for people.
        about: what it is, in a sentence.
        train: the part to learn from.
        test: the part to ask.
        vectors: of the classes, given those seen: what is centered is centered on them.
        hierarchy: holds every class.
        held_back: share of the classes.
    """

    name: str
    about: str
    train: Encoded
    test: Encoded
    vectors: Vectors
    hierarchy: Hierarchy
    held_back: float = 0.2

    def draw(self, seed: int, unseen: Sequence[str] | None = None) -> Draw:
        """The classes held back, drawn by lot unless they are given."""
        classes = self.vectors(sorted(set(self.train.labels))).words
        if unseen is None:
            unseen = draw_unseen(classes, self.held_back, seed=seed)
        seen = tuple(label for label in classes if label not in set(unseen))
        test = (_of(self.test, [*seen, *unseen]), _of(self.train, unseen))
        return Draw(
            train=_of(self.train, seen),
            test=Encoded(
                np.concatenate([part.features for part in test]), test[0].labels + test[1].labels
            ),
            vectors=self.vectors(seen),
            hierarchy=self.hierarchy,
            seen=seen,
            unseen=tuple(unseen),
        )


def cifar100(data: Path, kept: Path, track: Track = untracked) -> Photographs:
    """CIFAR-100 with word vectors of its class names."""
    classes = read_classes(data / "cifar100" / "classes.tsv", "class_name")
    train, test = (_encoded(data, f"cifar100/{part}", kept, track) for part in ("train", "test"))
    return Photographs(
        "cifar100",
        f"CIFAR-100, {len(train.labels):,} training and {len(test.labels):,} test pictures, "
        "features of a MobileNetV2 trained on ImageNet, word vectors of 100 dimensions; a fifth "
        "of the classes, drawn by seed, is unseen",
        train,
        test,
        _words(data, tuple(classes)),
        below_wordnet(data, classes),
    )


def tiny_imagenet(data: Path, kept: Path, track: Track = untracked) -> Photographs:
    """Tiny-ImageNet with word vectors of its class names, read by the first word of the synset."""
    rows = read_classes(data / "tiny_imagenet" / "classes.tsv", "wnid")
    named = first_terms({wnid: row["words"] for wnid, row in rows.items()})
    parts = [
        _encoded(data, f"tiny_imagenet/{part}", kept, track, "wnid") for part in ("train", "test")
    ]
    train, test = (replace(p, labels=tuple(named[wnid] for wnid in p.labels)) for p in parts)
    return Photographs(
        "tiny-imagenet",
        f"Tiny-ImageNet, 200 classes, {len(train.labels):,} training and {len(test.labels):,} "
        "test pictures, features of a MobileNetV2 that was trained on these classes too (unseen "
        "is unseen by the joint space alone), word vectors of 100 dimensions",
        train,
        test,
        _words(data, tuple(named.values())),
        below_wordnet(data, {name: rows[wnid] for wnid, name in named.items()}),
    )


def awa2(data: Path, kept: Path, track: Track = untracked, *, words: bool = False) -> Photographs:
    """The animals of CIFAR-100 that AwA2 knows too, by AwA2's attributes or by word vectors."""
    known = read_classes(data / "zsl_attributes" / "awa2_class_attributes.tsv", "wnid")
    classes = read_classes(data / "cifar100" / "classes.tsv", "class_name")
    shared = {name: known[row["wnid"]] for name, row in classes.items() if row["wnid"] in known}
    whole = cifar100(data, kept, track)
    kind = "word vectors of 100 dimensions" if words else "AwA2's 85 attributes"
    return Photographs(
        "awa2-words" if words else "awa2",
        f"the {len(shared)} animals of CIFAR-100 that are classes of AwA2 too, known by {kind}; a "
        "quarter of them, drawn by seed, is unseen",
        _of(whole.train, shared),
        _of(whole.test, shared),
        _words(data, tuple(shared)) if words else attribute_vectors(shared),
        whole.hierarchy,
        0.25,
    )


def encoder_of(data: Path, preprocessing: Preprocessing, output: str = "features") -> OnnxEncoder:
    """The network of all these worlds."""
    place = data / "weights" / "mobilenetv2_100_tf.onnx"
    return replace(load_onnx(place, preprocessing), output=output)


def first_terms(words: Mapping[str, str]) -> dict[str, str]:
    """A label for each synset: its first term that no synset before it has.

    Where all are taken (there are two cranes) the first one with the synset's id, which no word
    vector knows, so that both have one vector.

    Args:
        words: the terms of each synset, parted by commas.
    """
    labels: dict[str, str] = {}
    for wnid, terms in words.items():
        taken = set(labels.values())
        free = [term.strip() for term in terms.split(",") if term.strip() not in taken]
        labels[wnid] = free[0] if free else f"{terms.split(',')[0].strip()} {wnid}"
    return labels


def below_wordnet(data: Path, classes: Mapping[str, Mapping[str, str]]) -> Hierarchy:
    """The classes, hung below their nodes of WordNet, with all that is above those."""
    parents = _parents(data)
    edges: set[tuple[str, str]] = {(label, row["wnid"]) for label, row in classes.items()}
    waiting = {node for _, node in edges}
    while waiting:
        above = {(child, parent) for child in waiting for parent in parents.get(child, ())} - edges
        edges |= above
        waiting = {parent for _, parent in above}
    return Hierarchy(tuple(sorted(edges)))


@lru_cache(maxsize=1)
def _parents(data: Path) -> dict[str, list[str]]:
    parents: dict[str, list[str]] = {}
    for child, parent in read_hierarchy(data / "hierarchy" / "wordnet30_is_a.tsv.gz").edges:
        parents.setdefault(str(child), []).append(str(parent))
    return parents


def _encoded(data: Path, part: str, kept: Path, track: Track, label: str = "class_name") -> Encoded:
    pictures: LabelledImages = read_parquet(data / f"{part}.parquet", label=label)
    return cached_features(pictures, encoder_of(data, SMALL), kept, track)


def read_classes(path: Path, key: str) -> dict[str, dict[str, str]]:
    """The rows of a table of classes by one of its columns, underscores as blanks."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return {as_label(row[key]): row for row in csv.DictReader(file, delimiter="\t")}
    except OSError as error:
        raise Usage(
            f"{path} cannot be read ({error.strerror}); give its folder as --data"
        ) from error


def _words(data: Path, classes: tuple[str, ...]) -> Vectors:
    words = load_words(data / "vectors" / "w2v_local_100d.npz")
    return lambda seen: compile_labels(classes, centered(words, seen)).vectors


def attribute_vectors(rows: Mapping[str, Mapping[str, str]]) -> Vectors:
    """Attributes less their mean over the seen classes; one that is missing counts as the mean.

    Args:
        rows: of a table whose first three columns are no attributes; below 0 is missing.
    """
    numbers = np.array([[float(v) for v in list(row.values())[3:]] for row in rows.values()])
    names = tuple(rows)

    def vectors(seen: Sequence[str]) -> WordVectors:
        known = np.where(numbers < 0, np.nan, numbers)
        mean = np.nanmean(known[[names.index(label) for label in seen]], axis=0)
        return WordVectors(names, unit(np.nan_to_num(known - mean)).astype(np.float32))

    return vectors


def _of(encoded: Encoded, classes: Sequence[str] | Mapping[str, object]) -> Encoded:
    kept = np.isin(np.array(encoded.labels), list(classes))
    labels = tuple(label for label, keep in zip(encoded.labels, kept, strict=True) if keep)
    return Encoded(encoded.features[kept], labels)
