"""DeViSE beside softmax on the classes trained on: as often right, and less far off where wrong."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from iconym.nouns import Track, untracked
from iconym.protocols import Labeller
from iconym.reproduce.experiment import (
    RANK_LOSS,
    Experiment,
    Figures,
    PerSeed,
    RankLoss,
    drawn,
    over_seeds,
    softmax,
    space,
    table_figures,
)
from iconym.reproduce.result import Band, Result, Row
from iconym.reproduce.worlds import World
from iconym.training.descent import TrainingConfig
from iconym.training.methods import LINEAR, Hinge

CLAIM = (
    "Frome et al., NIPS 2013, table 1: on ILSVRC-2012 the rank loss is nearly as often right as "
    "softmax (hit@1 53.2 and 54.9 with 500 and 1,000 dimensions, softmax 55.6), and its wrong "
    "answers are nearer: hierarchical precision at 5, 10 and 20 is higher (500 dimensions "
    ".352, .331, .341; softmax .342, .313, .319)."
)


@dataclass(frozen=True)
class Settings:
    """How both are learned.

    Args:
        devise: the rank loss, its margin chosen on training pictures.
        narrow: the same with the paper's margin.
        softmax: of the softmax layer.
    """

    devise: RankLoss = RANK_LOSS
    narrow: Hinge = field(default_factory=lambda: Hinge(margin=0.1))
    softmax: TrainingConfig = LINEAR


DEFAULT = Settings()


def devise(
    world: World, seeds: Sequence[int], track: Track = untracked, settings: Settings = DEFAULT
) -> Result:
    """Flat and hierarchical figures of both on pictures of seen classes."""

    def measure(seed: int) -> dict[str, float]:
        rows: dict[str, Labeller] = {
            "softmax": softmax(world, seed, settings.softmax),
            "DeViSE": space(world, seed, settings.devise),
            "narrow": space(world, seed, settings.narrow),
        }
        return table_figures(drawn(world, seed), rows)

    found = over_seeds(seeds, track, f"devise on {world.name}", measure)
    draw = drawn(world, seeds[0])
    crowded = draw.vectors.dim < len(draw.seen)
    rows = (*_hits(found, settings, crowded), *_hp(found, settings))
    return Result("devise", world.name, world.about, len(seeds), rows)


def _hits(found: Figures, settings: Settings, crowded: bool) -> list[Row]:
    def hit(row: str, k: int = 1) -> PerSeed:
        return found[f"seen, {row}, hit@{k}"]

    few = Band(-0.28, 0.005, "fewer dimensions than classes: 5 to 28 points are lost")
    frozen = Band(-0.08, 0.005, "as good as softmax but for what frozen features cost")
    close = Band(-0.03, 0.005, "behind by what the paper loses (0.7 to 2.4 points), or a bit more")
    rows = [
        Row.of("softmax hit@1", hit("softmax"), paper="55.6"),
        Row.of("DeViSE hit@1", hit("DeViSE"), paper="53.2, 54.9"),
    ]
    for row, wide in (("DeViSE", close), ("narrow", frozen)):
        rows.append(
            Row.of(
                f"{_called(row, settings)} - softmax, hit@1",
                hit(row) - hit("softmax"),
                "points",
                paper="-2.4, -0.7",
                band=few if crowded else wide,
            )
        )
    gap = hit("DeViSE", 10) - hit("softmax", 10)
    return [*rows, Row.of("DeViSE - softmax, hit@10", gap, "points", paper="-1.7, 0.0")]


def _called(row: str, settings: Settings) -> str:
    return row if row == "DeViSE" else f"DeViSE with margin {settings.narrow.margin:g}"


GAPS = {2: "-.005, +.002", 5: "+.010, +.009", 10: "+.018, +.012", 20: "+.022, +.012"}


def _hp(found: Figures, settings: Settings) -> list[Row]:
    """The gaps of hierarchical precision, where it says anything."""
    near = Band(-0.01, math.inf, "as good as softmax where the set is little more than the label")
    ahead = Band(0.0, math.inf, "the claim itself: wrong answers are nearer")
    rows = []
    for k, paper in GAPS.items():
        for row in ("DeViSE", "narrow"):
            ours, theirs = (found.get(f"seen, {r}, hp@{k}") for r in (row, "softmax"))
            if ours is not None and theirs is not None:
                rows.append(
                    Row.of(
                        f"{_called(row, settings)} - softmax, hp@{k}",
                        ours - theirs,
                        "fraction",
                        paper=paper,
                        band=near if k == 2 else ahead,
                    )
                )
    return rows


SMALL = (
    "the paper's margin is in units of its own features. Ours have variance 1 each, so inner "
    "products are of several units, and a margin of 0.1 stops learning as soon as the right word "
    "is ahead at all; with the margin chosen on training pictures the claim holds."
)
LITTLE = (
    "the set at 2 is hardly more than the label itself, so what is lost at hit@1 is lost here too; "
    "it is made up for from 5 on."
)
EXPLAINED = {
    (world, f"DeViSE with margin 0.1 - softmax, hp@{k}"): SMALL
    for world in ("tree", "cifar100", "tiny-imagenet")
    for k in GAPS
} | {("tiny-imagenet", "DeViSE - softmax, hp@2"): LITTLE}


EXPERIMENT = Experiment(
    "devise",
    "DeViSE beside softmax, classes trained on",
    CLAIM,
    ("tree", "cifar100", "tiny-imagenet"),
    devise,
    DEFAULT,
    EXPLAINED,
)
