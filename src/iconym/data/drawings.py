"""Named drawings: every name drawn in several styles and filed in a tree of groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from iconym.errors import BadData
from iconym.files import load_folder, save_folder, to_json, to_safetensors

FORMAT = 1


@dataclass(frozen=True)
class Drawings:
    """``pictures[style][i]`` is the drawing of ``names[i]`` in one style.

    ``groups[i]`` and ``subgroups[i]`` file the name in a tree of three levels. The last style is
    the one held out for testing, the others are for training. ``files`` names each drawing
    within its style.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    subgroups: tuple[str, ...]
    files: tuple[str, ...]
    pictures: Mapping[str, UInt8[np.ndarray, "n side side 3"]]

    def __post_init__(self) -> None:
        lengths = {len(self.groups), len(self.subgroups), len(self.files)}
        lengths |= {len(p) for p in self.pictures.values()}
        if lengths != {len(self.names)} or len(self.pictures) < 2:
            raise BadData(f"{len(self.names)} names, {len(self.pictures)} styles: {lengths} rows")
        for listed in (self.names, self.files):
            if len(set(listed)) != len(listed):
                twice = next(n for n in listed if listed.count(n) > 1)
                raise BadData(f"the name {twice!r} stands twice; names and files must differ")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def training_styles(self) -> tuple[str, ...]:
        """The styles shown in training."""
        return tuple(self.pictures)[:-1]

    @property
    def held_out_style(self) -> str:
        """The style that only testing sees."""
        return tuple(self.pictures)[-1]

    @cached_property
    def triples(self) -> tuple[tuple[str, str, str], ...]:
        """(name, subgroup, group) of each drawing: the tree of hierarchical precision."""
        return tuple(zip(self.names, self.subgroups, self.groups, strict=True))


def deal_folds(
    subgroups: tuple[str, ...], folds: int = 5, seed: int = 0
) -> Int64[np.ndarray, " n"]:
    """The fold, 0..folds-1, of each name, every subgroup spread evenly over the folds.

    The names of each subgroup are shuffled and dealt out one by one like cards, going on with the
    next fold where the subgroup before ended, so that folds differ by at most one name.
    """
    rng, fold, dealt = np.random.default_rng(seed), np.empty(len(subgroups), np.int64), 0
    members: dict[str, list[int]] = {}
    for row, subgroup in enumerate(subgroups):
        members.setdefault(subgroup, []).append(row)
    for rows in members.values():
        shuffled = np.array(rows)
        rng.shuffle(shuffled)
        fold[shuffled] = (dealt + np.arange(len(rows))) % folds
        dealt += len(rows)
    return fold


def unseen_names(drawings: Drawings, fold: int = 0, seed: int = 0) -> Bool[np.ndarray, " n"]:
    """Which names are never shown in training: a fifth of them, stratified by subgroup."""
    return deal_folds(drawings.subgroups, 5, seed) == fold


def save_drawings(drawings: Drawings, path: Path) -> None:
    """Write drawings as a folder of JSON and safetensors, whole or not at all."""
    about = {
        "names": drawings.names,
        "groups": drawings.groups,
        "subgroups": drawings.subgroups,
        "files": drawings.files,
        "styles": list(drawings.pictures),
    }
    pictures = to_safetensors(drawings.pictures)
    save_folder(
        path,
        "drawings",
        FORMAT,
        {"drawings.json": to_json(about), "pictures.safetensors": pictures},
    )


def load_drawings(path: Path) -> Drawings:
    """Read what ``save_drawings`` wrote.

    Raises:
        BadFolder: no saved drawings there, a file missing or damaged, or a newer format.
    """
    folder = load_folder(path, "drawings", FORMAT)
    about, arrays = folder.json("drawings.json"), folder.arrays("pictures.safetensors")
    listed = {key: tuple(about[key]) for key in ("names", "groups", "subgroups", "files")}
    return Drawings(**listed, pictures={style: arrays[style] for style in about["styles"]})
