"""What an experiment is, and what all of them share: learning once, figures over seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from iconym.evaluation import evaluate_zero_shot
from iconym.labellers.chance import random_vectors
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.metrics.ranking import hits_at_k
from iconym.nouns import Track, WordVectors
from iconym.protocols import Labeller
from iconym.reproduce.result import Result
from iconym.reproduce.worlds import Draw, World
from iconym.training.descent import TrainingConfig
from iconym.training.layers import fit_softmax
from iconym.training.methods import LINEAR, Hinge, Method
from iconym.training.projections import project, settled

PerSeed = Float[np.ndarray, " seeds"]
Figures = Mapping[str, PerSeed]  # by name

KEPT = 256  # what was learned on so many draws is remembered: experiments share most of it


@dataclass(frozen=True)
class Experiment:
    """A claim of a paper that can be tried on several worlds.

    Args:
        name: as the command line and the run files say it.
        title: a line for people.
        claim: what the paper says, and where.
        worlds: the names of those that it can be tried on.
        run: (world, seeds, track, settings) to its result.
        settings: the paper's, or ours where it gives none; a frozen dataclass.
        explained: by world and row, why it misses its band; shown where it does.
    """

    name: str
    title: str
    claim: str
    worlds: tuple[str, ...]
    run: Callable[..., Result]
    settings: Any
    explained: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class RankLoss:
    """DeViSE's rank loss with that one of several margins that is best on pictures set aside.

    A margin is in units of inner products with projected features, so what suits depends on the
    features. A fifth of the training pictures, of seen classes all, is set aside to choose by.
    """

    margins: tuple[float, ...] = (0.1, 1.0, 5.0)
    descent: TrainingConfig = LINEAR


RANK_LOSS = RankLoss()


@lru_cache(maxsize=2)  # a draw of photographs takes a hundred megabytes
def drawn(world: World, seed: int) -> Draw:
    """The world's draw, made once for those who ask in turn."""
    return world.draw(seed)


@lru_cache(maxsize=KEPT)
def softmax(world: World, seed: int, config: TrainingConfig) -> SoftmaxLabeller:
    """The softmax layer of a draw."""
    train = drawn(world, seed).train
    return fit_softmax(train.features, train.labels, config)


@lru_cache(maxsize=KEPT)
def hinge(world: World, seed: int, loss: RankLoss) -> Hinge:
    """The rank loss with its margin chosen; of equally good ones the smallest."""
    draw = drawn(world, seed)
    aside = np.random.default_rng(seed).random(len(draw.train.labels)) < 1 / 5
    features, labels = draw.train.features, np.array(draw.train.labels)
    truth = labels[aside][:, None] == np.array(draw.seen)

    def hits(margin: float) -> float:
        method = Hinge(margin, loss.descent)
        projection = project(method, features[~aside], labels[~aside].tolist(), draw.vectors)
        answers = SpaceLabeller(projection, draw.vectors).score(features[aside], draw.seen)
        return float(hits_at_k(answers, truth, 1).mean())

    return Hinge(max(loss.margins, key=hits), loss.descent)


@lru_cache(maxsize=KEPT)
def space(world: World, seed: int, method: Method | RankLoss) -> SpaceLabeller:
    """The joint space that ``method`` learns on a draw, its settings chosen on seen classes."""
    return learned(world, seed, method, drawn(world, seed).vectors)


@lru_cache(maxsize=KEPT)
def random_space(world: World, seed: int, method: Method | RankLoss) -> SpaceLabeller:
    """The same, learned towards vectors that mean nothing."""
    draw = drawn(world, seed)
    vectors = random_vectors(draw.vectors.words, draw.vectors.dim, seed=seed)
    return learned(world, seed, method, vectors)


def learned(
    world: World, seed: int, method: Method | RankLoss, vectors: WordVectors
) -> SpaceLabeller:
    """The space that ``method`` learns from a draw's pictures towards these vectors."""
    train = drawn(world, seed).train
    if isinstance(method, RankLoss):
        method = hinge(world, seed, method)
    method = settled(method, train.features, train.labels, vectors, seed=seed)
    return SpaceLabeller(project(method, train.features, train.labels, vectors), vectors)


def over_seeds(
    seeds: Sequence[int], track: Track, doing: str, measure: Callable[[int], Mapping[str, float]]
) -> Figures:
    """What ``measure`` finds for each seed, by name; all seeds give the same names."""
    found = [measure(seed) for seed in track(seeds, doing, len(seeds))]
    return {name: np.array([one[name] for one in found], float) for name in found[0]}


def table_figures(draw: Draw, rows: Mapping[str, Labeller]) -> dict[str, float]:
    """The means of every table of a draw as {"part, row, metric": value}.

    A dash, and a hierarchical metric for which every label is right, have no figure.
    """
    contestants = {name: (labeller, draw.test.features) for name, labeller in rows.items()}
    tables = evaluate_zero_shot(
        contestants, draw.test.labels, draw.seen, draw.unseen, draw.hierarchy, seed=0
    )
    return {
        f"{part}, {row}, {metric}": float(values.mean())
        for part, table in tables.items()
        for row, measured in table.rows.items()
        for metric, values in (measured or {}).items()
        if metric not in table.saturated
    }
