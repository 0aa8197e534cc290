"""Running experiments on their worlds; each finished piece is kept, so that a run can go on."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import iconym
from iconym.errors import Usage
from iconym.files import replace_file, to_json
from iconym.nouns import Track, untracked
from iconym.reproduce.imagenet import imagenet_sample
from iconym.reproduce.photographs import awa2, cifar100, tiny_imagenet
from iconym.reproduce.result import Result
from iconym.reproduce.runs import Run
from iconym.reproduce.wordnet_graph import WordNet

QUICK = ("tree", "wordnet")  # worlds that take no encoding
PHOTOGRAPHS: dict[str, Callable[..., Any]] = {
    "cifar100": cifar100,
    "tiny-imagenet": tiny_imagenet,
    "awa2": awa2,
    "awa2-words": partial(awa2, words=True),
    "imagenet-sample": imagenet_sample,
}


@dataclass(frozen=True)
class Place:
    """Where things are.

    Args:
        kept: the folder of features and of finished pieces.
        data: research data as ``photographs`` describes them; None if there are none.
    """

    kept: Path
    data: Path | None = None

    def __post_init__(self) -> None:
        if self.data is not None and not self.data.is_dir():
            raise Usage(f"no folder {str(self.data)!r}; give the data as --data, or leave it out")


def run_all(
    runs: Sequence[Run], place: Place, *, quick: bool = False, track: Track = untracked
) -> tuple[list[Result], list[str]]:
    """The results in order, and what was left out and why.

    Args:
        runs: what to run.
        place: where data are and where pieces go.
        quick: leave out worlds of photographs.
        track: shows progress.
    """
    pieces = [(run, world) for run in runs for world in run.experiment.worlds]
    wanted = [piece for piece in pieces if _reason(piece[1], place, quick) is None]
    left_out = {w: reason for _, w in pieces if (reason := _reason(w, place, quick))}
    worlds = cache(partial(_world, place=place, track=track))
    results = []
    for number, (run, world) in enumerate(wanted, 1):
        make = partial(worlds, world, run.tree)
        counted = partial(_counted, track=track, place=f"{number}/{len(wanted)}")
        results.append(_piece(run, make, world, place, counted))
    return results, [f"{world}: {reason}" for world, reason in left_out.items()]


def machine() -> str:
    """What this is run on, a sentence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch"))
    return (
        f"Iconym {iconym.__version__}, {cores} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {versions}."
    )


def _counted(
    items: Iterable[Any], doing: str, total: int, *, track: Track, place: str
) -> Iterable[Any]:
    """The ``Track`` of one piece, which says which of all pieces it is."""
    return track(items, f"{place} {doing}", total)


def _reason(world: str, place: Place, quick: bool) -> str | None:
    """Why a world cannot be used, if it cannot."""
    if quick and world not in QUICK:
        return "left out of the quick run, which has no photographs"
    if place.data is None and world != "tree":
        return "needs research data; give their folder as --data or in ICONYM_DATA"
    return None


def _world(name: str, tree: Any, *, place: Place, track: Track) -> Any:
    if name == "tree":
        return tree
    assert place.data is not None  # by _reason
    if name == "wordnet":
        return WordNet(place.data)
    return PHOTOGRAPHS[name](place.data, place.kept / "features", track)


def _piece(run: Run, world: Callable[[], Any], name: str, place: Place, track: Track) -> Result:
    """The result of one experiment on one world, from where it is kept if it is."""
    settings = {
        "experiment": run.experiment.name,
        "settings": repr(run.experiment.settings),
        "tree": repr(run.tree) if name == "tree" else "",
        "world": name,
        "data": str(place.data) if name != "tree" else "",
        "seeds": run.seeds,
        "program": _program(),
    }
    file = place.kept / "results" / f"{_key(settings)}.json"
    if file.exists():
        return Result.from_json(json.loads(file.read_bytes()))
    start = time.monotonic()
    found = run.experiment.run(world(), range(run.seeds), track, run.experiment.settings)
    found = replace(found, seconds=round(time.monotonic() - start, 1))
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, to_json(found.to_json()))
    return found


@cache
def _program() -> str:
    """SHA-256 over this package: what another version found is measured anew."""
    digest = hashlib.sha256()
    for file in sorted(Path(iconym.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _key(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
