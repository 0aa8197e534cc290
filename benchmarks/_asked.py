"""Collections of data sets in a space, and what is asked of them: with an answer, and without."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet

from iconym.catalog.memory import MemoryCatalog
from iconym.data.parquet import read_parquet
from iconym.encoders.onnx import OnnxEncoder, load_onnx
from iconym.features.cache import cached_features
from iconym.index.exact import exact_index
from iconym.nouns import Picture, WordVectors, split_words
from iconym.reproduce.photographs import (
    PHOTO,
    Photographs,
    cifar100,
    encoder_of,
    first_terms,
    read_classes,
    tiny_imagenet,
)
from iconym.search import Search, Term
from iconym.search.background import Background, background_of
from iconym.search.calibrated import Asked
from iconym.search.relevance import ask
from iconym.similarity import unit
from iconym.space import JointSpace, Projection
from iconym.training.prototypes import fit_prototypes
from iconym.training.ridge import fit_ridge, targets_of
from iconym.training.tasks import draw_unseen
from iconym.words.formats import load_words
from iconym.words.labels import compile_labels
from iconym.words.parts import centered

WORDS = "vectors/w2v_local_100d.npz"
OTHER_WORDS = "vectors/glove6B_50d_common.txt"
OTHER_ENCODER = "mobilenetv1_025_128_tf.onnx"
SIZES = (1, 3, 10, 50)  # pictures of each class, at most
SEEDS = (0, 1, 2)
SHOWN = 10
ALPHA = 0.1  # of ridge regression
RANDOM_WORDS = 1_000
LEAST = 10  # photos, of two captions each, of a word that is a label of Flickr8k's space
SUBJECTS = {  # what a photo of Flickr8k may show, in the words of its captions
    "dog": "dog dogs puppy",
    "snow": "snow snowy ski skiing skier snowboard snowboarder sled ice",
    "bike": "bike bikes biker biking bicycle bicyclist motorcycle",
    "water": "water pool ocean lake river beach sea swimming wave waves surfboard surfer surfing "
    "boat stream fountain",
    "rock": "rock rocks cliff mountain mountains hill climbing climber climbs",
    "street": "street city road sidewalk building car cars traffic",
    "grass": "grass grassy field lawn",
    "ball": "ball soccer tennis basketball football baseball volleyball",
}
SMALL_WORDS = frozenset(
    "a an the of in on at and with is are to while his her their up by for from it two three man's "
    "into through over near that as out down another its one being onto other there some around "
    "off front very he she they has have".split()
)


@dataclass(frozen=True)
class Nothing:
    """An encoder that is never called: all pictures are vectors already."""

    name: str = "nothing"
    dim: int = 1
    fingerprint: str = "nothing"

    def __call__(self, images: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Shown:
    """Pictures as vectors of a space, and what each of them shows."""

    name: str
    space: JointSpace
    vectors: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Question:
    """A text, and the rows of the pictures that are right; none if it has no answer."""

    text: str
    right: frozenset[int]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A question as it was answered: what was known, which hits are right, and other measures."""

    asked: Asked
    right: np.ndarray
    answerable: bool
    cosine: float
    deviations: float


def cifar(data: Path, cache: Path) -> dict[str, Shown]:
    """What the numbers are learned from: the same pictures in spaces of two sets of words."""
    rows = read_classes(data / "cifar100" / "classes.tsv", "class_name")
    unseen = [name for name, row in rows.items() if row["zsl"] == "unseen"]
    world, words = cifar100(data, cache), load_words(data / OTHER_WORDS)
    other = with_words(world, words)
    known = compile_labels(list(rows), words).vectors
    return {
        **spaces_of(load_words(data / WORDS), "CIFAR-100", world, unseen),
        **spaces_of(words, "CIFAR-100, GloVe", other, [name for name in unseen if name in known]),
    }


def with_words(world: Photographs, words: WordVectors) -> Photographs:
    """The same pictures, known by other words; classes without a vector are left out."""
    classes = sorted(set(world.train.labels))
    return replace(
        world, vectors=lambda seen: compile_labels(classes, centered(words, seen)).vectors
    )


def tiny(data: Path, cache: Path) -> dict[str, Shown]:
    """200 other classes."""
    rows = read_classes(data / "tiny_imagenet" / "classes.tsv", "wnid")
    named = first_terms({wnid: row["words"] for wnid, row in rows.items()})
    unseen = [named[wnid] for wnid, row in rows.items() if row["zsl"] == "unseen"]
    return spaces_of(load_words(data / WORDS), "Tiny-ImageNet", tiny_imagenet(data, cache), unseen)


def other_tiny(data: Path, cache: Path) -> dict[str, Shown]:
    """The same pictures in spaces of other words, with other classes unseen."""
    words, world = load_words(data / OTHER_WORDS), tiny_imagenet(data, cache)
    classes = sorted(set(world.train.labels))
    unseen = draw_unseen(compile_labels(classes, words).vectors.words, 0.2, seed=1)
    return spaces_of(words, "Tiny-ImageNet, GloVe", with_words(world, words), unseen)


def spaces_of(
    words: WordVectors, name: str, world: Photographs, unseen: Sequence[str]
) -> dict[str, Shown]:
    """A world's test pictures in a space by prototypes and in one by ridge regression."""
    draw = world.draw(0, unseen)
    train, vectors = draw.train, draw.vectors
    text = centered(words, draw.seen)
    test = np.isin(world.test.labels, vectors.words)
    features, labels = world.test.features[test], np.array(world.test.labels)[test]
    fitted = fit_prototypes(train.features, train.labels, vectors)
    ridge = fit_ridge(train.features, targets_of(train.labels, vectors), alpha=ALPHA)
    ways = {
        "prototypes": (fitted.projection, fitted.moved(text), fitted.moved(vectors)),
        "ridge": (ridge, text, vectors),
    }
    return {
        f"{name}, {way}": Shown(name, space(text, vectors), unit(project(features)), labels)
        for way, (project, text, vectors) in ways.items()
    }


def imagenet(data: Path, cache: Path) -> Shown:
    """A photo of each class of ImageNet at the mean of the words its network thinks of."""
    return conse(data, cache, encoder_of(data, PHOTO, "logits"), load_words(data / WORDS))


def other_imagenet(data: Path, cache: Path) -> Shown:
    """The same photos by a network of half the accuracy, and other words."""
    network = load_onnx(data / "weights" / OTHER_ENCODER, replace(PHOTO, size=128))
    return conse(data, cache, replace(network, output="logits"), load_words(data / OTHER_WORDS))


def conse(data: Path, cache: Path, encoder: OnnxEncoder, words: WordVectors) -> Shown:
    """Norouzi et al., ICLR 2014, over all 1,000 labels of the network."""
    path = data / "imagenet1k_sample" / "images.parquet"
    logits = cached_features(read_parquet(path, label="wnid"), encoder, cache)
    table = pyarrow.parquet.read_table(path, columns=["wnid", "words", "label"]).to_pydict()
    named = first_terms(dict(zip(table["wnid"], table["words"], strict=True)))
    of_output = [named[wnid] for _, wnid in sorted(zip(table["label"], table["wnid"], strict=True))]
    text = centered(words, compile_labels(of_output, words).vectors.words)
    vectors = compile_labels(of_output, text).vectors
    known = [vectors.words.index(name) if name in vectors else -1 for name in of_output]
    targets = np.where(np.array(known)[:, None] >= 0, vectors.vectors[known], 0)
    odds = np.exp(logits.features - logits.features.max(axis=1, keepdims=True))
    labels = np.array([named[wnid] for wnid in logits.labels])
    kept = np.isin(labels, vectors.words)
    placed = unit((odds / odds.sum(axis=1, keepdims=True)) @ targets)
    return Shown("ImageNet", space(text, vectors), placed[kept].astype(np.float32), labels[kept])


def space(text: WordVectors, vocabulary: WordVectors) -> JointSpace:
    dim = vocabulary.dim
    projection = Projection(np.eye(dim, dtype=np.float32), np.zeros(dim, np.float32))
    return JointSpace("benchmark", Nothing(), projection, text, vocabulary)


def of_classes(world: Shown, sizes: Sequence[int] = SIZES) -> Iterator[tuple[int, list[Outcome]]]:
    """For each size, all names asked of collections that lack half of the classes."""
    names = np.array(world.space.vocabulary.words)
    for size in sizes:
        outcomes: list[Outcome] = []
        for seed in SEEDS:
            random = np.random.default_rng(seed)
            here = names[random.permutation(len(names)) < len(names) // 2]
            rows = some_of_each(random.permutation(len(world.labels)), world.labels, here, size)
            labels = world.labels[rows]
            questions = [
                Question(name, frozenset(np.flatnonzero(labels == name).tolist())) for name in names
            ]
            outcomes += asked_of(world.space, world.vectors[rows], questions)
        yield size, outcomes


def some_of_each(
    order: np.ndarray, labels: np.ndarray, here: Sequence[str], size: int
) -> np.ndarray:
    """The first rows in this order, ``size`` of each label that is here."""
    parts = [order[labels[order] == name][:size] for name in here]
    return np.concatenate(parts)


def flickr(data: Path, cache: Path) -> tuple[list[Outcome], list[Outcome]]:
    """A word of each subject and captions that name it, with and without its photos."""
    path = data / "flickr8k_1000" / "images.parquet"
    features = cached_features(read_parquet(path, label="name"), encoder_of(data, PHOTO), cache)
    table = pyarrow.parquet.read_table(path, columns=["captions", "split"]).to_pydict()
    said = [[split_words(caption) for caption in captions] for captions in table["captions"]]
    train = np.array(table["split"]) == "train"
    words = load_words(data / WORDS)
    labels = common_words([said[i] for i in np.flatnonzero(train)], words)
    text = centered(words, labels)
    where = [caption_mean(captions, text) for captions in said]
    project = fit_ridge(features.features[train], unit(np.array(where)[train]), alpha=ALPHA)
    vocabulary = WordVectors(labels, unit(np.array([text[word] for word in labels])))
    found = space(text, vocabulary)
    placed = unit(project(features.features[~train]))
    return photos_asked(found, placed, [said[i] for i in np.flatnonzero(~train)])


def common_words(said: Sequence[Sequence[Sequence[str]]], words: WordVectors) -> tuple[str, ...]:
    """The words that stand in two captions of at least 10 photos."""
    counts: Counter[str] = Counter()
    for captions in said:
        of_photo = Counter(word for caption in captions for word in set(caption))
        counts.update(word for word, count in of_photo.items() if count >= 2)
    return tuple(
        word
        for word, count in counts.items()
        if count >= LEAST and word in words and word not in SMALL_WORDS
    )


def caption_mean(captions: Sequence[Sequence[str]], text: WordVectors) -> np.ndarray:
    texts = [readable(caption, text) for caption in captions]
    return text([t for t in texts if t]).mean(axis=0)


def readable(caption: Sequence[str], text: WordVectors) -> str:
    return " ".join(word for word in caption if word in text and word not in SMALL_WORDS)


def photos_asked(
    found: JointSpace, placed: np.ndarray, said: Sequence[Sequence[Sequence[str]]]
) -> tuple[list[Outcome], list[Outcome]]:
    """Words (right: photos of two captions with it) and captions (right: those of the subject)."""
    by_word: list[Outcome] = []
    by_caption: list[Outcome] = []
    for listed in SUBJECTS.values():
        count = captions_with(set(listed.split()), said)
        without = placed[count == 0]
        shown = rows_of(count)
        texts = [
            Question(readable(caption, found.text), shown)
            for row in sorted(shown)
            for caption in said[row]
            if set(caption) & set(listed.split())
        ]
        words = [
            Question(word, rows)
            for word in listed.split()
            if word in found.text and (rows := rows_of(captions_with({word}, said)))
        ]
        by_word += asked_of(found, placed, words) + asked_of(found, without, absent(words))
        by_caption += asked_of(found, placed, texts) + asked_of(found, without, absent(texts))
    return by_word, by_caption


def captions_with(words: set[str], said: Sequence[Sequence[Sequence[str]]]) -> np.ndarray:
    """How many captions of each photo hold one of the words."""
    return np.array([sum(bool(words & set(caption)) for caption in photo) for photo in said])


def rows_of(count: np.ndarray) -> frozenset[int]:
    """The photos that two captions or more agree on."""
    return frozenset(np.flatnonzero(count >= 2).tolist())


def absent(questions: Sequence[Question]) -> list[Question]:
    return [replace(question, right=frozenset()) for question in questions]


def random_words(world: Shown) -> list[Outcome]:
    """Words of the whole language, hardly any of which a picture shows; taken as answerless."""
    known = [word for word in world.space.text.words if word.isalpha()]
    drawn = np.random.default_rng(0).choice(known, RANDOM_WORDS, replace=False)
    return asked_of(world.space, world.vectors, [Question(w, frozenset()) for w in drawn.tolist()])


def asked_of(
    found: JointSpace, vectors: np.ndarray, questions: Sequence[Question]
) -> list[Outcome]:
    """Each question as a search answers it."""
    search = search_of(found, vectors)
    background = background_of(search)
    assert background is not None
    return [outcome(search, background, vectors, question) for question in questions]


def search_of(found: JointSpace, vectors: np.ndarray) -> Search:
    """A search of pictures that are named by their rows."""
    catalog, index = MemoryCatalog(), exact_index(found.dim)
    pictures = [Picture(str(row)) for row in range(len(vectors))]
    ids = catalog.put(pictures, found.fingerprint, vectors)
    index.add(np.array(ids), vectors)
    return Search(found, index, catalog)


def outcome(
    search: Search, background: Background, vectors: np.ndarray, question: Question
) -> Outcome:
    query = [Term(question.text)]
    hits, asked = ask(search, background, query)
    right = np.array([int(hit.picture.uri) in question.right for hit in hits[:SHOWN]], float)
    scores = vectors @ search.embed(query)
    best = float(scores.max())
    deviations = (best - float(scores.mean())) / float(scores.std())
    return Outcome(asked, right, bool(question.right), best, deviations)
