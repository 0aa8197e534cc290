"""Run files: an experiment with its settings, as TOML whose tables are their dataclasses."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from iconym.errors import Usage
from iconym.reproduce.experiment import Experiment
from iconym.reproduce.experiments import EXPERIMENTS
from iconym.reproduce.worlds import GaussianTree

SEEDS = 5


@dataclass(frozen=True)
class Run:
    """An experiment as it is to be run.

    Args:
        experiment: which, with its settings.
        seeds: how many draws, at least 2 for an interval.
        tree: the synthetic world.
    """

    experiment: Experiment
    seeds: int = SEEDS
    tree: GaussianTree = field(default_factory=GaussianTree)

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise Usage(f"seeds is {self.seeds}; an interval needs at least 2, better 5")


def read_run(path: Path) -> Run:
    """The run that a TOML file describes; what it leaves out is as by default.

    Raises:
        Usage: if it cannot be read, names no experiment, or has a key that is not known there,
            with those that are.
    """
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Usage(f"{path} cannot be read as a run file: {error}") from error
    known = ("experiment", "seeds", "tree", "settings")
    _check_keys(value, known, str(path))
    run = run_of(value.get("experiment", ""))
    settings = _changed(run.experiment.settings, value.get("settings", {}), f"{path} [settings]")
    return Run(
        replace(run.experiment, settings=settings),
        _as(int, value.get("seeds", SEEDS), f"{path} seeds"),
        _changed(run.tree, value.get("tree", {}), f"{path} [tree]"),
    )


def run_of(name: str) -> Run:
    """The experiment of this name with its defaults.

    Raises:
        Usage: if there is none.
    """
    for experiment in EXPERIMENTS:
        if experiment.name == name:
            return Run(experiment)
    known = ", ".join(e.name for e in EXPERIMENTS)
    raise Usage(f"no experiment {name!r}; there is {known}, or a run file that ends in .toml")


def _changed(settings: Any, table: Any, where: str) -> Any:
    """The dataclass with what the table says."""
    if not isinstance(table, Mapping):
        raise Usage(f"{where} is {table!r}; make it a table")
    hints = get_type_hints(type(settings))
    _check_keys(table, [f.name for f in fields(settings)], where)
    changes = {}
    for key, value in table.items():
        old = getattr(settings, key)
        if is_dataclass(old):
            changes[key] = _changed(old, value, f"{where} {key}")
        else:
            changes[key] = _as(hints[key], value, f"{where} {key}")
    return replace(settings, **changes)


def _as(kind: Any, value: Any, where: str) -> Any:
    """The value, if it is of the kind; a list as a tuple, a whole number as a float.

    Raises:
        Usage: if it is of another.
    """
    inner = get_args(kind)
    if getattr(kind, "__origin__", None) is tuple and isinstance(value, list):
        return tuple(_as(inner[0], item, where) for item in value)
    accepted = tuple(k for k in (inner or (kind,)) if isinstance(k, type))
    if float in accepted and type(value) is int:
        return float(value)
    if type(value) not in accepted and not (inner and value in inner):
        names = ", ".join(getattr(k, "__name__", repr(k)) for k in inner or (kind,))
        raise Usage(f"{where} is {value!r}; give {names}")
    return value


def _check_keys(table: Mapping[str, Any], known: Any, where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        listed = ", ".join(known) or "none"
        raise Usage(f"{where} has an unknown key {unknown[0]!r}; known are {listed}")
