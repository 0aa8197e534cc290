"""The narrowest search of a saved index that finds enough, chosen on the collection's own vectors.

One half of the queries chooses, the other half reports: the chosen setting was never tried on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iconym.errors import Usage
from iconym.index.layered import Structure
from iconym.index.saved import method_named
from iconym.metrics.intervals import Interval, bootstrap
from iconym.nouns import Track, untracked
from iconym.planning.building import OpenIndex
from iconym.planning.model import SEARCHED
from iconym.planning.plan import check_recall
from iconym.planning.settings import change_settings
from iconym.planning.truth import Asked, Queries, asked_of_all, recalls

SEED = 0
SETTINGS = {  # from the narrowest search to the widest
    "hnsw": (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024),
    "lsh": (1, 2, 4, 8, 16, 32, 64, 128, 256),
    "ivfpq": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
}


@dataclass(frozen=True)
class Tried:
    """The recall with one setting, for each kind of queries."""

    setting: int
    recall: dict[str, Interval]


@dataclass(frozen=True)
class Tuning:
    """What was chosen, and what it finds for queries that had no part in the choice.

    Args:
        name: of the setting.
        chosen: the first of ``tried`` whose intervals all lie at the recall or above it; the last
            if there is none.
        reached: whether there is one.
        reported: the recall for the other half of the queries.
        tried: the settings in turn, with their recall for the half that chose.
    """

    name: str
    chosen: int
    reached: bool
    reported: dict[str, Interval]
    tried: tuple[Tried, ...]

    def to_json(self) -> dict[str, Any]:
        """The tuning as JSON."""
        return {
            "setting": self.name,
            "chosen": self.chosen,
            "reached": self.reached,
            "recall": _intervals(self.reported),
            "tried": [{"setting": t.setting, "recall": _intervals(t.recall)} for t in self.tried],
        }


def tune_index(
    opened: OpenIndex,
    kinds: Sequence[Queries],
    *,
    recall: float,
    k: int = 10,
    track: Track = untracked,
) -> Tuning:
    """Choose how widely the index is searched, and keep that in its saved folder.

    Args:
        opened: an approximate index.
        kinds: queries of one kind each; every kind has to reach the recall, but those of fewer
            than two queries, which are left out.
        recall: the share of the k nearest to be found, above 0 and below 1; the lower end of its
            95 % interval has to be at least as much.
        k: how many neighbors.
        track: told of the comparison with every vector, which says what is right.

    Raises:
        Usage: for an exact index, a recall that is none, or no kind with two queries.
    """
    check_recall(recall)
    if opened.method not in SEARCHED:
        raise Usage(f"the index {opened.path} is {opened.method}: always right, nothing to tune")
    kinds = [queries for queries in kinds if len(queries) >= 2]
    if not kinds:
        raise Usage("fewer than two queries to tune by; add pictures")
    name, base = SEARCHED[opened.method], opened.base
    halves = [asked_of_all(base.ids, base.vectors, queries, k, track).halves() for queries in kinds]
    tried: list[Tried] = []
    for setting in SETTINGS[opened.method]:
        structure = searching(opened, setting)
        recalled = _recall(structure, opened, [choosing for choosing, _ in halves], k)
        tried.append(Tried(setting, recalled))
        reached = all(interval.low >= recall for interval in recalled.values())
        if reached:
            break
    change_settings(opened.path, {name: setting})
    reported = _recall(structure, opened, [reporting for _, reporting in halves], k)
    return Tuning(name, setting, reached, reported, tuple(tried))


def searching(opened: OpenIndex, setting: int) -> Structure:
    """The structure of a saved index, searched with another setting."""
    settings = {**opened.settings, SEARCHED[opened.method]: setting}
    return method_named(opened.method, settings).load(opened.base.vectors, opened.path)


def _recall(
    structure: Structure, opened: OpenIndex, kinds: Sequence[Asked], k: int
) -> dict[str, Interval]:
    return {
        asked.queries.kind: bootstrap(
            recalls(structure, opened.base.ids, asked, [k])[:, 0], seed=SEED
        )
        for asked in kinds
    }


def _intervals(recall: dict[str, Interval]) -> dict[str, dict[str, float]]:
    return {kind: interval.to_json() for kind, interval in recall.items()}
