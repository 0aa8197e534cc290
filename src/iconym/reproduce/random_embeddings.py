"""DeViSE with label vectors that mean nothing: what the words are worth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iconym.metrics.tables import CHANCE
from iconym.nouns import Track, untracked
from iconym.protocols import Labeller
from iconym.reproduce.experiment import (
    RANK_LOSS,
    Experiment,
    Figures,
    RankLoss,
    drawn,
    over_seeds,
    random_space,
    softmax,
    space,
    table_figures,
)
from iconym.reproduce.result import Band, Result, Row
from iconym.reproduce.worlds import World
from iconym.training.descent import TrainingConfig
from iconym.training.methods import LINEAR

CLAIM = (
    "Frome et al., NIPS 2013, table 1: trained towards random unit vectors, the rank loss is "
    "nearly as often right (hit@1 52.4 with 500 dimensions, 53.2 with word vectors), but its "
    "wrong answers are farther off (hp@10 .271, with words .331, softmax .313). Of classes never "
    "seen it knows nothing."
)


@dataclass(frozen=True)
class Settings:
    """How the space and the softmax layer beside it are learned."""

    devise: RankLoss = RANK_LOSS
    softmax: TrainingConfig = LINEAR


DEFAULT = Settings()


def random(
    world: World, seeds: Sequence[int], track: Track = untracked, settings: Settings = DEFAULT
) -> Result:
    """Figures of random vectors beside those of words, of softmax and of chance."""

    def measure(seed: int) -> dict[str, float]:
        rows: dict[str, Labeller] = {
            "softmax": softmax(world, seed, settings.softmax),
            "DeViSE": space(world, seed, settings.devise),
            "random": random_space(world, seed, settings.devise),
        }
        return table_figures(drawn(world, seed), rows)

    found = over_seeds(seeds, track, f"random on {world.name}", measure)
    rows = (_in_domain(found), *_hierarchical(found), *_unseen(found))
    return Result("random", world.name, world.about, len(seeds), rows)


def _in_domain(found: Figures) -> Row:
    gap = found["seen, random, hit@1"] - found["seen, DeViSE, hit@1"]
    band = Band(-0.15, 0.0, "behind words, by at most 15 points")
    return Row.of("random - DeViSE, seen hit@1", gap, "points", paper="-0.8, -4.4", band=band)


def _hierarchical(found: Figures) -> list[Row]:
    far = Band(-1.0, -0.03, "the paper's gaps are -.037 and -.060; nothing is near anything here")
    below = Band(
        -1.0, 0.0, "softmax knows from the pictures what looks alike, random vectors do not"
    )
    papers = {("DeViSE", 5): "-.037", ("DeViSE", 10): "-.060"}
    papers |= {("softmax", 5): "-.027", ("softmax", 10): "-.042"}
    return [
        Row.of(
            f"random - {other}, seen hp@{k}",
            found[f"seen, random, hp@{k}"] - found[f"seen, {other}, hp@{k}"],
            "fraction",
            paper=paper,
            band=far if other == "DeViSE" else below,
        )
        for (other, k), paper in papers.items()
        if f"seen, random, hp@{k}" in found
    ]


def _unseen(found: Figures) -> list[Row]:
    """On classes never seen: chance, within what so many draws can tell."""
    gap = found["unseen, random, hit@1"] - found[f"unseen, {CHANCE}, hit@1"]
    error = float(2 * gap.std(ddof=1) / math.sqrt(len(gap))) if len(gap) > 1 else math.inf
    band = Band(-error, error, "vectors that mean nothing name no class: chance, within 2 s.e.")
    return [
        Row.of("random, unseen hit@1", found["unseen, random, hit@1"]),
        Row.of("random - chance, unseen hit@1", gap, "points", band=band),
        Row.of("DeViSE, unseen hit@1", np.asarray(found["unseen, DeViSE, hit@1"])),
    ]


APART = (
    "random vectors lie far from each other, words of like classes close together; in so many "
    "dimensions that makes the seen classes a little easier to tell apart, and the features stay "
    "as they are either way. What words are worth shows in hierarchical precision."
)
CROWDED = (
    "80 random vectors are crowded in 50 dimensions, and nothing in these pictures, whose order is "
    "that of the words, fits them."
)
EXPLAINED = {
    ("tree", "random - DeViSE, seen hit@1"): CROWDED,
    ("cifar100", "random - DeViSE, seen hit@1"): APART,
    ("tiny-imagenet", "random - DeViSE, seen hit@1"): APART,
}


EXPERIMENT = Experiment(
    "random",
    "Random label vectors",
    CLAIM,
    ("tree", "cifar100", "tiny-imagenet"),
    random,
    DEFAULT,
    EXPLAINED,
)
