"""The sets behind hierarchical precision and the zero-shot tables, counted on the graph alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from iconym.metrics.intervals import Interval
from iconym.nouns import Track, untracked
from iconym.reproduce.experiment import Experiment
from iconym.reproduce.result import Band, Result, Row
from iconym.reproduce.worlds import Graph

CLAIM = (
    "Frome et al., NIPS 2013: hierarchical precision counts as right the labels in the fewest "
    "rings around the true one that hold k. What guesses scores the mean size of these sets over "
    "the number of labels, and the paper's chance row, .007, .013, .022 and .042 at 2, 5, 10 and "
    "20, says that over 1,000 labels the sets have about 7, 13, 22 and 42. The zero-shot table's "
    '"2-hop" set is published as a list of 1,549 synsets.'
)
KS = (2, 5, 10, 20)
PAPER = {2: "7", 5: "13", 10: "22", 20: "42"}
EXACT = "the set is defined exactly; {}"


@runtime_checkable
class Counted(Protocol):
    """A world that has a graph."""

    name: str
    about: str

    def graph(self) -> Graph:
        """What is counted on."""
        ...


@dataclass(frozen=True)
class Settings:
    """There is nothing to set: the sets are what they are."""


DEFAULT = Settings()

# What was counted by hand (a tree of 5 x 4 x 5 leaves) or elsewhere (WordNet 3.0).
KNOWN = {
    "tree": ({2: 4.0, 5: 16.0, 10: 16.0, 20: 80.0}, {2: 20, 4: 20}, "by hand"),
    "wordnet": (
        {2: 4.54, 5: 9.48, 10: 17.99, 20: 33.82},
        {1: 1548, 2: 5990},
        "counted before by other programs on WordNet 3.0",
    ),
}


def hops(
    world: Counted, seeds: Sequence[int], track: Track = untracked, settings: Settings = DEFAULT
) -> Result:
    """Mean sizes of hCorrectSet over the seen labels, and of the sets within some edges."""
    graph = world.graph()
    sizes, within, source = KNOWN[world.name]
    rows = [
        *(_size(graph, k, sizes[k], source, world.name) for k in track(KS, "hCorrectSet", len(KS))),
        *(_ball(graph, edges, count, source) for edges, count in within.items()),
        _count("unseen labels", len(graph.labels) - _held(graph), None),
    ]
    notes = (
        (
            "The paper's sets are larger by a nearly constant factor: its graph was ImageNet's of "
            "the time, which has an artificial node for what fits nowhere.",
        )
        if world.name == "wordnet"
        else ()
    )
    return Result("hops", world.name, world.about, 1, tuple(rows), notes=notes)


def _size(graph: Graph, k: int, known: float, source: str, world: str) -> Row:
    sets = graph.hierarchy.correct_sets(graph.seen, k, graph.seen)
    band = Band(known - 0.01, known + 0.01, EXACT.format(source))
    paper = PAPER[k] if world == "wordnet" else ""
    return _count(f"mean size of hCorrectSet, k = {k}", float(sets.sum(axis=1).mean()), band, paper)


def _ball(graph: Graph, edges: int, known: int, source: str) -> Row:
    unseen = set(graph.labels) - set(graph.seen)
    found = graph.hierarchy.within(graph.seen, edges, unseen)
    paper = "1,549" if known == 1548 else ""
    band = Band(known, known, EXACT.format(source))
    return _count(f"unseen labels within {edges} edges of a seen one", len(found), band, paper)


def _held(graph: Graph) -> int:
    return len(set(graph.labels) & set(graph.seen))


def _count(name: str, value: float, band: Band | None, paper: str = "") -> Row:
    exact = float(np.float64(value))
    return Row(name, Interval(exact, exact, exact), "count", paper, band)


EXPERIMENT = Experiment(
    "hops", "Correct sets and hop sets", CLAIM, ("tree", "wordnet"), hops, DEFAULT
)
