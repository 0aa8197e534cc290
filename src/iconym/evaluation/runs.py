"""Runs: evaluations kept picture by picture, so that two can be compared later."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iconym.errors import DamagedFolder
from iconym.files import Folder, load_folder, save_folder, to_json, to_safetensors
from iconym.metrics.generalized import Gaps
from iconym.metrics.tables import Table

KIND, FORMAT = "run", 1


@dataclass(frozen=True, eq=False)
class Run:
    """The tables of an evaluation, with the names of their pictures.

    Args:
        about: what was evaluated, for people.
        pictures: the name of each query, by table.
        tables: by part, as ``evaluate_zero_shot`` gives them.
    """

    about: Mapping[str, str]
    pictures: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Table]


def save_run(run: Run, path: Path) -> None:
    """Write a run as a folder of JSON and safetensors, in place of an older one there.

    Raises:
        BadFolder: if other files stand at ``path``.
    """
    parts = {
        part: {
            "pictures": run.pictures[part],
            "truth": table.truth,
            "rows": list(table.rows),
            "metrics": table.metrics,
            "set_sizes": list(table.set_sizes),
            "seed": table.seed,
        }
        for part, table in run.tables.items()
    }
    arrays = {
        f"{part}.{name}": array
        for part, table in run.tables.items()
        for name, array in _arrays(table).items()
    }
    files = {
        "run.json": to_json({"about": dict(run.about), "parts": parts}),
        "values.safetensors": to_safetensors(arrays),
    }
    save_folder(path, KIND, FORMAT, files)


def load_run(path: Path) -> Run:
    """Read the run that ``save_run`` wrote.

    Raises:
        BadFolder: no saved run there, a file of it missing or damaged, or a newer format.
    """
    folder = load_folder(path, KIND, FORMAT)
    try:
        return _run(folder)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFolder(
            f"{path}: not as iconym writes it ({error!r}); save it again"
        ) from error


def _run(folder: Folder) -> Run:
    found, arrays = folder.json("run.json"), folder.arrays("values.safetensors")
    parts = found["parts"]
    pictures = {part: tuple(about["pictures"]) for part, about in parts.items()}
    tables = {part: _table(part, about, arrays) for part, about in parts.items()}
    return Run(found["about"], pictures, tables)


def _arrays(table: Table) -> dict[str, np.ndarray]:
    """By the number of a row or the name of a metric; rows without answers have none."""
    found = {"candidates": table.candidates, **table.set_sizes}
    for number, (row, values) in enumerate(table.rows.items()):
        if values is not None:
            found[f"{number}"] = np.stack([values[metric] for metric in table.metrics])
        if row in table.gaps:
            found[f"{number}.gaps"] = np.stack([table.gaps[row].own, table.gaps[row].gap])
    return found


def _table(part: str, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Table:
    keys = {row: f"{part}.{number}" for number, row in enumerate(about["rows"])}
    return Table(
        rows={
            row: dict(zip(about["metrics"], arrays[key], strict=True)) if key in arrays else None
            for row, key in keys.items()
        },
        set_sizes={metric: arrays[f"{part}.{metric}"] for metric in about["set_sizes"]},
        candidates=arrays[f"{part}.candidates"],
        seed=about["seed"],
        truth=tuple(about["truth"]),
        gaps={
            row: Gaps(*arrays[f"{key}.gaps"])
            for row, key in keys.items()
            if f"{key}.gaps" in arrays
        },
    )
