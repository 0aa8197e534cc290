"""What experiments are run on: pictures as features, words as vectors, some classes held back.

``GaussianTree`` is drawn here and needs no data; photographs are in ``photographs.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from iconym.errors import Usage
from iconym.features import Encoded
from iconym.hierarchy import Hierarchy
from iconym.nouns import WordVectors
from iconym.similarity import unit


@dataclass(frozen=True, eq=False)
class Draw:
    """One division of a world into what is learned from and what is asked.

    Args:
        train: pictures of seen classes.
        test: pictures that nothing is learned from, of seen and unseen classes.
        vectors: of every class.
        hierarchy: holds every class.
        seen: the classes learned from.
        unseen: the classes held back.
    """

    train: Encoded
    test: Encoded
    vectors: WordVectors
    hierarchy: Hierarchy
    seen: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """What is a kind of what, with the labels trained on and all that could be answered."""

    hierarchy: Hierarchy
    seen: tuple[str, ...]
    labels: tuple[str, ...]


@runtime_checkable
class World(Protocol):
    """Whatever gives a draw for a seed; equal worlds give equal draws."""

    @property
    def name(self) -> str:
        """A name for people, and for the files of results."""
        ...

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        ...

    def __hash__(self) -> int:
        """Of what its draws depend on: what is learned on them is remembered by it."""
        ...

    def draw(self, seed: int, unseen: Sequence[str] | None = None) -> Draw:
        """Which classes are held back, unless they are given, and all else left to chance."""
        ...


@dataclass(frozen=True)
class GaussianTree:
    """Classes at the leaves of a tree, each node with a random meaning of its own.

    A class means the sum of the meanings of the nodes above it and of its own. Its word is that
    meaning with noise; its pictures are the meaning seen by a random linear eye, plus looks of
    each node that no word tells of, with noise. So words and pictures agree about what is near
    what, but not on everything. In each group of leaves the same number of classes is held back.

    Args:
        branches: children of each node, from the root down.
        meaning: dimensions of meanings and words.
        features: dimensions of a picture.
        looks: standard deviation of what a node adds to each feature and no word tells; its
            meaning adds 1.
        feature_noise: standard deviation of each feature among the pictures of a class.
        word_noise: standard deviation of each number of a word; a node's meaning has 1.
        train: pictures of each seen class to learn from.
        test: pictures of each class that are asked.
        held_back: classes of each group of leaves.

    Raises:
        Usage: if a number of branches, dimensions or pictures is below 1, a noise below 0, or no
            class of a group would be left to learn from.
    """

    branches: tuple[int, ...] = (5, 4, 5)
    meaning: int = 50
    features: int = 128
    looks: float = 0.5
    feature_noise: float = 3.5
    word_noise: float = 0.6
    train: int = 40
    test: int = 20
    held_back: int = 1

    def __post_init__(self) -> None:
        if min(*self.branches, self.meaning, self.features, self.train, self.test) < 1:
            raise Usage(f"{self}: branches, dimensions and pictures must be at least 1")
        if min(self.looks, self.feature_noise, self.word_noise) < 0:
            raise Usage(f"{self}: looks and noise must be at least 0")
        if not 1 <= self.held_back < self.branches[-1]:
            raise Usage(f"held_back is {self.held_back}; from 1 to {self.branches[-1] - 1} can be")

    @property
    def name(self) -> str:
        """A name for people."""
        return "tree"

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        size = " x ".join(map(str, self.branches))
        return (
            f"a synthetic tree of {size} Gaussian classes, one of each group unseen: "
            f"{self.features} features with noise {self.feature_noise:g}, words of {self.meaning} "
            f"dimensions with noise {self.word_noise:g}, {self.train} training pictures a class"
        )

    def graph(self) -> Graph:
        """The tree with one leaf of each group unseen, and what can be counted on paper."""
        names = tuple(map(_name, self._paths()))
        group = self.branches[-1]
        of_groups = zip(*[iter(names)] * group, strict=True)
        held = {name for leaves in of_groups for name in leaves[: self.held_back]}
        seen = tuple(name for name in names if name not in held)
        return Graph(_hierarchy(self._paths()), seen, names)

    def draw(self, seed: int, unseen: Sequence[str] | None = None) -> Draw:
        """A new tree, new words and pictures."""
        rng = np.random.default_rng(seed)
        names = tuple(map(_name, self._paths()))
        meanings = self._summed_down(self.meaning, rng)
        words = meanings + self.word_noise * rng.standard_normal(meanings.shape)
        eye = rng.standard_normal((self.meaning, self.features)) / np.sqrt(self.meaning)
        centers = meanings @ eye + self.looks * self._summed_down(self.features, rng)
        drawn = self._held(names, rng)
        held = set(drawn if unseen is None else unseen)
        learned = np.array([row for row, name in enumerate(names) if name not in held])
        vectors = unit(words - words[learned].mean(axis=0)).astype(np.float32)
        return Draw(
            train=self._pictures(centers, names, np.repeat(learned, self.train), rng),
            test=self._pictures(centers, names, np.repeat(np.arange(len(names)), self.test), rng),
            vectors=WordVectors(names, vectors),
            hierarchy=_hierarchy(self._paths()),
            seen=tuple(name for name in names if name not in held),
            unseen=tuple(name for name in names if name in held),
        )

    def _paths(self) -> list[tuple[int, ...]]:
        return list(product(*map(range, self.branches)))

    def _held(self, names: tuple[str, ...], rng: np.random.Generator) -> list[str]:
        """As many of each group of leaves, drawn by lot."""
        group = self.branches[-1]
        starts = range(0, len(names), group)
        return [names[s + i] for s in starts for i in rng.permutation(group)[: self.held_back]]

    def _summed_down(self, width: int, rng: np.random.Generator) -> Float[np.ndarray, "leaves _"]:
        """For each leaf, the sum of what it and the nodes above it draw for themselves."""
        sums = np.zeros((1, width))
        for children in self.branches:
            sums = np.repeat(sums, children, axis=0)
            sums += rng.standard_normal(sums.shape)
        return sums

    def _pictures(
        self, centers: np.ndarray, names: tuple[str, ...], of: np.ndarray, rng: np.random.Generator
    ) -> Encoded:
        noise = self.feature_noise * rng.standard_normal((len(of), self.features))
        return Encoded((centers[of] + noise).astype(np.float32), tuple(names[i] for i in of))


def _name(path: tuple[int, ...]) -> str:
    return "leaf " + ".".join(map(str, path))


def _hierarchy(paths: Sequence[tuple[int, ...]]) -> Hierarchy:
    return Hierarchy.from_tree((_name(path), *map(str, reversed(path[:-1]))) for path in paths)


def with_noise(vectors: WordVectors, amount: float, *, seed: int) -> WordVectors:
    """Unit vectors, to each of which ``amount`` times a random unit vector was added."""
    rng = np.random.default_rng(seed)
    added = unit(rng.standard_normal(vectors.vectors.shape))
    return WordVectors(vectors.words, _turned(vectors.vectors, added, amount))


def _turned(
    vectors: Float[np.ndarray, "n dim"], added: Float[np.ndarray, "n dim"], amount: float
) -> Float[np.ndarray, "n dim"]:
    return unit(unit(vectors.astype(float)) + amount * added).astype(np.float32)
