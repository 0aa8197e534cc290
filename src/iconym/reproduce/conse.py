"""ConSE beside DeViSE on classes never seen: which is better depends on how good the words are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iconym.labellers.conse import ConseLabeller
from iconym.nouns import Track, untracked
from iconym.protocols import Labeller
from iconym.reproduce.experiment import (
    RANK_LOSS,
    Experiment,
    Figures,
    PerSeed,
    RankLoss,
    drawn,
    learned,
    over_seeds,
    softmax,
    space,
    table_figures,
)
from iconym.reproduce.result import Band, Chart, Result, Row, Series
from iconym.reproduce.worlds import World, with_noise
from iconym.training.descent import TrainingConfig
from iconym.training.methods import LINEAR

CLAIM = (
    "Norouzi et al., ICLR 2014: a convex combination of the words that softmax believes in, "
    "without any training, beats DeViSE on unseen classes. Xian et al., CVPR 2017, find the "
    "opposite with attributes in place of words (AwA2: DeViSE 59.7, ConSE 44.5). So the order is "
    "a statement about the label vectors: as they get worse, ConSE should gain on DeViSE."
)


@dataclass(frozen=True)
class Settings:
    """How the labellers are learned.

    Args:
        devise: the rank loss.
        softmax: of the layer that ConSE combines by.
        top: classes that ConSE combines.
        noises: what is added to each label vector, in lengths of it, the first being none.
    """

    devise: RankLoss = RANK_LOSS
    softmax: TrainingConfig = LINEAR
    top: int = 10
    noises: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)


DEFAULT = Settings()


def conse(
    world: World, seeds: Sequence[int], track: Track = untracked, settings: Settings = DEFAULT
) -> Result:
    """Hits of both on seen and unseen classes, and how they change with noise in the words."""

    def measure(seed: int) -> dict[str, float]:
        labellers = _labellers(world, seed, settings, 0.0)
        return {**table_figures(drawn(world, seed), labellers), **_noisy(world, seed, settings)}

    found = over_seeds(seeds, track, f"conse on {world.name}", measure)
    rows = (*_unseen(found, world.name == "awa2"), *_seen(found, settings), *_flip(found, settings))
    charts = (_chart(found, settings, world.name),)
    return Result("conse", world.name, world.about, len(seeds), rows, charts)


def _labellers(world: World, seed: int, settings: Settings, noise: float) -> dict[str, Labeller]:
    draw, layer = drawn(world, seed), softmax(world, seed, settings.softmax)
    if noise:
        vectors = with_noise(draw.vectors, noise, seed=seed)
        devise = learned(world, seed, settings.devise, vectors)
    else:
        vectors, devise = draw.vectors, space(world, seed, settings.devise)
    return {
        "softmax": layer,
        "DeViSE": devise,
        "ConSE(1)": ConseLabeller(layer, vectors, 1),
        "ConSE(T)": ConseLabeller(layer, vectors, settings.top),
    }


def _noisy(world: World, seed: int, settings: Settings) -> Mapping[str, float]:
    """By noise, unseen hit@1 of both, and how far ConSE is behind softmax on seen classes."""
    found = {}
    for noise in settings.noises:
        figures = table_figures(drawn(world, seed), _labellers(world, seed, settings, noise))
        for row in ("DeViSE", "ConSE(T)"):
            found[f"{row} at {noise:g}"] = figures[f"unseen, {row}, hit@1"]
        seen = figures["seen, ConSE(T), hit@10"] - figures["seen, softmax, hit@10"]
        found[f"seen at {noise:g}"] = seen
    return found


def _unseen(found: Figures, by_attributes: bool) -> list[Row]:
    def hit(row: str, k: int = 1) -> PerSeed:
        return found[f"unseen, {row}, hit@{k}"]

    described = Band(0.0, 1.0, "attributes say what an animal looks like: DeViSE is ahead")
    several = Band(0.0, math.inf, "several guesses place a picture better than the likeliest alone")
    return [
        *(Row.of(f"{row}, unseen hit@1", hit(row)) for row in ("DeViSE", "ConSE(1)", "ConSE(T)")),
        Row.of(
            "ConSE(T) - ConSE(1), unseen hit@1",
            hit("ConSE(T)") - hit("ConSE(1)"),
            "points",
            band=several,
        ),
        Row.of(
            "DeViSE - ConSE(T), unseen hit@1",
            hit("DeViSE") - hit("ConSE(T)"),
            "points",
            paper="+15.2" if by_attributes else "",
            band=described if by_attributes else None,
        ),
        Row.of("DeViSE - ConSE(T), unseen hit@5", hit("DeViSE", 5) - hit("ConSE(T)", 5), "points"),
    ]


def _seen(found: Figures, settings: Settings) -> list[Row]:
    most = max(settings.noises)
    behind = Band(-1.0, -0.03, "what looks alike but is not near as a word falls out of the ten")
    name = "ConSE(T) - softmax, seen hit@10"
    return [
        Row.of(name, found["seen, ConSE(T), hit@10"] - found["seen, softmax, hit@10"], "points"),
        Row.of(f"{name}, noise {most:g}", found[f"seen at {most:g}"], "points", band=behind),
    ]


def _flip(found: Figures, settings: Settings) -> list[Row]:
    def lead(noise: float) -> PerSeed:
        return found[f"DeViSE at {noise:g}"] - found[f"ConSE(T) at {noise:g}"]

    most, least = max(settings.noises), min(settings.noises)
    gains = Band(-1.0, 0.0, "noise in the words costs DeViSE, which learns it, more than ConSE")
    flips = Band(-1.0, 0.0, "with words this poor ConSE is ahead")
    return [
        Row.of(
            f"DeViSE - ConSE(T), unseen hit@1, noise {most:g}", lead(most), "points", band=flips
        ),
        Row.of(
            "DeViSE - ConSE(T), unseen hit@1, from clean to noisy words",
            lead(most) - lead(least),
            "points",
            band=gains,
        ),
    ]


def _chart(found: Figures, settings: Settings, world: str) -> Chart:
    return Chart(
        f"Unseen hit@1 as the words get worse ({world})",
        "noise added to each label vector, in lengths of it",
        "hit@1, %",
        tuple(
            Series(
                row,
                settings.noises,
                tuple(100 * float(found[f"{row} at {n:g}"].mean()) for n in settings.noises),
            )
            for row in ("DeViSE", "ConSE(T)")
        ),
    )


TEN = (
    "the ten likeliest classes are combined, so most of them stay among the nearest ten words; "
    "where groups are as small as here, hardly any falls out."
)
FEW = (
    "a quarter of 17 classes is 4: each draw is a small question of its own, and 13 are few "
    "seen classes to learn a map to the label vectors from (AwA2 has 40)."
)
BEHIND = "ConSE(T) - softmax, seen hit@10, noise 1"
GAINS = (
    "DeViSE - ConSE(T), unseen hit@1, noise 1",
    "DeViSE - ConSE(T), unseen hit@1, from clean to noisy words",
)
ROWS = ("ConSE(T) - ConSE(1), unseen hit@1", "DeViSE - ConSE(T), unseen hit@1", *GAINS)
EXPLAINED = {
    **{(world, BEHIND): TEN for world in ("tree", "awa2", "awa2-words")},
    **{(world, row): FEW for world in ("awa2", "awa2-words") for row in ROWS},
}


EXPERIMENT = Experiment(
    "conse",
    "ConSE beside DeViSE, classes never seen",
    CLAIM,
    ("tree", "cifar100", "tiny-imagenet", "awa2", "awa2-words"),
    conse,
    DEFAULT,
    EXPLAINED,
)
